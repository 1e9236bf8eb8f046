"""One connection to a broker, from the connect to its end.

The burst after a connect ends when a marker comes back that we publish to a topic of our own once
everything is subscribed: the broker appends it to the same queue, so whatever was waiting for us
comes first.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
import logging
from time import monotonic
from typing import Any, Final

import aiomqtt

from .mqtt_client import ANSWER_S, BrokerClient
from .topics import Routes

_LOGGER = logging.getLogger(__name__)

QUIET_S: Final = 2.0
MARKER_S: Final = 60.0
"""Where the broker does not let our marker through, the burst is over after this much silence, or
after this long on a line that is never silent."""
PER_REQUEST: Final = 100
"""Filters in one SUBSCRIBE: brokers limit the size of a packet."""


class Session:
    """What is true of one connection and of no other.

    `on_broker` is shared with all connections of a line: the filters the broker may hold for us,
    whichever run of the hub asked for them.
    """

    def __init__(
        self,
        client: BrokerClient,
        routes: Routes,
        on_broker: set[str],
        *,
        marker: str,
        at: datetime,
    ) -> None:
        """Take over a client that has just connected."""
        self.client = client
        self.at = at
        self.settled = asyncio.Event()
        self.in_step = asyncio.Event()
        self.refused: frozenset[str] = frozenset()
        self.marker_lost = False
        self._routes = routes
        self._on_broker = on_broker
        self._marker = marker
        self._mark = f"{monotonic():.9f}".encode()
        self._subscribed: set[str] = set()
        self._changed = asyncio.Event()
        self._last_message = monotonic()
        self._beside: set[asyncio.Task[None]] = set()

    async def run(
        self, receive: Callable[[aiomqtt.Message], None], settled: Callable[[], None]
    ) -> None:
        """Receive until the connection ends, which raises the library's error."""

        async def receiving() -> None:
            async for message in self.client.messages:
                self._last_message = monotonic()
                receive(message)

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(receiving())
                group.create_task(self._keep_subscribed())
                group.create_task(self._settle(settled))
        except* aiomqtt.MqttError as errors:
            raise aiomqtt.MqttError(str(errors.exceptions[0])) from errors
        finally:
            for task in tuple(self._beside):
                task.cancel()

    def marked(self, payload: bytes) -> None:
        """Take a marker that came back; one of an earlier connection says nothing."""
        if payload == self._mark:
            self.settled.set()

    def resubscribe(self, renewed: set[str]) -> None:
        """Bring the broker in step; a renewed filter brings its retained messages again."""
        self._subscribed -= renewed
        self.in_step.clear()
        self._changed.set()

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something while messages go on; it ends with the connection."""
        task = asyncio.create_task(work, name=f"beside mqtt {self.client.identifier}")
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _keep_subscribed(self) -> None:
        while True:
            self._changed.clear()
            wanted = self._routes.filters()
            await self._unsubscribe(self._on_broker - wanted.keys())
            await self._subscribe({k: v for k, v in wanted.items() if k not in self._subscribed})
            self.refused &= wanted.keys()
            if not self.settled.is_set():
                await self.client.send(self._marker, self._mark, qos=1, timeout=ANSWER_S)
            if not self._changed.is_set():
                self.in_step.set()
            await self._changed.wait()

    async def _unsubscribe(self, gone: set[str]) -> None:
        for some in _packets(sorted(gone)):
            await self.client.unsubscribe(some)
            self._on_broker.difference_update(some)
            self._subscribed.difference_update(some)

    async def _subscribe(self, missing: dict[str, int]) -> None:
        self._on_broker.update(missing)
        self._subscribed.update(missing)
        for some in _packets(list(missing)):
            refused = await self.client.listen([(name, missing[name]) for name in some])
            if refused:
                _LOGGER.warning(
                    "%s: the broker refuses %s", self.client.identifier, ", ".join(sorted(refused))
                )
            self.refused = (self.refused - set(some)) | refused

    async def _settle(self, settled: Callable[[], None]) -> None:
        began = monotonic()
        while not self.settled.is_set():
            now = monotonic()
            quiet_at = self._last_message + QUIET_S
            if now >= quiet_at or now >= began + MARKER_S:
                _LOGGER.warning(
                    "%s: the broker does not return %s; what was queued is taken as delivered",
                    self.client.identifier,
                    self._marker,
                )
                self.marker_lost = True
                self.settled.set()
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet_at - now):
                    await self.settled.wait()
        settled()


def _packets(filters: list[str]) -> list[list[str]]:
    return [filters[at : at + PER_REQUEST] for at in range(0, len(filters), PER_REQUEST)]
