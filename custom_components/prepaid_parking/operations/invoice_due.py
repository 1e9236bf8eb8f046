"""Invoices with which something is to be done: those without a number, and those whose money went back.

The first are found by an index, page by page, and may be many. The others are few of all there are:
an index leads to those of a wallet, and only wallets are looked at out of which money went back since.
"""

from dataclasses import replace

from ..core.identity import WalletId
from ..core.invoice import Invoice, InvoiceState
from ..core.kept import TopUpMoney
from ..core.page import WHOLE_LIST, Page, Part
from .gently import gently
from .invoice_money import left_of, returns_of
from .invoice_views import order_of, place_of
from .site import Site


async def due_invoices(
    site: Site, part: Part = WHOLE_LIST, wallet: str = ""
) -> tuple[list[Invoice], int]:
    """Return a part of them, those that were asked for last first, and how many there are."""
    like = {"state": InvoiceState.REQUESTED.value} | ({"wallet": wallet} if wallet else {})
    waiting = Page(like=like, by=("requested_at", "id"))
    place = await place_of(site, part)
    owed = await _owed(site, wallet)
    page = replace(waiting, after=place or (), limit=part.limit)
    found = await site.books.page(Invoice, page)
    found += [one for one in owed if place is None or order_of(one) < place]
    found.sort(key=order_of, reverse=True)
    return found[: part.limit], await site.books.count(Invoice, waiting) + len(owed)


async def _owed(site: Site, wallet: str) -> list[Invoice]:
    """Return the issued invoices whose money is no longer all there: each needs a credit note."""
    returns = await returns_of(site)
    named = [WalletId(wallet)] if wallet else list(returns)
    found: list[Invoice] = []
    async for one in gently(name for name in named if name in returns):
        known = await site.books.load(Invoice, wallet=one, state=InvoiceState.ISSUED.value)
        asked = [invoice for invoice in known if invoice.paid_at <= returns[one]]
        if not asked:
            continue
        left = await left_of(site, site.wallet(one), min(invoice.paid_at for invoice in asked))
        found += [
            invoice
            for invoice in asked
            if left.get(invoice.top_up, TopUpMoney()).whole_minor < invoice.amount_minor
        ]
    return found
