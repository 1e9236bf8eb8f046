"""A provider's file is taken up: what it says of unpaid orders is credited, the rest is matched and booked.

It is matched as a whole and booked in acts that hold the rows themselves, so that the same file twice,
or a longer one later, books each row once. What does not fit is opened as a difference; what a later
file explains is closed again.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final

from ..core.chart import Channel
from ..core.difference import Difference, DifferenceKind, SettledDays, SettledRow
from ..core.identity import OrderId, RefundId
from ..core.pay_channel import Outcome, RefundOutcome, RefundSeen, RowKind, Seen, SettlementRow
from ..core.pay_order import PayOrder
from ..core.pay_refund import PayRefund, RefundWay, after_look
from ..core.settlement_match import (
    ZONES,
    RefundSide,
    RowMatch,
    day_of,
    keyed,
    match_rows,
    paid_on,
)
from .differences import drawn_up, explained, tell_differences
from .pay_book import ChannelRun
from .pay_crediting import credit_seen, credit_unknown
from .pay_finding import is_our_number
from .pay_refund_steps import change
from .settlement_booking import Taking, book_rows
from .settlement_sides import (
    BOOKED,
    Known,
    Sides,
    known_orders,
    micros,
    moved_by_orders,
    order_side,
    orders_around,
    refund_side,
    refunds_of,
    sides_of,
)
from .site import Site

DAY: Final = timedelta(days=1)
LATE: Final = timedelta(days=3)
"""So long a refund may take to stand in a file: some date it when it was asked for, some when it ended."""
MISSING: Final = frozenset({DifferenceKind.ORDER_WITHOUT_ROW, DifferenceKind.REFUND_WITHOUT_ROW})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a merchant's account, of whole days; `done` is what is written down with its last row."""

    run: ChannelRun
    rows: tuple[SettlementRow, ...]
    first: date
    last: date
    done: SettledDays | None = None

    @property
    def account(self) -> str:
        """The merchant's account at the provider."""
        return account_of(self.run)

    @property
    def kind(self) -> Channel:
        """Whose file it is."""
        return self.run.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTaken:
    """What a file came to: its rows, those that were new, what does not fit and what fits again."""

    rows: int
    new: int
    found: tuple[Difference, ...] = ()
    explained: tuple[Difference, ...] = ()


def account_of(run: ChannelRun) -> str:
    """Return the merchant's account, the same whatever the channel is called here."""
    return f"{run.kind}/{run.port.merchant}"


async def take_file(site: Site, file: File) -> FileTaken:
    """Take a file up, whole; two files of one account one after the other.

    Nobody who calls may hold the site's turn: payments are credited on the way.
    """
    return await asyncio.shield(_taken(site, file))


async def _taken(site: Site, file: File) -> FileTaken:
    async with site.paying.turn_of(f"settling/{file.account}"):
        days = {_row_day(file, row) for row in file.rows}
        before = {
            one.key
            for day in sorted(days)
            for one in await site.books.load(SettledRow, account=file.account, day=day.isoformat())
        }
        around = await orders_around(site, file.first, file.last, file.kind)
        new = [row for key, row in keyed(file.rows) if key not in before]
        known = await known_orders(site, new, around)
        await _complete(site, file.run, new, known)
        sides = await _sides(site, file, new, around)
        waiting = {row.refund_no for row in new if await _waits(site, row)}
        matches = [
            one
            for one in match_rows(file.rows, sides.orders, sides.refunds, sides.payments, before)
            if not one.row.refund_no or one.row.refund_no not in waiting
        ]
        found, closing = await _judged(site, file, matches, sides)
        records = [_record(site, file, one) for one in matches]
        taking = Taking(
            account=file.account,
            run=file.run,
            first=file.first,
            last=file.last,
            matches=tuple(zip(matches, records, found[: len(matches)], strict=True)),
            others=tuple(one for one in found[len(matches) :] if one is not None),
            closing=closing,
            done=file.done,
        )
        await book_rows(site, taking)
    opened = tuple(one for one in found if one is not None)
    tell_differences(site, *opened, *closing)
    return FileTaken(rows=len(file.rows), new=len(matches), found=opened, explained=tuple(closing))


