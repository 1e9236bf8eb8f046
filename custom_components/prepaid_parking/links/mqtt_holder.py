"""A level output on MQTT that holds a barrier open, beside the contact that pulses it."""

from .message import Message
from .mqtt import MqttLine
from .mqtt_relay import MqttRelay
from .payloads.family import RelaySettings
from .topics import Listener


class MqttHolder:
    """A second contact: on while the barrier is to stay open.

    A level is repeated after each connect: a device that was away meanwhile may have lost it.
    """

    def __init__(self, line: MqttLine, settings: RelaySettings, name: str) -> None:
        """Prepare; `name` is ours alone on this line."""
        self._line = line
        # It was shown to a person when it was set up, and moves no supply.
        self._relay = MqttRelay(line, settings, name, tested=True)
        self._wanted: bool | None = None

    @property
    def listener(self) -> Listener:
        """What to attach to the line."""
        family = self._relay.family
        return Listener(
            topics=family.topics,
            commands=family.commands,
            receive=self._receive,
            connected=self._again,
        )

    async def hold(self, is_open: bool) -> None:
        """Hold the barrier open, or stop holding it."""
        self._wanted = is_open
        await self._relay.switch(is_open)

    def _receive(self, message: Message) -> None:
        self._relay.take(message)

    async def _again(self) -> None:
        if self._wanted is not None:
            await self._relay.switch(self._wanted)
