"""A refund of money that has no place: out of suspense, as far as it lies there, and back if it does not go."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..core.errors import CoreError
from ..core.identity import RefundId, UnmatchedId
from ..core.ledger import Posting, Record
from ..core.pay_notice import Unmatched
from ..core.pay_order import OrderState, PayOrder
from ..core.pay_refund import PayRefund, rest_minor
from .pay_refund_holding import REFUNDS, Taken
from .pay_suspense import SUSPENSE
from .site import Site


async def payment_of(site: Site, refund: PayRefund) -> Unmatched:
    """Return the payment without a place that a refund goes back of: the provider's number names it."""
    found = await site.books.load(Unmatched, provider_ref=refund.payment_ref)
    return next(one for one in found if one.kind is refund.kind)


async def payments_of(site: Site, refunds: Sequence[PayRefund]) -> Mapping[RefundId, UnmatchedId]:
    """Return which payments without a place refunds go back of, where they do."""
    refs = {one.payment_ref for one in refunds if one.of_suspense}
    held = await site.books.among(Unmatched, "provider_ref", refs)
    names = {(one.kind, one.provider_ref): one.id for one in held}
    loose = {one.id: (one.kind, one.payment_ref) for one in refunds if one.of_suspense}
    return {name: names[by] for name, by in loose.items() if by in names}


async def out_of_suspense(
    site: Site, refund: PayRefund, amount_minor: int | None, rest: int
) -> Taken:
    """Take out what lies there of a payment; whoever calls keeps others from it."""
    held = await payment_of(site, refund)
    most = min(rest, held.left_minor)
    amount = most if amount_minor is None else amount_minor
    if amount_minor is not None and amount <= 0:
        text = site.currency.text(amount)
        return Taken(amount_minor=0, refusal=CoreError("amount_not_positive", amount=text))
    if not held.left_minor:
        refusal = CoreError("payment_settled", payment=held.id)
        return Taken(amount_minor=amount, refusal=refusal)
    if not 0 < amount <= most:
        left = site.currency.text(max(0, most))
        return Taken(amount_minor=amount, refusal=CoreError("payment_less_left", left=left))
    left_minor = held.left_minor - amount
    after = replace(held, left_minor=left_minor, settled_at=None if left_minor else site.clock())
    puts: tuple[Record, ...] = (after,)
    if not left_minor and (order := await _placed_order(site, held, refund)) is not None:
        puts += (order,)
    return Taken(
        amount_minor=amount,
        postings=(Posting(source=SUSPENSE, target=REFUNDS, amount_minor=amount),),
        detail={"payment": held.id},
        puts=puts,
        held=after,
    )


async def in_suspense_again(site: Site, refund: PayRefund) -> Unmatched:
    """Return a payment as it is once a refund of it has come back."""
    held = await payment_of(site, refund)
    return replace(held, left_minor=held.left_minor + refund.amount_minor, settled_at=None)


async def _placed_order(site: Site, held: Unmatched, refund: PayRefund) -> PayOrder | None:
    """Return the order of a payment of which a part has its place, and the rest goes back."""
    if held.order is None:
        return None
    (order,) = await site.books.load(PayOrder, id=held.order)
    refunds = await site.books.load(PayRefund, order=held.order)
    others = [one for one in refunds if of_one_payment(one, refund)]
    placed = rest_minor(held.amount_minor, others) - held.left_minor
    if not placed or order.state is not OrderState.PAID or order.provider_ref != held.provider_ref:
        return None
    return replace(order, state=OrderState.CREDITED)


def of_one_payment(other: PayRefund, refund: PayRefund) -> bool:
    """Tell whether another refund goes back of the same payment: an order may be paid twice."""
    return other.id != refund.id and other.payment_ref == refund.payment_ref
