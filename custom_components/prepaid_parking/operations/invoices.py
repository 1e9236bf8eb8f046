"""Invoices of top-ups, by hand and by themselves: asked for, issued, taken back.

Everything about one is an entry of the books that moves no money. A number of the site's own series
is a compare-and-set in the very entry that gives it, so none is doubled and none is missing.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.bill import next_in, series_of, written
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor
from ..core.invoice import (
    Invoice,
    InvoiceMaker,
    InvoiceState,
    check_outside,
    issued,
    over,
    series_of_invoices,
    voided,
)
from ..core.kept import TopUpMoney
from ..core.ledger import Act, Entry, Receipt
from ..core.page import Page
from .bill_book import committed, ensure_series, local_day, trusted
from .booking import referenced, tell
from .facts import WalletEvent
from .invoice_asking import asked, tell_asked
from .invoice_money import left_of
from .repeats import answered_before
from .site import Site
from .turn import in_turn

WAITING: Final = Page(
    like={"state": InvoiceState.REQUESTED.value, "maker": InvoiceMaker.SITE.value},
    by=("requested_at", "id"),
    limit=50,
    newest_first=False,
)
"""The site's own that have no number, the oldest first; so many are some ten milliseconds of work."""


async def find_invoice(site: Site, name: str) -> Invoice:
    """Return an invoice by its id or by the number on the paper, or refuse in words."""
    found = await site.books.load(Invoice, id=name) or await site.books.load(Invoice, number=name)
    if not name or not found:
        raise CoreError("unknown_invoice", invoice=name)
    return found[0]


async def invoice_of(site: Site, top_up: str) -> Invoice | None:
    """Return the invoice of a top-up that is not taken back, by the top-up's event."""
    found = await site.books.load(Invoice, top_up=top_up)
    return next((one for one in found if one.state is not InvoiceState.VOID), None)


async def left_for(site: Site, invoice: Invoice) -> TopUpMoney:
    """Return what is still there of the money that an invoice is about."""
    left = await left_of(site, site.wallet(invoice.wallet), invoice.paid_at)
    return left.get(invoice.top_up, TopUpMoney())


@in_turn
async def request_invoice(
    site: Site, *, top_up: Entry, actor: Actor, reason: str = "", reference: str = ""
) -> tuple[Invoice, bool]:
    """Ask for the invoice of a top-up, and tell whether that was done before.

    Asked again, the first one is answered; one that was taken back is not in the way of another. The
    site's own is issued at once; another one waits for whoever makes it.
    """
    await trusted(site)
    act = Act(
        kind=EntryKind.INVOICE_REQUESTED,
        event=f"invoice/{top_up.event}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("request_invoice", reference, {"top_up": top_up.event}),
    )
    before = await answered_before(site, act)
    if before is not None:
        known = await find_invoice(site, str(before.detail["invoice"]))
        return await _at_once(site, known, actor, reason), True
    earlier = await site.books.load(Invoice, top_up=top_up.event)
    for one in earlier:
        if one.state is not InvoiceState.VOID:
            return await _at_once(site, one, actor, reason), True
    run = site.wallet(str(top_up.detail["wallet"]))
    left = (await left_of(site, run, top_up.booked)).get(top_up.event, TopUpMoney())
    invoice = asked(site, run, top_up.event, left, paid_at=top_up.booked, before=len(earlier))
    written_down = replace(act, detail=_traced(invoice), puts=(invoice,))
    receipt = await committed(site, written_down)
    tell_asked(site, run, invoice, receipt)
    return await _at_once(site, invoice, actor, reason), False


@in_turn
async def issue_invoice(
    site: Site, *, invoice: str, actor: Actor, number: str = "", link: str = "", reason: str = ""
) -> tuple[Invoice, bool]:
    """Give an invoice its number, and tell whether it had this one before.

    The site's own takes the next of its series. What a service has made is written down with the
    service's number and link: it is there, whatever has become of the money since.
    """
    await trusted(site)
    known = await find_invoice(site, invoice)
    if known.state is InvoiceState.VOID:
        raise CoreError("invoice_is_void", invoice=known.id)
    if known.number and number in ("", known.number):
        return known, True
    if known.maker is InvoiceMaker.SITE:
        if number or link:
            raise CoreError("invoice_own_number", invoice=known.id)
        if not (await left_for(site, known)).whole_minor:
            raise CoreError("invoice_nothing_left")
        return await _number(site, known, actor, reason), False
    await _check_free(site, number, link)
    return await _write(site, known, actor, reason, number=number, link=link), False


