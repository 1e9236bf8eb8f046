"""A barrier on MQTT: one pulse to its OPEN input, confirmed or not, never a second one."""

import asyncio
from collections.abc import Awaitable, Callable

from ..core.errors import DeviceError, DeviceFault
from .message import Message
from .mqtt import MqttLine
from .mqtt_relay import MqttRelay
from .payloads.family import ONCE, RelaySettings
from .pulse_contact import CONFIRM_S, PULSE_S, SETTLE_S, PulseContact
from .topics import Listener


class MqttBarrier:
    """A contact that is closed for a moment.

    The pulse goes at QoS 0 and only while connected: at QoS 1 one made while offline is sent on
    reconnect. Its end is sent after each connect as well: a hub that died left the contact closed.
    """

    def __init__(
        self,
        line: MqttLine,
        settings: RelaySettings,
        name: str,
        *,
        pulse_seconds: float = PULSE_S,
        confirm_seconds: float = CONFIRM_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; `name` is ours alone on this line."""
        self._line = line
        self._relay = MqttRelay(line, settings, name)
        self._closed_is_on = not settings.inverted
        self._pulse_seconds = pulse_seconds
        self._confirm_seconds = confirm_seconds
        self._seen: asyncio.Future[str] | None = None
        self._contact = PulseContact(
            name,
            None if self.ends_pulse else self._release,
            pulse_seconds=pulse_seconds,
            confirm_seconds=confirm_seconds,
            sleep=sleep,
        )

    @property
    def ends_pulse(self) -> bool:
        """Whether the device ends a pulse even if the hub dies: what a barrier should have."""
        return self._relay.family.ends_pulse

    @property
    def listener(self) -> Listener:
        """What to attach to the line.

        A device that answers its commands confirms by that; what it says of its contact beside that is
        believed only as it comes, and need not be acknowledged twice for each car.
        """
        family = self._relay.family
        return Listener(
            topics=dict.fromkeys(family.topics, ONCE) if family.answers else family.topics,
            commands=family.commands,
            receive=self._receive,
            connected=self.prepare,
        )

    async def prepare(self) -> None:
        """Set the pulse time, and end what an earlier run may have left; never opens anything."""
        for one in self._relay.family.prepare(self._pulse_seconds):
            await self._line.publish(one.topic, one.payload)
        await self._contact.prepare()

    async def pulse(self) -> None:
        """Press OPEN once; returns when the device confirmed.

        The car behind waits for the pulse before to end: two in one would be seen as one. Raises
        DeviceError: OFFLINE and BUSY mean that nothing was sent. NO_ANSWER means that nobody knows
        whether it opened; it is not sent again.
        """
        await self._contact.begin()
        family, number = self._relay.family, self._relay.next_number()
        self._seen = self._relay.expect(number)
        try:
            for one in family.pulse(self._pulse_seconds, number):
                await self._line.pulse(one.topic, one.payload)
            refusal = await self._confirmed(self._seen)
        finally:
            self._relay.forget(number)
            self._seen = None
            self._contact.end()
        if refusal:
            raise DeviceError(DeviceFault.REFUSED, refusal)

    async def settle(self, within: float = SETTLE_S) -> None:
        """Wait a moment for a pulse under way to end, as before a stop; the next start ends it else."""
        await self._contact.settle(within)

    async def _confirmed(self, seen: asyncio.Future[str]) -> str:
        if not self._relay.family.confirms:
            raise DeviceError(DeviceFault.NO_ANSWER, "it does not say what it did")
        try:
            async with asyncio.timeout(self._confirm_seconds):
                return await seen
        except TimeoutError as err:
            raise DeviceError(DeviceFault.NO_ANSWER) from err

    def _receive(self, message: Message) -> None:
        position = self._relay.take(message)
        seen = self._seen
        if position is self._closed_is_on and message.live and seen and not seen.done():
            seen.set_result("")

    async def _release(self) -> None:
        for one in self._relay.family.switch(False, self._relay.next_number()):
            await self._line.publish(one.topic, one.payload)
