"""Entries of a provider's clearing that no order, no refund and no row of its files is about.

Somebody has booked there by hand, or has taken back what the provider holds still. Clearing stands for
what the provider holds: what such an entry moved goes into suspense, until a person says what it was.
A payment that came by no order may be in the file of the next day: it is only told.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from ..core.chart import channel_account
from ..core.day_close import movements
from ..core.difference import ENTRY, Difference, DifferenceKind, SettledRow
from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM, EntryId
from ..core.ledger import Act, Entry, Reference
from ..core.local_day import DAY
from ..core.pay_channel import RowKind
from ..core.pay_notice import Unmatched
from ..core.pay_order import PayOrder
from ..core.settlement_calendar import MIDNIGHT, day_of
from ..core.settlement_rows import Moves
from .booking import book
from .differences import drawn_up, explained
from .gently import gently
from .repeats import answered_before
from .reversal import find_entry
from .settlement_booking import legs
from .settlement_file import File, midnight
from .settlement_sides import orders_around
from .site import Site
from .walking import every_entry

TOLD: Final = frozenset(
    {
        EntryKind.SETTLEMENT,
        EntryKind.CHARGEBACK,
        EntryKind.DIFFERENCE_FOUND,
        EntryKind.DIFFERENCE_SETTLED,
        EntryKind.REFUND_DONE,
        EntryKind.REFUND_FAILED,
    }
)
"""What rows and their absence have moved, and what is looked for as a refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPayment:
    """A payment as entries name it: whose it is, and by which number the provider knows it."""

    name: str
    merchant: str
    provider_ref: str


async def hold_entries(site: Site, file: File) -> list[Difference]:
    """Hold what was booked in a file's days and nothing explains; return the differences that it is.

    Or that it ends: what was taken back in those days has moved nothing, and what the office took back by
    hand may be what the provider's own desk gave back.
    """
    orders = {one.entry async for one in orders_around(site, file.first, file.last, file.kind)}
    rows = {one.provider_ref async for one in gently(file.rows) if one.kind is RowKind.PAYMENT}
    by_hand: dict[int, Entry] = {}
    payments: list[tuple[Entry, NamedPayment]] = []
    async for entry in _entries(site, file):
        payment = _named(file, entry)
        if payment is None:
            if not await _undone(site, entry, by_hand):
                by_hand[entry.id] = entry
        elif payment.name not in orders and payment.provider_ref not in rows:
            payments.append((entry, payment))
    found = [await _hold(site, file, entry) for entry in by_hand.values()]
    found += [await _tell(site, file, entry, payment) for entry, payment in payments]
    return [one for one in found if one is not None]


async def _undone(site: Site, entry: Entry, by_hand: dict[int, Entry]) -> bool:
    """Let an entry go that this one took back, unless an earlier file has held one of the two."""
    if entry.reverses is None or entry.reverses not in by_hand:
        return False
    for one in (entry.reverses, entry.id):
        if await answered_before(site, _holding(site, one)) is not None:
            return False
    del by_hand[entry.reverses]
    return True


async def _entries(site: Site, file: File) -> AsyncIterator[Entry]:
    """Yield what was booked on the provider's clearing in a file's days, and no row has moved."""
    begin = midnight(file, file.first) - MIDNIGHT
    end = midnight(file, file.last + DAY) - MIDNIGHT
    account = channel_account(file.kind)
    async for entry in every_entry(site, (), account=account, since=begin, until=end):
        if entry.kind not in TOLD and _moved(file, entry):
            yield entry


async def _hold(site: Site, file: File, entry: Entry) -> Difference | None:
    """Hold what an entry moved, unless it is held already or another merchant's."""
    origin = None
    if entry.reverses is not None:
        origin = _named(file, await find_entry(site, entry.reverses))
    if origin is not None and origin.merchant != file.run.port.merchant:
        return None
    act, moved = _holding(site, entry.id), _moved(file, entry)
    if await answered_before(site, act) is not None:
        return None
    difference = await _half_of(site, file, entry, origin)
    postings = legs(Moves(suspense_minor=-moved), channel_account(file.kind))
    detail = {"entry": entry.id, "difference": difference.id, "channel": file.kind, "amount": moved}
    await book(site, replace(act, postings=postings, detail=detail, puts=(difference,)))
    site.settling.hold(difference)
    return difference


