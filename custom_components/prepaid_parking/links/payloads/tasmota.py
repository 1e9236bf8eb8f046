"""Tasmota: telemetry with ENERGY.Total in kWh, relays by words, a pulse time of its own."""

from collections.abc import Mapping, Sequence
from typing import Final, override

from ...core.metering import Quantity
from ..message import Message
from ..profile import Confidence
from .family import KEPT, MeterFamily, MeterSettings, Publish, RelayFamily, RelaySettings, Reported
from .reading import at_path, find, object_of, path_of, register_of, text_of, time_of, values_of

SOURCE: Final = "https://tasmota.github.io/docs/MQTT/"
FULL_TOPIC: Final = "%prefix%/%topic%/"
_TOTAL: Final = "ENERGY.Total"
_VALUES: Final = {
    "power": "ENERGY.Power",
    "voltage_l1": "ENERGY.Voltage",
    "current_l1": "ENERGY.Current",
    "power_factor": "ENERGY.Factor",
}


def _topic(settings: MeterSettings | RelaySettings, prefix: str, name: str) -> str:
    root = settings.full_topic or FULL_TOPIC
    root = root.replace("%prefix%", prefix).replace("%topic%", settings.topic)
    return f"{root.rstrip('/')}/{name}"


def topics(settings: MeterSettings) -> Sequence[str]:
    """Return the periodic telemetry, and the answer to a question."""
    return (_topic(settings, "tele", "SENSOR"), _topic(settings, "stat", "STATUS10"))


def ask(settings: MeterSettings) -> Sequence[Publish]:
    """Ask for the sensors now: the next telemetry may be five minutes away."""
    return (Publish(topic=_topic(settings, "cmnd", "STATUS"), payload="10"),)


def decode(settings: MeterSettings, message: Message) -> list[Reported]:
    """Read telemetry; a device with several channels reports lists.

    `Time` is local and carries no offset: it counts only where the site said which zone it is in.
    """
    content = _sensors(object_of(message.payload))
    path = path_of(settings.value_path or _TOTAL)
    return [
        Reported(
            register=register_of(_of_channel(settings, content, path), settings.unit, path),
            own=time_of(content.get("Time"), message.at, settings.zone),
            values=values_of(
                content, {name: _channel_path(settings, content, p) for name, p in _VALUES.items()}
            ),
        )
    ]


def _sensors(content: Mapping[str, object]) -> Mapping[str, object]:
    """Return the sensors, also from an answer to `Status 10`, which wraps them."""
    inner = content.get("StatusSNS")
    return inner if isinstance(inner, dict) else content


def _of_channel(
    settings: MeterSettings, content: Mapping[str, object], path: tuple[str | int, ...]
) -> object:
    found = at_path(content, path)
    return at_path(content, (*path, settings.channel)) if isinstance(found, list) else found


def _channel_path(
    settings: MeterSettings, content: Mapping[str, object], path: str
) -> tuple[str | int, ...]:
    steps = path_of(path)
    return (*steps, settings.channel) if isinstance(find(content, steps), list) else steps


METER: Final = MeterFamily(
    key="tasmota",
    source=SOURCE,
    confidence=Confidence.DOCUMENTED,
    topics=topics,
    decode=decode,
    units={Quantity.ENERGY: "kWh"},
    ask=ask,
)


class TasmotaRelay(RelayFamily):
    """`cmnd/…/POWERn` and `stat/…/POWERn`; a device with one relay leaves the number out when it answers.

    A pulse repeats the pulse time before it, in order on one connection: without it the contact
    would stay closed.
    """

    key = "tasmota"
    source = SOURCE
    confidence = Confidence.DOCUMENTED

    @property
    def _number(self) -> int:
        return self.settings.channel + 1

    @property
    def _names(self) -> tuple[str, ...]:
        numbered = f"POWER{self._number}"
        return ("POWER", numbered) if self._number == 1 else (numbered,)

    @property
    @override
    def topics(self) -> Mapping[str, int]:
        says = [_topic(self.settings, "stat", name) for name in self._names]
        return dict.fromkeys([*says, _topic(self.settings, "tele", "STATE")], KEPT)

    @property
    @override
    def ends_pulse(self) -> bool:
        return True

    @override
    def switch(self, on: bool, request: int) -> Sequence[Publish]:
        return (self._power("ON" if on else "OFF"),)

    @override
    def pulse(self, seconds: float, request: int) -> Sequence[Publish]:
        return (*self.prepare(seconds), self._power("ON"))

    @override
    def prepare(self, seconds: float) -> Sequence[Publish]:
        topic = _topic(self.settings, "cmnd", f"PulseTime{self._number}")
        return (Publish(topic=topic, payload=str(pulse_time(seconds))),)

    @override
    def ask(self, request: int) -> Sequence[Publish]:
        return (self._power(""),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic == _topic(self.settings, "tele", "STATE"):
            content = object_of(message.payload)
            word = next((content[name] for name in self._names if name in content), None)
        elif message.topic in self.topics:
            word = text_of(message.payload)
        else:
            return None
        return {"ON": True, "OFF": False}.get(word) if isinstance(word, str) else None

    def _power(self, word: str) -> Publish:
        return Publish(topic=_topic(self.settings, "cmnd", f"POWER{self._number}"), payload=word)


def pulse_time(seconds: float) -> int:
    """Return a `PulseTime`: 1 to 111 are tenths of a second, above that it is seconds plus 100."""
    tenths = max(round(seconds * 10), 1)
    return tenths if tenths <= 111 else round(seconds) + 100
