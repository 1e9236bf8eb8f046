"""What histories of hours cost by a tariff: to try it out before anybody pays by it.

The money is that of the engine: whole base units, the count of tiers in order, remainders carried,
rounded down once for each meter. What is kept of a meter does not grow with the length of its
history; days are taken in order and forgotten.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Final

from .accrual import ChargeLine
from .calendars import Holidays, no_holidays
from .day_plan import DayPlan, Planner, planner_of
from .extent import ONCE, Extent
from .lab_cost import Cost, Month, cost_of
from .money import Currency
from .periods import Every, Stretch, calendar_period
from .scales import fill
from .standing import minimum_period, standing_between, standing_denominator
from .tiers import NOBODY, Reach, Scope, Usage, reach_of
from .version import TariffVersion

_WHOLE: Final = Reach()


@dataclass(slots=True)
class Used:
    """What one meter has used by a tariff so far: its sums, and what is not priced yet.

    `first` to `last` are the days it was supplied, `days` those of which its hours are known.
    """

    extent: Extent = ONCE
    first: date | None = None
    last: date | None = None
    days: int = 0
    quantity: int = 0
    numerator: int = 0
    waiting: dict[int, int] = field(default_factory=dict)
    months: list[Month] = field(default_factory=list)
    powers: list[Month] = field(default_factory=list)

    def put(self, lines: Iterable[ChargeLine]) -> None:
        """Add priced lines."""
        for line in lines:
            self.quantity += line.quantity
            self.numerator += line.numerator


class Pool:
    """Meters that count their tiers together, priced day by day."""

    def __init__(self, trial: Trial, scope: Scope = NOBODY) -> None:
        """Begin with nothing counted; `scope` says whose limits they are."""
        self.meters: list[Used] = []
        self._trial = trial
        self._scope = scope
        self._period = ""
        self._month: Stretch | None = None
        self._power: Stretch | None = None
        self._reach = _WHOLE
        self._before = 0
        self._count = 0
        self._limit: int | None = None

    def take(self, day: date, counted: Sequence[tuple[Used, Sequence[int]]]) -> None:
        """Take what meters of the pool counted in the hours of the next day.

        On a day that touches no limit the order of the hours says nothing: what was used at a price
        waits, and is priced when a limit or the end of a period comes.
        """
        plan = self._trial.planner.day(day)
        minimum = self._trial.version.terms.minimum
        if minimum is not None and (self._month is None or day > self._month.last):
            self._turn(minimum_period(minimum, day))
        if self._trial.by_power and (self._power is None or day > self._power.last):
            self._power = calendar_period(Every.MONTH, day)
            for meter in self.meters:
                meter.powers.append(Month(stretch=self._power))
        if plan.period != self._period:
            self._begin(plan)
        limit = self._limit
        total = 0 if limit is None else sum(sum(hours) for _, hours in counted)
        if limit is None or self._count + total <= limit:
            for meter, hours in counted:
                waiting = meter.waiting
                for part in plan.parts:
                    waiting[part.place] = waiting.get(part.place, 0) + part.counted(hours)
            self._count += total
        else:
            self._step(plan, counted)
        for meter, hours in counted:
            meter.days += 1
            if self._trial.by_power:
                meter.powers[-1].peak = max(meter.powers[-1].peak, *hours)

    def close(self) -> None:
        """Price what waits."""
        scales = self._trial.planner.scales
        used = Usage(self._period, self._before)
        for meter in self.meters:
            lines: list[ChargeLine] = []
            for place, quantity in meter.waiting.items():
                fill(scales[place], self._period, quantity, used, self._reach, lines)
            meter.waiting.clear()
            meter.put(lines)
            if meter.months:
                meter.months[-1].numerator = meter.numerator
        self._before = self._count

    def _turn(self, period: Stretch) -> None:
        """Begin the next period that a minimum is judged over."""
        self.close()
        self._month = period
        for meter in self.meters:
            meter.months.append(Month(stretch=self._month, numerator=meter.numerator))

    def _begin(self, plan: DayPlan) -> None:
        """Begin the next tier period."""
        self.close()
        self._period, self._before, self._count = plan.period, 0, 0
        self._reach = self._trial.reach(self._scope, plan.period)
        self._limit = self._trial.limit_above(0, self._reach)

    def _step(self, plan: DayPlan, counted: Sequence[tuple[Used, Sequence[int]]]) -> None:
        """Price a day on which a limit is passed, price by price in the order of time."""
        self.close()
        for part in plan.parts:
            for meter, hours in counted:
                lines: list[ChargeLine] = []
                used = Usage(self._period, self._count)
                quantity = part.counted(hours)
                used = fill(part.scale, self._period, quantity, used, self._reach, lines)
                self._count = used.quantity
                meter.put(lines)
        self._before = self._count
        self._limit = self._trial.limit_above(self._count, self._reach)


class Trial:
    """A version of a tariff as if it had held all along, and what was used by it."""

    def __init__(
        self,
        version: TariffVersion,
        zone: tzinfo,
        currency: Currency,
        holidays: Holidays = no_holidays,
    ) -> None:
        """Begin with no meters."""
        terms = version.terms
        self.version = version
        self.planner: Planner = planner_of(version, zone, holidays)
        self.by_power = terms.demand is not None
        self._zone = zone
        self._currency = currency
        self._standing: dict[tuple[date, date, Extent], int] = {}
        self._tiers = {
            tier
            for tiers in (*(rate.tiers for rate in version.rates), terms.ladder)
            for tier in tiers
            if tier.up_to is not None
        }

    def reach(self, scope: Scope, period: str) -> Reach:
        """Return how far limits reach for somebody in a period."""
        terms, first = self.version.terms, scope.first_from
        began = None if first is None else first.astimezone(self._zone).date()
        return reach_of(terms.period, terms.persons, scope.persons, began, period)

    def limit_above(self, count: int, reach: Reach) -> int | None:
        """Return the next limit that a count comes to; None beyond the last."""
        limits = (reach.limit(tier) for tier in self._tiers)
        return min((one for one in limits if one > count), default=None)

    def cost(self, meter: Used) -> Cost:
        """Return what a meter comes to, once its pool is closed."""
        if meter.first is None or meter.last is None:
            return Cost()
        return cost_of(
            self.version,
            self._currency,
            numerator=meter.numerator,
            quantity=meter.quantity,
            months=meter.months,
            powers=meter.powers,
            first=meter.first,
            last=meter.last,
            extent=meter.extent,
            standing_minor=self._standing_minor(meter.first, meter.last, meter.extent),
        )

    def _standing_minor(self, first: date, last: date, extent: Extent) -> int:
        # Most meters were there for the same days: a year of them costs as much as a year of hours.
        key = (first, last, extent)
        if key not in self._standing:
            lines = standing_between(self.version.terms.standing, first, last, extent)
            exact = sum(line.numerator for line in lines)
            self._standing[key] = exact // standing_denominator(self._currency)
        return self._standing[key]
