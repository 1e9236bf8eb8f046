"""The page of an invoice of a top-up: to whom, over what, with which tax; or the note that takes it back."""

from functools import partial
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from .const import DOMAIN
from .core.invoice import Invoice
from .operations.buyers import View, buyer_view
from .operations.invoice_views import invoice_view
from .operations.invoices import find_invoice, left_for
from .operations.site import Site
from .page_view import Page, PageView
from .printing import filled
from .wording import Words

URL: Final = f"/api/{DOMAIN}/invoice/{{entry}}/{{invoice}}"


def invoice_path(entry: str, invoice: str, language: str) -> str:
    """Return where an invoice's page is, unsigned."""
    return f"{URL.format(entry=entry, invoice=invoice)}?{urlencode({'language': language})}"


class InvoiceView(PageView):
    """Serves an invoice as a page."""

    url = URL
    name = f"api:{DOMAIN}:invoice"

    async def get(self, request: web.Request, entry: str, invoice: str) -> web.Response:
        """Answer with the page."""

        async def make(site: Site) -> Page:
            found = await find_invoice(site, invoice)
            left = (await left_for(site, found)).whole_minor
            return partial(invoice_page, site, found, await buyer_view(site, found.buyer), left)

        return await self.serve(request, entry, make)


def invoice_page(
    site: Site, invoice: Invoice, buyer: View | None, left_minor: int, words: Words
) -> str:
    """Write an invoice as a page."""
    return filled(
        "invoice.html",
        site,
        words,
        invoice=invoice_view(site, invoice, left_minor),
        buyer=buyer,
        paid_at=site.on_the_wall(invoice.paid_at),
        credited_minor=invoice.amount_minor - invoice.fee_minor,
        credited_tax_minor=invoice.tax_minor - invoice.fee_tax_minor,
        fee_minor=invoice.fee_minor,
        fee_tax_minor=invoice.fee_tax_minor,
    )
