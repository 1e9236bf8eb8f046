"""What recurs: each period's bill is issued once, on its day or as soon as the hub is there again.

The bill and the day up to which the charge is billed are one act. A bill that a wallet cannot pay
stays open in its category; no supply knows of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..core.bill import BillLine
from ..core.bill_parts import Days
from ..core.errors import CoreError
from ..core.extent import Extent
from ..core.identity import RecurringId, TariffId, UnitId
from ..core.levies import Levy
from ..core.local_day import day_start
from ..core.recurring import Fixed, Period, reminders
from ..core.recurring_charge import RecurringCharge, billed, lines_of, next_period
from ..core.unit import Unit, persons_at
from .payers import Payers, Stretch
from .site import Site
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A period that is due: who pays, what for, and the charge as it is when that is billed.

    `run` is None where nobody pays, `lines` are empty where nothing is asked for. `stretches` are
    who pays for which of its days, where the tenant changes within it.
    """

    charge: RecurringCharge
    after: RecurringCharge
    period: Period
    run: WalletRun | None
    lines: tuple[BillLine, ...]
    stretches: tuple[Stretch, ...] = ()

    @property
    def source(self) -> str:
        """What names its bill: the charge and the first day."""
        return f"{self.charge.scope}/{self.period.first.isoformat()}"


def recurring_of(site: Site, recurring: str) -> RecurringCharge:
    """Return a charge by id, or refuse in words."""
    charge = site.billing.recurring.get(RecurringId(recurring))
    if charge is None:
        raise CoreError("unknown_recurring", recurring=recurring)
    return charge


def due_by(site: Site, charge: RecurringCharge, until: date, payers: Payers) -> Iterator[Due]:
    """Return, in order, the periods of a charge that are due by a local day and not billed."""
    while True:
        due = _next(site, charge, payers)
        if due is None or due.period.due > until:
            return
        yield due
        charge = due.after


def due_until(site: Site, charge: RecurringCharge, last: date, payers: Payers) -> Iterator[Due]:
    """Return, in order, what is not billed of the days up to a local day, due or not: somebody leaves.

    Periods that are counted from the contract's first day are not cut: they wait until they are due.
    """
    while charge.billed_to <= last:
        fixed = fixed_of(site, charge)
        if fixed is None or fixed.anniversary or not by_days(fixed):
            return
        due = _next(site, charge, payers, last)
        if due is None or due.run is None:
            return
        yield due
        charge = due.after


def due_reminder(
    site: Site, charge: RecurringCharge, today: date, payers: Payers
) -> tuple[Due, int] | None:
    """Return the period to come that is to be reminded of, and how many reminders have come by now."""
    fixed, due = fixed_of(site, charge), _next(site, charge, payers)
    if fixed is None or due is None or due.run is None or not due.lines or due.period.due <= today:
        return None
    count = sum(today >= day for day in reminders(fixed, due.period))
    return (due, count) if count > charge.reminded else None


def fixed_of(site: Site, charge: RecurringCharge) -> Fixed | None:
    """Return the price of the period that is billed next; None where its tariff has none yet."""
    if charge.fixed is not None:
        return charge.fixed
    terms = _terms(site, charge)
    return None if terms is None else terms[0]


def _next(
    site: Site, charge: RecurringCharge, payers: Payers, until: date | None = None
) -> Due | None:
    """Return the period that is billed next, or its days up to a local day (`until`)."""
    fixed = fixed_of(site, charge)
    if fixed is None:
        return None
    extent = _extent(site, charge)
    period = next_period(_ending(charge, until), fixed, site.currency, extent)
    if period is None:
        return None
    stretches = _stretches(charge, fixed, period, payers)
    paid_to = _paid_to(stretches)
    if paid_to is not None and paid_to < period.last and not fixed.anniversary:
        # The days before nobody pays are billed; from there on it waits for somebody who does.
        period = next_period(_ending(charge, paid_to), fixed, site.currency, extent)
        assert period is not None
        stretches = _stretches(charge, fixed, period, payers)
    run = stretches[0].run if all(one.run is not None for one in stretches) else None
    if run is not None and run.wallet.closed_at is not None:
        return None
    levies = charge.levies
    if charge.tariff and (terms := _terms(site, charge)) is not None:
        levies = terms[1]
    return Due(
        charge=charge,
        after=billed(charge, period),
        period=period,
        run=run,
        lines=lines_of(charge, fixed, period, levies, extent),
        stretches=tuple(stretches),
    )


def _stretches(
    charge: RecurringCharge, fixed: Fixed, period: Period, payers: Payers
) -> list[Stretch]:
    """Return who pays for which days; a price that is not cut by days is theirs who have the first."""
    days = Days(first=period.first, last=period.last)
    if by_days(fixed):
        return payers.stretches(charge, days)
    return [Stretch(run=payers.of(charge, days.first), days=days)]


def by_days(fixed: Fixed) -> bool:
    """Tell whether a price is cut by days: also between those who come and go within a period."""
    return fixed.prorate_first and fixed.prorate_last


def _ending(charge: RecurringCharge, until: date | None) -> RecurringCharge:
    """Return a charge as if it ended on a day, where that is before its end."""
    if until is None or (charge.last is not None and charge.last <= until):
        return charge
    return replace(charge, last=until)


def _paid_to(stretches: Sequence[Stretch]) -> date | None:
    """Return the last day before the first that nobody pays for; None where that is the first of all."""
    paid: date | None = None
    for one in stretches:
        if one.run is None:
            break
        paid = one.days.last
    return paid


def _terms(site: Site, charge: RecurringCharge) -> tuple[Fixed, tuple[Levy, ...]] | None:
    """Return what a tariff says on the first day that is not billed."""
    pricer = site.tariffs.get(TariffId(charge.tariff))
    at = day_start(charge.billed_to, site.zone)
    versions = [one for one in pricer.versions if one.valid_from <= at] if pricer else []
    if not versions or versions[-1].terms.fixed is None:
        return None
    return versions[-1].terms.fixed, versions[-1].terms.levies


def _extent(site: Site, charge: RecurringCharge) -> Extent:
    """Return the measures of the unit that a charge is for on the first day that is not billed."""
    unit = measured(site, charge)
    if unit is None:
        return Extent()
    history = site.house.occupancies.get(unit.id, ())
    at = day_start(charge.billed_to, site.zone)
    return Extent(
        area_cm2=unit.area_cm2,
        persons=persons_at(unit, history, at),
        capacity_w=unit.capacity_w,
    )


def measured(site: Site, charge: RecurringCharge) -> Unit | None:
    """Return the unit whose measures count; None where the wallet belongs to none."""
    name = charge.unit or site.wallet(charge.wallet).wallet.unit_id
    return site.house.units.get(UnitId(name))
