"""What a meter will probably use: its week as it usually is, at the level it has now.

A median of eight weeks, the recent ones counting more, each weekday for itself: a fortnight away or
a party does not change it, where a mean would carry it on for a week. No library that forecasts runs on
the standard library alone, and what they fit (trend, yearly season) two months of one meter do not
hold; `docs/performance.md` has the errors of this one.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from .money import MICRO

KEPT_DAYS: Final = 56
"""Eight of each weekday."""
OUTLIER: Final = 2
"""A day that used more than twice, or less than half, of what was to be expected counts as that."""
AWAY: Final = MICRO * 35 // 100
"""Below this part of what is to be expected nobody was there: it says nothing about the day of return."""
WEEK: Final = 7
HOURS: Final = 24

type Weighed = tuple[int, int]
"""A value and its weight."""


def _fading(thousandths: int) -> tuple[int, ...]:
    return tuple(MICRO * MICRO * thousandths**age // 1000**age for age in range(KEPT_DAYS + 1))


LEVEL_WEIGHTS: Final = _fading(871)
"""By age: a day counts half as much as one five days later for the level; back-tested against 4 to 14."""
WEEK_WEIGHTS: Final = _fading(976)
"""And as one four weeks later for what a weekday is like beside the others."""


def _no_shape() -> array[int]:
    return array("Q", bytes(8 * WEEK * HOURS))


@dataclass(slots=True)
class Pattern:
    """What is known of a meter's use: its last days' totals (base units), and its hours by weekday."""

    days: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    shape: array[int] = field(default_factory=_no_shape)

    def learn(self, day: date, hours: Sequence[int]) -> None:
        """Add a whole local day, later than those before; on a changed clock the hours are counted on.

        Of a weekday's hours four fifths are kept when the next one of it is added.
        """
        self.days.append(day.toordinal())
        self.totals.append(sum(hours))
        if len(self.days) > KEPT_DAYS:
            del self.days[0], self.totals[0]
        first = day.weekday() * HOURS
        for place, used in enumerate(hours[:HOURS], first):
            self.shape[place] = self.shape[place] * 4 // 5 + used


@dataclass(frozen=True, slots=True)
class Week:
    """What is to be expected in each hour of each weekday, in base units; Monday first."""

    days: tuple[tuple[int, ...], ...]

    def hours(self, day: date, count: int) -> Sequence[int]:
        """Return a day's hours; one that the clock adds is like the last one."""
        usual = self.days[day.weekday()]
        return usual[:count] if count <= HOURS else (*usual, *usual[HOURS - count :])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Until when a wallet's money probably lasts, and when its supply would be cut; None: nobody knows.

    `made_from` is what it depends on beside the clock.
    """

    at: datetime
    empty_at: datetime | None = None
    cut_at: datetime | None = None
    made_from: tuple[object, ...] = ()


def week_of(pattern: Pattern, since: date, today: date) -> Week | None:
    """Return the week to expect, from the days since somebody began; None without any."""
    begin = bisect_left(pattern.days, since.toordinal())
    days, totals = pattern.days[begin:], pattern.totals[begin:]
    if not days:
        return None
    ages = [min(today.toordinal() - day, KEPT_DAYS) for day in days]
    slow = [WEEK_WEIGHTS[age] for age in ages]
    usual = _middle(list(zip(totals, slow, strict=True))) or sum(totals) // len(totals)
    if not usual:
        return Week(((0,) * HOURS,) * WEEK)
    factors = _weekdays(days, [total * MICRO // usual for total in totals], slow)
    ratios = [
        (total * MICRO * MICRO // (usual * factor), LEVEL_WEIGHTS[age])
        for day, total, age in zip(days, totals, ages, strict=True)
        if (factor := factors[_weekday(day)])
    ]
    level = usual * _level(ratios) // MICRO
    return Week(
        tuple(
            _spread(pattern, weekday, level * factor // MICRO)
            for weekday, factor in enumerate(factors)
        )
    )


def _weekday(ordinal: int) -> int:
    return (ordinal + 6) % WEEK


def _weekdays(days: Sequence[int], ratios: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Return what each weekday is beside the usual day, in millionths; one never seen is usual."""
    seen: list[list[Weighed]] = [[] for _ in range(WEEK)]
    for day, ratio, weight in zip(days, ratios, weights, strict=True):
        seen[_weekday(day)].append((ratio, weight))
    return [_middle(one) if one else MICRO for one in seen]


def _level(ratios: Sequence[Weighed]) -> int:
    """Return the present level: a weighted mean of the days on which somebody was there, none an outlier."""
    there = [(ratio, weight) for ratio, weight in ratios if ratio >= AWAY] or ratios
    if not there:
        return MICRO
    middle = _middle(there)
    total = sum(
        weight * min(max(ratio, middle // OUTLIER), middle * OUTLIER) for ratio, weight in there
    )
    return total // sum(weight for _, weight in there)


def _middle(values: Sequence[Weighed]) -> int:
    """Return the weighted median."""
    whole, passed = sum(weight for _, weight in values), 0
    for value, weight in sorted(values):
        passed += weight
        if 2 * passed >= whole:
            return value
    return 0


def _spread(pattern: Pattern, weekday: int, total: int) -> tuple[int, ...]:
    """Spread a day's use over its hours: as that weekday's, else as any day's."""
    own = pattern.shape[weekday * HOURS : (weekday + 1) * HOURS]
    if not sum(own):
        own = array("Q", (sum(pattern.shape[hour::HOURS]) for hour in range(HOURS)))
    whole = sum(own)
    return tuple(total * one // whole for one in own) if whole else (total // HOURS,) * HOURS
