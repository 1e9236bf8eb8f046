"""What a pretended Stripe tells: sessions, payments, refunds and movements as its interface has them."""

from datetime import datetime
from typing import Final

from .pay_books import Movement, Order, OrderState, Refund, RefundState
from .pay_provider import PayProvider

_REFUND_STATES: Final = {
    RefundState.PENDING: "pending",
    RefundState.DONE: "succeeded",
    RefundState.FAILED: "failed",
}

DISPUTE_FEE: Final = 1500
"""Kept whoever is right."""

type Node = dict[str, object]


class StripeObjects(PayProvider):
    """The objects of one account in test mode, made out of its books at every look."""

    has_disputes = True

    def session(self, order: Order, expand: str = "") -> Node:
        """Return a session; its payment whole, where that is asked for."""
        is_paid = order.state is OrderState.PAID
        states = {OrderState.WAITING: "open", OrderState.PAID: "complete"}
        intent = self.intent(order) if "payment_intent" in expand else f"pi_{order.reference}"
        return {
            "id": order.told["session"],
            "object": "checkout.session",
            "mode": "payment",
            "livemode": False,
            "client_reference_id": order.out_no,
            "metadata": {"out_no": order.told["metadata"]} if order.told["metadata"] else {},
            "amount_total": self.told_amount(order),
            "currency": self.told_currency(order).lower(),
            "created": int(order.told["created"]),
            "expires_at": seconds(order.expires_at or self.now()),
            "status": states.get(order.state, "expired"),
            "payment_status": "paid" if is_paid else "unpaid",
            "payment_intent": intent if is_paid else None,
            "url": None if is_paid else f"{self.base_url}/window/{order.out_no}",
        }

    def intent(self, order: Order) -> Node:
        """Return a payment, its charge within."""
        charge = {"id": f"ch_{order.reference}", "created": seconds(order.paid_at or self.now())}
        return {
            "id": f"pi_{order.reference}",
            "object": "payment_intent",
            "status": "succeeded",
            "livemode": False,
            "created": int(order.told["created"]),
            "amount": self.told_amount(order),
            "amount_received": self.told_amount(order),
            "currency": self.told_currency(order).lower(),
            "metadata": _written(order),
            "latest_charge": {**charge, "object": "charge"},
        }

    def refund(self, refund: Refund) -> Node:
        """Return a refund."""
        order = self.books.find(refund.out_no)
        return {
            "id": f"re_{refund.reference}",
            "object": "refund",
            "amount": refund.amount_minor,
            "currency": order.currency.lower(),
            "created": seconds(refund.at),
            "payment_intent": f"pi_{order.reference}",
            "metadata": {"refund_no": refund.refund_no, "out_no": order.out_no},
            "status": _REFUND_STATES[refund.state],
        }

    def movement(self, move: Movement, *, whole: bool) -> Node:
        """Return a movement of the account; a refund gives no fee back."""
        back = move.refund
        number = f"{back.reference if back else move.reference}"
        source: object = f"re_{number}" if back else f"ch_{number}"
        if whole:
            source = self.refund(back) if back else _charge(move)
        amount, fee = (-move.amount_minor, 0) if back else (move.amount_minor, move.fee_minor)
        return {
            "id": f"txn_{number}",
            "object": "balance_transaction",
            "type": "refund" if back else "charge",
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": move.currency.lower(),
            "created": seconds(move.at),
            "source": source,
        }

    def disputed(self, order: Order, at: datetime, *, whole: bool) -> Node:
        """Return the movement by which a bank takes a payment back; its fee is the merchant's."""
        number = f"du_{order.reference}"
        dispute: Node = {
            "id": number,
            "object": "dispute",
            "amount": order.amount_minor,
            "currency": order.currency.lower(),
            "charge": f"ch_{order.reference}",
            "payment_intent": f"pi_{order.reference}",
            "reason": "fraudulent",
            "status": "needs_response",
        }
        return {
            "id": f"txn_{number}",
            "object": "balance_transaction",
            "type": "adjustment",
            "amount": -order.amount_minor,
            "fee": DISPUTE_FEE,
            "net": -order.amount_minor - DISPUTE_FEE,
            "currency": order.currency.lower(),
            "created": seconds(at),
            "source": dispute if whole else number,
        }


def seconds(at: datetime) -> int:
    """Write a time as Stripe does."""
    return int(at.timestamp())


def _charge(move: Movement) -> Node:
    return {
        "id": f"ch_{move.reference}",
        "object": "charge",
        "payment_intent": f"pi_{move.reference}",
        "metadata": {"out_no": move.out_no},
    }


def _written(order: Order) -> Node:
    """Return what the merchant has written beside a payment."""
    written: Node = {"out_no": order.told["metadata"]} if order.told["metadata"] else {}
    return written | ({"agreement": "1"} if "agreement" in order.told else {})
