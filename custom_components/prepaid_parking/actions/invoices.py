"""Actions about invoices of top-ups: asked for, issued, taken back, listed."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.invoice import Invoice, InvoiceState
from ..core.ledger import Entry
from ..invoice_page import invoice_path
from ..operations import invoice_top_ups, invoices
from ..operations.bill_book import local_day
from ..operations.buyers import buyer_view
from ..operations.invoice_due import due_invoices
from ..operations.invoice_views import (
    invoice_view,
    invoice_views,
    latest_invoices,
)
from ..page_view import signed
from ..wording import async_words
from .call import DAY, MAYBE_REASON, PAGED, REASON, REFERENCE, Action, Call, Fields, Response

INVOICE: Final[Fields] = {vol.Required("invoice"): cv.string}
OUTSIDE: Final[Fields] = {vol.Optional("number"): cv.string, vol.Optional("link"): cv.string}
NUMBER: Final = vol.All(vol.Coerce(int), vol.Range(1, 2**53))
HANDLES: Final = ("entry", "receipt", "order", "wallet")


async def request_invoice(call: Call) -> Response:
    """Ask for the invoice of a top-up; asked again, the first one is answered."""
    reference = call.reference()
    invoice, repeated = await invoices.request_invoice(
        call.site,
        top_up=await _top_up(call),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    told = {"reference": reference, "idempotent": bool(call.text("reference"))}
    return await _told(call, invoice) | {"repeated": repeated} | told


async def issue_invoice(call: Call) -> Response:
    """Give an invoice its number: the site's next one, or what a service outside has given it."""
    invoice, repeated = await invoices.issue_invoice(
        call.site,
        invoice=call.text("invoice"),
        number=call.text("number").strip(),
        link=call.text("link").strip(),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return await _told(call, invoice) | {"repeated": repeated}


async def void_invoice(call: Call) -> Response:
    """Take an invoice back by a credit note."""
    reference = call.reference()
    receipt, invoice = await invoices.void_invoice(
        call.site,
        invoice=call.text("invoice"),
        number=call.text("number").strip(),
        link=call.text("link").strip(),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | await _told(call, invoice)


async def get_invoice(call: Call) -> Response:
    """Describe an invoice with its buyer, as data or as a page to print."""
    invoice = await invoices.find_invoice(call.site, call.text("invoice"))
    answer = await _told(call, invoice)
    if call.data["form"] == "page":
        words = await async_words(call.hass, call.text("language"))
        path = invoice_path(call.entry_id, invoice.id, words.language)
        answer |= signed(call.hass, path, call.site)
    return answer


async def list_invoices(call: Call) -> Response:
    """List invoices, the latest first: of a wallet, of days, or those with which something is to be done."""
    data, site = call.data, call.site
    wallet = call.wallet().wallet.id if call.text("wallet") else ""
    if data["due"]:
        found, count = await due_invoices(site, call.part, wallet)
        return {"invoices": await invoice_views(site, found), "count": count}
    state, first, last = data.get("state"), data.get("since"), data.get("until")
    if not (wallet or state or first or last):
        first = local_day(site).replace(day=1)
    found, count = await latest_invoices(
        site, call.part, wallet=wallet, state=state, first=first, last=last
    )
    return {"invoices": await invoice_views(site, found), "count": count}


async def _top_up(call: Call) -> Entry:
    """Return the top-up that is meant, by the one thing that somebody has of it."""
    if sum(name in call.data for name in HANDLES) != 1:
        raise CoreError("invoice_one_top_up")
    if "entry" in call.data:
        return await invoice_top_ups.by_entry(call.site, call.data["entry"])
    if "receipt" in call.data:
        return await invoice_top_ups.by_receipt(call.site, call.data["receipt"])
    if "order" in call.data:
        return await invoice_top_ups.by_order(call.site, call.text("order"))
    return await invoice_top_ups.latest_of(call.site, call.wallet())


async def _told(call: Call, invoice: Invoice) -> Response:
    """Describe an invoice; one that is not issued yet would be made out to the wallet's buyer."""
    left = await invoices.left_for(call.site, invoice)
    wallet = call.site.wallet(invoice.wallet).wallet
    buyer = wallet.buyer if invoice.state is InvoiceState.REQUESTED else invoice.buyer
    view = invoice_view(call.site, invoice, left.whole_minor)
    return view | {"buyer": await buyer_view(call.site, buyer)}


ACTIONS: Final = (
    Action(
        "request_invoice",
        request_invoice,
        {
            vol.Optional("entry"): NUMBER,
            vol.Optional("receipt"): NUMBER,
            vol.Optional("order"): cv.string,
            vol.Optional("wallet"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("issue_invoice", issue_invoice, {**INVOICE, **OUTSIDE, **MAYBE_REASON}),
    Action("void_invoice", void_invoice, {**INVOICE, **OUTSIDE, **REASON, **REFERENCE}),
    Action(
        "get_invoice",
        get_invoice,
        {
            **INVOICE,
            vol.Optional("form", default="data"): vol.In(("data", "page")),
            vol.Optional("language"): cv.string,
        },
    ),
    Action(
        "list_invoices",
        list_invoices,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("state"): vol.Coerce(InvoiceState),
            vol.Optional("due", default=False): cv.boolean,
            vol.Optional("since"): DAY,
            vol.Optional("until"): DAY,
            **PAGED,
        },
    ),
)
