"""What a shift, or a day at the desk, came to: added up from the books, not from what is in mind."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from ..core.chart import Channel
from ..core.entry_kind import EntryKind
from ..core.local_day import DAY, day_start
from ..core.page import WHOLE_LIST, Part
from ..core.shift import Shift
from .desk import taken_in
from .pages import latest, numbered
from .receipts import receipt_view, receipts_between, receipts_of
from .site import Site
from .walking import every_entry

type Report = dict[str, object]

KINDS: Final = (
    EntryKind.TOP_UP,
    EntryKind.REFUND,
    EntryKind.REVERSAL,
    EntryKind.WALLET_CLOSED,
    EntryKind.BILL_PAID,
    EntryKind.STAY_PAID,
    EntryKind.STAY_OWED_PAID,
    EntryKind.STAY_REFUNDED,
    EntryKind.VOUCHERS_SOLD,
    EntryKind.VOUCHERS_CANCELLED,
    EntryKind.AGENT_FLOAT,
    EntryKind.AGENT_COMMISSION,
    EntryKind.CASH_DELIVERED,
    EntryKind.SHIFT_CLOSED,
)
"""What moves money over the counter."""
CLOSING: Final = timedelta(minutes=1)
"""A shift's last entry is booked a moment after it was closed; no other entry names the shift then."""
WAYS: Final = (Channel.CASH, Channel.TERMINAL, Channel.TRANSFER)


async def shift_report(site: Site, shift: Shift) -> Report:
    """Describe a shift: what was taken by each way and kind, what must be there, what was counted."""
    end = None if shift.closed_at is None else shift.closed_at + CLOSING
    table = await _table(site, shift.opened_at, end, shift.id)
    receipts = await receipts_of(site, shift.id)
    return shift_view(site, shift) | {
        "by_kind": table,
        "receipts": [receipt_view(site, one) for one in receipts],
    }


async def desk_day(site: Site, day: date) -> Report:
    """Describe a local day at the desk: its shifts, what came in by each way and kind, each receipt."""
    begin, end = day_start(day, site.zone), day_start(day + DAY, site.zone)
    receipts = await receipts_between(site, day, day)
    valid = [one for one in receipts if one.voided_at is None]
    text, sums = site.currency.text, Counter[Channel]()
    for one in valid:
        sums[one.channel] += one.amount_minor
    return {
        "day": day.isoformat(),
        "currency": site.currency.code,
        "taken": {way: text(sums[way]) for way in WAYS},
        "total": text(sum(sums.values())),
        "receipts_given": len(receipts),
        "receipts_void": len(receipts) - len(valid),
        "by_kind": await _table(site, begin, end, ""),
        "shifts": [shift_view(site, one) for one in await shifts_between(site, begin, end)],
        "receipts": [receipt_view(site, one) for one in receipts],
    }


async def shifts_between(site: Site, begin: datetime, end: datetime) -> list[Shift]:
    """Return the shifts that were open at some time of a stretch, in their order."""
    known = {one.id: one for one in site.desk.shifts.values() if one.opened_at < end}
    known |= {one.id: one for one in await site.books.shifts(begin, end)}
    return sorted(known.values(), key=lambda one: one.no)


async def all_shifts(
    site: Site, *, open_only: bool = False, part: Part = WHOLE_LIST
) -> list[Shift]:
    """Return the shifts, those that are open or every one there was, the latest first."""
    if open_only:
        return latest(site.desk.shifts.values(), part)
    return await numbered(site, Shift, part)


def shift_view(site: Site, shift: Shift) -> Report:
    """Describe a shift."""
    text = site.currency.text
    closed = shift.closed_at is not None
    counted = shift.counted_minor
    return {
        "shift": shift.id,
        "till": shift.till,
        "till_name": site.desk.tills[shift.till].name,
        "cashier": shift.cashier,
        "opened_at": shift.opened_at.isoformat(),
        "float": text(shift.opened_minor),
        "cash_taken": text(shift.taken_minor),
        "cash_paid_out": text(shift.paid_minor),
        "delivered": text(shift.delivered_minor),
        "terminal": text(shift.cards_minor),
        "transfer": text(shift.transfers_minor),
        "expected": text(shift.expected_minor),
        "counted": None if counted is None else text(counted),
        "difference": None if counted is None else text(shift.difference_minor),
        "receipts_given": shift.receipts,
        "closed_at": shift.closed_at.isoformat() if shift.closed_at is not None else None,
        "closed_by": shift.closed_by or None,
        "reason": shift.reason or None,
        "open": not closed,
    }


async def _table(site: Site, begin: datetime, end: datetime | None, shift: str) -> list[Report]:
    """Return a row for each kind of entry: how many there were, and what they moved by each way."""
    counts, sums = Counter[EntryKind](), Counter[tuple[EntryKind, str]]()
    async for entry in every_entry(site, KINDS, since=begin, until=end):
        if shift and entry.detail.get("shift") != shift:
            continue
        moved = taken_in(entry)
        if moved is None:
            continue
        counts[entry.kind] += 1
        sums[entry.kind, "cash"] += moved.cash_minor
        sums[entry.kind, "terminal"] += moved.cards_minor
        sums[entry.kind, "transfer"] += moved.transfers_minor
    return [
        {"kind": kind, "count": count} | {way: site.currency.text(sums[kind, way]) for way in WAYS}
        for kind, count in sorted(counts.items())
    ]
