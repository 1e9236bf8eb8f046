"""Many top-ups at once: read from a table, told apart by their rows, and the same batch known again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import csv
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from .errors import CoreError

COLUMNS: Final = ("wallet", "amount", "reason")
"""What a row may say; wallet and amount are needed."""
NEEDED: Final = ("wallet", "amount")
MOST_ROWS: Final = 20_000
"""More than any enterprise has wallets here; a larger file is a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One top-up as it was written down; `number` is its place from 1, the header not counted."""

    number: int
    wallet: str
    amount: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be booked, and why."""

    number: int
    wallet: str
    refusal: CoreError


def read_csv(text: str) -> list[Row]:
    """Read a table with a header line; commas, semicolons or tabs, as office programs write it.

    Whole columns that are not known are refused: an amount in a misspelled column would be lost.
    """
    lines = text.removeprefix("\ufeff").strip().splitlines(keepends=True)
    if not lines:
        raise CoreError("batch_empty")
    separator = max(",;\t", key=lines[0].count)
    reader = csv.DictReader(lines, delimiter=separator)
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if unknown := [name for name in names if name not in COLUMNS]:
        raise CoreError("batch_columns", columns=", ".join(unknown))
    if missing := [name for name in NEEDED if name not in names]:
        raise CoreError("batch_columns", columns=", ".join(missing))
    reader.fieldnames = names
    rows = list[dict[str, str]]()
    for line in reader:
        if None in line:  # More cells than columns: something shifted to the right.
            raise CoreError("batch_columns", columns=line["wallet"])
        rows.append({name: line[name] or "" for name in names})
    return read_rows(rows)


def read_rows(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    """Read rows that are given as mappings."""
    found = [
        Row(
            number=number,
            wallet=str(one.get("wallet", "")).strip(),
            amount=str(one.get("amount", "")).strip(),
            reason=str(one.get("reason", "")).strip(),
        )
        for number, one in enumerate(rows, 1)
    ]
    if not found:
        raise CoreError("batch_empty")
    if len(found) > MOST_ROWS:
        raise CoreError("batch_too_long", rows=len(found), most=MOST_ROWS)
    return found


def digest(rows: Sequence[Row]) -> str:
    """Return what tells one batch from another: every row's wallet and amount, in their order."""
    hasher = blake2b(digest_size=16)
    for row in rows:
        for part in (row.wallet, row.amount, row.reason):
            hasher.update(f"{len(part)}:{part};".encode())
    return hasher.hexdigest()


def amount_of(row: Row, parse: Callable[[str], int]) -> int:
    """Return a row's amount in minor units, or refuse it."""
    minor = parse(row.amount)
    if minor <= 0:
        raise CoreError("amount_not_positive", amount=row.amount)
    return minor
