"""Pictures of a lane: seen by an admin, or for some minutes by a link that an action gave out."""

from datetime import timedelta
from typing import Final

from aiohttp import web
from homeassistant.components.http import HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .core.picture import kind_of
from .lane_pictures import LanePictures
from .page_view import asked_of

URL: Final = f"/api/{DOMAIN}/picture/{{entry}}/{{name}}"
LINK_LASTS: Final = timedelta(minutes=10)
"""Long enough to look at what was just asked for; a picture is no page that is handed on."""
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PictureView(HomeAssistantView):
    """Serves a picture of a lane."""

    url = URL
    name = f"api:{DOMAIN}:picture"

    async def get(self, request: web.Request, entry: str, name: str) -> web.Response:
        """Answer with the picture."""
        content = await asked_of(request, entry).runtime_data.pictures.show(name)
        if content is None or (kind := kind_of(content)) is None:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type=kind, headers=HEADERS)


def picture_url(
    hass: HomeAssistant, entry: str, pictures: LanePictures, name: object
) -> str | None:
    """Return a link to a picture that is there, which opens for some minutes."""
    if not isinstance(name, str) or not pictures.has(name):
        return None
    path = URL.format(entry=entry, name=name)
    return async_sign_path(hass, path, LINK_LASTS, use_content_user=True)
