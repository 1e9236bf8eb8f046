"""The one place where what a provider has taken becomes money: once, whoever tells of it, and how often.

A payment is named by its merchant and the provider's own number of it. Notice, look and settlement
file tell of the same payment, so they are the same entry. The order, the notice and the money are one
act. What cannot be booked on its aim is held in suspense: it has arrived.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..core.chart import channel_account
from ..core.errors import ConflictError, CoreError
from ..core.identity import Actor, ActorKind, OrderId
from ..core.ledger import Record, Reference
from ..core.pay_channel import Seen
from ..core.pay_notice import Made, Misfit, is_booked, stranger
from ..core.pay_order import Aim, AimKind, OrderState, PayOrder, booked, paid
from ..core.stay import Stay
from . import pay_suspense
from .arrived import Arrived
from .pay_book import ChannelRun
from .pay_finding import channel_of, ours_of, tell_order, written_order
from .pay_on_aim import book_on
from .pay_suspense import hold_back
from .site import Site
from .stay_book import alone, hold
from .stay_money import heard

WHY: Final = {
    "wallet_closed": Misfit.WALLET_CLOSED,
    "stay_nothing_due": Misfit.STAY_OVER,
    "bill_not_open": Misfit.BILL_OVER,
    "bill_overpaid": Misfit.BILL_OVER,
}
"""What keeps a payment from its aim; whatever else does is a rule that refuses the aim."""

FOREIGN: Final = {
    Made.OTHER_MERCHANT: "notice_other_merchant",
    Made.OTHER_CURRENCY: "notice_other_currency",
}


async def credit_seen(
    site: Site, order: PayOrder, seen: Seen, *, puts: Sequence[Record] = ()
) -> PayOrder:
    """Book a payment of an order, and return the order as it is then.

    Nobody who calls may hold the site's turn. `puts` are written with it: the notice that told of it.
    """
    return await asyncio.shield(_credit(site, order.id, seen, tuple(puts)))


async def credit_unknown(
    site: Site, channel: str, seen: Seen, *, puts: Sequence[Record] = ()
) -> None:
    """Book a payment of an order that we gave the number of and know nothing of any more."""
    run = channel_of(site, channel)
    refuse_strangers(run, seen)
    key = payment_key(run, seen)
    async with site.paying.turn_of(key.key):
        await asyncio.shield(
            hold_back(site, arrived(run, seen, key, tuple(puts)), run, seen, Misfit.NO_ORDER)
        )


def refuse_strangers(run: ChannelRun, seen: Seen) -> None:
    """Refuse money that is not ours: another merchant's, or of another currency."""
    foreign = stranger(seen, ours_of(run))
    if foreign is not None:
        raise CoreError(FOREIGN[foreign], channel=run.name)


def payment_key(run: ChannelRun, seen: Seen) -> Reference:
    """Return what names a payment, the same for everybody who tells of it."""
    return Reference(
        scope=f"pay/{run.kind}",
        key=f"{seen.merchant}/{seen.provider_ref}",
        content={"amount": seen.amount_minor},
    )


def arrived(run: ChannelRun, seen: Seen, key: Reference, puts: tuple[Record, ...]) -> Arrived:
    """Return a payment as money that is there: the provider holds it for us."""
    return Arrived(
        amount_minor=seen.amount_minor,
        channel=run.kind,
        source=channel_account(run.kind),
        key=key,
        actor=Actor(kind=ActorKind.SYSTEM, id=run.key),
        puts=puts,
    )


async def _credit(site: Site, order_id: OrderId, seen: Seen, puts: tuple[Record, ...]) -> PayOrder:
    async with site.paying.turn_of(order_id):
        order = await written_order(site, order_id)
        run = channel_of(site, order.channel)
        refuse_strangers(run, seen)
        if is_booked(order, seen):
            await site.books.record(*puts)
            if order.id in site.paying.orders:
                await _catch_up(site, order)
            return order
        key = payment_key(run, seen)
        if order.state in {OrderState.PAID, OrderState.CREDITED}:
            money = arrived(run, seen, key, puts)
            await hold_back(site, money, run, seen, Misfit.TWICE, order.id)
            return order
        name = f"{key.scope}/{key.key}"
        after = booked(paid(order, seen), OrderState.CREDITED, name)
        why = Misfit.AMOUNT if seen.amount_minor != order.amount_minor else None
        if why is None:
            why = await _booked(site, order.aim, arrived(run, seen, key, (after, *puts)))
        if why is not None:
            after = replace(after, state=OrderState.PAID)
            money = arrived(run, seen, key, (after, *puts))
            await hold_back(site, money, run, seen, why, order.id)
        site.paying.hold(after)
        tell_order(site, after)
    return after


async def _catch_up(site: Site, order: PayOrder) -> None:
    """Take over a payment that the books have written though their answer was lost."""
    match order.aim.kind:
        case AimKind.WALLET:
            run = site.wallet(order.aim.id)
            async with site.turn:  # Whoever has it has read again what nobody heard the end of.
                site.wake_wallet(run)
        case AimKind.STAY:
            async with alone(site, order.aim.id):
                (stay,) = await site.books.load(Stay, id=order.aim.id)
                hold(site, stay)
            await heard(site, stay)
        case AimKind.BILL:
            pass  # Bills are looked at again by whoever comes next to one (`trusted`).
    await pay_suspense.load(site)
    site.paying.hold(order)
    tell_order(site, order)


async def _booked(site: Site, aim: Aim, money: Arrived) -> Misfit | None:
    """Book a payment on its aim; where that takes nothing, say why."""
    try:
        await book_on(site, aim, money)
    except ConflictError:
        raise
    except CoreError as err:
        return WHY.get(err.key, Misfit.AIM_REFUSED)
    return None
