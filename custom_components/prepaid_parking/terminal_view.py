"""The address at which terminals and kiosks ask the site: in the local network, signed, once.

Whatever is wrong with a call is answered in the same words, before its body is read as anything.
"""

from http import HTTPStatus
from ipaddress import ip_address
import json
from typing import Any, Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import is_cloud_connection
from homeassistant.util.network import is_local, is_loopback

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.errors import CoreError, StoreError
from .core.terminal import MOST_BYTES, SignedCall, Terminal
from .core.texts import check_texts
from .errors import in_words
from .operations.site import Site
from .operations.terminal_calls import proven
from .operations.terminals import answer
from .request_body import UnreadError, read_body

URL: Final = f"/api/{DOMAIN}/terminal/{{terminal}}"
LONGEST_S: Final = 10.0
"""A terminal in the same house has sent its 64 KiB long before."""
HEADERS: Final = {"Cache-Control": "no-store"}


class TerminalView(HomeAssistantView):
    """Answers the calls of terminals; who is not signed for is nobody."""

    url = URL
    name = f"api:{DOMAIN}:terminal"
    requires_auth = False

    async def post(self, request: web.Request, terminal: str) -> web.Response:
        """Check who calls, then do what is asked."""
        hass: HomeAssistant = request.app[KEY_HASS]
        if not _is_near(hass, request):
            return _said("local network only", HTTPStatus.FORBIDDEN)
        try:
            body = await read_body(request, most=MOST_BYTES, within=LONGEST_S)
        except UnreadError as err:
            return _said("not read", err.status)
        call = SignedCall(
            method=request.method,
            path=request.path_qs,
            timestamp=request.headers.get("X-Timestamp", ""),
            nonce=request.headers.get("X-Nonce", ""),
            signature=request.headers.get("X-Signature", ""),
            body=body,
        )
        entries: list[PrepaidConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
        for entry in entries:
            site = entry.runtime_data.site
            try:
                if (known := await proven(site, terminal, call)) is not None:
                    _notice_way(entry, request, known)
                    asked = _read(body)
                    return self.json(await answer(site, known, asked), headers=HEADERS)
            except CoreError as err:
                return _refused(site, err)
            except StoreError as err:
                site.books_trouble(err.key, err.detail)
                return _said("not written", HTTPStatus.SERVICE_UNAVAILABLE)
        return _said("not signed", HTTPStatus.UNAUTHORIZED)


def _is_near(hass: HomeAssistant, request: web.Request) -> bool:
    """Tell whether a call comes from the local network, not through the hub's way to the outside."""
    if is_cloud_connection(hass) or not request.remote:
        return False
    try:
        return is_local(ip_address(request.remote))
    except ValueError:
        return False


def _notice_way(entry: PrepaidConfigEntry, request: web.Request, terminal: Terminal) -> None:
    """Keep in mind whether others in the network read along what a terminal asks and is told."""
    assert request.remote
    overheard = request.scheme != "https" and not is_loopback(ip_address(request.remote))
    held = entry.runtime_data.pay.overheard
    if overheard:
        held.add(terminal.id)
    else:
        held.discard(terminal.id)


def _read(body: bytes) -> dict[str, Any]:
    """Read a call's body; whoever signed it must still have written what can be read."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise CoreError("terminal_asks_unknown") from err
    if not isinstance(asked, dict):
        raise CoreError("terminal_asks_unknown")
    check_texts(asked)
    return asked


def _refused(site: Site, err: CoreError) -> web.Response:
    """Say why the rules refuse it; what is there twice with other content is a conflict."""
    return web.json_response(
        {"error": err.key, "message": in_words(err), "site": site.name},
        status=HTTPStatus.CONFLICT,
        headers=HEADERS,
    )


def _said(text: str, status: HTTPStatus) -> web.Response:
    return web.json_response({"error": text}, status=status, headers=HEADERS)
