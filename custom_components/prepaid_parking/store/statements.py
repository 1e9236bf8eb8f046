"""The SQL of the writer, made once from the tables and then given rows.

Built by SQLAlchemy, so that it follows the tables and the dialect; run as prepared text by the
driver, because at one act per group anything more would cost more than the act.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import batched
import sqlite3
from typing import Final

from sqlalchemy import Executable, Table, bindparam, delete, select
from sqlalchemy.dialects.sqlite import dialect, insert as sqlite_insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from . import schema
from .codec import Row

_DIALECT: Final = dialect()


def compiled(statement: Executable) -> str:
    """Return the text of a statement with positional parameters."""
    assert isinstance(statement, ClauseElement)
    made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(made, SQLCompiler)
    return str(made)


@cache
def insert(table: Table) -> str:
    """Return the insert of whole rows, columns in the table's order."""
    return compiled(sqlite_insert(table))


@cache
def upsert(table: Table) -> str:
    """Return the insert that replaces the row of the same key."""
    keys = list(table.primary_key)
    statement = sqlite_insert(table)
    others = {
        column.name: statement.excluded[column.name] for column in table.c if column not in keys
    }
    if not others:
        return compiled(statement.on_conflict_do_nothing(index_elements=keys))
    return compiled(statement.on_conflict_do_update(index_elements=keys, set_=others))


@cache
def remove(table: Table) -> str:
    """Return the delete by key, key columns in the table's order."""
    keys = [column == bindparam(f"key_{column.name}") for column in table.primary_key]
    return compiled(delete(table).where(*keys))


_GROUP_SIZES: Final = (1, 10, 100, 500)
"""Numbers of keys that have a prepared look-up; some are filled up to the next, more go in several."""


@cache
def _known_references(size: int) -> str:
    books = schema.idempotency.c
    return compiled(
        select(books.key, books.fingerprint, books.entry).where(books.key.in_([b""] * size))
    )


@cache
def _known_reversals(size: int) -> str:
    return compiled(
        select(schema.journal.c.reverses).where(schema.journal.c.reverses.in_([0] * size))
    )


def find_references(
    driver: sqlite3.Connection, keys: Sequence[bytes]
) -> dict[bytes, tuple[bytes, int]]:
    """Return fingerprint and entry of those keys that were booked before."""
    return {
        key: (fingerprint, entry)
        for some in _filled(keys)
        for key, fingerprint, entry in driver.execute(_known_references(len(some)), some)
    }


def find_reversals(driver: sqlite3.Connection, entries: Sequence[int]) -> set[int]:
    """Return those entries that were reversed before."""
    return {
        entry
        for some in _filled(entries)
        for (entry,) in driver.execute(_known_reversals(len(some)), some)
    }


def _filled[K](keys: Sequence[K]) -> Iterator[tuple[K, ...]]:
    """Divide keys into look-ups, each filled up to a prepared size."""
    for some in batched(keys, _GROUP_SIZES[-1], strict=False):
        size = next(size for size in _GROUP_SIZES if size >= len(some))
        yield (*some, *(some[0],) * (size - len(some)))


def run_many(driver: sqlite3.Connection, sql: str, rows: Sequence[Row]) -> None:
    """Run one statement for all rows."""
    if rows:
        driver.executemany(sql, rows)
