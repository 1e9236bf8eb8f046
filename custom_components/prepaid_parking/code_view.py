"""The code of a visitor, a ticket or a card as a QR code: to show, to send and to print."""

from io import BytesIO
from typing import Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
import segno

from .const import DOMAIN
from .page_view import LINK_LASTS, asked_of
from .picture_view import HEADERS

URL: Final = f"/api/{DOMAIN}/code/{{entry}}/{{code}}"
SCALE: Final = 12
"""Dots of a module: a code of eight digits is then 350 dots wide, which a phone shows without a blur."""


class CodeView(HomeAssistantView):
    """Serves a code as a picture."""

    url = URL
    name = f"api:{DOMAIN}:code"

    async def get(self, request: web.Request, entry: str, code: str) -> web.Response:
        """Answer with the picture; the link brings the code, for the books keep its hash only."""
        asked_of(request, entry)
        hass: HomeAssistant = request.app[KEY_HASS]
        try:
            picture = await hass.async_add_executor_job(drawn, bytes.fromhex(code).decode())
        except ValueError as err:
            raise web.HTTPNotFound from err
        return web.Response(body=picture, content_type="image/png", headers=HEADERS)


def code_url(hass: HomeAssistant, entry: str, code: str) -> str | None:
    """Return a link to the picture of a code, which opens for a day; None where there is none."""
    if not code:
        return None
    # As hexadecimal digits: a code may hold any sign, a path may not.
    path = URL.format(entry=entry, code=code.encode().hex())
    return async_sign_path(hass, path, LINK_LASTS, use_content_user=True)


def drawn(code: str) -> bytes:
    """Return a code as a picture; blocks for a moment."""
    picture = BytesIO()
    segno.make_qr(code).save(picture, kind="png", scale=SCALE)
    return picture.getvalue()
