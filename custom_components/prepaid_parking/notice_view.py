"""The ear for providers' notices: open to everybody, so nothing is believed, and little is done for anybody.

What comes is limited in size before it is read, and in number before a signature is looked at. One
answer is given to all that is not the provider's, an address that nobody has included. Success is
answered only after the commit; whatever else is answered, the provider sends it again, and the hub
asks about its orders by itself all the while.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from http import HTTPStatus
import logging
from types import MappingProxyType
from typing import Final

from aiohttp import web
from homeassistant.components.http import HomeAssistantView
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import CONF_CHANNEL, DOMAIN, SUBENTRY_CHANNEL
from .coordinator import PrepaidConfigEntry
from .core.chart import Channel
from .core.errors import CoreError, StoreError
from .core.rate_limit import Allowance, RateLimit, network_of
from .operations.pay_book import ChannelRun
from .operations.pay_notices import hear
from .pay_address import NOTICE_PATH
from .request_body import UnreadError, read_body

_LOGGER: Final = logging.getLogger(__name__)
MOST_BYTES: Final = 64 * 1024
"""The largest notice of any provider has some 10 kB."""
LONGEST_S: Final = 10.0
"""Providers give up sooner."""
PATIENCE_S: Final = 20.0
"""Providers wait for 5 to 20 seconds; while a backup is made the books may take longer."""
MOST_AT_ONCE: Final = 500
"""Notices that are being heard: what comes beyond comes again."""
WRONG_ONES: Final = Allowance(most=600, every=timedelta(minutes=1))
"""Of a network: notices that are wrong, or not judged yet. What was right is not counted, so that a
provider which sends hundreds in a second is heard, and a forger costs a millisecond of each."""
AGAIN_S: Final = "30"
SUCCESS: Final[Mapping[Channel, str]] = MappingProxyType(
    {
        Channel.WECHAT: '{"code":"SUCCESS","message":"OK"}',
        Channel.ALIPAY: "success",
        Channel.STRIPE: "",
    }
)
"""What each provider takes for success, with status 200; of Alipay the word alone counts."""
FAILED: Final = '{"code":"FAIL","message":"not accepted"}'
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class NoticeView(HomeAssistantView):
    """Hears what providers say of payments and refunds."""

    url = NOTICE_PATH
    name = f"api:{DOMAIN}:notice"
    requires_auth = False

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nobody having sent anything wrong."""
        self._hass = hass
        self._limit = RateLimit(WRONG_ONES)
        self._said: set[tuple[str, str]] = set()
        self._busy = 0

    async def post(self, request: web.Request, channel: str) -> web.Response:
        """Take a notice, and answer as its provider understands it."""
        network = network_of(request.remote)
        if (request.content_length or 0) > MOST_BYTES:
            return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not self._limit.take(network, dt_util.utcnow()):
            return _later(HTTPStatus.TOO_MANY_REQUESTS)
        try:
            body = await read_body(request, most=MOST_BYTES, within=LONGEST_S)
        except UnreadError as err:
            return _refused(err.status)
        entry = _site_of(self._hass, channel)
        if entry is None:
            return _refused(HTTPStatus.BAD_REQUEST)
        if entry.state is not ConfigEntryState.LOADED or self._busy >= MOST_AT_ONCE:
            return self._not_now(network)
        site = entry.runtime_data.site
        run = site.paying.channels.get(channel)
        if run is None:
            return self._not_now(network)
        return await self._answer(run, network, hear(site, channel, request.headers, body))

    async def _answer(
        self, run: ChannelRun, network: str, hearing: Coroutine[None, None, None]
    ) -> web.Response:
        """Have a notice heard, and say what came of it."""
        try:
            await self._heard(hearing)
        except StoreError as err:
            return self._again(network, run, err.key)
        except TimeoutError:
            return self._again(network, run, "too slow")
        except CoreError as err:
            self._say(run, err.key)
            return _refused(HTTPStatus.BAD_REQUEST)
        self._limit.give_back(network)
        self._said -= {one for one in self._said if one[0] == run.key}
        kind = "application/json" if run.kind is Channel.WECHAT else "text/plain"
        return web.Response(text=SUCCESS[run.kind], content_type=kind, headers=HEADERS)

    async def _heard(self, hearing: Coroutine[None, None, None]) -> None:
        """Wait until it is heard. Who gives up waiting stops nothing: half a booking is none."""
        work = self._hass.async_create_task(hearing, f"{DOMAIN} notice")
        self._busy += 1
        work.add_done_callback(self._ended)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.shield(work)

    def _ended(self, work: asyncio.Task[None]) -> None:
        self._busy -= 1
        if not work.cancelled():
            # Whoever still waits is told; for nobody else it is an error.
            work.exception()

    def _not_now(self, network: str) -> web.Response:
        """Have it sent again, and not count it: a provider that meets a busy hub has done nothing wrong."""
        self._limit.give_back(network)
        return _later(HTTPStatus.SERVICE_UNAVAILABLE)

    def _again(self, network: str, run: ChannelRun, why: str) -> web.Response:
        """Have it sent again: it is the books that did not take it."""
        self._limit.give_back(network)
        self._say(run, f"the books: {why}")
        return _later(HTTPStatus.SERVICE_UNAVAILABLE)

    def _say(self, run: ChannelRun, why: str) -> None:
        """Say once why a channel's notices are not taken, until one is; never what stood in them."""
        if (run.key, why) not in self._said:
            self._said.add((run.key, why))
            _LOGGER.warning("A notice for %s was not taken: %s", run.name, why)


def _site_of(hass: HomeAssistant, channel: str) -> PrepaidConfigEntry | None:
    """Return the site that has a channel, whether it runs or not."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        for one in entry.get_subentries_of_type(SUBENTRY_CHANNEL):
            if one.data[CONF_CHANNEL] == channel:
                return entry
    return None


def _refused(status: HTTPStatus) -> web.Response:
    return web.Response(
        text=FAILED, content_type="application/json", status=status, headers=HEADERS
    )


def _later(status: HTTPStatus) -> web.Response:
    return web.Response(
        text=FAILED,
        content_type="application/json",
        status=status,
        headers={**HEADERS, "Retry-After": AGAIN_S},
    )
