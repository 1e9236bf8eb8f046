"""How a payer's page goes out: in the payer's language, kept by nobody, and kept from the hub."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import HomeAssistant

from .operations.pay_visit_book import PayVisit
from .pay_writing import May, Page, gone, policy
from .wording import async_words, liked_most


async def plain(request: web.Request, what: str, status: HTTPStatus) -> web.Response:
    """Answer with a page that says nothing about any site."""
    return await answered(request, gone(what), None, status, {})


async def answered(
    request: web.Request,
    page: Page,
    visit: PayVisit | None,
    status: HTTPStatus,
    headers: Mapping[str, str],
    may: May = May.NOTHING,
) -> web.Response:
    """Write a page in the language of the visit, or of the browser."""
    hass: HomeAssistant = request.app[KEY_HASS]
    chosen = visit.language if visit is not None else ""
    words = await async_words(
        hass, chosen or liked_most(request.headers.get("Accept-Language", ""))
    )
    text, kept = await hass.async_add_executor_job(lambda: (page(words), policy(may)))
    always = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": kept,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return web.Response(
        text=text, status=status, content_type="text/html", headers={**always, **headers}
    )
