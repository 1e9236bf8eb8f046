"""Orders: a payer is asked for money at a channel. Stored first, then asked, then followed to its end.

What the provider answers is not waited for in anybody's turn. Where nobody knows whether it heard of
an order, there is an order that is looked at; a second one is never made of it.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
import json
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, OrderId
from ..core.ledger import Act
from ..core.page import WHOLE_LIST, Part
from ..core.pay_channel import Asked, ChannelError, ChannelFault, Way
from ..core.pay_order import LADDER, Aim, AimKind, OrderState, PayOrder, begun, given_up
from .booking import book, referenced
from .pages import latest, numbered
from .pay_aims import due
from .pay_book import Asking, ChannelRun
from .pay_finding import change, channel_of, find_order, new_out_no, tell_order
from .pay_looking import look, take_back
from .repeats import answered_before
from .risk_signs import failed_payment
from .site import Site

__all__ = ["close_order", "create_order", "find_order", "list_orders", "look", "orders_of"]

LASTS: Final = timedelta(minutes=15)
"""So long an order can be paid; who was distracted asks for a new one."""


async def create_order(
    site: Site,
    *,
    aim: Aim,
    channel: str,
    actor: Actor,
    amount_minor: int | None = None,
    way: Way = Way.QR,
    payer_ip: str = "",
    back_url: str = "",
    payer: str = "",
    reference: str = "",
) -> PayOrder:
    """Ask for money, and return the order with what the payer is shown.

    `payer` is who pays inside the provider's app; it is handed on and kept nowhere.
    Under one reference there is one order. Where the provider did not take it up, the order says why
    (`fault`); as long as nobody knows, it is a created one that is looked at.
    """
    asked = {"aim": [aim.kind, aim.id], "channel": channel, "amount": amount_minor, "way": way}
    act = Act(
        kind=EntryKind.ORDER_CREATED,
        event="",
        occurred=site.clock(),
        actor=actor,
        reference=referenced("order", reference, asked),
    )
    known = await answered_before(site, act)
    if known is not None:
        return await find_order(site, str(known.detail["order"]))
    if not site.books.writable:
        raise CoreError("ledger_closed")
    run = _open_channel(site, channel, way, payer)
    wanted = await due(site, aim)
    order = await _drawn_up(site, run, aim, wanted.chosen(site, amount_minor))
    for guard in site.paying.guards:
        await guard(Asking(order=order, actor=actor, payer_ip=payer_ip))
    told = Asked(
        out_no=order.out_no,
        amount_minor=order.amount_minor,
        subject=wanted.subject,
        expires_at=order.expires_at,
        way=way,
        payer_ip=payer_ip,
        back_url=back_url,
        payer=payer,
    )
    return await asyncio.shield(_made(site, run, order, act, told))


async def close_order(site: Site, *, order: str, actor: Actor) -> PayOrder:
    """Take an order back, so that nobody can pay it any more; one that is paid meanwhile is credited."""
    known = await find_order(site, order)
    if not known.state.open:
        return known
    after = await take_back(site, known.id)
    if after.state.open:
        raise CoreError("order_not_closed", order=known.id)
    if after.state is OrderState.CLOSED:
        closing = Act(
            kind=EntryKind.ORDER_CLOSED,
            event=f"order/{after.id}/closed",
            occurred=site.clock(),
            actor=actor,
            detail={"order": after.id},
        )
        await book(site, closing)
    return after


async def orders_of(
    site: Site, aim: Aim, state: OrderState | None = None, part: Part = WHOLE_LIST
) -> list[PayOrder]:
    """Return what was ever asked for one wallet, stay or bill, or is in a state, the latest first."""
    like = {"aim": json.dumps({"id": aim.id, "kind": aim.kind}, separators=(",", ":"))}
    if state is not None:
        like["state"] = state
    found = await numbered(site, PayOrder, part, like)
    return [site.paying.orders.get(one.id, one) for one in found]


async def list_orders(
    site: Site, state: OrderState | None = None, part: Part = WHOLE_LIST
) -> list[PayOrder]:
    """Return the orders in a state, or those that may still change, the latest first."""
    if state is None:
        return latest(site.paying.orders.values(), part)
    return await numbered(site, PayOrder, part, {"state": state})


def _open_channel(site: Site, channel: str, way: Way, payer: str) -> ChannelRun:
    run = channel_of(site, channel)
    if way not in run.ways or (way is Way.APP) != bool(payer):
        raise CoreError("channel_way", channel=run.name)
    if run.port.currency != site.currency.code:
        raise CoreError("channel_currency", channel=run.name, currency=site.currency.code)
    return run


async def _drawn_up(site: Site, run: ChannelRun, aim: Aim, amount_minor: int) -> PayOrder:
    number, now = await site.books.next_number("pay_order"), site.clock()
    return PayOrder(
        id=OrderId(f"po{number}"),
        no=number,
        out_no=new_out_no(site),
        channel=run.key,
        kind=run.kind,
        aim=aim,
        amount_minor=amount_minor,
        state=OrderState.CREATED,
        created_at=now,
        expires_at=now + LASTS,
        next_at=now + LADDER[0],
    )


async def _made(site: Site, run: ChannelRun, order: PayOrder, act: Act, asked: Asked) -> PayOrder:
    """Write an order down, then ask for it: whatever is lost from here on, it has a number."""
    aim = order.aim
    detail = {
        "order": order.id,
        "out_no": order.out_no,
        "channel": order.kind,
        str(aim.kind): aim.id,
        "amount": order.amount_minor,
    }
    receipt = await book(
        site, replace(act, event=f"order/{order.id}", detail=detail, puts=(order,))
    )
    if receipt.repeated:
        return await find_order(site, str(receipt.detail["order"]))
    site.paying.hold(order)
    tell_order(site, order)
    try:
        offered = await run.port.create(asked)
    except ChannelError as err:
        run.trouble = err.fault
        return await _not_offered(site, order, err)
    run.trouble = ""
    return await change(site, order.id, partial(begun, offered=offered))


async def _not_offered(site: Site, order: PayOrder, err: ChannelError) -> PayOrder:
    """Say what an order is that has nothing to show: over, where the provider has surely not taken it."""
    if err.fault is ChannelFault.UNREACHABLE:
        return await change(site, order.id, partial(given_up, fault=err.fault))
    if err.fault is ChannelFault.REFUSED:
        known = await look(site, order.id)
        if known.state.open and order.aim.kind is AimKind.WALLET:
            await failed_payment(site, order.aim.id)
        return await change(site, known.id, partial(given_up, fault=err.fault))
    return await change(site, order.id, lambda one: replace(one, fault=err.fault))
