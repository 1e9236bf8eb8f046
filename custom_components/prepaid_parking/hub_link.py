"""The line between two hubs: what one says the other hears, sealed, whoever runs the broker."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import json
import logging
from typing import Final

from .core.errors import CoreError, DeviceError
from .core.two_hubs import HubState, Role
from .links.message import Message
from .links.mqtt import MqttLine
from .links.pairing import Pairing
from .links.topics import Listener
from .operations.site import Site

_LOGGER: Final = logging.getLogger(__name__)

LIST: Final = "list"
ORDERS: Final = "orders"
ANSWERS: Final = "answers"
HEARS: Final = {
    Role.OFFICE: (ORDERS, Role.LANE.value),
    Role.LANE: (LIST, f"{LIST}/+", ANSWERS, Role.OFFICE.value),
}
"""What each side listens to; its own greeting stands under its own name."""


class HubLink:
    """One side of a pair, over one broker."""

    def __init__(
        self,
        site: Site,
        line: MqttLine,
        pairing: Pairing,
        state: HubState,
        *,
        heard: Callable[[str, str, bytes], None],
        connected: Callable[[], None],
    ) -> None:
        """Prepare; `heard` gets a message's name, its text, and how it came."""
        self.pairing = pairing
        self._site = site
        self._line = line
        self._state = state
        self._heard = heard
        self._connected = connected
        names = HEARS[state.role]
        self.listener = Listener(
            topics={pairing.topic(name): 1 for name in names},
            receive=self._receive,
            connected=self._greet,
        )

    async def say(self, name: str, content: str, *, lasting: bool = False) -> bool:
        """Say something to the other side; tells whether it left. What is `lasting` waits for it."""
        topic = self.pairing.topic(name)
        # Packing a part takes milliseconds: a barrier must not wait for that.
        sealed = await asyncio.to_thread(self.pairing.seal, topic, content)
        try:
            if lasting:
                await self._line.leave(topic, sealed)
            else:
                await self._line.publish(topic, sealed)
        except DeviceError as err:
            _LOGGER.debug("%s could not be said: %s", name, err)
            return False
        return True

    def read(self, name: str, sealed: bytes) -> str:
        """Return what a message that was kept says."""
        return self.pairing.unseal(self.pairing.topic(name), sealed)

    async def _greet(self) -> None:
        """Say that this side is there, so that the other can tell whether it has the right code."""
        hello = json.dumps({"role": self._state.role, "site": self._site.name})
        with suppress(CoreError):
            await self.say(self._state.role, hello, lasting=True)
        self._connected()

    def _receive(self, message: Message) -> None:
        name = message.topic.removeprefix(self.pairing.topic(""))
        try:
            text = self.pairing.unseal(message.topic, message.payload)
        except CoreError:
            self._state.wrong_code = True
            return
        self._state.wrong_code = False
        self._state.heard_at = self._site.clock()
        self._heard(name, text, message.payload)
