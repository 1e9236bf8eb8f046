"""A fee that several pay: cut by their shares or by their days, exact to the last unit.

What is cut is each line by itself; its tax is cut in proportion to it, so that no part is taxed by
more than it asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .bill import DEPOSIT, BillLine
from .money import split
from .priced import tiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Local days, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1


def cut_line(
    line: BillLine, amounts: Sequence[int], notes: Sequence[Mapping[str, object]]
) -> list[BillLine | None]:
    """Return a line's parts of these amounts, None where one is nothing; `notes` join their traces."""
    taxes = split(line.tax_minor, list(amounts)) if line.tax_minor else [0] * len(amounts)
    return [
        replace(line, amount_minor=amount, tax_minor=tax, trace={**line.trace, **note})
        if amount
        else None
        for amount, tax, note in zip(amounts, taxes, notes, strict=True)
    ]


def by_days(lines: Sequence[BillLine], stretches: Sequence[Days]) -> list[tuple[BillLine, ...]]:
    """Cut lines for stretches of days that follow each other without a gap, by cumulative rounding.

    A deposit is not for days: whoever pays the first of them is asked for it.
    """
    first, last = stretches[0].first, stretches[-1].last
    whole = Days(first=first, last=last).count
    steps = [((one.first - first).days, (one.last - first).days + 1) for one in stretches]
    notes = [
        {
            "days": one.count,
            "from": one.first.isoformat(),
            "to": one.last.isoformat(),
            "part_of": {"from": first.isoformat(), "to": last.isoformat()},
        }
        for one in stretches
    ]
    parts: list[list[BillLine]] = [[] for _ in stretches]
    for line in lines:
        if line.income is DEPOSIT:
            parts[0].append(line)
            continue
        amounts = [tiled(line.amount_minor, begin, end, whole) for begin, end in steps]
        for part, piece in zip(parts, cut_line(line, amounts, notes), strict=True):
            if piece is not None:
                part.append(piece)
    return [tuple(part) for part in parts]
