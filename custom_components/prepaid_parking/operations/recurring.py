"""What recurs: each period's bill is issued once, on its day or as soon as the hub is there again.

The bill and the day up to which the charge is billed are one act. A bill that a wallet cannot pay
stays open in its category; no supply knows of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from ..core.bill import BillLine
from ..core.category import Category, check_purpose
from ..core.errors import CoreError
from ..core.extent import Extent
from ..core.identity import Actor, RecurringId, TariffId, UnitId
from ..core.ledger import Act, EntryKind, Receipt
from ..core.levies import Levy
from ..core.local_day import day_start
from ..core.months import check_open
from ..core.recurring import Fixed, Period, reminders
from ..core.recurring_charge import RecurringCharge, billed, changed, lines_of, next_period
from ..core.unit import persons_at
from ..core.wallet import Purpose
from .bill_book import local_day
from .booking import book, closed, referenced
from .payers import Payers
from .site import Site, WalletRun
from .turn import in_turn

FARTHEST_BACK: Final = timedelta(days=366)
"""A charge that begins earlier is a typing error, and every bill of it would have to be voided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A period that is due: who pays, what for, and the charge as it is when that is billed.

    `run` is None where nobody pays, `lines` are empty where nothing is asked for.
    """

    charge: RecurringCharge
    after: RecurringCharge
    period: Period
    run: WalletRun | None
    lines: tuple[BillLine, ...]

    @property
    def source(self) -> str:
        """What names its bill: the charge and the first day."""
        return f"{self.charge.scope}/{self.period.first.isoformat()}"


@in_turn
async def set_recurring(
    site: Site,
    *,
    changes: dict[str, Any],
    actor: Actor,
    recurring: str = "",
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, RecurringCharge]:
    """Begin a charge, or change one from the first day that is not billed yet; `last` ends it."""
    content = {"recurring": recurring} | {name: str(new) for name, new in changes.items()}
    key = referenced("set_recurring", reference, content)
    charge = _changed(site, recurring, changes) if recurring else await _new(site, changes)
    refusal = _refusal(site, charge)
    act = Act(
        kind=EntryKind.RECURRING_SET,
        event=f"{charge.scope}/set",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        detail={"recurring": charge.id, "wallet": charge.wallet}
        | {"changes": {name: str(new) for name, new in changes.items()}},
        puts=(charge,),
    )
    receipt = await book(site, act, refusal)
    if receipt.repeated:
        return receipt, recurring_of(site, str(receipt.detail["recurring"]))
    site.recurring[charge.id] = charge
    site.billed_day = None  # What is due by the new terms is billed today.
    return receipt, charge


def recurring_of(site: Site, recurring: str) -> RecurringCharge:
    """Return a charge by id, or refuse in words."""
    charge = site.recurring.get(RecurringId(recurring))
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


def _next(site: Site, charge: RecurringCharge, payers: Payers) -> Due | None:
    fixed = fixed_of(site, charge)
    if fixed is None:
        return None
    period = next_period(charge, fixed, site.currency, _extent(site, charge))
    if period is None:
        return None
    run = payers.of(charge, period.first)
    if run is not None and run.wallet.closed_at is not None:
        return None
    levies = charge.levies
    if charge.tariff and (terms := _terms(site, charge)) is not None:
        levies = terms[1]
    lines = lines_of(charge, fixed, period, levies, _extent(site, charge))
    return Due(charge=charge, after=billed(charge, period), period=period, run=run, lines=lines)


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
    name = charge.unit or site.wallet(charge.wallet).wallet.unit_id
    unit = site.units.get(UnitId(name))
    if unit is None:
        return Extent()
    history = site.occupancies.get(unit.id, ())
    at = day_start(charge.billed_to, site.zone)
    return Extent(
        area_cm2=unit.area_cm2,
        persons=persons_at(unit, history, at),
        capacity_w=unit.capacity_w,
    )


async def _new(site: Site, changes: dict[str, Any]) -> RecurringCharge:
    number = await site.books.next_number("recurring")
    first = changes.get("first") or local_day(site)
    wallet = changes.get("wallet")
    purpose = site.wallet(wallet).wallet.purpose if wallet else Purpose.PROPERTY
    category = next(one for one in Category if one.purpose is purpose)
    terms = {"name": "", "category": category} | changes | {"first": first, "billed_to": first}
    return RecurringCharge(id=RecurringId(f"r{number}"), no=number, set_at=site.clock(), **terms)


def _changed(site: Site, recurring: str, changes: dict[str, Any]) -> RecurringCharge:
    charge = recurring_of(site, recurring)
    if "first" in changes and charge.billed_to > charge.first:
        raise CoreError("recurring_has_begun", recurring=recurring)
    if "first" in changes:
        changes = changes | {"billed_to": changes["first"]}
    return replace(changed(charge, **changes), set_at=site.clock())


def _refusal(site: Site, charge: RecurringCharge) -> CoreError | None:
    """Refuse what would bill the wrong purpose's wallet, an unknown unit, or years that are past."""
    if charge.billed_to < local_day(site) - FARTHEST_BACK:
        return CoreError("recurring_begins_too_early", day=charge.billed_to)
    if charge.billed_to == charge.first:
        check_open(charge.first, site.closed_month)
    if charge.fixed is not None and charge.fixed.price_micro <= 0:
        return CoreError("amount_not_positive", amount=charge.fixed.price_micro)
    if charge.tariff:
        pricer = site.tariffs.get(TariffId(charge.tariff))
        if pricer is None or not any(one.terms.fixed for one in pricer.versions):
            return CoreError("unknown_tariff", tariff=charge.tariff)
    if charge.unit:
        site.unit(charge.unit)
        return None
    run = site.wallet(charge.wallet)
    check_purpose(charge.category, run.wallet.purpose, charge.wallet)
    return closed(run)
