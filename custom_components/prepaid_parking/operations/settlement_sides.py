"""The site's side of a settlement: orders, refunds and what the books have moved for them."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from ..core.chart import Channel, channel_account
from ..core.day_close import movements
from ..core.difference import Difference, DifferenceKind, Resolution, SettledRow
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import OrderId
from ..core.local_day import DAY, day_start
from ..core.page import Page
from ..core.pay_channel import RowKind, SettlementRow
from ..core.pay_notice import Unmatched
from ..core.pay_order import OrderState, PayOrder
from ..core.pay_refund import PayRefund, RefundState, RefundWay
from ..core.settlement_calendar import ZONES
from ..core.settlement_match import REFUND_FAILURE
from ..core.settlement_rows import HeldSide, OrderSide, RefundSide
from .gently import gently
from .pay_refund_holding import owner_of_aim
from .site import Site
from .walking import PAGE, every_entry

AROUND: Final = timedelta(days=2)
"""An order is made at most so long before it is paid: what is older is asked for one by one."""
HALVES: Final = frozenset({DifferenceKind.REFUND_UNKNOWN, DifferenceKind.ENTRY_WITHOUT_ROW})
"""What may be one half of a refund."""
BOOKED: Final = frozenset({OrderState.PAID, OrderState.CREDITED})
PAID: Final = frozenset({RowKind.PAYMENT, RowKind.DISPUTE})
"""Rows that name a payment by the provider's number."""
NAMED: Final = PAID | {RowKind.REFUND}
MONEY_IN: Final = (
    EntryKind.TOP_UP,
    EntryKind.STAY_PAID,
    EntryKind.STAY_OWED_PAID,
    EntryKind.BILL_PAID,
    EntryKind.PAYMENT_UNMATCHED,
)
"""What entries of payments are."""


@dataclass(slots=True)
class Sides:
    """What the site knows that a file's rows may be about, by our numbers and by the provider's."""

    orders: dict[str, OrderSide] = field(default_factory=dict)
    payments: dict[str, OrderSide] = field(default_factory=dict)
    refunds: dict[str, RefundSide] = field(default_factory=dict)
    unmatched: dict[str, Unmatched] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """Orders as the books have them, read together where a file has many."""

    by_no: dict[str, PayOrder] = field(default_factory=dict)
    by_ref: dict[str, PayOrder] = field(default_factory=dict)

    def add(self, order: PayOrder) -> None:
        """Take an order in."""
        self.by_no[order.out_no] = order
        if order.provider_ref:
            self.by_ref[order.provider_ref] = order


async def orders_around(
    site: Site, first: date, last: date, kind: Channel
) -> AsyncIterator[PayOrder]:
    """Yield a provider's orders that may have been paid on these days of its own, as they were made."""
    asked = Page(
        by=("created_at", "no"),
        first=day_start(first, ZONES[kind]) - AROUND,
        last=day_start(last + DAY, ZONES[kind]),
        limit=PAGE,
        newest_first=False,
    )
    while page := await site.books.page(PayOrder, asked):
        async for one in gently(page):
            if one.kind is kind:
                yield one
        asked = replace(asked, after=(page[-1].created_at, page[-1].no))


async def known_orders(site: Site, rows: Sequence[SettlementRow]) -> Known:
    """Return the orders that rows name, by our number or by the provider's."""
    known = Known()
    numbers = {row.out_no async for row in gently(rows)} - {""}
    async for order in gently(await site.books.among(PayOrder, "out_no", numbers)):
        known.add(order)
    refs = {row.provider_ref async for row in gently(rows) if row.kind in PAID}
    refs -= {""} | known.by_ref.keys()
    async for order in gently(await site.books.among(PayOrder, "provider_ref", refs)):
        known.add(order)
    return known


async def sides_of(site: Site, kind: Channel, rows: Sequence[SettlementRow], known: Known) -> Sides:
    """Return what the books have moved for what rows name."""
    sides, moved = Sides(), await moved_by_orders(site, kind, known.by_no.values())
    refs = {row.provider_ref async for row in gently(rows) if row.kind in PAID}
    held = [
        one for one in await site.books.among(Unmatched, "provider_ref", refs) if one.kind is kind
    ]
    lost = await _written_off(site, known, held)
    async for order in gently(known.by_no.values()):
        side = _without(await order_side(site, order, moved), lost)
        sides.orders[order.out_no] = side
        if order.provider_ref:
            sides.payments[order.provider_ref] = side
    for one in held:
        sides.unmatched[one.provider_ref] = one
        sides.payments[one.provider_ref] = _without(_held_side(one), lost)
    numbers = {row.refund_no async for row in gently(rows) if row.kind is RowKind.REFUND} - {""}
    for refund in await site.books.among(PayRefund, "refund_no", numbers):
        side_of = refund_side(refund)
        sides.refunds[refund.refund_no] = side_of
        if refund.provider_ref:
            sides.refunds[refund.provider_ref] = side_of
    async for row in gently(rows):
        if row.kind not in NAMED and row.word == REFUND_FAILURE:
            for refund in await failed_by(site, row):
                back = await _was_gone(site, refund)
                side_of = replace(refund_side(refund), came_back=back)
                sides.refunds[row.provider_ref] = side_of
    return sides


