"""The page of a wallet's statement: opened by an admin, or by a signed link that an action gave out."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from homeassistant.components.http import KEY_HASS, KEY_HASS_USER, HomeAssistantView
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.errors import CoreError
from .operations.statement import make_statement
from .statement_forms import statement_page
from .wording import async_words

URL: Final = f"/api/{DOMAIN}/statement/{{entry}}/{{wallet}}"
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox allow-modals; default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}
"""The page needs nothing but its own style; sandboxed, it cannot reach the hub it was served by."""


def page_path(
    entry: str, wallet: str, since: datetime | None, until: datetime | None, language: str
) -> str:
    """Return where a statement's page is, unsigned."""
    asked = {"language": language}
    asked |= {
        name: at.isoformat() for name, at in (("since", since), ("until", until)) if at is not None
    }
    return f"{URL.format(entry=entry, wallet=wallet)}?{urlencode(asked)}"


class StatementView(HomeAssistantView):
    """Serves a statement as a page."""

    url = URL
    name = f"api:{DOMAIN}:statement"

    async def get(self, request: web.Request, entry: str, wallet: str) -> web.Response:
        """Answer with the page; a link that was not signed for it is for admins only."""
        user = request[KEY_HASS_USER]
        if not (user.is_admin or user.system_generated):
            raise web.HTTPForbidden
        hass: HomeAssistant = request.app[KEY_HASS]
        found: PrepaidConfigEntry | None = hass.config_entries.async_get_entry(entry)
        if found is None or found.domain != DOMAIN or not hasattr(found, "runtime_data"):
            raise web.HTTPNotFound
        site, asked = found.runtime_data.site, request.query
        try:
            made = await make_statement(
                site, wallet=wallet, since=_moment(asked, "since"), until=_moment(asked, "until")
            )
        except CoreError as err:
            return self.json_message(str(err), HTTPStatus.BAD_REQUEST)
        words = await async_words(hass, asked.get("language", ""))
        page = await hass.async_add_executor_job(statement_page, site, made, words)
        return web.Response(text=page, content_type="text/html", headers=HEADERS)


def _moment(asked: Mapping[str, str], name: str) -> datetime | None:
    if (text := asked.get(name)) is None:
        return None
    if (at := dt_util.parse_datetime(text)) is None or at.tzinfo is None:
        raise CoreError("time_is_malformed", at=text)
    return at
