"""What a month's demand and power factor cost, by the days on which its tariffs asked for them."""

from dataclasses import dataclass, replace
from datetime import date

from ..core.demand import Peak, demand_due
from ..core.demand_state import DemandState, MonthUse, without
from ..core.entry_kind import EntryKind
from ..core.local_day import DAY
from ..core.periods import Every, Stretch, calendar_period
from ..core.power_factor import power_factor, power_factor_due
from ..core.priced import Priced
from ..core.standing_cursor import first_day
from ..core.terms import Terms
from ..core.version import TariffVersion
from .bill_book import local_day
from .demand import asks, differ
from .meter_run import MeterRun
from .site import Site
from .standing import capacity_minor, extent_on
from .tariff_days import Tariffs
from .used_money import UsedMoney


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a month of a meter's watch costs, and what is left to watch when it is charged."""

    run: MeterRun
    month: MonthUse
    after: DemandState
    prices: tuple[tuple[EntryKind, Priced], ...] = ()
    version: TariffVersion | None = None
    since: str = ""
    """Stands in the charges' names where they are for the month's last days only."""


async def month_due(
    site: Site,
    run: MeterRun,
    state: DemandState,
    month: MonthUse,
    used: UsedMoney,
    last: date,
) -> Due:
    """Price a month's demand, and its power factor on what use, capacity and demand cost.

    Only the days count on which the tariff asked for them: a part of a month costs its part.
    """
    assert run.binding is not None
    whole, after = whole_of(month), without(state, month)
    begins = max(whole.first, first_day(run.binding.from_at, site.zone))
    days = await _days(site, run, begins, min(last, local_day(site)))
    if not days:
        return Due(run=run, month=month, after=after)
    (first, _), (last, version) = days[0], days[-1]
    demand = _demand(site, run, version.terms, month, whole, first, last)
    base = demand.amount_minor + await used.of(run, first, last)
    if version.terms.power_factor is not None:
        base += capacity_minor(site, run, days)
    factor = _factor(version.terms, month, base)
    kinds = ((EntryKind.DEMAND, demand), (EntryKind.POWER_FACTOR, factor))
    return Due(
        run=run,
        month=month,
        after=after,
        prices=tuple((kind, price) for kind, price in kinds if price.amount_minor),
        version=version,
        since=f"/{first.isoformat()}" if first > begins else "",
    )


def whole_of(month: MonthUse) -> Stretch:
    """Return the first and the last day of the month of a watch."""
    return calendar_period(Every.MONTH, date.fromisoformat(f"{month.month}-01"))


async def _days(
    site: Site, run: MeterRun, first: date, last: date
) -> list[tuple[date, TariffVersion]]:
    """Return the last days in a row on which the same demand and power factor were asked for.

    Tariffs, and versions of one, that ask for the same are one here.
    """
    if first > last:
        return []
    tariffs = await Tariffs.of(site, run, first)
    days: list[tuple[date, TariffVersion]] = []
    for number in range((last - first).days + 1):
        day = first + number * DAY
        version = tariffs.version_on(day)
        if version is None or not asks(version.terms):
            continue
        if days and (days[-1][0] + DAY < day or differ(days[-1][1].terms, version.terms)):
            days.clear()
        days.append((day, version))
    return days


def _demand(
    site: Site,
    run: MeterRun,
    terms: Terms,
    month: MonthUse,
    whole: Stretch,
    first: date,
    last: date,
) -> Priced:
    """Price a month's demand; a unit's own contracted power stands for the tariff's."""
    if terms.demand is None:
        return Priced(amount_minor=0, denominator=1)
    own = extent_on(site, run, first).capacity_w if terms.demand.contracted_w else 0
    return demand_due(
        terms.demand,
        Peak(month=month.month, power_mw=month.power_mw, at=month.at),
        whole,
        first,
        last,
        site.currency,
        own or None,
    )


def _factor(terms: Terms, month: MonthUse, base_minor: int) -> Priced:
    """Price a month's power factor; the line is named by the factor as it stands on a bill."""
    if terms.power_factor is None or not (month.active or month.reactive):
        return Priced(amount_minor=0, denominator=1)
    price = power_factor_due(terms.power_factor, month.active, month.reactive, base_minor)
    factor = power_factor(month.active, month.reactive, terms.power_factor.places)
    named = f"{factor // 1000}.{factor % 1000:03}"
    return replace(price, lines=tuple(replace(line, name=named) for line in price.lines))