def _holding(site: Site, entry: EntryId) -> Act:
    """Return the act that holds what an entry moved: once, however often its day is looked at."""
    return Act(
        kind=EntryKind.DIFFERENCE_FOUND,
        event=f"clearing/entry/{entry}",
        occurred=site.clock(),
        actor=SYSTEM,
        reference=Reference(
            scope="entry_without_row", key=f"entry/{entry}", content={"entry": entry}
        ),
    )


async def _half_of(site: Site, file: File, entry: Entry, origin: NamedPayment | None) -> Difference:
    """Return the difference that an entry is, or the one that it ends: what it took back is held there."""
    order = await _order(site, origin)
    moved, out_no = _moved(file, entry), order.out_no if order is not None else ""
    for one in site.settling.differences.values():
        about = (out_no and one.out_no == out_no) or one.row == f"{ENTRY}/{entry.reverses}"
        if one.account == file.account and about and one.suspended_minor == -moved:
            return explained(site, replace(one, suspended_minor=0))
    wallet = entry.detail.get("wallet")
    return await drawn_up(
        site,
        kind=DifferenceKind.ENTRY_WITHOUT_ROW,
        account=file.account,
        channel=file.run.key,
        day=day_of(file.kind, entry.booked),
        row=f"{ENTRY}/{entry.id}",
        out_no=out_no,
        provider_ref=origin.provider_ref if origin is not None else "",
        order=order.id if order is not None else None,
        wallet=wallet if isinstance(wallet, str) else "",
        expected_minor=-moved,
        suspended_minor=moved,
        word=entry.kind,
    )


async def _tell(site: Site, file: File, entry: Entry, payment: NamedPayment) -> Difference | None:
    """Tell of a payment that no file has, unless that is done, or it came by an order."""
    ref, order = payment.provider_ref, await _order(site, payment)
    by_order = order is not None and order.entry == payment.name
    if by_order or payment.merchant != file.run.port.merchant:
        return None
    if await site.books.load(SettledRow, account=file.account, key=f"payment/{ref}"):
        return None
    before = await site.books.load(Difference, account=file.account, provider_ref=ref)
    if any(one.kind is DifferenceKind.ENTRY_WITHOUT_ROW and not one.row for one in before):
        return None
    held = await site.books.load(Unmatched, provider_ref=ref)
    missing = await drawn_up(
        site,
        kind=DifferenceKind.ENTRY_WITHOUT_ROW,
        account=file.account,
        channel=file.run.key,
        day=day_of(file.kind, entry.booked),
        out_no=held[0].out_no if held else "",
        provider_ref=ref,
        expected_minor=-_moved(file, entry),
        word=entry.kind,
    )
    await site.books.record(missing)
    site.settling.hold(missing)
    return missing


async def _order(site: Site, payment: NamedPayment | None) -> PayOrder | None:
    """Return the order that a payment came by."""
    if payment is None:
        return None
    found = await site.books.load(PayOrder, provider_ref=payment.provider_ref)
    return found[0] if found else None


def _named(file: File, entry: Entry) -> NamedPayment | None:
    """Return the payment that an entry is, or that it names; None where it is none of this provider's."""
    begin = f"pay/{file.kind}/"
    for name in (entry.event, str(entry.detail.get("payment", ""))):
        if name.startswith(begin):
            merchant, _, ref = name.removeprefix(begin).partition("/")
            return NamedPayment(name=name, merchant=merchant, provider_ref=ref)
    return None


def _moved(file: File, entry: Entry) -> int:
    """Return by how much an entry let the provider's clearing rise."""
    return movements(entry).get(channel_account(file.kind), 0)
