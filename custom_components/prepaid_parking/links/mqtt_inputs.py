"""Inputs on MQTT: what devices say of their contacts, as far as it is said now.

What the broker kept or queued says where a contact was once; it is not believed, the device is asked
instead. While the broker or the device is away its inputs are unknown, never clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .board_inputs import InputsTold
from .message import Message
from .mqtt import MqttLine
from .payloads.contacts import ContactFamily
from .topics import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredTopic:
    """An input of a device on MQTT; `inverted` is a normally closed contact."""

    family: ContactFamily
    inverted: bool = False


class MqttInputs:
    """Some inputs behind one broker."""

    def __init__(self, line: MqttLine, wired: Mapping[str, WiredTopic], told: InputsTold) -> None:
        """Prepare; `told` is called within the loop that receives and must not wait."""
        self._line = line
        self._wired = dict(wired)
        self._told = told
        self._said: dict[str, bool | None] = {}

    @property
    def listener(self) -> Listener:
        """What to attach to the line."""
        families = [one.family for one in self._wired.values()]
        return Listener(
            topics={topic: qos for one in families for topic, qos in one.filters.items()},
            commands=frozenset(asked.topic for one in families for asked in one.ask()),
            receive=self._receive,
            connected=self.ask,
        )

    async def ask(self) -> None:
        """Make the devices say where their contacts are, as far as they can be asked."""
        for one in self._wired.values():
            for asked in one.family.ask():
                await self._line.publish(asked.topic, asked.payload)

    def lost(self) -> None:
        """The broker is away: nobody knows anything."""
        self._say(dict.fromkeys(self._wired))

    def _receive(self, message: Message) -> None:
        heard: dict[str, bool | None] = {}
        for name, one in self._wired.items():
            there = one.family.presence(message)
            if there is False:
                heard[name] = None
            elif message.live and (state := one.family.state(message)) is not None:
                heard[name] = state is not one.inverted
        self._say(heard)

    def _say(self, heard: Mapping[str, bool | None]) -> None:
        new = {name: state for name, state in heard.items() if self._said.get(name) is not state}
        self._said |= heard
        if new:
            self._told(new)
