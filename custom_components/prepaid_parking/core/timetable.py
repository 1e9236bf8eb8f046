"""When which rate of which version applies: the days of a tariff, cut where its price changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
import itertools
from typing import Final

from .calendars import Day, Holidays, day_code, season_of
from .errors import CoreError
from .local_day import DAY, moments
from .rates import Rate
from .scales import Scale, scale_of
from .version import TariffVersion


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one rate of one version applies, within one local day."""

    start: datetime
    end: datetime
    period: str
    version: TariffVersion
    rate: Rate
    season: str
    scale: Scale


class Timetable:
    """The stretches of a tariff's days, in order and without a gap.

    It keeps the days it was asked for last: building one costs about a hundred times as much as
    looking one up.
    """

    KEPT_DAYS: Final = 64

    def __init__(self, versions: Sequence[TariffVersion], zone: tzinfo, holidays: Holidays) -> None:
        self._versions = versions
        self._zone = zone
        self._holidays = holidays
        self._scales: dict[tuple[int, str, str], Scale] = {}
        self._days: dict[date, tuple[Stretch, ...]] = {}

    def day_of(self, moment: datetime) -> tuple[Stretch, ...]:
        """Return the stretches of the local day in which a moment lies."""
        day = moment.astimezone(self._zone).date()
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= self.KEPT_DAYS:
                self._days.clear()
            known = self._days[day] = self._build(day)
        return known

    def scale(self, version: TariffVersion, name: str, season: str) -> Scale:
        """Return what a rate costs in a season; a name that the version does not know is refused."""
        key = (version.version, name, season)
        known = self._scales.get(key)
        if known is None:
            rate = next((one for one in version.rates if one.name == name), None)
            if rate is None:
                raise CoreError("tariff_unknown_rate", rate=name)
            known = self._scales[key] = scale_of(version, rate, season)
        return known

    def _build(self, day: date) -> tuple[Stretch, ...]:
        clocks = {
            clock
            for one in self._versions
            for band in one.bands
            for clock in (band.start, band.end)
        }
        cuts = moments(day, clocks, self._zone)
        start, end = cuts[0], cuts[-1]
        cuts += [one.valid_from for one in self._versions if start < one.valid_from < end]
        return tuple(
            self._stretch(day, begin, finish)
            for begin, finish in itertools.pairwise(sorted(set(cuts)))
        )

    def _stretch(self, day: date, begin: datetime, finish: datetime) -> Stretch:
        in_effect = [one for one in self._versions if one.valid_from <= begin]
        version = in_effect[-1] if in_effect else self._versions[0]
        today, yesterday = self._seen(version, day), self._seen(version, day - DAY)
        clock = begin.astimezone(self._zone).time()
        name = next(
            (band.rate for band in version.bands if band.holds(clock, today, yesterday)),
            version.otherwise,
        )
        scale = self.scale(version, name, today.season)
        period = version.terms.period.name(day)
        return Stretch(begin, finish, period, version, scale.rate, today.season, scale)

    def _seen(self, version: TariffVersion, day: date) -> Day:
        """Return a day as this version's bands see it."""
        terms = version.terms
        kind = self._holidays(terms.calendar, day) if terms.calendar else None
        return Day(day_code(day, kind), season_of(day, terms.seasons))
