"""Who carries out an operation that was held and is confirmed: one line for each kind."""

from datetime import datetime
from typing import Final

from ..core.chart import Channel
from ..core.difference import Resolution
from ..core.held_operation import HeldOperation
from ..core.identity import Actor, ActorKind
from ..core.ledger import Receipt
from .agreement_charges import AGREEMENT_CHARGE, fetch_held
from .cashier import close_wallet, refund, top_up, unfreeze
from .challenges import Kinds, go_on_with_confirmed, left_confirmed
from .differences import WRITE_OFF, settle_difference
from .lifting import UNFREEZE
from .pay_refunds import REFUND_ORDER, refund_order
from .risk_desk import CLOSING, REFUND, TOP_UP
from .site import Site


async def refund_held(site: Site, held: HeldOperation) -> Receipt:
    """Pay out what was held."""
    data = held.data
    return await refund(
        site,
        wallet=data["wallet"],
        amount_minor=int(data["amount_minor"]),
        reason=data["reason"],
        actor=actor_of(held.asked_by),
        channel=Channel(data["channel"]),
        reference=held.reference,
        agreed=True,
    )


async def closing_held(site: Site, held: HeldOperation) -> Receipt:
    """Close a wallet and pay out its rest: no more than was confirmed."""
    data = held.data
    return await close_wallet(
        site,
        wallet=data["wallet"],
        channel=Channel(data["channel"]),
        reason=data["reason"],
        actor=actor_of(held.asked_by),
        reference=held.reference,
        agreed_minor=held.amount_minor or 0,
    )


async def order_refund_held(site: Site, held: HeldOperation) -> None:
    """Give back what an order brought, or a payment without a place; the provider is asked as ever."""
    amount = held.data["amount_minor"]
    await refund_order(
        site,
        order=held.data.get("order", ""),
        payment=held.data.get("payment", ""),
        amount_minor=int(amount) if amount else None,
        reason=held.data["reason"],
        actor=actor_of(held.asked_by),
        reference=held.reference,
        agreed=True,
    )


async def top_up_held(site: Site, held: HeldOperation) -> Receipt:
    """Book a top-up that was held."""
    data = held.data
    return await top_up(
        site,
        wallet=data["wallet"],
        amount_minor=int(data["amount_minor"]),
        reason=data["reason"],
        actor=actor_of(held.asked_by),
        channel=Channel(data["channel"]),
        reference=held.reference,
        agreed=True,
    )


async def unfreeze_held(site: Site, held: HeldOperation) -> Receipt | None:
    """Open a wallet that a rule had shut; one that was opened meanwhile is open."""
    if site.wallet(held.wallet).wallet.frozen_at is None:
        return None
    return await unfreeze(
        site,
        wallet=held.wallet,
        reason=held.data["reason"],
        actor=actor_of(held.asked_by),
        agreed=True,
    )


async def write_off_held(site: Site, held: HeldOperation) -> Receipt:
    """Write off what was held; one that a file has explained meanwhile is refused."""
    return await settle_difference(
        site,
        difference=held.data["difference"],
        resolution=Resolution.WRITTEN_OFF,
        reason=held.data["reason"],
        actor=actor_of(held.asked_by),
        reference=held.reference,
        agreed=True,
    )


def actor_of(written: str) -> Actor:
    """Return who asked, of the form in which the books keep it."""
    kind, _, name = written.partition(":")
    return Actor(kind=ActorKind(kind), id=name)


KINDS: Final[Kinds] = {
    AGREEMENT_CHARGE: fetch_held,
    CLOSING: closing_held,
    REFUND: refund_held,
    REFUND_ORDER: order_refund_held,
    TOP_UP: top_up_held,
    UNFREEZE: unfreeze_held,
    WRITE_OFF: write_off_held,
}
"""What can be held, and who does it once it is confirmed."""


async def go_on(site: Site, _: datetime) -> None:
    """Do beside everything else what was confirmed and is not seen to be done."""
    if left_confirmed(site):
        site.spawn(go_on_with_confirmed(site, KINDS))
