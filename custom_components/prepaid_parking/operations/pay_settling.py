"""A person says what money is for that has no place yet: out of suspense, onto a wallet, stay or bill."""

import asyncio
from dataclasses import replace
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Record, Reference
from ..core.pay_notice import Unmatched
from ..core.pay_order import Aim, AimKind, OrderState, PayOrder, placed
from .arrived import Arrived
from .booking import referenced
from .facts import OrderEvent, OrderFact
from .pay_aims import due
from .pay_on_aim import book_on
from .pay_suspense import SUSPENSE
from .repeats import answered_as
from .site import Site
from .stay_paying import PAID

KINDS: Final = {
    AimKind.WALLET: (EntryKind.TOP_UP,),
    AimKind.STAY: PAID,
    AimKind.BILL: (EntryKind.BILL_PAID,),
}
"""As what money is booked on an aim."""


async def settle_payment(
    site: Site,
    *,
    payment: str,
    aim: Aim,
    actor: Actor,
    amount_minor: int | None = None,
    reason: str = "",
    reference: str = "",
) -> Unmatched:
    """Give a payment, or a part of it, its place, and return what is left of it."""
    asked = {"payment": payment, "aim": [aim.kind, aim.id], "amount": amount_minor}
    key = referenced("settle_payment", reference, asked)
    return await asyncio.shield(_settle(site, payment, aim, actor, amount_minor, reason, key))


async def find_unmatched(site: Site, payment: str) -> Unmatched:
    """Return a payment that had no place when it came, as the books have it, or refuse in words."""
    found = await site.books.load(Unmatched, id=payment)
    if not found:
        raise CoreError("unknown_payment", payment=payment)
    return found[0]


async def _settle(
    site: Site,
    payment: str,
    aim: Aim,
    actor: Actor,
    amount_minor: int | None,
    reason: str,
    key: Reference,
) -> Unmatched:
    async with site.paying.turn_of(payment):
        held = await find_unmatched(site, payment)
        if await _settled_before(site, aim, actor, key):
            take_over(site, held)
            return held
        amount = held.left_minor if amount_minor is None else amount_minor
        await _check(site, held, aim, amount)
        left = held.left_minor - amount
        after = replace(held, left_minor=left, settled_at=None if left else site.clock())
        order = await _order_of(site, held, aim, whole=not left)
        puts: tuple[Record, ...] = (after,) if order is None else (after, order)
        money = Arrived(
            amount_minor=amount,
            channel=held.kind,
            source=SUSPENSE,
            key=key,
            actor=actor,
            puts=puts,
            reason=reason,
        )
        await book_on(site, aim, money)
        take_over(site, after)
    site.tell(
        OrderFact(
            event=OrderEvent.CREDITED,
            at=site.clock(),
            channel=held.channel,
            amount_minor=amount,
            order=held.order,
            aim=aim,
            unmatched=held.id,
        )
    )
    return after


def take_over(site: Site, held: Unmatched) -> None:
    """Keep a payment in mind as it was written down, as long as something of it has no place."""
    if held.settled_at is None:
        site.paying.unmatched[held.id] = held
    else:
        site.paying.unmatched.pop(held.id, None)


async def _settled_before(site: Site, aim: Aim, actor: Actor, key: Reference) -> bool:
    """Tell whether this was done before, under the same reference."""
    kinds = KINDS[aim.kind]
    act = Act(kind=kinds[0], event="", occurred=site.clock(), actor=actor, reference=key)
    return await answered_as(site, act, kinds) is not None


async def _check(site: Site, held: Unmatched, aim: Aim, amount_minor: int) -> None:
    """Refuse to give away more than is left, or more than a stay or a bill can take."""
    if not held.left_minor:
        raise CoreError("payment_settled", payment=held.id)
    if amount_minor <= 0:
        raise CoreError("amount_not_positive", amount=site.currency.text(amount_minor))
    if amount_minor > held.left_minor:
        raise CoreError("payment_less_left", left=site.currency.text(held.left_minor))
    if aim.kind is AimKind.WALLET:
        return
    most = (await due(site, aim)).most_minor
    if amount_minor > most:
        raise CoreError("payment_more_than_due", due=site.currency.text(most))


async def _order_of(site: Site, held: Unmatched, aim: Aim, *, whole: bool) -> PayOrder | None:
    """Return the order a payment came by, as it is once so much of the payment has its place."""
    if held.order is None:
        return None
    (order,) = await site.books.load(PayOrder, id=held.order)
    if order.state is not OrderState.PAID or order.provider_ref != held.provider_ref:
        return None
    return placed(order, aim, first=held.left_minor == held.amount_minor, whole=whole)
