"""What does not fit: rows that belong to nothing, and orders and refunds that no file has."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from ..core.difference import Difference, DifferenceKind, SettledRow
from ..core.identity import OrderId, RefundId
from ..core.local_day import DAY
from ..core.pay_channel import RowKind
from ..core.pay_refund import PayRefund
from ..core.settlement_calendar import ZONES, paid_on
from ..core.settlement_rows import RefundSide, RowMatch
from .differences import drawn_up, explained
from .gently import gently, let_go
from .settlement_file import File, midnight, row_day
from .settlement_sides import (
    BOOKED,
    Sides,
    moved_by_orders,
    order_side,
    orders_around,
    refund_side,
)
from .site import Site

LATE: Final = timedelta(days=3)
"""So long a refund may take to stand in a file: some date it when it was asked for, some when it ended."""
MISSING: Final = frozenset({DifferenceKind.ORDER_WITHOUT_ROW, DifferenceKind.REFUND_WITHOUT_ROW})
LATER: Final = DifferenceKind.ENTRY_WITHOUT_ROW
"""A payment that came by no order is explained by its row, where that comes later."""


async def judged(
    site: Site, file: File, matches: Sequence[RowMatch], sides: Sides
) -> tuple[list[Difference | None], list[Difference]]:
    """Return what each row is about (None where it fits), then differences of what has no row.

    A row's is a new difference, or the earlier one that it ends. And those that were open and are
    explained by this file.
    """
    found, orders, refunds = list[Difference | None](), set[OrderId](), set[RefundId]()
    async for one in gently(matches):
        found.append(await _of_row(site, file, one, sides))
        if one.order is not None:
            orders.add(one.order.id)
        if one.refund is not None:
            refunds.add(one.refund.id)
    refs = {one.row.provider_ref for one in matches if one.row.kind is RowKind.PAYMENT}
    closing = [
        explained(site, known)
        for known in site.settling.differences.values()
        if known.account == file.account
        and (
            (known.kind in MISSING and (known.order in orders or known.refund in refunds))
            or (known.kind is DifferenceKind.NO_FILE and file.first <= known.day <= file.last)
            or (known.kind is LATER and not known.row and known.provider_ref in refs)
        )
    ]
    day = file.first
    while day <= file.last:
        found += await _without_row(site, file, day, orders, refunds)
        day += DAY
    return found, closing


async def _of_row(site: Site, file: File, match: RowMatch, sides: Sides) -> Difference | None:
    if match.explains is not None:
        return explained(
            site, replace(site.settling.differences[match.explains], suspended_minor=0)
        )
    held, kind = sides.unmatched.get(match.row.provider_ref), match.problem
    if kind is None and held is not None and held.order is None:
        kind = DifferenceKind.ROW_WITHOUT_ORDER
    if kind is None:
        return None
    row = match.row
    order = match.order.id if match.order is not None else None
    return await drawn_up(
        site,
        kind=kind,
        account=file.account,
        channel=file.run.key,
        day=row_day(file, row),
        row=match.key,
        out_no=row.out_no,
        provider_ref=row.provider_ref,
        order=order or None,
        refund=match.refund.id if match.refund is not None else None,
        unmatched=held.id if held is not None else None,
        wallet=match.order.wallet if match.order is not None else "",
        expected_minor=match.expected_minor,
        found_minor=row.amount_minor,
        suspended_minor=-match.moves.suspense_minor,
        word=row.word,
    )


async def _without_row(
    site: Site, file: File, day: date, orders: set[OrderId], refunds: set[RefundId]
) -> list[Difference | None]:
    """Return differences of what the site says happened on a day, and no file has."""
    zone = ZONES[file.kind]
    mine = {
        one.id: one
        async for one in orders_around(site, day, day, file.kind)
        if one.state in BOOKED and _is_of(site, file, one.channel) and one.id not in orders
    }
    known = await _known_among(site, file, mine)
    left = [one async for one in gently(mine.values()) if one.id not in known]
    await let_go(mine)
    moved = await moved_by_orders(site, file.kind, left)
    sides = [await order_side(site, one, moved) async for one in gently(left)]
    gone = await _refunds_of(site, file, day - LATE)
    found: list[Difference | None] = []
    for order in paid_on(day, zone, sides):
        missing = await drawn_up(
            site,
            kind=DifferenceKind.ORDER_WITHOUT_ROW,
            account=file.account,
            channel=file.run.key,
            day=day,
            out_no=order.out_no,
            provider_ref=order.provider_ref,
            order=order.id,
            wallet=order.wallet,
            expected_minor=order.entry_minor,
        )
        found.append(missing)
    for refund in gone:
        if refund.id in refunds or await _is_known(site, file, refund.id):
            continue
        missing = await drawn_up(
            site,
            kind=DifferenceKind.REFUND_WITHOUT_ROW,
            account=file.account,
            channel=file.run.key,
            day=day - LATE,
            provider_ref=refund.provider_ref,
            refund=refund.id,
            expected_minor=refund.amount_minor,
        )
        found.append(missing)
    return found


async def _refunds_of(site: Site, file: File, day: date) -> list[RefundSide]:
    """Return the refunds that ended on a day and that a file should have had since."""
    begin = midnight(file, day)
    last = begin + DAY - timedelta.resolution
    done = await site.books.between(PayRefund, "done_at", begin, last)
    sides = [refund_side(one) for one in done if _is_of(site, file, one.channel)]
    return [one for one in sides if one.is_done]


async def _known_among(site: Site, file: File, orders: Collection[OrderId]) -> set[OrderId | None]:
    """Return which orders have a row in any file, or are told of already."""
    rows = await site.books.among(SettledRow, "order", orders)
    told = await site.books.among(Difference, "order", orders)
    known = {one.order async for one in gently(rows) if one.account == file.account}
    await let_go(rows)
    return known | {
        one.order for one in told if one.account == file.account and one.kind in MISSING
    }


async def _is_known(site: Site, file: File, refund: RefundId) -> bool:
    """Tell whether a refund has a row in any file, or is told of already."""
    rows = await site.books.load(SettledRow, account=file.account, refund=refund)
    told = await site.books.load(Difference, account=file.account, refund=refund)
    return bool(rows) or any(one.kind in MISSING for one in told)


def _is_of(site: Site, file: File, channel: str) -> bool:
    """Tell whether a channel is this account's: one that was removed is, as far as anybody knows."""
    return channel == file.run.key or channel not in site.paying.channels
