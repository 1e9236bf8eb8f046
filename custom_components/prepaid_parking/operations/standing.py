"""Standing charges: each local day of a meter that somebody pays for, used or not, charged once.

The day's charge and the day up to which is charged are one act. Days on which the hub was off are
found again in the books and charged as one entry; what comes to less than the minor unit waits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from ..core.chart import SiteAccount, site_account
from ..core.entry_kind import EntryKind
from ..core.extent import By, Extent
from ..core.identity import TariffId, UnitId
from ..core.levies import levy
from ..core.local_day import DAY, day_start
from ..core.priced import Priced
from ..core.standing import standing_between, standing_denominator, standing_due
from ..core.standing_cursor import StandingCursor, begun, first_day
from ..core.terms import Terms
from ..core.unit import persons_at
from ..core.version import TariffVersion
from .booking import keep
from .day_charges import Charge, act_of, drawn, write
from .dues import Dues, Levied
from .meter_run import MeterRun
from .paying_usage import Take, one_after_another
from .site import Site
from .tariff_days import Tariffs
from .traces import trace_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Local days, both included, on which one version and one extent hold."""

    version: TariffVersion
    extent: Extent
    first: date
    last: date


async def load(site: Site) -> None:
    """Take up how far each meter's days are charged."""
    site.periodic.standing = {one.meter: one for one in await site.books.load(StandingCursor)}
    site.periodic.standing_doubtful = False


async def trusted(site: Site) -> None:
    """Look at the books again where a write failed: some of it may be written after all."""
    if site.periodic.standing_doubtful:
        await load(site)


def has_days(site: Site, run: MeterRun) -> bool:
    """Tell whether a meter's tariff, now or to come, charges for days or judges periods."""
    if run.binding is None:
        return False
    tariffs = {run.binding.tariff, *(change.tariff for change in run.changes)}
    return any(
        _counts_days(version.terms)
        for tariff in tariffs
        if (pricer := site.tariffs.get(TariffId(tariff))) is not None
        for version in pricer.versions
    )


def has_periods(site: Site, run: MeterRun) -> bool:
    """Tell whether a meter may have a period to judge: also by a tariff that it has left meanwhile."""
    if run.binding is None:
        return False
    known = site.periodic.standing.get(run.meter.id)
    return has_days(site, run) or (known is not None and known.binding == run.binding.id)


async def charge_days(site: Site, runs: Iterable[MeterRun], today: date) -> None:
    """Charge these meters' days up to today: the day belongs to who pays at its start."""
    await trusted(site)
    due: list[tuple[MeterRun, StandingCursor, list[Days]]] = []
    for run in runs:
        cursor = cursor_of(site, run)
        if cursor.charged_to <= today and has_days(site, run):
            tariffs = await Tariffs.of(site, run, cursor.charged_to)
            due.append((run, cursor, _days(site, run, tariffs, cursor.charged_to, today)))
    with one_after_another(site) as take:
        made = [_charge(site, run, cursor, days, today, take) for run, cursor, days in due]
    await settle(site, [one for one in made if one is not None])


async def charge_days_before(site: Site, run: MeterRun, at: datetime) -> None:
    """Charge the days that began before an instant: from there on another tariff holds."""
    await charge_days(site, (run,), first_day(at, site.zone) - DAY)


async def settle(site: Site, made: Sequence[tuple[StandingCursor, Charge | None]]) -> None:
    """Write charges with the cursors they leave, and the cursors alone where nothing is due."""
    known = await write(site, [charge for _, charge in made if charge is not None])
    if known:
        site.periodic.standing.update(
            {after.meter: after for after, charge in made if charge is not None}
        )
    passed = [after for after, charge in made if charge is None]
    if passed and await keep(site, *passed):
        site.periodic.standing.update({after.meter: after for after in passed})


def cursor_of(site: Site, run: MeterRun) -> StandingCursor:
    """Return how far a bound meter's days are charged."""
    assert run.binding is not None
    first = first_day(run.binding.from_at, site.zone)
    return begun(site.periodic.standing.get(run.meter.id), run.meter.id, run.binding.id, first)


def extent_on(site: Site, run: MeterRun, day: date) -> Extent:
    """Return the measures of the unit that a meter is in, at the start of a local day."""
    unit = site.house.units.get(UnitId(run.meter.unit))
    if unit is None:
        return Extent()
    history = site.house.occupancies.get(unit.id, ())
    return Extent(
        area_cm2=unit.area_cm2,
        persons=persons_at(unit, history, day_start(day, site.zone)),
        capacity_w=unit.capacity_w,
    )


def capacity_minor(site: Site, run: MeterRun, days: Iterable[tuple[date, TariffVersion]]) -> int:
    """Return what these days cost for the capacity that stands ready, without fees and taxes."""
    numerators = (
        line.numerator
        for day, version in days
        for standing in version.terms.standing
        if standing.by is By.CAPACITY
        and (line := standing_due(standing, day, extent_on(site, run, day))) is not None
    )
    return sum(numerators) // standing_denominator(site.currency)


def _charge(
    site: Site,
    run: MeterRun,
    cursor: StandingCursor,
    days: Sequence[Days],
    today: date,
    take: Take,
) -> tuple[StandingCursor, Charge | None] | None:
    """Make an act of a meter's days; without one where nothing is due, None where it waits."""
    denominator = standing_denominator(site.currency)
    total, done, carries = cursor.carry, 0, dict(cursor.levies)
    levied, lines = list[Levied](), list[dict[str, object]]()
    for stretch in days:
        priced = standing_between(
            stretch.version.terms.standing, stretch.first, stretch.last, stretch.extent
        )
        total += sum(line.numerator for line in priced)
        net = total // denominator - done
        done += net
        lines += trace_of(Priced(amount_minor=net, denominator=denominator, lines=tuple(priced)))
        levies = stretch.version.terms.levies
        if levies and net:
            _, parts, carries = levy(net, levies, carries)
            levied.append(Levied(stretch.version.version, net, levies, tuple(parts)))
    after = replace(
        cursor, charged_to=today + DAY, carry=total - done * denominator, levies=carries
    )
    if not lines:
        return after, None
    if not done:
        return None
    first = days[0].first
    source = f"standing/{run.meter.id}/{first.isoformat()}"
    detail = {
        "first": first.isoformat(),
        "last": today.isoformat(),
        "carry_from": cursor.carry,
        "carry_to": after.carry,
        "lines": lines,
    }
    act = act_of(site, EntryKind.STANDING, source, detail)
    dues = Dues(done, after.carry, tuple(levied), carries)
    earned = site_account(SiteAccount.REVENUE_STANDING)
    return after, drawn(site, run, act, dues, earned, take, after)


def _days(site: Site, run: MeterRun, tariffs: Tariffs, first: date, last: date) -> list[Days]:
    """Cut days into stretches of one version and one extent; days without a price are left out."""
    found: list[Days] = []
    each = [first + number * DAY for number in range((last - first).days + 1)]
    priced = [(day, tariffs.version_on(day), extent_on(site, run, day)) for day in each]
    for (version, extent), same in groupby(priced, key=lambda one: (one[1], one[2])):
        stretch = [day for day, _, _ in same]
        if version is not None:
            found.append(Days(version=version, extent=extent, first=stretch[0], last=stretch[-1]))
    return found


def _counts_days(terms: Terms) -> bool:
    return bool(terms.standing or terms.minimum or terms.demand or terms.power_factor)
