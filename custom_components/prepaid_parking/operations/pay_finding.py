"""Orders and channels by their names, and how a change of an order is written down and told."""

from collections.abc import Callable
from secrets import token_hex
from typing import Final

from ..core.errors import CoreError
from ..core.identity import OrderId, WalletId
from ..core.pay_notice import Ours
from ..core.pay_order import AimKind, OrderState, PayOrder
from .facts import OrderEvent, OrderFact
from .pay_book import ChannelRun
from .site import Site

EVENTS: Final = {
    OrderState.CREATED: OrderEvent.CREATED,
    OrderState.PENDING: OrderEvent.PENDING,
    OrderState.PAID: OrderEvent.PAID,
    OrderState.CREDITED: OrderEvent.CREDITED,
    OrderState.CLOSED: OrderEvent.CLOSED,
    OrderState.EXPIRED: OrderEvent.EXPIRED,
}
MARK: Final = "pp"
RANDOM_BYTES: Final = 10
SIGN_DIGITS: Final = 10
"""With the mark and the random part 32 characters, the most that WeChat Pay takes."""


def channel_of(site: Site, channel: str) -> ChannelRun:
    """Return a channel by its key, or refuse in words."""
    run = site.paying.channels.get(channel)
    if run is None:
        raise CoreError("unknown_channel", channel=channel)
    return run


def named_channel(site: Site, channel: str) -> ChannelRun:
    """Return the channel that a person means: the name is on the page, the key stands in answers only.

    Two of one name are told apart by their keys.
    """
    bearing = [one for one in site.paying.channels.values() if one.name == channel.strip()]
    return bearing[0] if len(bearing) == 1 else channel_of(site, channel)


def ours_of(run: ChannelRun) -> Ours:
    """Return whose money a channel takes."""
    return Ours(channel=run.key, merchant=run.port.merchant, currency=run.port.currency)


def new_out_no(site: Site) -> str:
    """Return a number that no order at any provider has, and that shows whose it is.

    It is never counted: after a restore a counter would give out numbers that payers have paid.
    """
    random = token_hex(RANDOM_BYTES)
    return f"{MARK}{random}{_sign(site, random)}"


def is_our_number(site: Site, out_no: str) -> bool:
    """Tell whether this site gave a number, also where a restore has lost what it was for."""
    body = out_no.removeprefix(MARK)
    random, sign = body[: 2 * RANDOM_BYTES], body[2 * RANDOM_BYTES :]
    return body != out_no and len(random) == 2 * RANDOM_BYTES and sign == _sign(site, random)


async def find_order(site: Site, order: str) -> PayOrder:
    """Return an order by its id or its number at the provider, or refuse in words."""
    known = site.paying.orders.get(OrderId(order))
    return known if known is not None else await written_order(site, order)


async def written_order(site: Site, order: str) -> PayOrder:
    """Return an order as the books have it: what they say goes where an answer of theirs was lost."""
    found = await site.books.load(PayOrder, id=order) or await numbered_order(site, order)
    if not order or not found:
        raise CoreError("unknown_order", order=order)
    return found[0]


async def numbered_order(site: Site, out_no: str) -> list[PayOrder]:
    """Return the order that has this number at its provider, if there is one."""
    return await site.books.load(PayOrder, out_no=out_no) if out_no else []


async def change(site: Site, order: OrderId, to: Callable[[PayOrder], PayOrder]) -> PayOrder:
    """Change an order by a rule: what it has become is written down, then taken over and told.

    When it is looked at next is kept in mind only: after a start everything is looked at.
    """
    async with site.paying.turn_of(order):
        known = await find_order(site, order)
        after = to(known)
        if (after.state, after.offered, after.fault) != (known.state, known.offered, known.fault):
            await site.books.record(after)
            site.books_written()
        site.paying.hold(after)
        if after.state is not known.state:
            tell_order(site, after)
    return after


def tell_order(site: Site, order: PayOrder) -> None:
    """Say where an order stands now."""
    of_wallet = order.aim.kind is AimKind.WALLET and order.aim.id in site.wallets
    site.tell(
        OrderFact(
            event=EVENTS[order.state],
            at=site.clock(),
            channel=order.channel,
            amount_minor=order.paid_minor or order.amount_minor,
            order=order.id,
            aim=order.aim,
            wallet=WalletId(order.aim.id) if of_wallet else None,
            reason=order.fault,
        )
    )


def _sign(site: Site, random: str) -> str:
    return site.privacy.blind("out_no", random).hex()[:SIGN_DIGITS]
