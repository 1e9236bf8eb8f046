"""Zigbee2MQTT: one JSON object for everything a device says, commands under `/set`."""

from collections.abc import Mapping, Sequence
import json
from typing import Final, override

from ...core.metering import Quantity
from ..message import Message
from ..profile import Confidence
from .family import KEPT, MeterFamily, MeterSettings, Publish, RelayFamily, Reported
from .reading import at_path, find, object_of, path_of, register_of, values_of

SOURCE: Final = "https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html"
_VALUES: Final = {"power": ("power",), "voltage_l1": ("voltage",), "current_l1": ("current",)}


def topics(settings: MeterSettings) -> Sequence[str]:
    """Return the device's topic, `zigbee2mqtt/NAME`."""
    return (settings.topic,)


def decode(settings: MeterSettings, message: Message) -> list[Reported]:
    """Read the object; a device may say something else without its counter, that is no error."""
    content = object_of(message.payload)
    path = path_of(settings.value_path or "energy")
    if find(content, path) is None and not settings.value_path:
        return []
    register = register_of(at_path(content, path), settings.unit, path)
    values = values_of(content, _VALUES)
    if (opened := find(content, ("tamper",))) in (True, False):
        values["tamper"] = float(bool(opened))
    return [Reported(register=register, values=values)]


METER: Final = MeterFamily(
    key="zigbee2mqtt",
    source=SOURCE,
    confidence=Confidence.DOCUMENTED,
    topics=topics,
    decode=decode,
    units={Quantity.ENERGY: "kWh", Quantity.VOLUME: "m³"},
)


class Zigbee2MqttRelay(RelayFamily):
    """`{"state": "ON"}`; a device with several outputs calls them `state_l1` and so on.

    A pulse is timed by the device only where its firmware knows `on_time`.
    """

    key = "zigbee2mqtt"
    source = SOURCE
    confidence = Confidence.DOCUMENTED

    @property
    def _name(self) -> str:
        return self.settings.state_path or "state"

    @property
    @override
    def topics(self) -> Mapping[str, int]:
        return {self.settings.topic: KEPT}

    @property
    @override
    def ends_pulse(self) -> bool:
        return self.settings.timed

    @override
    def switch(self, on: bool, request: int) -> Sequence[Publish]:
        return (self._set({self._name: "ON" if on else "OFF"}),)

    @override
    def pulse(self, seconds: float, request: int) -> Sequence[Publish]:
        if not self.settings.timed:
            return self.switch(True, request)
        return (self._set({self._name: "ON", "on_time": seconds}),)

    @override
    def ask(self, request: int) -> Sequence[Publish]:
        payload = json.dumps({self._name: ""})
        return (Publish(topic=f"{self.settings.topic}/get", payload=payload),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic != self.settings.topic:
            return None
        word = object_of(message.payload).get(self._name)
        return {"ON": True, "OFF": False}.get(word) if isinstance(word, str) else None

    def _set(self, content: Mapping[str, object]) -> Publish:
        return Publish(topic=f"{self.settings.topic}/set", payload=json.dumps(content))
