"""What a fake provider knows: orders by the merchant's number, refunds, the movements of a day."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

_FEE_BP: Final = 60
"""Of each payment the provider keeps 0.6 %."""


class OrderState(StrEnum):
    """Where an order stands."""

    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"


class RefundState(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    STUCK = "stuck"
    """It has left the merchant and did not reach the payer: a person must see to it."""


@dataclass(slots=True, kw_only=True)
class Order:
    """An order as it was asked for. `reference` is the provider's number of its payment.

    `told` is what else a provider's own interface must give back of it.
    """

    out_no: str
    amount_minor: int
    currency: str
    subject: str
    notify_url: str = ""
    back_url: str = ""
    expires_at: datetime | None = None
    state: OrderState = OrderState.WAITING
    reference: str = ""
    paid_at: datetime | None = None
    disputed_at: datetime | None = None
    """When the payer's bank took the whole payment back."""
    told: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money on its way back."""

    refund_no: str
    out_no: str
    amount_minor: int
    reference: str
    at: datetime
    notify_url: str = ""
    state: RefundState = RefundState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A row of a day's file; of a refund the fee is given back and so below zero."""

    out_no: str
    reference: str
    amount_minor: int
    fee_minor: int
    at: datetime
    currency: str
    refund: Refund | None = None


class RefusedError(Exception):
    """The provider says no; `code` is one of `PayBooks`' reasons, each provider has its own words."""

    def __init__(self, code: str) -> None:
        """Keep the reason."""
        super().__init__(code)
        self.code = code


class PayBooks:
    """The orders and refunds of one merchant."""

    def __init__(self, first: int = 4_200_000_000) -> None:
        """Begin with nothing; the provider's own numbers count from `first`."""
        self.orders: dict[str, Order] = {}
        self.refunds: dict[str, Refund] = {}
        self.next = first

    def number(self) -> str:
        """Return a new number of the provider's own."""
        self.next += 1
        return f"{self.next - 1}"

    def place(self, order: Order) -> Order:
        """Take an order; asked for again it is the one that is there, if it is the same."""
        there = self.orders.setdefault(order.out_no, order)
        if (there.amount_minor, there.currency) != (order.amount_minor, order.currency):
            raise RefusedError("other_order")
        if there.state is OrderState.PAID:
            raise RefusedError("paid")
        if there.state is OrderState.CLOSED:
            raise RefusedError("closed")
        return there

    def find(self, out_no: str) -> Order:
        """Return an order; refused where there is none."""
        if out_no not in self.orders:
            raise RefusedError("missing")
        return self.orders[out_no]

    def find_refund(self, refund_no: str) -> Refund:
        """Return a refund; refused where there is none."""
        if refund_no not in self.refunds:
            raise RefusedError("missing")
        return self.refunds[refund_no]

    def close(self, out_no: str) -> Order:
        """Take an order back; a paid one is refused, a closed one is closed."""
        order = self.find(out_no)
        if order.state is OrderState.PAID:
            raise RefusedError("paid")
        order.state = OrderState.CLOSED
        return order

    def pay(self, out_no: str, now: datetime, *, though_closed: bool = False) -> bool:
        """Book a payer's payment; False where it had been paid before."""
        order = self.find(out_no)
        if order.state is OrderState.PAID:
            return False
        over = order.expires_at is not None and now >= order.expires_at
        if (order.state is OrderState.CLOSED or over) and not though_closed:
            raise RefusedError("closed")
        order.state, order.paid_at, order.reference = OrderState.PAID, now, self.number()
        return True

    def refund(
        self, refund_no: str, out_no: str, amount_minor: int, now: datetime, notify_url: str = ""
    ) -> Refund:
        """Accept a refund; asked for again it is the one that is there. Never more than was paid."""
        order = self.find(out_no)
        there = self.refunds.get(refund_no)
        if there is not None:
            if (there.out_no, there.amount_minor) != (out_no, amount_minor):
                raise RefusedError("other_order")
            return there
        if order.state is not OrderState.PAID:
            raise RefusedError("not_paid")
        is_gone = order.disputed_at is not None
        if is_gone or not 0 < amount_minor <= order.amount_minor - self.refunded(out_no):
            raise RefusedError("too_much")
        self.refunds[refund_no] = refund = Refund(
            refund_no=refund_no,
            out_no=out_no,
            amount_minor=amount_minor,
            reference=self.number(),
            at=now,
            notify_url=notify_url,
        )
        return refund

    def dispute(self, out_no: str, now: datetime) -> Order:
        """Let the payer's bank take a payment back, once; not what went back to the payer already."""
        order = self.find(out_no)
        if order.state is not OrderState.PAID:
            raise RefusedError("not_paid")
        if self.refunded(out_no):
            raise RefusedError("too_much")
        order.disputed_at = order.disputed_at or now
        return order

    def refunded(self, out_no: str) -> int:
        """Return what of an order has gone back or is on its way."""
        return sum(
            refund.amount_minor
            for refund in self.refunds.values()
            if refund.out_no == out_no and refund.state is not RefundState.FAILED
        )

    def movements(self, day: date, zone: tzinfo) -> list[Movement]:
        """Return what happened on a day of a time zone, in its order."""
        paid = [
            Movement(
                out_no=order.out_no,
                reference=order.reference,
                amount_minor=order.amount_minor,
                fee_minor=fee(order.amount_minor),
                at=order.paid_at,
                currency=order.currency,
            )
            for order in self.orders.values()
            if order.paid_at is not None
        ]
        returned = [
            Movement(
                out_no=refund.out_no,
                reference=self.orders[refund.out_no].reference,
                amount_minor=refund.amount_minor,
                fee_minor=-fee(refund.amount_minor),
                at=refund.at,
                currency=self.orders[refund.out_no].currency,
                refund=refund,
            )
            for refund in self.refunds.values()
            if refund.state is RefundState.DONE
        ]
        found = (move for move in paid + returned if move.at.astimezone(zone).date() == day)
        return sorted(found, key=lambda move: move.at)

    def stranger(self, day: date, zone: tzinfo, currency: str) -> Movement:
        """Return a movement of that day that no order belongs to."""
        noon = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=12)
        return Movement(
            out_no=f"UNKNOWN{self.number()}",
            reference=self.number(),
            amount_minor=990,
            fee_minor=fee(990),
            at=noon,
            currency=currency,
        )


def fee(amount_minor: int) -> int:
    """Return what the provider keeps of a payment."""
    return (amount_minor * _FEE_BP + 5_000) // 10_000
