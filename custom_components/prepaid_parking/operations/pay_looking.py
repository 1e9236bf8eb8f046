"""Orders are asked about until they are paid or over: no notice is ever needed for that.

What the provider is asked is never waited for in anybody's turn: a look is a task of its own, and
only what it has found is written down in one.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from ..core.identity import OrderId
from ..core.pay_channel import ChannelError, Outcome, Seen
from ..core.pay_order import OrderState, PayOrder, after_look, taken_back
from .pay_book import ChannelRun
from .pay_crediting import credit_seen
from .pay_finding import change, channel_of, find_order
from .saying import said
from .site import Site

SELDOM: Final = timedelta(seconds=1)
"""A page that asks more often hears what is known."""
MOST_AT_ONCE: Final = 20
"""Questions that are out together: after a day without internet there are many."""
LOOK: Final = "look_at_order"


async def load(site: Site) -> None:
    """Take up every order that may still change, and look at all of them: nobody knows what was missed."""
    now = site.clock()
    for state in (OrderState.CREATED, OrderState.PENDING, OrderState.CLOSED):
        for order in await site.books.load(PayOrder, state=state):
            site.paying.hold(replace(order, next_at=now))


async def look(site: Site, order: OrderId) -> PayOrder:
    """Ask the provider about an order, once a second at most, and return it as it is then.

    Who asks while a question is out waits for its answer.
    """
    known, _ = await _look(site, order)
    return known


async def look_at_orders(site: Site, now: datetime) -> None:
    """Ask about the orders whose time has come, and end those whose time is over."""
    paying = site.paying
    due = [
        one
        for one in paying.orders.values()
        if one.next_at is not None and one.next_at <= now and one.channel in paying.channels
    ]
    due = [one for one in due if one.id not in paying.looking]
    for one in due[: max(0, MOST_AT_ONCE - len(paying.looking))]:
        ends = one.state.open and now >= one.expires_at
        site.spawn(_safely(site, one.id, ends=ends))


async def take_back(site: Site, order: OrderId) -> PayOrder:
    """Have the provider take an order back, unless it is paid; unknown to it, it is closed as well."""
    known, seen = await _look(site, order, anew=True)
    if not known.state.open or seen is None:
        return known
    run = channel_of(site, known.channel)
    if seen.outcome is not Outcome.MISSING and not await _closed(run, known):
        return known
    return await change(site, order, partial(taken_back, now=site.clock()))


async def _look(site: Site, order: OrderId, *, anew: bool = False) -> tuple[PayOrder, Seen | None]:
    paying = site.paying
    while (out := paying.looking.get(order)) is not None:
        await out.wait()
        if not anew:
            return await find_order(site, order), None
    known, now = await find_order(site, order), site.clock()
    if known.state is OrderState.CREDITED or order in paying.looking:
        return known, None
    last = paying.looked.get(order)
    if not anew and last is not None and abs(now - last) < SELDOM:
        return known, None
    run = channel_of(site, known.channel)
    paying.looking[order] = asyncio.Event()
    if order in paying.orders:
        paying.looked[order] = now
    try:
        seen = await _asked(run, known)
        if seen is not None and seen.outcome is Outcome.PAID:
            return await credit_seen(site, known, seen), seen
        return await change(site, order, partial(after_look, seen=seen, now=site.clock())), seen
    finally:
        paying.looking.pop(order).set()


async def _asked(run: ChannelRun, order: PayOrder) -> Seen | None:
    try:
        seen = await run.port.query(order.out_no)
    except ChannelError as err:
        run.trouble = err.fault
        return None
    run.trouble = ""
    return seen


async def _closed(run: ChannelRun, order: PayOrder) -> bool:
    try:
        await run.port.close(order.out_no)
    except ChannelError as err:
        run.trouble = err.fault
        return False
    run.trouble = ""
    return True


async def _safely(site: Site, order: OrderId, *, ends: bool) -> None:
    with said(site, LOOK, order):
        await (take_back if ends else look)(site, order)
