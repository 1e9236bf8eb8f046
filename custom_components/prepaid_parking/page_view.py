"""Pages about somebody's money: opened by an admin, or by a signed link that an action gave out."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS, KEY_HASS_USER, HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.errors import CoreError
from .operations.site import Site
from .wording import Words, async_words

LINK_LASTS: Final = timedelta(hours=24)
"""Long enough to open a link from a message, short enough not to lie around."""
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox allow-modals; default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}
"""The page needs nothing but its own style; sandboxed, it cannot reach the hub it was served by."""

type Page = Callable[[Words], str]


class PageView(HomeAssistantView):
    """Serves a page about a site."""

    async def serve(
        self, request: web.Request, entry: str, make: Callable[[Site], Awaitable[Page]]
    ) -> web.Response:
        """Answer with what `make` writes; a link that was not signed for it is for admins only."""
        found = asked_of(request, entry)
        try:
            page = await make(found.runtime_data.site)
        except CoreError as err:
            return self.json_message(str(err), HTTPStatus.BAD_REQUEST)
        hass: HomeAssistant = request.app[KEY_HASS]
        words = await async_words(hass, request.query.get("language", ""))
        text = await hass.async_add_executor_job(page, words)
        return web.Response(text=text, content_type="text/html", headers=HEADERS)


def asked_of(request: web.Request, entry: str) -> PrepaidConfigEntry:
    """Return the site that is asked; without a link that was signed for it only admins may."""
    user = request[KEY_HASS_USER]
    if not (user.is_admin or user.system_generated):
        raise web.HTTPForbidden
    hass: HomeAssistant = request.app[KEY_HASS]
    found: PrepaidConfigEntry | None = hass.config_entries.async_get_entry(entry)
    if found is None or found.domain != DOMAIN or not hasattr(found, "runtime_data"):
        raise web.HTTPNotFound
    return found


def signed(hass: HomeAssistant, path: str, site: Site) -> dict[str, str]:
    """Return the link of a page, and until when it opens."""
    return {
        "url": async_sign_path(hass, path, LINK_LASTS, use_content_user=True),
        "url_until": (site.clock() + LINK_LASTS).isoformat(),
    }
