"""Tier periods and how far a tier reaches in them: widened by persons, shortened by a late start."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from .rates import Tier

MONTHS: Final = 12
QUARTER_MONTHS: Final = 3


class Span(StrEnum):
    """How long a tier period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierPeriod:
    """When tiers begin anew: `starts` is the month in which the year, and so its quarters, begin.

    With `prorate_first` the limits of the period in which a unit begins are shortened by the days
    before it. The count follows the unit, unless `per_tenant` gives each tenant one of their own.
    """

    span: Span = Span.MONTH
    starts: int = 1
    prorate_first: bool = False
    per_tenant: bool = False

    def name(self, day: date) -> str:
        """Name the period of a local day: `2026-11`, `2026-Q4`, `2026` (the year it starts in)."""
        year, month = divmod(day.year * MONTHS + day.month - self.starts, MONTHS)
        match self.span:
            case Span.MONTH:
                return f"{day:%Y-%m}"
            case Span.QUARTER:
                return f"{year:04}-Q{month // QUARTER_MONTHS + 1}"
            case Span.YEAR:
                return f"{year:04}"

    def bounds(self, day: date) -> tuple[date, date]:
        """Return the first day of a local day's period, and the first of the next."""
        length = {Span.MONTH: 1, Span.QUARTER: QUARTER_MONTHS, Span.YEAR: MONTHS}[self.span]
        months = day.year * MONTHS + day.month - 1
        begin = months - (months - (self.starts - 1)) % length
        return _first_of(begin), _first_of(begin + length)


EVERY_MONTH: Final = TierPeriod()


@dataclass(frozen=True, slots=True, kw_only=True)
class Persons:
    """How persons widen every limit of a tier period (base units).

    Persons beyond `base` count: each of them widens by `each`, any number of them once by `once`.
    """

    base: int = 0
    each: int = 0
    once: int = 0


ALIKE: Final = Persons()
"""Persons widen nothing."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a pool has used in its tier period: what a tier is judged by."""

    period: str = ""
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose tiers they are: how many persons, and since when the unit has been using."""

    persons: int = 0
    first_from: datetime | None = None


NOBODY: Final = Scope()


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the limits of one pool reach in one period."""

    heads: int = 0
    each: int = 0
    once: int = 0
    days: int = 1
    of_days: int = 1

    def limit(self, tier: Tier) -> int:
        """Return a tier's limit for this pool, in whole base units."""
        assert tier.up_to is not None
        whole = tier.up_to + self.once + self.heads * (self.each + tier.per_person)
        return whole * self.days // self.of_days


def reach_of(
    period: TierPeriod, persons: Persons, count: int, first: date | None, named: str
) -> Reach:
    """Return how far limits reach for so many persons who began on a local day, in a named period."""
    heads = max(0, count - persons.base)
    once = persons.once if heads else 0
    days = of_days = 1
    if period.prorate_first and first is not None and period.name(first) == named:
        begin, end = period.bounds(first)
        days, of_days = (end - first).days, (end - begin).days
    return Reach(heads, persons.each, once, days, of_days)


def _first_of(months: int) -> date:
    year, month = divmod(months, MONTHS)
    return date(year, month + 1, 1)
