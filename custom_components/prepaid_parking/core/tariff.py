"""Versioned price rules, and what a stretch of consumption costs under them.

A charge is split where the price changes: at a new version, at a time-of-use boundary, at the end of
a tier period, at a tier. Within one price the split changes nothing, because remainders are carried.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
import itertools
from operator import attrgetter
from typing import Final

from .accrual import ChargeLine
from .calendars import Holidays, no_holidays
from .rates import Band, Rate, Tier
from .scales import Scale, fill
from .spans import MICROSECOND, spans_of, spread
from .tariff_check import above_ceiling, check
from .tiers import NOBODY, Reach, Scope, Usage, reach_of
from .timetable import Stretch, Timetable
from .version import TariffVersion

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
    "above_ceiling",
    "check",
]


KEPT_REACHES: Final = 20_000
"""As many units as a site may have; working one out costs as much as three charges."""


class Pricer:
    """The versions of one tariff in one time zone."""

    def __init__(
        self, versions: Sequence[TariffVersion], zone: tzinfo, holidays: Holidays = no_holidays
    ) -> None:
        """Order the versions by when they take effect; of two for one instant the later wins."""
        latest = {one.valid_from: one for one in sorted(versions, key=lambda one: one.version)}
        self.versions = tuple(latest[at] for at in sorted(latest))
        # What was charged by a version that another has replaced since is still priced by it.
        self._numbered = {one.version: one for one in versions}
        self._zone = zone
        self._timetable = Timetable(self.versions, zone, holidays)
        self._reaches: dict[tuple[Scope, str, int], Reach] = {}
        self._last: Stretch | None = None

    def at(self, moment: datetime) -> Stretch:
        """Return the stretch a moment lies in; before the first version, that one is taken."""
        last = self._last
        if last is None or not last.start <= moment < last.end:
            last = self._last = next(
                stretch
                for stretch in self._timetable.day_of(moment)
                if stretch.start <= moment < stretch.end
            )
        return last

    def starts_at(self) -> datetime | None:
        """Return when the tariff's first version takes effect."""
        return self.versions[0].valid_from if self.versions else None

    def price_at(self, moment: datetime, used: Usage, scope: Scope = NOBODY) -> int:
        """Return what the next unit costs (millionths of the major unit)."""
        stretch = self.at(moment)
        lines: list[ChargeLine] = []
        self._fill(stretch.scale, stretch.period, 1, used, scope, lines)
        return lines[0].price_micro

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
            if to_at <= stretch.end:
                used = self._fill(
                    stretch.scale, stretch.period, quantity - done, used, scope, lines
                )
                return lines, used
            # Whole microseconds: a product of energy and timedelta overflows at a thousand kWh.
            passed, length = stretch.end - from_at, to_at - from_at
            upto = quantity * (passed // MICROSECOND) // (length // MICROSECOND)
            used = self._fill(stretch.scale, stretch.period, upto - done, used, scope, lines)
            begin, done = stretch.end, upto

    def charge_rates(
        self,
        parts: Sequence[tuple[str, int]],
        from_at: datetime,
        to_at: datetime,
        used: Usage,
        scope: Scope = NOBODY,
        *,
        rest: int = 0,
    ) -> tuple[list[ChargeLine], Usage]:
        """Price what the meter's own rate registers counted between two instants.

        `rest` is what its total counted beyond them: it has the rate of all other times. A rate that
        the version in effect does not know is refused.
        """
        lines: list[ChargeLine] = []
        spans = spans_of(self._between(from_at, to_at))
        shares = [(name, spread(spans, name, quantity)) for name, quantity in parts if quantity]
        others = spread(spans, "", rest)
        for place, span in enumerate(spans):
            counted = [(name, share[place]) for name, share in shares]
            for name, quantity in (*counted, (span.version.otherwise, others[place])):
                scale = self._timetable.scale(span.version, name, span.season)
                used = self._fill(scale, span.period, quantity, used, scope, lines)
        return lines, used

    def reprice(
        self, lines: Iterable[ChargeLine], used: Usage, scope: Scope = NOBODY
    ) -> tuple[list[ChargeLine], Usage]:
        """Price the same quantities in the same order from where the count of tiers now stands.

        Several meters share one count: what one of them has not posted yet was priced before another
        moved the count on.
        """
        priced: list[ChargeLine] = []
        for (number, rate, period, season), same in itertools.groupby(
            lines, key=attrgetter("version", "rate", "period", "season")
        ):
            scale = self._timetable.scale(self._numbered[number], rate, season)
            quantity = sum(line.quantity for line in same)
            used = self._fill(scale, period, quantity, used, scope, priced)
        return priced, used

    def _between(self, from_at: datetime, to_at: datetime) -> Iterator[tuple[Stretch, timedelta]]:
        """Yield the stretches between two instants with the time for which each is touched."""
        begin = from_at
        while True:
            stretch = self.at(begin)
            yield stretch, min(to_at, stretch.end) - begin
            if to_at <= stretch.end:
                return
            begin = stretch.end

    def _fill(
        self,
        scale: Scale,
        period: str,
        quantity: int,
        used: Usage,
        scope: Scope,
        lines: list[ChargeLine],
    ) -> Usage:
        if scale.plain:
            return fill(scale, period, quantity, used, None, lines)
        key = (scope, period, scale.version.version)
        reach = self._reaches.get(key)
        if reach is None:
            if len(self._reaches) >= KEPT_REACHES:
                self._reaches.clear()
            reach = self._reaches[key] = self._reach(scope, period, scale.version)
        return fill(scale, period, quantity, used, reach, lines)

    def _reach(self, scope: Scope, period: str, version: TariffVersion) -> Reach:
        first, terms = scope.first_from, version.terms
        return reach_of(
            terms.period,
            terms.persons,
            scope.persons,
            None if first is None else first.astimezone(self._zone).date(),
            period,
        )
