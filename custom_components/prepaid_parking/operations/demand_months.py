"""What demand and power factor cost: a month that ended is charged, each tariff for its days."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from ..core.assigned import TariffChange
from ..core.chart import revenue_account
from ..core.demand import Peak, demand_due
from ..core.demand_state import MonthUse, without
from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM
from ..core.ledger import Act, Record, Reference
from ..core.levies import Levy, levy
from ..core.local_day import DAY
from ..core.periods import Every, Stretch, calendar_period
from ..core.power_factor import power_factor, power_factor_due
from ..core.priced import Priced
from ..core.standing_cursor import first_day
from ..core.terms import Terms
from ..core.version import TariffVersion
from .bill_book import local_day
from .booking import keep
from .day_charges import Charge, drawn, write
from .demand import MICROSECOND, asks, differ, over_versions
from .dues import Dues, Levied
from .meter_run import MeterRun
from .paying_usage import one_after_another
from .site import Site
from .standing import capacity_minor, extent_on
from .tariff_days import Tariffs
from .traces import trace_of
from .usage import post_windows
from .used_money import UsedMoney


async def keep_demands(site: Site, now: datetime) -> None:
    """Make the watches durable, and charge the months that have ended."""
    unkept, site.periodic.demands_unkept = site.periodic.demands_unkept, set()
    if unkept and not await keep(site, *(site.periodic.demands[meter] for meter in unkept)):
        site.periodic.demands_unkept |= unkept
    if not site.periodic.demands_ended or not site.books.writable:
        return
    runs = [
        run
        for meter in site.periodic.demands_ended
        if (run := site.meters.get(meter)) is not None
        and run.binding is not None
        and run.binding.id == site.periodic.demands[meter].binding
    ]
    await post_windows(site, runs)
    used = UsedMoney(site)
    for run in runs:
        await _charge_months(site, run, used, now)
    site.periodic.demands_ended.clear()


def ends_with(site: Site, run: MeterRun, change: TariffChange) -> bool:
    """Tell whether a meter's watch ends as it goes over to another tariff: that asks nothing, or else."""
    assert run.binding is not None
    coming = site.tariffs[change.tariff].at(change.at).version.terms
    before = site.tariffs[run.binding.tariff].at(change.at - MICROSECOND).version.terms
    return not asks(coming) or differ(before, coming)


async def end_demands(site: Site, runs: Iterable[MeterRun], since: datetime | None = None) -> None:
    """Charge what these meters' months have come to.

    Somebody else pays from here on, or another tariff holds `since` an instant.
    """
    runs, now = list(runs), site.clock()
    await post_windows(site, runs)
    used = UsedMoney(site)
    for run in runs:
        state = site.periodic.demands.get(run.meter.id)
        if state is None or run.binding is None or state.binding != run.binding.id:
            continue
        register = state.register  # What was not read counts nowhere; the days do.
        pricer = site.tariffs[run.binding.tariff]
        state = over_versions(site, run, state, pricer, register, since or now)
        site.periodic.demands[run.meter.id] = state
        await _charge_months(site, run, used, now)
        month = site.periodic.demands[run.meter.id].open_month
        last = local_day(site) if since is None else first_day(since, site.zone) - DAY
        await _charge(site, run, month, used, last, now, ends=True)
        del site.periodic.demands[run.meter.id]
        site.periodic.demands_unkept.discard(run.meter.id)
        site.periodic.demands_ended.discard(run.meter.id)


async def _charge_months(site: Site, run: MeterRun, used: UsedMoney, now: datetime) -> None:
    for month in site.periodic.demands[run.meter.id].ended:
        await _charge(site, run, month, used, month.last or _whole(month).last, now)


async def _charge(
    site: Site,
    run: MeterRun,
    month: MonthUse,
    used: UsedMoney,
    last: date,
    now: datetime,
    *,
    ends: bool = False,
) -> None:
    """Charge a month's demand, and its power factor on what use, capacity and demand cost.

    Only the days count on which the tariff asked for them: a part of a month costs its part. With
    `ends` nothing of the watch is left.
    """
    binding = run.binding
    assert binding is not None
    whole = _whole(month)
    begins = max(whole.first, first_day(binding.from_at, site.zone))
    after = without(site.periodic.demands[run.meter.id], month)
    if ends:
        after = replace(after, binding="")
    days = await _days(site, run, begins, min(last, local_day(site)))
    charges: list[Charge] = []
    if days:
        (first, _), (last, version) = days[0], days[-1]
        demand = _demand(site, run, version.terms, month, whole, first, last)
        used_minor = await used.of(run, first, last)
        base = demand.amount_minor + used_minor
        if version.terms.power_factor is not None:
            base += capacity_minor(site, run, days)
        factor = _factor(version.terms, month, base)
        kinds = ((EntryKind.DEMAND, demand), (EntryKind.POWER_FACTOR, factor))
        due = [(kind, price) for kind, price in kinds if price.amount_minor]
        for place, (kind, price) in enumerate(due, 1):
            # With the last one the month is done: what was cut off before it is written again.
            puts = (after,) if place == len(due) else ()
            source = f"{kind}/{binding.id}/{month.month}"
            if first > begins:
                source += f"/{first.isoformat()}"
            charges.append(_act(site, run, kind, source, version, month, price, now, puts))
    if charges:
        await write(site, charges)
    elif not await keep(site, after):
        return
    site.periodic.demands[run.meter.id] = after


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


def _act(
    site: Site,
    run: MeterRun,
    kind: EntryKind,
    source: str,
    version: TariffVersion,
    month: MonthUse,
    price: Priced,
    now: datetime,
    puts: tuple[Record, ...],
) -> Charge:
    """Make an act of a month's price: the highest power and when, or the factor and both energies."""
    act = Act(
        kind=kind,
        event=source,
        occurred=now,
        actor=SYSTEM,
        reference=Reference(scope="standing", key=source, content={"source": source}),
        detail={
            "month": month.month,
            "peak": month.power_mw,
            "peak_at": month.at.isoformat() if month.at is not None else "",
            "active": month.active,
            "reactive": month.reactive,
            "lines": trace_of(price),
        },
    )
    levies: tuple[Levy, ...] = version.terms.levies
    _, parts, _ = levy(price.amount_minor, levies, {})
    levied = Levied(version.version, price.amount_minor, levies, tuple(parts))
    dues = Dues(price.amount_minor, 0, (levied,) if parts else (), {})
    earned = revenue_account(run.meter.commodity)
    with one_after_another(site) as take:
        return drawn(site, run, act, dues, earned, take, *puts)


def _whole(month: MonthUse) -> Stretch:
    return calendar_period(Every.MONTH, date.fromisoformat(f"{month.month}-01"))
