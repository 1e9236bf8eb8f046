"""The books of a pretended provider on disk: who has paid has paid, also after a restart.

A provider that forgot would give the same number to a second payment, and a hub that keeps its books
rightly takes that for the first one told again.
"""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
import json
from typing import Any, Final

from .device import State
from .pay_books import Order, OrderState, PayBooks, Refund, RefundState

_NEXT: Final = "next"


class _Kind(StrEnum):
    ORDER = "order"
    REFUND = "refund"


class PayMemory:
    """Keeps what a provider knows, each order and each refund under a key of its own."""

    def __init__(self, books: PayBooks) -> None:
        """Keep these books."""
        self._books = books

    def state(self) -> State:
        """Return the books as they are written."""
        kept: State = {_NEXT: self._books.next}
        for order in self._books.orders.values():
            kept[f"{_Kind.ORDER}/{order.out_no}"] = _written(order)
        for refund in self._books.refunds.values():
            kept[f"{_Kind.REFUND}/{refund.refund_no}"] = _written(refund)
        return kept

    def restore(self, state: State) -> None:
        """Take the books up again."""
        self._books.next = int(state[_NEXT])
        for key, text in state.items():
            kind, _, number = key.partition("/")
            if kind == _Kind.ORDER:
                self._books.orders[number] = _order(json.loads(str(text)))
            elif kind == _Kind.REFUND:
                self._books.refunds[number] = _refund(json.loads(str(text)))


def _written(one: Order | Refund) -> str:
    return json.dumps(asdict(one), default=datetime.isoformat, ensure_ascii=False)


def _order(told: dict[str, Any]) -> Order:
    return Order(
        **told
        | {
            "state": OrderState(told["state"]),
            "expires_at": _moment(told["expires_at"]),
            "paid_at": _moment(told["paid_at"]),
            "disputed_at": _moment(told.get("disputed_at")),
        }
    )


def _refund(told: dict[str, Any]) -> Refund:
    return Refund(
        **told | {"state": RefundState(told["state"]), "at": datetime.fromisoformat(told["at"])}
    )


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told is not None else None
