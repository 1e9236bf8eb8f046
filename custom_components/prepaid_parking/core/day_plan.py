"""A local day as a tariff cuts it, in whole hours: what many histories of hours are priced by.

Built once a day for a tariff and used for all its meters: a history is then priced by adding up
slices of it, some thirty times faster than hour by hour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
import itertools
from typing import Final

from .calendars import Holidays, no_holidays
from .hours import HOUR
from .local_day import DAY, day_start
from .scales import Scale
from .tariff import Pricer
from .timetable import Stretch
from .version import TariffVersion

_TICK: Final = timedelta(microseconds=1)

type Cut = tuple[int, int, int, int]
"""An hour of the day that a price covers in part: from and to how many of so many microseconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """Hours of a day with one price: whole ones from `first` up to `last`, and cut ones.

    `place` is the price's number in its tariff.
    """

    scale: Scale
    period: str
    place: int
    first: int
    last: int
    cuts: tuple[Cut, ...] = ()

    def counted(self, hours: Sequence[int]) -> int:
        """Return what was counted in them, evenly in an hour that is cut; parts of it add up to it."""
        total = sum(hours[self.first : self.last])
        for hour, begin, end, length in self.cuts:
            total += hours[hour] * end // length - hours[hour] * begin // length
        return total


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A local day's prices in the order of time; each hour of the day is in them exactly once."""

    day: date
    parts: tuple[Part, ...]

    @property
    def period(self) -> str:
        """The tier period that the day begins in."""
        return self.parts[0].period


class Planner:
    """The days of a tariff, planned as they are asked for; it keeps the last ones."""

    def __init__(self, pricer: Pricer, zone: tzinfo, *, kept: int = 1) -> None:
        """Plan for a tariff; `kept` is how many days are remembered."""
        self._pricer = pricer
        self._zone = zone
        self._kept = kept
        self._days: dict[date, DayPlan] = {}
        self._places: dict[int, int] = {}
        self.scales: list[Scale] = []

    def day(self, day: date) -> DayPlan:
        """Return a day's plan."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= self._kept:
                self._days.clear()
            known = self._days[day] = DayPlan(day, tuple(self._parts(day)))
        return known

    def _parts(self, day: date) -> Iterable[Part]:
        start, end = day_start(day, self._zone), day_start(day + DAY, self._zone)
        stretches = self._stretches(start, end)
        for (_, period), same in itertools.groupby(
            stretches, lambda one: (id(one.scale), one.period)
        ):
            first, *_ = run = list(same)
            place = self._place(first.scale)
            whole, last, cuts = _hours(first.start, run[-1].end, start, end)
            yield Part(first.scale, period, place, whole, last, cuts)

    def _stretches(self, start: datetime, end: datetime) -> Iterable[Stretch]:
        at = start
        while at < end:
            stretch = self._pricer.at(at)
            yield stretch
            at = stretch.end

    def _place(self, scale: Scale) -> int:
        # By identity: a scale is made once per version, rate and season, and comparing two is slow.
        place = self._places.get(id(scale))
        if place is None:
            place = self._places[id(scale)] = len(self.scales)
            self.scales.append(scale)
        return place


def planner_of(
    version: TariffVersion, zone: tzinfo, holidays: Holidays = no_holidays, *, kept: int = 1
) -> Planner:
    """Return the days of a version as if it had held for ever."""
    return Planner(Pricer([version], zone, holidays), zone, kept=kept)


def _hours(
    begin: datetime, finish: datetime, start: datetime, end: datetime
) -> tuple[int, int, tuple[Cut, ...]]:
    """Return the whole hours from one instant of a day to another, and the cut ones beside them."""
    first = -((start - begin) // HOUR)
    last = -((start - finish) // HOUR) if finish == end else (finish - start) // HOUR
    if first > last:
        return first, first, (_cut(last, begin, finish, start, end),)
    cuts: list[Cut] = []
    if begin < start + first * HOUR:
        cuts.append(_cut(first - 1, begin, start + first * HOUR, start, end))
    if finish > start + last * HOUR:
        cuts.append(_cut(last, start + last * HOUR, finish, start, end))
    return first, last, tuple(cuts)


def _cut(hour: int, begin: datetime, finish: datetime, start: datetime, end: datetime) -> Cut:
    opened = start + hour * HOUR
    closed = min(opened + HOUR, end)
    return (
        hour,
        (begin - opened) // _TICK,
        (min(finish, closed) - opened) // _TICK,
        (closed - opened) // _TICK,
    )
