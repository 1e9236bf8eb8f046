"""Batches of stays and their answers as text, as they go between two hubs."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
import json
from typing import Any, Final

from .errors import CoreError
from .identity import StayId
from .order_sync import Answer, Batch, Order, Totals

MISREAD: Final = (KeyError, TypeError, ValueError, AttributeError)


def batch_text(batch: Batch) -> str:
    """Write a batch."""
    told = {
        "origin": batch.origin,
        "after": batch.after,
        "upto": batch.upto,
        "orders": [_order_row(order) for order in batch.orders],
        "totals": asdict(batch.totals) if batch.totals is not None else None,
    }
    return json.dumps(told, ensure_ascii=False)


def read_batch(text: str) -> Batch:
    """Return a batch, or refuse what is none."""
    try:
        told = json.loads(text)
        totals = told["totals"]
        return Batch(
            origin=str(told["origin"]),
            after=int(told["after"]),
            upto=int(told["upto"]),
            orders=tuple(_order(row) for row in told["orders"]),
            totals=Totals(**{name: int(totals[name]) for name in totals}) if totals else None,
        )
    except MISREAD as err:
        raise CoreError("orders_unreadable", detail=type(err).__name__) from err


def answer_text(answer: Answer) -> str:
    """Write an answer."""
    return json.dumps(asdict(answer))


def read_answer(text: str) -> Answer:
    """Return an answer, or refuse what is none."""
    try:
        told = json.loads(text)
        return Answer(upto=int(told["upto"]), differs=bool(told["differs"]))
    except MISREAD as err:
        raise CoreError("orders_unreadable", detail=type(err).__name__) from err


def _order_row(order: Order) -> dict[str, Any]:
    row = {one.name: getattr(order, one.name) for one in fields(order)}
    row["entered_at"] = order.entered_at.isoformat()
    row["left_at"] = order.left_at.isoformat() if order.left_at is not None else None
    return row


def _order(row: Mapping[str, Any]) -> Order:
    left = row["left_at"]
    return Order(
        stay=StayId(row["stay"]),
        changed=int(row["changed"]),
        state=str(row["state"]),
        kind=str(row["kind"]),
        entered_at=datetime.fromisoformat(row["entered_at"]),
        left_at=datetime.fromisoformat(left) if left is not None else None,
        lane=str(row["lane"]),
        card=str(row["card"]),
        masked=str(row["masked"]),
        amount_minor=int(row["amount_minor"]),
        paid_minor=int(row["paid_minor"]),
        owed_minor=int(row["owed_minor"]),
    )
