"""A port of its own for payments: the hub itself then need not face the internet.

It knows the pages for payers and the notices of providers, by the same handlers as the hub, and
nothing else: no login, no frontend, no other address. It speaks plain HTTP, for a reverse proxy that
brings the certificate. Who asked is what the proxy says, if it is one of those that were named; what
anybody else says of where it comes from is not believed.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
import logging
from typing import Any, Final

from aiohttp import web
from aiohttp.hdrs import SERVER, X_FORWARDED_FOR
from aiohttp.typedefs import Handler, Middleware
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.core import HomeAssistant

from .const import CONF_PAY_BIND, CONF_PAY_PORT, CONF_PAY_PROXIES
from .notice_view import MOST_BYTES, NoticeView
from .pay_view import PayView

_LOGGER: Final = logging.getLogger(__name__)
LAST_ANSWERS_S: Final = 5.0
"""How long answers that are being given are waited for when the port closes."""

type Networks = Sequence[IPv4Network | IPv6Network]


class PayListener:
    """The port of a site, as its options say."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin closed."""
        self.trouble = ""
        self._hass = hass
        self._wanted: tuple[Any, ...] = ("", 0, "")
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """Return the port that is open, 0 while none is."""
        return self._runner.addresses[0][1] if self._runner is not None else 0

    async def follow(self, options: Mapping[str, Any]) -> None:
        """Listen where the options now say, or nowhere."""
        bind = str(options.get(CONF_PAY_BIND) or "").strip()
        port = int(options.get(CONF_PAY_PORT) or 0)
        proxies = str(options.get(CONF_PAY_PROXIES) or "")
        if (bind, port, proxies) == self._wanted:
            return
        await self.stop()
        self._wanted = (bind, port, proxies)
        if port:
            await self._open(bind, port, networks(proxies))

    async def stop(self) -> None:
        """Close the port."""
        self._wanted, self.trouble = ("", 0, ""), ""
        if (runner := self._runner) is not None:
            self._runner = None
            await runner.cleanup()

    async def _open(self, bind: str, port: int, proxies: Networks) -> None:
        app = web.Application(middlewares=[_behind(proxies)], client_max_size=MOST_BYTES)
        app[KEY_HASS] = self._hass
        app.on_response_prepare.append(_nameless)
        for view in _views(self._hass):
            view.register(self._hass, app, app.router)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=LAST_ANSWERS_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, bind or None, port).start()
        except OSError as err:
            await runner.cleanup()
            self.trouble = err.strerror or str(err)
            _LOGGER.warning("Port %s for payments cannot be opened: %s", port, self.trouble)
            return
        self._runner = runner


def networks(text: str) -> Networks:
    """Read addresses and networks with commas between them; a ValueError where one is none."""
    return [ip_network(one.strip(), strict=False) for one in text.split(",") if one.strip()]


def _views(hass: HomeAssistant) -> Iterable[HomeAssistantView]:
    return (NoticeView(hass), PayView())


def _behind(proxies: Networks) -> Middleware:
    """Return what finds out who asked: the last one in the chain that is none of our proxies."""

    @web.middleware
    async def behind(request: web.Request, handler: Handler) -> web.StreamResponse:
        chain = [request.remote or ""]
        if proxies:
            told = ",".join(request.headers.getall(X_FORWARDED_FOR, []))
            chain += [one.strip() for one in reversed(told.split(",")) if one.strip()]
        for asker in chain:
            if not _is_one_of(asker, proxies):
                break
        return await handler(request.clone(remote=asker))

    return behind


def _is_one_of(asker: str, proxies: Networks) -> bool:
    try:
        address = ip_address(asker)
    except ValueError:
        return False
    return any(address in one for one in proxies)


async def _nameless(_: web.Request, response: web.StreamResponse) -> None:
    """Tell nobody what is at work here."""
    response.headers[SERVER] = ""
