"""What a refund goes back of: an order's payment, or one that has no place and lies in suspense."""

from ..core.errors import CoreError
from ..core.identity import Actor, OrderId, RefundId
from ..core.pay_notice import Unmatched
from ..core.pay_order import IN_PARTS, OrderState, PayOrder
from ..core.pay_refund import PayRefund, RefundState, RefundWay, too_late
from .pay_finding import find_order, new_out_no
from .pay_refund_holding import owner_of_aim
from .pay_settling import find_unmatched
from .site import Site


async def of_what(site: Site, order: str, payment: str) -> PayOrder | Unmatched:
    """Return the order or the payment without a place that is meant, or refuse in words."""
    if bool(order) is bool(payment):
        raise CoreError("refund_of_what")
    return await find_order(site, order) if order else await find_unmatched(site, payment)


async def drawn_up_of(
    site: Site, paid: PayOrder | Unmatched, actor: Actor, way: RefundWay, reason: str
) -> PayRefund:
    """Return a refund of what is in the books, by a way that is still open."""
    wallet, stay, order = "", "", OrderId("")
    if isinstance(paid, PayOrder):
        if paid.state is not OrderState.CREDITED:
            raise CoreError("refund_not_credited", order=paid.id)
        if paid.fault == IN_PARTS:
            raise CoreError("refund_in_parts", order=paid.id)
        wallet, stay = await owner_of_aim(site, paid.aim)
        order, total, at = paid.id, paid.paid_minor, paid.paid_at or paid.created_at
    else:
        order, total, at = paid.order or order, paid.amount_minor, paid.at
    limit = too_late(paid.kind, at, site.clock())
    if way is RefundWay.CHANNEL and limit is not None:
        raise CoreError("refund_too_late", order=order or paid.id, days=limit.days)
    if way is RefundWay.CHANNEL and paid.channel not in site.paying.channels:
        raise CoreError("unknown_channel", channel=paid.channel)
    number = await site.books.next_number("refund")
    return PayRefund(
        id=RefundId(f"rf{number}"),
        no=number,
        refund_no=new_out_no(site),
        order=order,
        out_no=paid.out_no,
        payment_ref=paid.provider_ref,
        channel=paid.channel,
        kind=paid.kind,
        amount_minor=0,
        total_minor=total,
        state=RefundState.REQUESTED,
        created_at=site.clock(),
        asked_by=str(actor),
        reason=reason,
        way=way,
        wallet=wallet,
        stay=stay,
    )
