"""A relay or valve on MQTT: commanded as a level, believed only when it says where it is."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from time import time
from typing import Final

from ..core.errors import DeviceError, DeviceFault
from .message import Message
from .mqtt import MqttLine
from .payloads import relay_family
from .payloads.family import Publish, RelayFamily, RelaySettings
from .topics import Listener

ANSWER_S: Final = 3.0
_REQUESTS: Final = 10**9


class MqttRelay:
    """What operations ask of a supply: `switch`; what they watch: `supplied`.

    `name` is ours alone on this line (a meter's or lane's id): answers come to a topic made of it.
    """

    def __init__(
        self, line: MqttLine, settings: RelaySettings, name: str, *, tested: bool = False
    ) -> None:
        """Prepare; `tested` says that a family nobody has proven passed its test trip here."""
        self.family: RelayFamily = relay_family(settings, f"{line.identifier}-{name}")
        self.supplied: bool | None = None
        self._line = line
        self._inverted = settings.inverted
        self._tested = tested
        # Numbers that no earlier run used: a late answer to one of those confirms nothing.
        self._numbers = count(int(time() * 1000) % _REQUESTS)
        self._waiting: dict[int, asyncio.Future[str]] = {}

    def listener(self, told: Callable[[Message], None]) -> Listener:
        """Return what to attach to the line; `told` hears of every position."""

        def receive(message: Message) -> None:
            if self.take(message) is not None:
                told(message)

        return Listener(
            topics=self.family.topics,
            commands=self.family.commands,
            receive=receive,
            connected=self.ask,
        )

    def take(self, message: Message) -> bool | None:
        """Take a message; returns whether the supply is on where it says so now.

        What the broker kept or queued says where the contact was once: it is not believed, nor is
        an answer to an earlier run. After each connect the device is asked instead.
        """
        if not message.live:
            return None
        for number, waiting in self._waiting.items():
            answer = self.family.answer(message, number)
            if answer is not None and not waiting.done():
                waiting.set_result(answer)
        closed = self.family.state(message)
        if closed is None:
            return None
        self.supplied = closed != self._inverted
        return self.supplied

    async def ask(self) -> None:
        """Make the device say where it is, if it can be asked."""
        for one in self.family.ask(next(self._numbers)):
            await self._line.publish(one.topic, one.payload)

    async def switch(self, on: bool) -> None:
        """Command the level; returns when the device (or, without answers, the broker) has it."""
        if not (self.family.confidence.may_switch or self._tested):
            raise DeviceError(DeviceFault.UNSUPPORTED, "its relay has not passed a test trip here")
        if not self.family.confirms:
            raise DeviceError(DeviceFault.UNSUPPORTED, "it does not say where it is")
        number = next(self._numbers)
        messages = self.family.switch(on != self._inverted, number)
        if not self.family.answers:
            await self._publish(messages)
            return
        waiting = self.expect(number)
        try:
            await self._publish(messages)
            async with asyncio.timeout(ANSWER_S):
                refusal = await waiting
        except TimeoutError as err:
            raise DeviceError(DeviceFault.NO_ANSWER) from err
        finally:
            self.forget(number)
        if refusal:
            raise DeviceError(DeviceFault.REFUSED, refusal)

    def next_number(self) -> int:
        """Return the number of the next command."""
        return next(self._numbers)

    def expect(self, number: int) -> asyncio.Future[str]:
        """Wait for the answer to a command: "" where it was obeyed, else the reason."""
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        return waiting

    def forget(self, number: int) -> None:
        """Stop waiting."""
        self._waiting.pop(number, None)

    async def _publish(self, messages: Sequence[Publish]) -> None:
        for one in messages:
            await self._line.publish(one.topic, one.payload)
