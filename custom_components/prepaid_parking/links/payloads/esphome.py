"""ESPHome over MQTT: one plain number or word for each entity."""

from collections.abc import Mapping, Sequence
from typing import Final, override

from ...core.metering import Quantity
from ..message import Message
from ..profile import Confidence
from .family import KEPT, MeterFamily, MeterSettings, Publish, RelayFamily, Reported
from .reading import register_of, text_of

SOURCE: Final = "https://esphome.io/components/mqtt/"


def topics(settings: MeterSettings) -> Sequence[str]:
    """Return the state of the sensor whose object id is `component`."""
    return (f"{settings.topic}/sensor/{settings.component}/state",)


def decode(settings: MeterSettings, message: Message) -> list[Reported]:
    """Read the number. ESPHome keeps its states at the broker: after a connect they are old."""
    return [Reported(register=register_of(text_of(message.payload), settings.unit))]


METER: Final = MeterFamily(
    key="esphome",
    source=SOURCE,
    confidence=Confidence.DOCUMENTED,
    topics=topics,
    decode=decode,
    units={Quantity.ENERGY: "kWh", Quantity.VOLUME: "m³", Quantity.COUNT: "pcs"},
)


class EspHomeRelay(RelayFamily):
    """The switch whose object id is `component`."""

    key = "esphome"
    source = SOURCE
    confidence = Confidence.DOCUMENTED

    @property
    def _root(self) -> str:
        return f"{self.settings.topic}/switch/{self.settings.component}"

    @property
    @override
    def topics(self) -> Mapping[str, int]:
        return {f"{self._root}/state": KEPT}

    @override
    def switch(self, on: bool, request: int) -> Sequence[Publish]:
        return (Publish(topic=f"{self._root}/command", payload="ON" if on else "OFF"),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic not in self.topics:
            return None
        return {"ON": True, "OFF": False}.get(text_of(message.payload))
