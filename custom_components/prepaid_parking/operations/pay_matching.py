"""A provider's file is taken up: what it says of unpaid orders is credited, the rest is matched and booked.

It is matched as a whole and booked in acts that hold the rows themselves, so that the same file twice,
or a longer one later, books each row once. What does not fit is opened as a difference; what a later
file explains is closed again.
"""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial

from ..core.difference import SettledRow
from ..core.pay_channel import Outcome, RefundOutcome, RefundSeen, RowKind, Seen, SettlementRow
from ..core.pay_order import PayOrder
from ..core.pay_refund import PayRefund, RefundWay, after_look
from ..core.settlement_match import match_rows
from ..core.settlement_rows import RowMatch, keyed
from .differences import tell_differences
from .gently import gently, let_go
from .pay_book import ChannelRun
from .pay_crediting import credit_seen, credit_unknown
from .pay_finding import is_our_number
from .pay_refund_steps import change
from .settlement_booking import Taking, book_rows
from .settlement_entries import hold_entries
from .settlement_file import MOST_DAYS, File, FileTaken, check_days, row_day
from .settlement_judging import judged
from .settlement_sides import (
    BOOKED,
    Known,
    Sides,
    failed_by,
    held_of,
    known_orders,
    refunds_of,
    sides_of,
)
from .site import Site


async def take_file(site: Site, file: File) -> FileTaken:
    """Take a file up, whole; two files of one account one after the other.

    Nobody who calls may hold the site's turn: payments are credited on the way.
    """
    check_days(file.first, file.last, MOST_DAYS)
    return await asyncio.shield(_taken(site, file))


async def _taken(site: Site, file: File) -> FileTaken:
    async with site.paying.turn_of(f"settling/{file.account}"):
        before = await taken_before(site, file)
        new = await asyncio.to_thread(_new_rows, file, before)
        known = await known_orders(site, new)
        waiting = {row.refund_no async for row in gently(new) if await _waits(site, row)} - {""}
        new = [row async for row in gently(new) if row.refund_no not in waiting]
        await _complete(site, file.run, new, known)
        without = await hold_entries(site, file)
        sides = await _sides(site, file, new)
        every = await asyncio.to_thread(
            match_rows,
            file.rows,
            sides.orders,
            sides.refunds,
            sides.payments,
            before,
            held_of(site, file.account),
        )
        matches = [one async for one in gently(every) if one.row.refund_no not in waiting]
        del every
        found, closing = await judged(site, file, matches, sides)
        records = [_record(site, file, one) async for one in gently(matches)]
        paired = list(zip(matches, records, found[: len(matches)], strict=True))
        taking = Taking(
            account=file.account,
            run=file.run,
            first=file.first,
            last=file.last,
            matches=paired,
            others=tuple(one for one in found[len(matches) :] if one is not None),
            closing=closing,
            done=file.done,
        )
        await book_rows(site, taking)
    every_one = gently((*without, *found, *closing))
    last = {one.id: one async for one in every_one if one is not None}
    changed = list(last.values())  # What was held and is explained at once is told once.
    async for one in gently(changed):
        tell_differences(site, one)
    count = len(matches)
    await let_go(known.by_ref, known.by_no, sides.orders, sides.payments)
    await let_go(new, matches, records, paired)
    return FileTaken(
        rows=len(file.rows),
        new=count,
        found=tuple(one for one in changed if one.settled_at is None),
        explained=tuple(one for one in changed if one.settled_at is not None),
    )


async def taken_before(site: Site, file: File) -> set[str]:
    """Return the keys of a merchant's rows that were taken up, of the days that a file is about."""
    days = await asyncio.to_thread(lambda: {row_day(file, row) for row in file.rows})
    before: set[str] = set()
    for day in sorted(days):
        rows = await site.books.load(SettledRow, account=file.account, day=day.isoformat())
        before |= {one.key async for one in gently(rows)}
        await let_go(rows)
    return before


def _new_rows(file: File, before: Collection[str]) -> list[SettlementRow]:
    return [row for key, row in keyed(file.rows) if key not in before]


async def _complete(
    site: Site, run: ChannelRun, rows: Sequence[SettlementRow], known: Known
) -> None:
    """Credit what nobody credited, and end what nobody saw the end of: the provider says it is so."""
    async for row in gently(rows):
        if row.kind is RowKind.PAYMENT:
            await _credit(site, run, row, known.by_ref.get(row.provider_ref), known)
        for refund in await failed_by(site, row):
            back = RefundSeen(
                refund_no=refund.refund_no,
                outcome=RefundOutcome.FAILED,
                amount_minor=row.amount_minor,
            )
            await change(site, refund.id, partial(after_look, seen=back, now=site.clock()))
        if row.kind is RowKind.REFUND:
            seen = RefundSeen(
                refund_no=row.refund_no,
                outcome=RefundOutcome.DONE,
                out_no=row.out_no,
                provider_ref=row.provider_ref,
                amount_minor=row.amount_minor,
            )
            for refund in await refunds_of(site, row):
                if refund.amount_minor == row.amount_minor:
                    rule = partial(after_look, seen=seen, now=site.clock())
                    await change(site, refund.id, rule)


async def _credit(
    site: Site, run: ChannelRun, row: SettlementRow, booked: PayOrder | None, known: Known
) -> None:
    """Credit a payment of an order of ours; what its order has taken already is passed over."""
    if booked is not None and booked.state in BOOKED:
        return
    seen = Seen(
        out_no=row.out_no,
        outcome=Outcome.PAID,
        provider_ref=row.provider_ref,
        amount_minor=row.amount_minor,
        currency=run.port.currency,
        merchant=run.port.merchant,
        paid_at=row.at,
    )
    order = known.by_no.get(row.out_no)
    if order is not None and order.channel == run.key:
        await credit_seen(site, order, seen)
    elif order is None and is_our_number(site, row.out_no):
        await credit_unknown(site, run.key, seen)


async def _sides(site: Site, file: File, new: Sequence[SettlementRow]) -> Sides:
    """Return the site's side as it is after what was missing has been credited."""
    known = await known_orders(site, new)
    sides = await sides_of(site, file.kind, new, known)
    await let_go(known.by_ref, known.by_no)
    return sides


async def _waits(site: Site, row: SettlementRow) -> bool:
    """Tell whether a refund's row has to wait: it says that money left which did not arrive."""
    if row.kind is not RowKind.REFUND:
        return False
    return any(_is_stuck(one) for one in await refunds_of(site, row))


def _is_stuck(refund: PayRefund) -> bool:
    by_bank = refund.way is RefundWay.BANK and refund.asked_at is not None
    return refund.stuck or by_bank


def _record(site: Site, file: File, match: RowMatch) -> SettledRow:
    row = match.row
    order = match.order.id if match.order is not None else None
    return SettledRow(
        key=match.key,
        account=file.account,
        day=row_day(file, row),
        kind=row.kind,
        out_no=row.out_no,
        provider_ref=row.provider_ref,
        refund_no=row.refund_no,
        amount_minor=row.amount_minor,
        fee_minor=row.fee_minor,
        at=row.at,
        taken_at=site.clock(),
        order=order or None,
        refund=match.refund.id if match.refund is not None else None,
    )
