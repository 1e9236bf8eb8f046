"""The columns that tables of the ledger file are made of, and the file they all belong to."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

WHOLE: Final = BigInteger().with_variant(Integer(), "sqlite")


def key(name: str) -> Column[str]:
    """Return a text that names the row."""
    return Column(name, Text, primary_key=True, nullable=False)


def number_key(name: str) -> Column[int]:
    """Return a number that names the row."""
    return Column(name, WHOLE, primary_key=True, nullable=False, autoincrement=False)


def text(name: str, *, optional: bool = False) -> Column[str]:
    """Return text; tuples, mappings and parts are kept as JSON in it."""
    return Column(name, Text, nullable=optional)


def whole(name: str, *, optional: bool = False) -> Column[int]:
    """Return a whole number: money, registers, count, yes and no, or time in UTC microseconds."""
    return Column(name, WHOLE, nullable=optional)


def blob(name: str, *, optional: bool = False) -> Column[bytes]:
    """Return bytes."""
    return Column(name, LargeBinary, nullable=optional)


metadata: Final = MetaData()


def table(
    name: str,
    *parts: Column[int] | Column[str] | Column[bytes] | Index | CheckConstraint,
    rowid: bool = True,
) -> Table:
    """Return a strict table of the ledger file."""
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=rowid)
