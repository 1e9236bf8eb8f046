"""Versioned price rules, and what a stretch of consumption costs under them.

A charge is split where the price changes: at a new version, at a time-of-use boundary, at the end of
a tier period, at a tier. Within one price the split changes nothing, because remainders are carried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
import itertools
from typing import Final

from .accrual import ChargeLine
from .calendars import Day, Holidays, day_code, no_holidays, season_of
from .errors import CoreError
from .local_day import DAY, moments
from .rates import Band, Rate, Tier
from .scales import Scale, fill, scale_of
from .tiers import NOBODY, Reach, Scope, Usage, reach_of
from .version import TariffVersion, check

__all__ = [
    "NOBODY",
    "Band",
    "Pricer",
    "Rate",
    "Scope",
    "Stretch",
    "TariffVersion",
    "Tier",
    "Usage",
    "check",
]

MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one rate of one version applies, within one local day."""

    start: datetime
    end: datetime
    period: str
    version: TariffVersion
    rate: Rate
    scale: Scale


class Pricer:
    """The versions of one tariff in one time zone.

    It keeps the stretches of the days it was asked for last: building a day costs about a hundred
    times as much as looking one up.
    """

    KEPT_DAYS: Final = 64

    def __init__(
        self, versions: Sequence[TariffVersion], zone: tzinfo, holidays: Holidays = no_holidays
    ) -> None:
        """Order the versions by when they take effect; of two for one instant the later wins."""
        latest = {one.valid_from: one for one in sorted(versions, key=lambda one: one.version)}
        self.versions = tuple(latest[at] for at in sorted(latest))
        self._zone = zone
        self._holidays = holidays
        self._scales: dict[tuple[int, str, str], Scale] = {}
        self._days: dict[date, tuple[Stretch, ...]] = {}
        self._last: Stretch | None = None

    def at(self, moment: datetime) -> Stretch:
        """Return the stretch a moment lies in; before the first version, that one is taken."""
        last = self._last
        if last is None or not last.start <= moment < last.end:
            last = self._last = next(
                stretch for stretch in self._day(moment) if stretch.start <= moment < stretch.end
            )
        return last

    def starts_at(self) -> datetime | None:
        """Return when the tariff's first version takes effect."""
        return self.versions[0].valid_from if self.versions else None

    def forget_days(self) -> None:
        """Ask the calendars again: a holiday was declared."""
        self._days.clear()
        self._last = None

    def charge(
        self,
        quantity: int,
        from_at: datetime,
        to_at: datetime,
        used: Usage,
        scope: Scope = NOBODY,
    ) -> tuple[list[ChargeLine], Usage]:
        """Price a quantity that went through evenly between two instants.

        Returns a line per version, rate and tier touched, and what the pool has used then. The parts
        of a split are whole base units and add up exactly.
        """
        lines: list[ChargeLine] = []
        begin, done = from_at, 0
        while True:
            stretch = self.at(begin)
            scale = stretch.scale
            reach = None if scale.plain else self._reach(scale, stretch.period, scope)
            if to_at <= stretch.end:
                return lines, fill(scale, stretch.period, quantity - done, used, reach, lines)
            # Whole microseconds: a product of energy and timedelta overflows at a thousand kWh.
            passed, length = stretch.end - from_at, to_at - from_at
            upto = quantity * (passed // MICROSECOND) // (length // MICROSECOND)
            used = fill(scale, stretch.period, upto - done, used, reach, lines)
            begin, done = stretch.end, upto

    def _reach(self, scale: Scale, period: str, scope: Scope) -> Reach:
        first = scope.first_from
        terms = scale.version.terms
        return reach_of(
            terms.period,
            terms.persons,
            scope.persons,
            None if first is None else first.astimezone(self._zone).date(),
            period,
        )

    def _day(self, moment: datetime) -> tuple[Stretch, ...]:
        day = moment.astimezone(self._zone).date()
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= self.KEPT_DAYS:
                self._days.clear()
            known = self._days[day] = self._build(day)
        return known

    def _build(self, day: date) -> tuple[Stretch, ...]:
        clocks = {
            clock for one in self.versions for band in one.bands for clock in (band.start, band.end)
        }
        cuts = moments(day, clocks, self._zone)
        start, end = cuts[0], cuts[-1]
        cuts += [one.valid_from for one in self.versions if start < one.valid_from < end]
        return tuple(
            self._stretch(day, begin, finish)
            for begin, finish in itertools.pairwise(sorted(set(cuts)))
        )

    def _stretch(self, day: date, begin: datetime, finish: datetime) -> Stretch:
        in_effect = [one for one in self.versions if one.valid_from <= begin]
        version = in_effect[-1] if in_effect else self.versions[0]
        today = self._kind_of(version, day)
        yesterday = self._kind_of(version, day - DAY)
        clock = begin.astimezone(self._zone).time()
        name = next(
            (band.rate for band in version.bands if band.holds(clock, today, yesterday)),
            version.otherwise,
        )
        scale = self._scale(version, name, today.season)
        return Stretch(begin, finish, version.terms.period.name(day), version, scale.rate, scale)

    def _kind_of(self, version: TariffVersion, day: date) -> Day:
        terms = version.terms
        kind = self._holidays(terms.calendar, day) if terms.calendar else None
        return Day(day_code(day, kind), season_of(day, terms.seasons))

    def _scale(self, version: TariffVersion, name: str, season: str) -> Scale:
        key = (version.version, name, season)
        known = self._scales.get(key)
        if known is None:
            rate = next((one for one in version.rates if one.name == name), None)
            if rate is None:
                raise CoreError("tariff_unknown_rate", rate=name)
            known = self._scales[key] = scale_of(version, rate, season)
        return known
