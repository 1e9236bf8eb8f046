"""The rows of a statement on paper: charges that say the same are one row.

Near the cut-off a supply is charged every few seconds, a cent each time: hundreds of rows that nobody
reads. What is data keeps every entry; only the page folds them, and its sums stay those of the books.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import Any

from .core.entry_kind import EntryKind
from .core.identity import EntryId
from .operations.statement import Line, Statement
from .operations.traces import rules_of

type Likeness = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A movement, or several that follow each other, with the balance after the last in minor units.

    `line` is their sum: it amounts to what they do together and is explained like one of them.
    """

    line: Line
    balance: int
    count: int
    first: EntryId
    since: datetime


def with_balances(made: Statement) -> Iterator[tuple[Line, int]]:
    """Go through the movements with the balance after each, in minor units."""
    balance = made.total.opening
    for line in made.lines:
        balance += line.amount_minor
        yield line, balance


def rows_of(made: Statement, zone: tzinfo) -> list[Row]:
    """Return the rows of a page: charges of one meter at one price that follow each other are one a day."""
    followed = groupby(with_balances(made), lambda one: _likeness(one[0], zone))
    return [_row(list(several)) for _, several in followed]


def _likeness(line: Line, zone: tzinfo) -> Likeness:
    """Return what lines of one row have in common; what stands for itself has it with none."""
    entry = line.entry
    alone = entry.kind is not EntryKind.USAGE or entry.reason or not line.parts
    if alone or any(rules_of(entry.detail)):
        return (entry.id,)
    priced = tuple(
        (part.tariff, part.version, part.rate, part.tier, part.price_micro, part.measure)
        for part in line.parts
    )
    day: date = entry.occurred.astimezone(zone).date()
    return (line.meter, day, priced, *(_named(levy) for levy in _levies(line)))


def _row(several: Sequence[tuple[Line, int]]) -> Row:
    first, balance = several[0][0], several[-1][1]
    lines = [line for line, _ in several]
    return Row(
        line=first if len(lines) == 1 else _sum(lines),
        balance=balance,
        count=len(lines),
        first=first.entry.id,
        since=first.entry.occurred,
    )


def _sum(lines: Sequence[Line]) -> Line:
    """Return what lines that are alike come to, as one: part by part and levy by levy."""
    last = lines[-1]
    parts = zip(*(line.parts for line in lines), strict=True)
    levies = zip(*(_levies(line) for line in lines), strict=True)
    added = [several[0] | {"amount": _added(several)} for several in levies]
    return replace(
        last,
        entry=replace(last.entry, detail={"levies": added}),
        cash_minor=sum(line.cash_minor for line in lines),
        bonus_minor=sum(line.bonus_minor for line in lines),
        parts=tuple(
            replace(several[0], quantity=sum(part.quantity for part in several))
            for several in parts
        ),
    )


def _levies(line: Line) -> list[dict[str, Any]]:
    found = line.entry.detail.get("levies", ())
    assert isinstance(found, list | tuple)
    return [dict(levy) for levy in found]


def _named(levy: Mapping[str, Any]) -> Likeness:
    return levy["name"], levy["share"], levy["included"]


def _added(levies: Iterable[Mapping[str, Any]]) -> int:
    return sum(levy["amount"] for levy in levies)
