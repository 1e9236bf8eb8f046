"""How a lane's stays come to the property office: in batches, each until it is acknowledged.

The wire may lose, double and reorder batches and answers. What a stay came to is told again with
every change of it, the newest wins; a batch says where it begins, so that one that was lost is seen
and asked for again. When the lane has nothing more to say, both compare what they have in all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from .identity import StayId


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the office is told of a stay: never a plate; `changed` numbers the change (see `Stay`)."""

    stay: StayId
    changed: int
    state: str
    kind: str
    entered_at: datetime
    left_at: datetime | None = None
    lane: str = ""
    card: str = ""
    masked: str = ""
    amount_minor: int = 0
    paid_minor: int = 0
    owed_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What all stays come to, at the lane as at the office."""

    stays: int = 0
    amount_minor: int = 0
    paid_minor: int = 0
    owed_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Changes after `after` up to `upto`, in their order. `totals` are set where they are the last.

    `origin` names the lane's books: those of a restored backup count their changes anew.
    """

    origin: str
    after: int
    upto: int
    orders: tuple[Order, ...]
    totals: Totals | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How far the office has come; `differs` says that it has other totals and wants it all again."""

    upto: int
    differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the office has of a lane's stays: how far it is, and what all of them come to.

    `orders` need to hold no more of them than a batch is about.
    """

    origin: str = ""
    upto: int = 0
    totals: Totals = field(default_factory=Totals)
    orders: Mapping[StayId, Order] = field(default_factory=dict)


def totals_of(orders: Iterable[Order]) -> Totals:
    """Return what stays come to together."""
    totals = Totals()
    for order in orders:
        totals = with_change(totals, None, order)
    return totals


def with_change(totals: Totals, before: Order | None, after: Order) -> Totals:
    """Return what all stays come to once one of them has come, or stands otherwise."""
    gone = Totals() if before is None else totals_of((before,))
    return Totals(
        stays=totals.stays - gone.stays + 1,
        amount_minor=totals.amount_minor - gone.amount_minor + after.amount_minor,
        paid_minor=totals.paid_minor - gone.paid_minor + after.paid_minor,
        owed_minor=totals.owed_minor - gone.owed_minor + after.owed_minor,
    )


def next_batch(
    origin: str, changes: Sequence[Order], after: int, *, last: int, totals: Totals, most: int
) -> Batch:
    """Return the batch that follows what the office has acknowledged.

    `changes` are the oldest changes after it, in their order; `last` is the newest change of all.
    The totals go with the batch that brings the office up to it.
    """
    orders = tuple(changes[:most])
    upto = orders[-1].changed if len(changes) > most else last
    said = totals if upto == last else None
    return Batch(origin=origin, after=after, upto=upto, orders=orders, totals=said)


def receive(received: Received, batch: Batch) -> tuple[Received, Answer]:
    """Take a batch in, and say how far it goes now.

    One that does not begin where the office is, or before it, has a gap before it: nothing of it is
    taken. One that was taken already changes nothing. Other totals at the end begin it all anew, and
    so do other books.
    """
    if batch.origin != received.origin:
        received = Received(origin=batch.origin)
    if batch.after > received.upto:
        return received, Answer(upto=received.upto)
    orders, totals = dict(received.orders), received.totals
    for order in batch.orders:
        known = orders.get(order.stay)
        if known is None or known.changed < order.changed:
            orders[order.stay] = order
            totals = with_change(totals, known, order)
    upto = max(received.upto, batch.upto)
    after = replace(received, upto=upto, totals=totals, orders=orders)
    if batch.totals is None or after.upto > batch.upto:
        return after, Answer(upto=after.upto)
    if totals != batch.totals:
        return Received(origin=batch.origin), Answer(upto=0, differs=True)
    return after, Answer(upto=after.upto)
