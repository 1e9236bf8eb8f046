"""The page of a bill: what is asked for, how each line was made up, and what is still open."""

from functools import partial
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from .const import DOMAIN
from .core.bill import Bill
from .explaining_bills import explain_bill_line
from .operations.bill_book import find_bill
from .operations.bill_views import bill_view
from .operations.buyers import View, buyer_view
from .operations.site import Site
from .page_view import Page, PageView
from .printing import filled
from .wording import Words

URL: Final = f"/api/{DOMAIN}/bill/{{entry}}/{{bill}}"


def bill_path(entry: str, bill: str, language: str) -> str:
    """Return where a bill's page is, unsigned."""
    return f"{URL.format(entry=entry, bill=bill)}?{urlencode({'language': language})}"


class BillView(PageView):
    """Serves a bill as a page."""

    url = URL
    name = f"api:{DOMAIN}:bill"

    async def get(self, request: web.Request, entry: str, bill: str) -> web.Response:
        """Answer with the page."""

        async def make(site: Site) -> Page:
            found = await find_bill(site, bill)
            return partial(bill_page, site, found, await buyer_view(site, found.buyer))

        return await self.serve(request, entry, make)


def bill_page(site: Site, bill: Bill, buyer: View | None, words: Words) -> str:
    """Write a bill as a page."""
    return filled(
        "bill.html",
        site,
        words,
        bill=bill_view(site, bill),
        buyer=buyer,
        lines=[(line, explain_bill_line(line, words, site.currency)) for line in bill.lines],
        taxed=any(line.tax_minor for line in bill.lines),
        written_off=bill.written_off_minor,
    )
