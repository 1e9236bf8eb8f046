"""The page of a receipt of the desk: for whoever paid, and again as a copy."""

from functools import partial
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .core.desk_receipt import DeskReceipt
from .core.errors import CoreError
from .core.identity import AgentId, WalletId
from .core.invoice import Invoice
from .core.shift import MOST_RECEIPTS
from .invoice_page import invoice_path
from .operations.invoices import invoice_of
from .operations.receipts import find_receipt, printed
from .operations.site import Site
from .page_view import Page, PageView, signed
from .printing import filled
from .wording import Words

GIVEN: Final = "given"
"""In a link that came with the payment: nobody has counted a print for it yet."""
URL: Final = f"/api/{DOMAIN}/receipt/{{entry}}/{{receipt}}"


def receipt_path(entry: str, receipt: int, language: str, *, copy: bool) -> str:
    """Return where a receipt's page is, unsigned."""
    asked = {"language": language} | ({"copy": "1"} if copy else {})
    return f"{URL.format(entry=entry, receipt=receipt)}?{urlencode(asked)}"


def given_path(entry: str, receipt: int, language: str) -> str:
    """Return where a receipt is printed by whoever took the money: opened again it is a copy."""
    asked = {"language": language, GIVEN: "1"}
    return f"{URL.format(entry=entry, receipt=receipt)}?{urlencode(asked)}"


class ReceiptView(PageView):
    """Serves a receipt as a page."""

    url = URL
    name = f"api:{DOMAIN}:receipt"

    async def get(self, request: web.Request, entry: str, receipt: str) -> web.Response:
        """Answer with the page; only a link that was given out for the first print is no copy."""
        copy = "authSig" not in request.query or "copy" in request.query

        hass: HomeAssistant = request.app[KEY_HASS]

        async def make(site: Site) -> Page:
            if not receipt.isdecimal() or len(receipt) > len(str(MOST_RECEIPTS)):
                raise CoreError("unknown_receipt", receipt=receipt)
            if GIVEN in request.query and not copy:
                found, again = await printed(site, int(receipt))
            else:
                found, again = await find_receipt(site, int(receipt)), copy
            invoice = await invoice_of(site, found.event)
            link = None
            if invoice is not None:
                path = invoice_path(entry, invoice.id, request.query.get("language", ""))
                link = signed(hass, path, site)["url"]
            return partial(receipt_page, site, found, again, invoice, link)

        return await self.serve(request, entry, make)


def receipt_page(
    site: Site,
    receipt: DeskReceipt,
    copy: bool,
    invoice: Invoice | None,
    link: str | None,
    words: Words,
) -> str:
    """Write a receipt as a page."""
    run = site.wallets.get(WalletId(receipt.wallet))
    agent = site.desk.agents.get(AgentId(receipt.agent))
    return filled(
        "receipt.html",
        site,
        words,
        receipt=receipt,
        at=site.on_the_wall(receipt.at),
        unit=run.wallet.unit if run is not None else "",
        agent=agent.name if agent is not None else receipt.agent,
        copy=copy,
        invoice=invoice,
        link=link,
    )
