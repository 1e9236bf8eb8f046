"""Cameras that post their reads: an address of the hub for each lane, and what is answered there.

Whoever knows the address can post. So it is a secret, reachable from the local network only unless a
person opens it, and whatever comes is answered with a reason and never with a traceback.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from http import HTTPStatus
import logging
from typing import Any, Final

from aiohttp.web import Request, Response, json_response
from homeassistant.components import webhook
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import CONF_REMOTE, DOMAIN
from .core.access import PlateRead
from .core.errors import CoreError
from .core.plate import masked_plate
from .errors import in_words
from .links.message import Message
from .links.plate_body import json_body, picture_in
from .links.plate_reading import PlateSettings
from .links.plates import PlateSource
from .request_body import UnreadError, read_body
from .subentry_probe import ProbeError

_LOGGER: Final = logging.getLogger(__name__)
MOST_BYTES: Final = 8_000_000
"""A camera's picture of its highest resolution has three; the whole body is read before it is split."""
LONGEST_S: Final = 10.0
"""A body that takes longer comes from nobody who stands at a barrier."""
UNREAD: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.REQUEST_TIMEOUT: "took too long",
    HTTPStatus.BAD_REQUEST: "broken off",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"larger than {MOST_BYTES} bytes",
}
HOOKS: Final[HassKey[dict[str, PlateHook]]] = HassKey(f"{DOMAIN}_plate_hooks")


def _drop(_: bytes) -> str:
    return ""


class PlateHook:
    """One address, with all who listen there: the lane, and for a moment the dialogue that tests it."""

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        """Begin with nobody listening; `name` is the lane's, for the log."""
        self.sources: list[PlateSource] = []
        self.hold: Callable[[bytes], str] = _drop
        self.trouble = ""
        self._name = name
        self._now = now
        self._open_since = now()
        self._said: set[str] = set()

    async def answer(self, _: HomeAssistant, __: str, request: Request) -> Response:
        """Take what a camera posts; says how many plates it had, or why it is not understood."""
        try:
            body = await read_body(request, most=MOST_BYTES, within=LONGEST_S)
        except UnreadError as err:
            return self._refuse(UNREAD[err.status], err.status)
        try:
            payload = json_body(request.headers.get("Content-Type", ""), body)
        except CoreError as err:
            return self._refuse(in_words(err), HTTPStatus.BAD_REQUEST, err.key)
        # Without a connection that could come back, the hub's own start dates what was kept for it.
        message = Message(topic="", payload=payload, at=self._now(), connected_at=self._open_since)
        picture = self.hold(picture_in(request.headers.get("Content-Type", ""), body))
        count, trouble = 0, None
        for source in tuple(self.sources):
            try:
                count, trouble = source.take(message, picture), None
            except CoreError as err:
                trouble = err
        if trouble is not None:
            return self._refuse(in_words(trouble), HTTPStatus.BAD_REQUEST, trouble.key)
        return json_response({"plates": count})

    def _refuse(self, reason: str, status: HTTPStatus, kind: str = "") -> Response:
        """Say what is wrong: to the camera each time, to the log once, to neither what was read."""
        self.trouble = reason
        if (kind := kind or reason) not in self._said:
            self._said.add(kind)
            _LOGGER.warning("%s: what its camera posted is not understood: %s", self._name, kind)
        return json_response({"error": reason}, status=status)


def async_listen(
    hass: HomeAssistant,
    reader: Mapping[str, Any],
    told: Callable[[PlateRead], None],
    *,
    name: str,
    now: Callable[[], datetime] = dt_util.utcnow,
    hold: Callable[[bytes], str] | None = None,
) -> Callable[[], None]:
    """Listen for the plates that a reader's camera posts; returns how to stop that.

    `hold` takes a picture beside them and names it; without it pictures are dropped.
    """
    known = {one.name: reader[one.name] for one in fields(PlateSettings) if one.name in reader}
    source = PlateSource(PlateSettings(**known), told)
    hooks, webhook_id = hass.data.setdefault(HOOKS, {}), reader[CONF_WEBHOOK_ID]
    if (hook := hooks.get(webhook_id)) is None:
        hook = PlateHook(name, now)
        webhook.async_register(
            hass, DOMAIN, name, webhook_id, hook.answer, local_only=not reader.get(CONF_REMOTE)
        )
        hooks[webhook_id] = hook
    hook.sources.append(source)
    if hold is not None:
        hook.hold = hold

    def stop() -> None:
        hook.sources.remove(source)
        if hold is not None:
            hook.hold = _drop
        if not hook.sources:
            hooks.pop(webhook_id, None)
            webhook.async_unregister(hass, webhook_id)

    return stop


async def async_probe_hook(hass: HomeAssistant, reader: Mapping[str, Any], within: float) -> str:
    """Wait for the first plate that a camera posts, and return it masked."""
    first: asyncio.Future[str] = hass.loop.create_future()

    def told(read: PlateRead) -> None:
        if not first.done():
            first.set_result(masked_plate(read.plate))

    stop = async_listen(hass, reader, told, name="New lane")
    hook = hass.data[HOOKS][reader[CONF_WEBHOOK_ID]]
    hook.trouble = ""
    try:
        async with asyncio.timeout(within):
            return await first
    except TimeoutError as err:
        if hook.trouble:
            raise ProbeError("not_understood", hook.trouble) from err
        raise ProbeError("no_message") from err
    finally:
        stop()


def async_hook_url(hass: HomeAssistant, reader: Mapping[str, Any]) -> str:
    """Return the address that a person types into the camera."""
    webhook_id, remote = reader[CONF_WEBHOOK_ID], bool(reader.get(CONF_REMOTE))
    try:
        return webhook.async_generate_url(
            hass, webhook_id, allow_external=remote, prefer_external=remote
        )
    except NoURLAvailableError:
        return webhook.async_generate_path(webhook_id)
