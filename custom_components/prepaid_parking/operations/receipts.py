"""Receipts of the desk: found again, printed again, and taken back while that is still a mistake."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from ..core.desk_receipt import DeskReceipt
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Entry
from ..core.local_day import DAY, day_start
from ..core.page import BEFORE_ALL, Page, Part, Place
from .booking import keep
from .months import check_day
from .pages import numbered
from .site import Site
from .walking import every_entry


async def find_receipt(site: Site, number: int) -> DeskReceipt:
    """Return a receipt by its number, or refuse in words."""
    found = await site.books.load(DeskReceipt, no=number)
    if not found:
        raise CoreError("unknown_receipt", receipt=number)
    return found[0]


async def receipts_between(site: Site, first: date, last: date) -> list[DeskReceipt]:
    """Return the receipts of local days, both included, in the order of their numbers."""
    begin, end = day_start(first, site.zone), day_start(last + DAY, site.zone)
    found = await site.books.between(DeskReceipt, "at", begin, end - timedelta.resolution)
    return sorted(found, key=lambda one: one.no)


async def receipts_of(site: Site, shift: str) -> list[DeskReceipt]:
    """Return the receipts of a shift, in the order of their numbers."""
    return await site.books.load(DeskReceipt, shift=shift)


async def latest_receipts(
    site: Site, part: Part, *, wallet: str = "", shift: str = ""
) -> list[DeskReceipt]:
    """Return receipts of a wallet, of a shift or of both, the latest first."""
    like = {"wallet": wallet, "shift": shift}
    wanted = {name: value for name, value in like.items() if value}
    return await numbered(site, DeskReceipt, part, wanted)


async def latest_between(site: Site, part: Part, first: date, last: date) -> list[DeskReceipt]:
    """Return receipts of local days, both included, the latest first."""
    after: Place = ()
    if (number := part.number()) is not None:
        known = await site.books.load(DeskReceipt, no=number)
        after = (known[0].at, known[0].no) if known else (BEFORE_ALL, BEFORE_ALL)
    return await site.books.page(
        DeskReceipt, replace(_of_days(site, first, last), after=after, limit=part.limit)
    )


async def latest_of(site: Site, actor: Actor) -> DeskReceipt:
    """Return the last receipt that somebody gave out today, or refuse in words."""
    today = local(site, site.clock())
    asked = replace(_of_days(site, today, today), like={"actor": str(actor)}, limit=1)
    given = await site.books.page(DeskReceipt, asked)
    if not given:
        raise CoreError("no_receipt_today")
    return given[0]


async def printed(site: Site, number: int) -> tuple[DeskReceipt, bool]:
    """Return a receipt that is printed now, and whether that is a copy."""
    found = await find_receipt(site, number)
    await keep(site, replace(found, prints=found.prints + 1))
    return found, bool(found.prints)


async def entry_of(site: Site, receipt: DeskReceipt) -> Entry:
    """Return the entry that a receipt stands for."""
    kinds = (EntryKind(receipt.kind),)
    # Booked is never before it occurred: the clock that says both is the same.
    async for entry in every_entry(site, kinds, since=receipt.at):
        if entry.detail.get("receipt") == receipt.no:
            return entry
    raise CoreError("unknown_receipt", receipt=receipt.no)


def check_voidable(site: Site, receipt: DeskReceipt) -> None:
    """Refuse what is no mistake of today any more: another day, a closed shift, a closed month."""
    if receipt.voided_at is not None:
        raise CoreError("receipt_void", receipt=receipt.no)
    if not site.books.writable:
        raise CoreError("ledger_closed")  # It may have been taken back in the time that is lost.
    day = local(site, receipt.at)
    check_day(site, day)
    if receipt.shift and receipt.shift not in site.desk.shifts:
        raise CoreError("receipt_shift_closed", receipt=receipt.no, shift=receipt.shift)
    if not receipt.shift and day != local(site, site.clock()):
        raise CoreError("receipt_of_another_day", receipt=receipt.no, day=day)


def receipt_view(site: Site, receipt: DeskReceipt) -> dict[str, object]:
    """Describe a receipt."""
    shift = receipt.shift
    return {
        "receipt": receipt.no,
        "at": receipt.at.isoformat(),
        "kind": receipt.kind,
        "channel": receipt.channel,
        "amount": site.currency.text(receipt.amount_minor),
        "wallet": receipt.wallet or None,
        "stay": receipt.stay or None,
        "bill": receipt.bill or None,
        "batch": receipt.batch or None,
        "agent": receipt.agent or None,
        "shift": shift or None,
        "by": receipt.actor,
        "void": receipt.voided_at is not None,
        "voided_at": receipt.voided_at.isoformat() if receipt.voided_at is not None else None,
        "void_reason": receipt.void_reason or None,
    }


def local(site: Site, at: datetime) -> date:
    """Return the site's local day of an instant."""
    return at.astimezone(site.zone).date()


def _of_days(site: Site, first: date, last: date) -> Page:
    """Return the question for the receipts of local days."""
    begin, end = day_start(first, site.zone), day_start(last + DAY, site.zone)
    return Page(by=("at", "no"), first=begin, last=end - timedelta.resolution)