async def _complete(
    site: Site, run: ChannelRun, rows: Sequence[SettlementRow], known: Known
) -> None:
    """Credit what nobody credited, and end what nobody saw the end of: the provider says it is so."""
    for row in rows:
        if row.kind is RowKind.PAYMENT:
            await _credit(site, run, row, known.by_ref.get(row.provider_ref), known)
        elif row.kind is RowKind.REFUND:
            seen = RefundSeen(
                refund_no=row.refund_no,
                outcome=RefundOutcome.DONE,
                out_no=row.out_no,
                provider_ref=row.provider_ref,
                amount_minor=row.amount_minor,
            )
            for refund in await refunds_of(site, row):
                if not _is_stuck(refund) and refund.amount_minor == row.amount_minor:
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


async def _sides(
    site: Site, file: File, new: Sequence[SettlementRow], around: Iterable[PayOrder]
) -> Sides:
    """Return the site's side as it is after what was missing has been credited."""
    fresh = await orders_around(site, file.first, file.last, file.kind) if new else list(around)
    return await sides_of(site, file.kind, new, await known_orders(site, new, fresh))


async def _waits(site: Site, row: SettlementRow) -> bool:
    """Tell whether a refund's row has to wait: it says that money left which did not arrive."""
    if row.kind is not RowKind.REFUND:
        return False
    return any(_is_stuck(one) for one in await refunds_of(site, row))


def _is_stuck(refund: PayRefund) -> bool:
    by_bank = refund.way is RefundWay.BANK and refund.asked_at is not None
    return refund.stuck or by_bank


async def _judged(
    site: Site, file: File, matches: Sequence[RowMatch], sides: Sides
) -> tuple[list[Difference | None], list[Difference]]:
    """Return a difference for each row (None where it fits), then those of what has no row.

    And those that were open and are explained by this file.
    """
    found: list[Difference | None] = [await _of_row(site, file, one, sides) for one in matches]
    orders = {one.order.id for one in matches if one.order is not None}
    refunds = {one.refund.id for one in matches if one.refund is not None}
    closing = [
        explained(site, one)
        for one in site.settling.differences.values()
        if one.account == file.account
        and (
            (one.kind in MISSING and (one.order in orders or one.refund in refunds))
            or (one.kind is DifferenceKind.NO_FILE and file.first <= one.day <= file.last)
        )
    ]
    day = file.first
    while day <= file.last:
        found += await _without_row(site, file, day, orders, refunds)
        day += DAY
    return found, closing


async def _of_row(site: Site, file: File, match: RowMatch, sides: Sides) -> Difference | None:
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
        day=_row_day(file, row),
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
    mine = [
        one
        for one in await orders_around(site, day, day, file.kind)
        if one.state in BOOKED and _is_of(site, file, one.channel) and one.id not in orders
    ]
    moved = await moved_by_orders(site, file.kind, mine)
    sides = [await order_side(site, one, moved) for one in mine]
    gone = await _refunds_of(site, file, day - LATE)
    found: list[Difference | None] = []
    for order in paid_on(day, zone, sides):
        if await _is_known(site, file, order=order.id):
            continue
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
        if refund.id in refunds or await _is_known(site, file, refund=refund.id):
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
    begin = _midnight(file, day)
    done = await site.books.between(PayRefund, "done_at", micros(begin), micros(begin + DAY) - 1)
    sides = [refund_side(one) for one in done if _is_of(site, file, one.channel)]
    return [one for one in sides if one.is_done]


async def _is_known(site: Site, file: File, **what: str) -> bool:
    """Tell whether an order or a refund has a row in any file, or is told of already."""
    rows = await site.books.load(SettledRow, account=file.account, **what)
    told = await site.books.load(Difference, account=file.account, **what)
    return bool(rows) or any(one.kind in MISSING for one in told)


def _is_of(site: Site, file: File, channel: str) -> bool:
    """Tell whether a channel is this account's: one that was removed is, as far as anybody knows."""
    return channel == file.run.key or channel not in site.paying.channels


def _row_day(file: File, row: SettlementRow) -> date:
    return day_of(file.kind, row.at) if row.at is not None else file.first


def _midnight(file: File, day: date) -> datetime:
    return datetime.combine(day, time(), ZONES[file.kind]).astimezone(UTC)


def _record(site: Site, file: File, match: RowMatch) -> SettledRow:
    row = match.row
    order = match.order.id if match.order is not None else None
    return SettledRow(
        key=match.key,
        account=file.account,
        day=_row_day(file, row),
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
