"""Setting what recurs: begun, changed from the first day that is not billed yet, ended."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from ..core.category import Category, check_purpose
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.extent import By
from ..core.identity import Actor, RecurringId, TariffId
from ..core.ledger import Act, Receipt
from ..core.months import check_open
from ..core.recurring_charge import RecurringCharge, changed
from ..core.wallet import Purpose
from .bill_book import local_day
from .booking import book, closed, referenced
from .recurring import fixed_of, measured, recurring_of
from .site import Site
from .turn import in_turn

FARTHEST_BACK: Final = timedelta(days=366)
"""A charge that begins earlier is a typing error, and every bill of it would have to be voided."""

PRICED: Final = frozenset({"fixed", "tariff", "unit", "wallet"})
"""What decides by which measures of which unit a charge is priced."""


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
    if refusal is None and not changes.keys().isdisjoint(PRICED):
        refusal = _unmeasured(site, charge)
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
    site.billing.recurring[charge.id] = charge
    site.billing.day = None  # What is due by the new terms is billed today.
    return receipt, charge


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
        check_open(charge.first, site.billing.closed_month)
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


def _unmeasured(site: Site, charge: RecurringCharge) -> CoreError | None:
    """Refuse a price per what nobody has measured: it would bill 0.00 for ever, and say nothing.

    Nobody may live in a unit for a while, so no persons are an answer; no area is none.
    """
    fixed = fixed_of(site, charge)
    if fixed is None and charge.tariff:  # Its first version is still to begin.
        fixed = site.tariffs[TariffId(charge.tariff)].versions[-1].terms.fixed
    if fixed is None or fixed.by is By.EACH:
        return None
    unit = measured(site, charge)
    if unit is None:
        return CoreError("recurring_no_unit", wallet=charge.wallet)
    if fixed.by is By.AREA and not unit.area_cm2:
        return CoreError("recurring_no_area", unit=unit.name)
    if fixed.by is By.CAPACITY and not unit.capacity_w:
        return CoreError("recurring_no_capacity", unit=unit.name)
    return None
