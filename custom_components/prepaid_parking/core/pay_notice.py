"""What is made of a provider's notice: money is booked by it, or looked for, or it is not ours.

A notice proves who says it, not that it fits: it may be old, doubled, of another merchant, of an
order nobody made. What has arrived is always booked; what is not ours moves nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .chart import Channel
from .identity import OrderId, UnmatchedId
from .pay_channel import Notice, Outcome, Seen
from .pay_order import OrderState, PayOrder

FRESH: Final = timedelta(minutes=5)
"""A notice from further away than that, on either side, may be a replay or a wrong clock."""
KEPT: Final = timedelta(days=100)
"""So long a notice is kept: longer than any provider repeats one, and than a payer disputes."""


class Made(StrEnum):
    """What was made of a notice; the values are translation keys."""

    BOOKED = "booked"
    """The payment is to be booked."""
    REPEATED = "repeated"
    """It was booked before."""
    HINT = "hint"
    """Nothing is booked by it: the provider is asked."""
    NOTED = "noted"
    """It is about no payment of ours: somebody else's order at the same merchant, a closed order."""
    REFUND = "refund"
    """It is about a refund."""
    OTHER_MERCHANT = "other_merchant"
    OTHER_CURRENCY = "other_currency"

    @property
    def foreign(self) -> bool:
        """Whether the money is not ours: nothing moves, and no success is answered."""
        return self in {Made.OTHER_MERCHANT, Made.OTHER_CURRENCY}


class Misfit(StrEnum):
    """Why a payment could not be booked on what it was meant for; the values are translation keys."""

    NO_ORDER = "no_order"
    AMOUNT = "amount"
    TWICE = "twice"
    WALLET_CLOSED = "wallet_closed"
    STAY_OVER = "stay_over"
    BILL_OVER = "bill_over"
    AIM_REFUSED = "aim_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardNotice:
    """A notice as it was heard: what it was about and what was made of it, never a payer's data."""

    id: str
    channel: str
    event_id: str
    heard_at: datetime
    sent_at: datetime | None
    made: Made
    out_no: str = ""
    provider_ref: str = ""
    amount_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Money that has arrived and has no place yet: it lies in suspense until a person gives it one.

    `order` is the order it came by, where it came by one. `left_minor` is what is still to be placed.
    """

    id: UnmatchedId
    no: int
    channel: str
    kind: Channel
    merchant: str
    provider_ref: str
    out_no: str
    order: OrderId | None
    amount_minor: int
    left_minor: int
    why: Misfit
    at: datetime
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Whose money a channel takes: its merchant, and the site's currency."""

    channel: str
    merchant: str
    currency: str


def judge(
    notice: Notice, order: PayOrder | None, ours: Ours, now: datetime, *, numbered: bool
) -> Made:
    """Say what is to be made of a notice.

    Where the books know no `order`, its number may still be one we gave (`numbered`): its order was
    lost with a restore, its money is not. Any other number is somebody else's at the same merchant.
    """
    seen = notice.payment
    if notice.refund is not None:
        return Made.REFUND
    if seen is None:
        return Made.NOTED
    if order is None and not numbered:
        return Made.NOTED
    if (foreign := stranger(seen, ours)) is not None:
        return foreign
    if seen.outcome is not Outcome.PAID:
        return Made.HINT if order is not None and order.state.open else Made.NOTED
    if order is not None and is_booked(order, seen):
        return Made.REPEATED
    if notice.sent_at is None or abs(now - notice.sent_at) > FRESH:
        return Made.HINT
    return Made.BOOKED


def stranger(seen: Seen, ours: Ours) -> Made | None:
    """Say why a payment is not ours to book; one that is paid must name merchant and currency."""
    told = seen.outcome is Outcome.PAID
    if seen.merchant != ours.merchant and (told or seen.merchant):
        return Made.OTHER_MERCHANT
    if told and seen.currency != ours.currency:
        return Made.OTHER_CURRENCY
    return None


def is_booked(order: PayOrder, seen: Seen) -> bool:
    """Tell whether this payment of an order is in the books already."""
    taken = order.state in {OrderState.PAID, OrderState.CREDITED}
    return taken and order.provider_ref == seen.provider_ref