def held_of(site: Site, account: str) -> list[HeldSide]:
    """Return what lies in suspense for refunds that files, or the books, have one half of."""
    return [
        HeldSide(
            id=one.id,
            provider_ref=one.provider_ref,
            held_minor=one.suspended_minor,
            out_no=one.out_no if one.kind is DifferenceKind.ENTRY_WITHOUT_ROW else "",
        )
        for one in site.settling.differences.values()
        if one.account == account and one.suspended_minor
        if one.kind in HALVES or one.word == REFUND_FAILURE
    ]


async def refunds_of(site: Site, row: SettlementRow) -> list[PayRefund]:
    """Return the refund that a row is about, if it is one of ours."""
    return await site.books.load(PayRefund, refund_no=row.refund_no) if row.refund_no else []


async def failed_by(site: Site, row: SettlementRow) -> list[PayRefund]:
    """Return the refund that a row brings back: the row names it by the provider's number."""
    if row.word != REFUND_FAILURE or not row.provider_ref:
        return []
    found = await site.books.load(PayRefund, provider_ref=row.provider_ref)
    return [one for one in found if one.amount_minor == row.amount_minor]


async def _was_gone(site: Site, refund: PayRefund) -> bool:
    """Tell whether a failed refund had left clearing, and its row fitted that."""
    rows = await site.books.load(SettledRow, refund=refund.id)
    told = await site.books.load(Difference, refund=refund.id)
    unknown = any(one.kind is DifferenceKind.REFUND_UNKNOWN for one in told)
    return refund.state is RefundState.FAILED and bool(rows) and not unknown


async def moved_by_orders(
    site: Site, kind: Channel, orders: Iterable[PayOrder]
) -> Mapping[str, int]:
    """Return by how much the entries of payments let a provider's clearing fall, by what orders call them.

    A top-up is named by its payment, a stay's or a bill's entry names it.
    """
    wanted, found, since = set[str](), dict[str, int](), site.clock()
    async for order in gently(orders):
        if order.entry and order.state in BOOKED:
            wanted.add(order.entry)
            since = min(since, order.created_at)
    if not wanted:
        return found
    account = channel_account(kind)
    async for entry in every_entry(site, MONEY_IN, since=since - DAY):
        for name in wanted & {entry.event, str(entry.detail.get("payment"))}:
            found[name] = -movements(entry).get(account, 0)
    return found


async def order_side(site: Site, order: PayOrder, moved: Mapping[str, int]) -> OrderSide:
    """Return an order as it is held against a file."""
    try:
        wallet, _ = await owner_of_aim(site, order.aim)
    except CoreError:  # The bill is gone: whoever had the money is not known any more.
        wallet = ""
    return OrderSide(
        id=order.id,
        out_no=order.out_no,
        wallet=wallet if order.state is OrderState.CREDITED else "",
        paid_minor=order.paid_minor if order.state in BOOKED else 0,
        entry_minor=moved.get(order.entry, 0),
        provider_ref=order.provider_ref,
        paid_at=order.paid_at or order.created_at,
    )


def refund_side(refund: PayRefund) -> RefundSide:
    """Return a refund as it is held against a file; what a bank paid is in no provider's file."""
    by_channel = refund.way is RefundWay.CHANNEL
    return RefundSide(
        id=refund.id,
        refund_no=refund.refund_no,
        provider_ref=refund.provider_ref,
        amount_minor=refund.amount_minor,
        is_done=refund.state is RefundState.DONE and by_channel,
        done_at=refund.done_at,
    )


async def _written_off(site: Site, known: Known, held: Iterable[Unmatched]) -> Mapping[str, int]:
    """Return what was written off of payments, as never paid, by the provider's numbers."""
    orders = {one.id async for one in gently(known.by_no.values())}
    orders |= {one.order for one in held if one.order is not None}
    return {
        one.provider_ref: one.unpaid_minor
        for one in await site.books.among(Difference, "order", orders)
        if one.resolution is Resolution.WRITTEN_OFF and one.unpaid_minor
    }


def _without(side: OrderSide, lost: Mapping[str, int]) -> OrderSide:
    """Return an order without what was written off of it: a row of it moves clearing anew."""
    return replace(side, entry_minor=side.entry_minor - lost.get(side.provider_ref, 0))


def _held_side(one: Unmatched) -> OrderSide:
    return OrderSide(
        id=one.order or OrderId(""),
        out_no=one.out_no,
        wallet="",
        paid_minor=one.amount_minor,
        entry_minor=one.amount_minor,
        provider_ref=one.provider_ref,
        paid_at=one.at,
    )
