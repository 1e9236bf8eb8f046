"""Payments in memory: the channels, the orders that may still change, and money without a place."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from ..core.chart import Channel
from ..core.identity import Actor, OrderId, UnmatchedId
from ..core.ledger import Receipt
from ..core.pay_channel import FOR_ANYBODY, RefundSeen, Way
from ..core.pay_notice import Unmatched
from ..core.pay_order import Aim, PayOrder
from ..core.rate_limit import Allowance, RateLimit
from .arrived import Arrived
from .pay_port import PayChannel, Payers
from .wallet_run import WalletRun

type Guard = Callable[[Asking], Awaitable[None]]
"""Judges an order before it is made, and refuses with a CoreError what must not be asked for."""
type RefundHeard = Callable[[str, RefundSeen], Awaitable[None]]
"""Takes up what a channel said of a refund; what it raises is not answered with success."""

MOST_HINTS: Final = 6
"""Of one message in a minute: kept and sent a thousand times it neither writes nor asks more often."""


async def _no_refunds(channel: str, seen: RefundSeen) -> None:
    """Take note of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An order that is about to be made, who asks for it, and from which address on the network."""

    order: PayOrder
    actor: Actor
    payer_ip: str = ""


@dataclass(slots=True, eq=False)
class Coming:
    """A wallet's payment that waits for its turn, and what the books will have answered."""

    run: WalletRun
    money: Arrived
    answer: asyncio.Future[Receipt]


@dataclass(slots=True, kw_only=True)
class ChannelRun:
    """A channel at work: `trouble` is the fault of its last answer, "" while all is well.

    `payers` are there where it can be paid inside the provider's app; `ways` then have that as well.
    """

    key: str
    name: str
    kind: Channel
    port: PayChannel
    ways: frozenset[Way] = FOR_ANYBODY
    payers: Payers | None = None
    trouble: str = ""


@dataclass(slots=True)
class PayBook:
    """Who takes money, what was asked for, and what has come without a place.

    `channels` are put here by the shell. `orders` are those that may still change; the others are in
    the books alone. `turns` keep two from the same order, `looking` are the questions that are out,
    `looked` says when each order was asked about last. `guards` judge what is asked for,
    `refund_heard` takes up what is said of refunds. `coming` waits to be booked. `hints` counts how
    often a notice was kept that nothing was booked by. `numbers` are those of `orders` at their providers,
    `aims` what they are for: among thousands that nobody paid, each new one would be looked for.
    `own_addresses` are the hub's: what comes from there is brought by a proxy.
    """

    channels: dict[str, ChannelRun] = field(default_factory=dict)
    own_addresses: frozenset[str] = frozenset()
    orders: dict[OrderId, PayOrder] = field(default_factory=dict)
    numbers: dict[str, OrderId] = field(default_factory=dict)
    aims: dict[Aim, set[OrderId]] = field(default_factory=dict)
    unmatched: dict[UnmatchedId, Unmatched] = field(default_factory=dict)
    coming: list[Coming] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    refund_heard: RefundHeard = _no_refunds
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    looking: dict[OrderId, asyncio.Event] = field(default_factory=dict)
    looked: dict[OrderId, datetime] = field(default_factory=dict)
    hints: RateLimit = field(
        default_factory=lambda: RateLimit(Allowance(most=MOST_HINTS, every=timedelta(minutes=1)))
    )

    def turn_of(self, key: str) -> asyncio.Lock:
        """Return what keeps others from the same order or payment; it goes when nobody holds it."""
        turn = self.turns.get(key)
        if turn is None:
            turn = self.turns[key] = asyncio.Lock()
        return turn

    def hold(self, order: PayOrder) -> None:
        """Take over an order as it was written down; a final one is only in the books from now on."""
        if order.final:
            self.orders.pop(order.id, None)
            self.numbers.pop(order.out_no, None)
            self.looked.pop(order.id, None)
            left = self.aims.get(order.aim, set())
            left.discard(order.id)
            if not left:
                self.aims.pop(order.aim, None)
        else:
            self.orders[order.id] = order
            self.numbers[order.out_no] = order.id
            self.aims.setdefault(order.aim, set()).add(order.id)

    def asked_of(self, aim: Aim) -> list[PayOrder]:
        """Return the orders for one wallet, stay or bill that may still change."""
        return [self.orders[one] for one in self.aims.get(aim, ())]

    def numbered(self, out_no: str) -> PayOrder | None:
        """Return the order with this number at its provider, as far as it may still change."""
        known = self.numbers.get(out_no)
        return self.orders.get(known) if known is not None else None