@in_turn
async def void_invoice(
    site: Site,
    *,
    invoice: str,
    reason: str,
    actor: Actor,
    number: str = "",
    link: str = "",
    reference: str = "",
) -> tuple[Receipt, Invoice]:
    """Take an invoice back by a credit note; one that has no number yet is withdrawn, and leaves none.

    The credit note has a number of the site's credit notes, or the one that the service gave it.
    """
    await trusted(site)
    known = await find_invoice(site, invoice)
    act = replace(
        _voiding(site, known),
        actor=actor,
        reason=reason,
        reference=referenced("void_invoice", reference, {"invoice": known.id, "number": number}),
    )
    before = await answered_before(site, act)
    if before is not None:
        return before, known
    if known.maker is InvoiceMaker.SITE and (number or link):
        raise CoreError("invoice_own_number", invoice=known.id)
    if known.maker is InvoiceMaker.SERVICE and (number or link or known.number):
        await _check_free(site, number, link)
    series, last = "", 0
    if known.maker is InvoiceMaker.SITE and known.state is InvoiceState.ISSUED:
        series = series_of(local_day(site), credit_note=True)
        last = await ensure_series(site, series, act.occurred)
        number = written(series, last + 1)
        act = replace(act, moves=(next_in(series, last, act.occurred),))
    after = voided(known, act.occurred, reason, note=number, link=link)
    receipt = await committed(site, replace(act, detail=_traced(after), puts=(after,)))
    if series:
        site.billing.series[series] = last + 1
    _tell(site, WalletEvent.INVOICE_VOIDED, after, receipt, after.credit_note or after.id)
    return receipt, after


async def number_invoices(site: Site, _: datetime) -> None:
    """Give the site's own invoices that top-ups asked for by themselves their numbers."""
    if not site.books.writable or not site.clock_ok:
        return
    waiting = await site.books.page(Invoice, WAITING)
    if waiting:
        await trusted(site)
    for invoice in waiting:
        await _number(site, invoice, SYSTEM)


async def _at_once(site: Site, invoice: Invoice, actor: Actor, reason: str) -> Invoice:
    """Give the site's own its number where it has none yet, also where a crash came between."""
    if invoice.state is not InvoiceState.REQUESTED or invoice.maker is not InvoiceMaker.SITE:
        return invoice
    return await _number(site, invoice, actor, reason)


async def _number(site: Site, invoice: Invoice, actor: Actor, reason: str = "") -> Invoice:
    """Give an invoice the next number of the site's series; of money that went back, none is due.

    It says what is still there at this moment: until now nobody has been told anything.
    """
    left = await left_for(site, invoice)
    if invoice.state is InvoiceState.REQUESTED and not left.whole_minor:
        after = voided(invoice, site.clock(), reason)
        act = replace(_voiding(site, invoice), detail=_traced(after), puts=(after,))
        await committed(site, replace(act, actor=actor, reason=reason))
        return after
    if left.whole_minor:
        invoice = over(invoice, left)
    series = series_of_invoices(local_day(site))
    last = await ensure_series(site, series, site.clock())
    number = written(series, last + 1)
    issued_now = await _write(site, invoice, actor, reason, number=number, series=(series, last))
    site.billing.series[series] = last + 1
    return issued_now


async def _write(
    site: Site,
    invoice: Invoice,
    actor: Actor,
    reason: str,
    *,
    number: str,
    link: str = "",
    series: tuple[str, int] | None = None,
) -> Invoice:
    """Write down that an invoice is issued, with its number, made out to the wallet's buyer."""
    now, buyer = site.clock(), site.wallet(invoice.wallet).wallet.buyer
    after = issued(invoice, number, local_day(site), link=link, buyer=buyer)
    act = Act(
        kind=EntryKind.INVOICE_ISSUED,
        event=f"invoice/{invoice.id}/issued",
        occurred=now,
        actor=actor,
        reason=reason,
        moves=() if series is None else (next_in(*series, now),),
        detail=_traced(after),
        puts=(after,),
    )
    receipt = await committed(site, act)
    _tell(site, WalletEvent.INVOICE_ISSUED, after, receipt, number)
    return after


async def _check_free(site: Site, number: str, link: str) -> None:
    """Refuse a number of a service that stands on another paper already."""
    check_outside(number, link)
    taken = await site.books.load(Invoice, number=number)
    if taken or await site.books.load(Invoice, credit_note=number):
        raise CoreError("invoice_number_taken", number=number)


def _voiding(site: Site, invoice: Invoice) -> Act:
    return Act(
        kind=EntryKind.INVOICE_VOIDED,
        event=f"invoice/{invoice.id}/void",
        occurred=site.clock(),
        actor=SYSTEM,
    )


def _traced(invoice: Invoice) -> dict[str, object]:
    """Return what is kept of an invoice in the books; its buyer by the id, which tells nobody."""
    told: dict[str, object] = {
        "wallet": invoice.wallet,
        "invoice": invoice.id,
        "top_up": invoice.top_up,
        "amount": invoice.amount_minor,
        "tax": invoice.tax_minor,
        "tax_bp": invoice.tax_bp,
    }
    named = {
        "number": invoice.number,
        "link": invoice.link,
        "credit_note": invoice.credit_note,
        "credit_link": invoice.credit_link,
        "buyer": invoice.buyer,
    }
    return told | {name: value for name, value in named.items() if value}


def _tell(
    site: Site, event: WalletEvent, invoice: Invoice, receipt: Receipt, reference: str
) -> None:
    run = site.wallet(invoice.wallet)
    tell(site, run, event, receipt, invoice.amount_minor, reference)
