"""When money runs out: expected hours are priced day by day, and hour by hour on the last day.

An estimate for people, never a charge: it is reckoned in millionths of the minor unit and rounded
where the ledger would carry.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from .accrual import ChargeLine
from .day_plan import DayPlan
from .extent import Extent
from .forecast import Week
from .hours import HOUR, hours_of
from .levies import Levy, LevyKind
from .local_day import DAY, day_start
from .money import MICRO, Currency
from .scales import fill
from .standing import standing_denominator, standing_due
from .tiers import Reach, Scope, Usage, reach_of
from .version import TariffVersion

LOOKED_AT: Final = timedelta(days=92)
"""A quarter is walked through day by day; what lasts longer is taken to go on as this quarter did."""
FOR_EVER: Final = timedelta(days=3_650)
_SECOND: Final = timedelta(seconds=1)


@dataclass(slots=True)
class Load:
    """A meter that draws on a wallet: its week, the plan of each day, and where its tiers stand.

    `pool` is shared by the meters that count together; it is copied before it is counted on.
    """

    week: Week
    plan: Callable[[date], DayPlan]
    denominator: int
    pool: str = ""
    used: Usage = field(default_factory=Usage)
    scope: Scope = field(default_factory=Scope)
    extent: Extent = field(default_factory=Extent)


class Drain:
    """What the meters of one wallet cost, day after day."""

    def __init__(self, loads: Sequence[Load], zone: tzinfo, currency: Currency) -> None:
        """Begin where the tiers stand now."""
        self._loads = loads
        self._zone = zone
        self._standing = standing_denominator(currency)
        self._counts = {load.pool: load.used for load in loads}
        self._reaches: dict[tuple[str, str, int], Reach] = {}

    def empty_at(self, left_minor: int, now: datetime) -> datetime | None:
        """Return when so much will be used up; None where it lasts for ever."""
        if left_minor <= 0:
            return now
        left, day = left_minor * MICRO, now.astimezone(self._zone).date()
        start, end, due = now, now + LOOKED_AT, 0
        while start < end:
            hours = self._expected(day, start)
            before = dict(self._counts)
            cost = due + self._cost(day, hours)
            if cost >= left:
                self._counts = before
                return self._crossing(day, hours, left - due, start)
            left, day = left - cost, day + DAY
            start, due = day_start(day, self._zone), self._days(day)
        spent = left_minor * MICRO - left
        if not spent:
            return None
        after = (start - now) // _SECOND * left // spent
        return start + timedelta(seconds=after) if after < FOR_EVER // _SECOND else None

    def _expected(self, day: date, start: datetime) -> list[list[int]]:
        """Return each load's hours of a day, from an instant of it on."""
        begun, count = day_start(day, self._zone), hours_of(day, self._zone)
        gone, part = divmod(max(timedelta(), start - begun), HOUR)
        expected: list[list[int]] = []
        for load in self._loads:
            hours = list(load.week.hours(day, count))
            hours[:gone] = [0] * gone
            if part:
                hours[gone] = hours[gone] * ((HOUR - part) // _SECOND) // (HOUR // _SECOND)
            expected.append(hours)
        return expected

    def _crossing(
        self, day: date, hours: Sequence[Sequence[int]], left: int, start: datetime
    ) -> datetime:
        """Return when in a day the last of the money goes; what is due for the day has gone first."""
        begun, count = day_start(day, self._zone), len(hours[0])
        for hour in range(count if left > 0 else 0):
            alone = [[used if at == hour else 0 for at, used in enumerate(one)] for one in hours]
            cost = self._cost(day, alone)
            if cost >= left:
                opened = max(start, begun + hour * HOUR)
                # Whole seconds: a product of money and timedelta overflows.
                length = (begun + (hour + 1) * HOUR - opened) // _SECOND
                return opened + timedelta(seconds=length * left // cost)
            left -= cost
        return start

    def _cost(self, day: date, hours: Sequence[Sequence[int]]) -> int:
        """Return what hours of a day cost, fees and taxes included; the tiers move on."""
        total = 0
        for load, own in zip(self._loads, hours, strict=True):
            for part in load.plan(day).parts:
                lines: list[ChargeLine] = []
                version, used = part.scale.version, self._counts[load.pool]
                reach = None if part.scale.plain else self._reach(load, version, part.period)
                quantity = part.counted(own)
                self._counts[load.pool] = fill(
                    part.scale, part.period, quantity, used, reach, lines
                )
                exact = sum(line.numerator for line in lines) * MICRO // load.denominator
                total += _with_levies(exact, version.terms.levies)
        return total

    def _days(self, day: date) -> int:
        """Return what is due for a day itself."""
        total = 0
        for load in self._loads:
            version = load.plan(day).parts[-1].scale.version
            for standing in version.terms.standing:
                line = standing_due(standing, day, load.extent)
                if line is not None:
                    exact = line.numerator * MICRO // self._standing
                    total += _with_levies(exact, version.terms.levies)
        return total

    def _reach(self, load: Load, version: TariffVersion, period: str) -> Reach:
        key = (load.pool, period, version.version)
        if key not in self._reaches:
            terms, first = version.terms, load.scope.first_from
            began = None if first is None else first.astimezone(self._zone).date()
            self._reaches[key] = reach_of(
                terms.period, terms.persons, load.scope.persons, began, period
            )
        return self._reaches[key]


def _with_levies(exact: int, levies: Sequence[Levy]) -> int:
    for kind in LevyKind:
        share = sum(one.share_micro for one in levies if one.kind is kind and not one.included)
        exact += exact * share // MICRO
    return exact
