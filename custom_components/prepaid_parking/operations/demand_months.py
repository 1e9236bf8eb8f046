"""What demand and power factor cost: a month that ended is charged, each tariff for its days."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from ..core.assigned import TariffChange
from ..core.chart import revenue_account
from ..core.demand_state import DemandState, MonthUse
from ..core.entry_kind import EntryKind
from ..core.ledger import Record
from ..core.local_day import DAY
from ..core.priced import Priced
from ..core.standing_cursor import first_day
from .bill_book import local_day
from .booking import keep
from .day_charges import Charge, act_of, drawn, write
from .demand import MICROSECOND, asks, differ, over_versions
from .demand_prices import Due, month_due, whole_of
from .dues import dues_on
from .meter_run import MeterRun
from .paying_usage import Take, one_after_another
from .site import Site
from .traces import trace_of
from .usage import post_windows
from .used_money import UsedMoney


async def keep_demands(site: Site, _now: datetime) -> None:
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
        await _charge_months(site, run, used)
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
        state = _watched(site, run, since or now)
        if state is None:
            continue
        site.periodic.demands[run.meter.id] = state
        await _charge_months(site, run, used)
        month = site.periodic.demands[run.meter.id].open_month
        last = local_day(site) if since is None else first_day(since, site.zone) - DAY
        await _charge(site, run, month, used, last, ends=True)
        del site.periodic.demands[run.meter.id]
        site.periodic.demands_unkept.discard(run.meter.id)
        site.periodic.demands_ended.discard(run.meter.id)


async def demands_to_end(site: Site, runs: Iterable[MeterRun]) -> list[Due]:
    """Return what these meters' months would come to if nobody paid for them from here on.

    What they used has been posted.
    """
    found, used, today = list[Due](), UsedMoney(site), local_day(site)
    for run in runs:
        state = _watched(site, run, site.clock())
        if state is not None:
            for month in state.ended:
                last = month.last or whole_of(month).last
                found.append(await month_due(site, run, state, month, used, last))
            found.append(await month_due(site, run, state, state.open_month, used, today))
    return found


def charges_of(site: Site, due: Due, take: Take) -> list[Charge]:
    """Draw up the acts of a month: with the last one the month is done."""
    charges = list[Charge]()
    for place, (kind, price) in enumerate(due.prices, 1):
        # What was cut off before the month is done is written again.
        puts = (due.after,) if place == len(due.prices) else ()
        charges.append(_drawn(site, due, kind, price, take, puts))
    return charges


def _watched(site: Site, run: MeterRun, until: datetime) -> DemandState | None:
    """Return a meter's watch for who pays for it, brought up to an instant; None where there is none."""
    state = site.periodic.demands.get(run.meter.id)
    if state is None or run.binding is None or state.binding != run.binding.id:
        return None
    register = state.register  # What was not read counts nowhere; the days do.
    return over_versions(site, run, state, site.tariffs[run.binding.tariff], register, until)


async def _charge_months(site: Site, run: MeterRun, used: UsedMoney) -> None:
    for month in site.periodic.demands[run.meter.id].ended:
        await _charge(site, run, month, used, month.last or whole_of(month).last)


async def _charge(
    site: Site,
    run: MeterRun,
    month: MonthUse,
    used: UsedMoney,
    last: date,
    *,
    ends: bool = False,
) -> None:
    """Charge a month; with `ends` nothing of the watch is left."""
    due = await month_due(site, run, site.periodic.demands[run.meter.id], month, used, last)
    if ends:
        due = replace(due, after=replace(due.after, binding=""))
    with one_after_another(site) as take:
        charges = charges_of(site, due, take)
    if charges:
        await write(site, charges)
    elif not await keep(site, due.after):
        return
    site.periodic.demands[run.meter.id] = due.after


def _drawn(
    site: Site, due: Due, kind: EntryKind, price: Priced, take: Take, puts: tuple[Record, ...]
) -> Charge:
    """Make an act of a month's price: the highest power and when, or the factor and both energies."""
    run, month = due.run, due.month
    assert run.binding is not None
    assert due.version is not None
    detail = {
        "month": month.month,
        "peak": month.power_mw,
        "peak_at": month.at.isoformat() if month.at is not None else "",
        "active": month.active,
        "reactive": month.reactive,
        "lines": trace_of(price),
    }
    act = act_of(site, kind, f"{kind}/{run.binding.id}/{month.month}{due.since}", detail)
    dues = dues_on(due.version, price.amount_minor, {})
    return drawn(site, run, act, dues, revenue_account(run.meter.commodity), take, *puts)
