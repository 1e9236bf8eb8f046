"""Orders: money that a payer was asked for, from the first word to the credited cent.

An order is stored before the provider is asked, so that there is always a number to ask about. It
only goes forward: what is paid stays paid, whatever comes later, doubled or in the wrong order. A
provider that does not answer is asked again and again, never told to begin anew.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .chart import Channel
from .identity import OrderId
from .pay_channel import Offered, Outcome, Seen

LADDER: Final = tuple(timedelta(seconds=pause) for pause in (5, 15, 30, 60, 120, 300))
"""Pauses between looks; the last one goes on to the end, from there on they double."""
LOOKED_FOR: Final = timedelta(hours=24)
"""So long after its end an order is still asked about: a payment may reach the provider late."""

UNANSWERED: Final = timedelta(hours=1)
"""The pause from then on, where the provider does not answer: without its word nothing is given up."""
IN_PARTS: Final = "in_parts"
"""The fault of an order whose payment a person gave to several places: none of them has all of it."""


class AimKind(StrEnum):
    """What is paid."""

    WALLET = "wallet"
    STAY = "stay"
    BILL = "bill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What an order is for, by its id."""

    kind: AimKind
    id: str


class OrderState(StrEnum):
    """Where an order stands; the values are translation keys."""

    CREATED = "created"
    """Stored; the provider may not have heard of it."""
    PENDING = "pending"
    """The payer is shown where to pay."""
    PAID = "paid"
    """The money is there and booked, but not on its aim: a person says what becomes of it."""
    CREDITED = "credited"
    CLOSED = "closed"
    """Taken back at the provider: nobody can pay it, who had begun to may still come through."""
    EXPIRED = "expired"
    """Over for a day without a payment: it is not asked about any more."""

    @property
    def open(self) -> bool:
        """Whether a payer may be paying it now."""
        return self in {OrderState.CREATED, OrderState.PENDING}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOrder:
    """One asking for money at one channel, in the site's currency.

    `out_no` is its number at the provider, `kind` whose provider that is. `next_at` is when it is
    looked at next (None: never). `offered` is what the payer is shown, and what the provider calls
    the order; `fault` why there is nothing to show. `paid_minor` is what the provider says has come,
    `entry` by which reference the books have it.
    """

    id: OrderId
    no: int
    out_no: str
    channel: str
    kind: Channel
    aim: Aim
    amount_minor: int
    state: OrderState
    created_at: datetime
    expires_at: datetime
    next_at: datetime | None = None
    looks: int = 0
    offered: Offered | None = None
    provider_ref: str = ""
    paid_minor: int = 0
    paid_at: datetime | None = None
    fault: str = ""
    entry: str = ""

    @property
    def final(self) -> bool:
        """Whether nobody waits for the provider's word any more."""
        return self.state in {OrderState.PAID, OrderState.CREDITED, OrderState.EXPIRED}


def begun(order: PayOrder, offered: Offered) -> PayOrder:
    """Return an order that the provider has taken up; one that is further stays where it is."""
    if order.state is not OrderState.CREATED:
        return order
    return replace(order, state=OrderState.PENDING, offered=offered)


def after_look(order: PayOrder, seen: Seen | None, now: datetime) -> PayOrder:
    """Return an order after the provider was asked about it (None: it did not answer)."""
    if seen is not None and seen.outcome is Outcome.PAID:
        return paid(order, seen)
    if order.state in {OrderState.PAID, OrderState.CREDITED, OrderState.EXPIRED}:
        return order
    if now >= order.expires_at + LOOKED_FOR and seen is not None:
        return replace(order, state=OrderState.EXPIRED, next_at=None)
    if seen is not None and seen.outcome is Outcome.CLOSED:
        order = replace(order, state=OrderState.CLOSED)
    return replace(order, looks=order.looks + 1, next_at=next_look(order, now))


def paid(order: PayOrder, seen: Seen) -> PayOrder:
    """Return an order that the provider has the money of; the first payment is the one that counts."""
    if order.state in {OrderState.PAID, OrderState.CREDITED}:
        return order
    return replace(
        order,
        state=OrderState.PAID,
        provider_ref=seen.provider_ref,
        paid_minor=seen.amount_minor,
        paid_at=seen.paid_at,
        next_at=None,
    )


def booked(order: PayOrder, state: OrderState, entry: str) -> PayOrder:
    """Return a paid order as the books have it: credited, or (`PAID`) held for a person."""
    return replace(order, state=state, entry=entry, next_at=None)


def placed(order: PayOrder, aim: Aim, *, first: bool, whole: bool) -> PayOrder:
    """Return a paid order after a person gave its payment, or a part of it, a place.

    It follows its money: what goes back of it comes from where it is. `first` says that nothing of it
    had a place before, `whole` that all of it has one now.
    """
    if first:
        order = replace(order, aim=aim)
    elif aim != order.aim:
        order = replace(order, fault=IN_PARTS)
    return replace(order, state=OrderState.CREDITED) if whole else order


def given_up(order: PayOrder, fault: str) -> PayOrder:
    """Return an order that the provider did not take up: nobody can pay it, as far as anybody knows."""
    if not order.state.open:
        return order
    at = order.expires_at + LADDER[-1]
    return replace(order, state=OrderState.CLOSED, fault=fault, next_at=at)


def taken_back(order: PayOrder, now: datetime) -> PayOrder:
    """Return an order that was closed at the provider; it is asked once more, soon, who paid meanwhile."""
    if not order.state.open:
        return order
    return replace(order, state=OrderState.CLOSED, next_at=now + LADDER[0])


def next_look(order: PayOrder, now: datetime) -> datetime:
    """Return when an order is looked at next: soon at first, for a payer waits; its end is never missed.

    After its end the pauses double, up to the last look: almost nobody pays then.
    """
    pause, last = LADDER[min(order.looks, len(LADDER) - 1)], order.expires_at + LOOKED_FOR
    if now < order.expires_at:
        return min(now + pause, order.expires_at)
    if now < last:
        return min(now + max(pause, now - order.expires_at), last)
    return now + UNANSWERED
