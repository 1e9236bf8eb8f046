"""A merchant validates a stay: so many minutes, an amount, or all of it, within its budget."""

import asyncio
from dataclasses import dataclass, replace

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, MerchantId, StayId
from ..core.ledger import Act, Receipt, Reference
from ..core.stay import Stay, StayState, Validation, Worth
from ..core.stay_cost import MINUTE
from ..core.visiting import Merchant
from .booking import book, referenced, unspendable
from .merchants import known_merchant, merchant_view
from .site import Site
from .stay_book import alone, hold, numbered
from .stay_cost import cost_of_stay
from .stay_finding import Which, find_stay, stay_by_id
from .stay_money import counted, heard, merchant_key, payer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """What a merchant gives: minutes, an amount, or all."""

    kind: Worth
    minutes: int = 0
    amount_minor: int = 0

    def __post_init__(self) -> None:
        """Refuse what gives nothing."""
        if self.kind is Worth.MINUTES and self.minutes <= 0:
            raise CoreError("validation_empty")
        if self.kind is Worth.AMOUNT and self.amount_minor <= 0:
            raise CoreError("validation_empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedStay:
    """A stay with its new validation: what that is counted with, and what is still due."""

    stay: Stay
    receipt: Receipt
    promised_minor: int
    due_minor: int


async def validate_stay(
    site: Site,
    *,
    merchant: str,
    which: Which,
    gift: Gift,
    actor: Actor,
    reference: str = "",
) -> ValidatedStay:
    """Let a merchant pay for a part of a stay; what it comes to is settled when the stay is charged.

    Until then it is counted with what it may come to: the amount, the price of so many minutes, or
    what is due now. Refused where the month's budget or the merchant's wallet has less left.
    """
    shop = known_merchant(site, merchant)
    found = await find_stay(site, which)
    content = {
        "merchant": shop.id,
        "stay": found.id,
        "kind": gift.kind,
        "minutes": gift.minutes,
        "amount": gift.amount_minor,
    }
    key = referenced("validate_stay", reference, content)
    done = await asyncio.shield(_validate(site, shop.id, found.id, gift, key, actor))
    if not done.receipt.repeated and not done.due_minor:
        await heard(site, done.stay)
    return done


async def _validate(
    site: Site, merchant: MerchantId, stay: StayId, gift: Gift, key: Reference, actor: Actor
) -> ValidatedStay:
    async with alone(site, stay), alone(site, merchant_key(merchant)):
        known, shop = await stay_by_id(site, stay), known_merchant(site, merchant)
        one = Validation(
            merchant=merchant,
            kind=gift.kind,
            at=site.clock(),
            minutes=gift.minutes,
            amount_minor=gift.amount_minor,
        )
        promised = _promised(site, known, one)
        one = replace(one, promised_minor=promised)
        refusal = _over(known) or _refusal(site, known, shop, one)
        after = await numbered(site, replace(known, validations=(*known.validations, one)))
        shop = counted(site, shop, one, promised)
        receipt = await book(
            site,
            Act(
                kind=EntryKind.STAY_VALIDATED,
                event=f"stay/{stay}/validated/{key.key}",
                occurred=site.clock(),
                actor=actor,
                reference=key,
                detail={
                    "stay": stay,
                    "merchant": merchant,
                    "kind": gift.kind,
                    "minutes": gift.minutes,
                    "amount": gift.amount_minor,
                    "promised": promised,
                },
                puts=(after, shop),
            ),
            refusal,
        )
        if receipt.repeated:
            after = known
            before = receipt.detail["promised"]
            assert isinstance(before, int)
            promised = before
        else:
            hold(site, after)
            site.parking.merchants[merchant] = shop
    due = 0 if after.state.over else cost_of_stay(site, after, site.clock()).due_minor
    return ValidatedStay(stay=after, receipt=receipt, promised_minor=promised, due_minor=due)


def _promised(site: Site, stay: Stay, one: Validation) -> int:
    """Return what a validation is counted with until the stay is charged."""
    if one.kind is Worth.AMOUNT:
        return one.amount_minor
    now = site.clock()
    if one.kind is Worth.FULL:
        more = replace(stay, validations=(*stay.validations, one))
        return cost_of_stay(site, more, now).worths[-1]
    alone_ = replace(stay, validations=(), paid_minor=0, over_minor=0, paid_at=None)
    return cost_of_stay(site, alone_, stay.entered_at + one.minutes * MINUTE).amount_minor


def _over(stay: Stay) -> CoreError | None:
    if stay.state.over or stay.state is StayState.UNPAID:
        return CoreError("stay_over", stay=stay.id)
    return None


def _refusal(site: Site, stay: Stay, merchant: Merchant, one: Validation) -> CoreError | None:
    """Say why a merchant may not give this: it is closed, gives too long, or has not that much left."""
    if merchant.closed_at is not None:
        return CoreError("merchant_closed", merchant=merchant.name)
    most = merchant.most_minutes
    given = sum(each.minutes for each in stay.validations if each.merchant == merchant.id)
    if most is not None and given + one.minutes > most:
        return CoreError(
            "merchant_minutes", merchant=merchant.name, most=most, left=max(0, most - given)
        )
    left = merchant_view(site, merchant).left_minor
    if left is not None and one.promised_minor > left:
        return CoreError("merchant_budget", merchant=merchant.name, left=site.currency.text(left))
    run = payer_of(site, merchant)
    if run is None:
        return None
    there = max(0, run.available_minor - _promises(site, merchant.id))
    if one.promised_minor > there:
        return CoreError("merchant_wallet", merchant=merchant.name, left=site.currency.text(there))
    return unspendable(site, run)


def _promises(site: Site, merchant: MerchantId) -> int:
    """Return what a merchant has promised to cars that are still inside."""
    return sum(
        one.promised_minor - one.worth_minor
        for stay in site.parking.stays.values()
        for one in stay.validations
        if one.merchant == merchant
    )
