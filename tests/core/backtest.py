"""How wrong days-left is: a rolling origin over a year of each kind of user, against plain means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import mean, median
from typing import Any, Final
from zoneinfo import ZoneInfo

from custom_components.prepaid_parking.core.day_plan import planner_of
from custom_components.prepaid_parking.core.forecast import Pattern, week_of
from custom_components.prepaid_parking.core.local_day import DAY, day_start
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.run_out import Drain, Load
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.tiers import Usage
from custom_components.prepaid_parking.core.version import TariffVersion
from tests.core.histories import price_history
from tests.core.usage_profiles import KINDS, year_of

HORIZONS: Final = (3, 7, 14, 30)
FIRST_ORIGIN: Final = 60
EVERY: Final = 5
ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Without a changed clock: a profile's day has 24 hours."""
CNY: Final = Currency.of("CNY")
ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
FLAT: Final[dict[str, Any]] = {"tariff": "flat", "quantity": "energy", "price": "0.60"}
LADDER: Final[dict[str, Any]] = {
    "tariff": "ladder",
    "quantity": "energy",
    "rates": {"peak": "0.75", "valley": "0.35"},
    "bands": [{"rate": "peak", "from": "08:00", "to": "22:00"}],
    "otherwise": "valley",
    "ladder": [
        {"up_to": "180", "price": "0"},
        {"up_to": "400", "price": "0.10"},
        {"price": "0.40"},
    ],
}
"""A month's ladder on top of peak and valley, as a Chinese household has it."""

type Days = Sequence[tuple[date, Sequence[int]]]
type Method = Callable[["Case", int, int], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A year under a tariff, and what each of its days cost (minor units)."""

    version: TariffVersion
    days: Days
    costs: Sequence[int]
    counted: Sequence[int]


def case_of(document: dict[str, Any], days: Days) -> Case:
    """Price a year day by day, each with the count of its month so far."""
    version = read_tariff(document, version=1, valid_from=ALWAYS)
    costs, counted = list[int](), list[int]()
    for place, (day, hours) in enumerate(days):
        begin = place - day.day + 1
        upto = price_history(version, days[begin : place + 1], ZONE, CNY).minor
        before = price_history(version, days[begin:place], ZONE, CNY).minor
        costs.append(upto - before)
        counted.append(0 if day.day == 1 else counted[-1] + sum(days[place - 1][1]))
        assert len(hours) == 24
    return Case(version=version, days=days, costs=costs, counted=counted)


def last_week(case: Case, origin: int, money: int) -> float | None:
    """Go on as the mean of the last seven days: what most meters' displays do."""
    daily = mean(case.costs[origin - 7 : origin])
    return money / daily if daily else None


def yesterday(case: Case, origin: int, money: int) -> float | None:
    """Go on as yesterday."""
    return money / case.costs[origin - 1] if case.costs[origin - 1] else None


def ours(case: Case, origin: int, money: int) -> float | None:
    """Go on as the forecast says."""
    pattern, today = Pattern(), case.days[origin][0]
    for day, hours in case.days[max(0, origin - 56) : origin]:
        pattern.learn(day, hours)
    week = week_of(pattern, date.min, today)
    assert week is not None
    planner = planner_of(case.version, ZONE, kept=120)
    load = Load(
        week=week,
        plan=planner.day,
        denominator=CNY.denominator(case.version.quantity),
        used=Usage(f"{today:%Y-%m}", case.counted[origin]),
    )
    now = day_start(today, ZONE)
    ends = Drain([load], ZONE, CNY).empty_at(money, now)
    return None if ends is None else (ends - now) / DAY


METHODS: Final[dict[str, Method]] = {
    "this forecast": ours,
    "mean of last week": last_week,
    "as yesterday": yesterday,
}
WORST: Final = 3.0
"""Said to last four times as long as it does, or for ever: worse than that is not told apart."""


def errors(
    cases: Sequence[Case], horizon: int, methods: dict[str, Method] = METHODS, every: int = EVERY
) -> dict[str, list[float]]:
    """Return each method's relative errors: the money of so many days is given, how long is guessed."""
    found: dict[str, list[float]] = {name: [] for name in methods}
    for case in cases:
        for origin in range(FIRST_ORIGIN, len(case.days) - horizon, every):
            money = sum(case.costs[origin : origin + horizon])
            for name, method in methods.items():
                said = method(case, origin, money) if money else horizon
                off = WORST if said is None else abs(said - horizon) / horizon
                found[name].append(min(off, WORST))
    return found


def cases_of(document: dict[str, Any], seeds: Sequence[int] = (1,)) -> dict[str, list[Case]]:
    """Return the years of each kind of user under a tariff."""
    return {
        name: [case_of(document, year_of(kind, seed)) for seed in seeds]
        for name, kind in KINDS.items()
    }


def middle(found: Sequence[float]) -> float:
    """Return the median error in percent."""
    return 100 * median(found)
