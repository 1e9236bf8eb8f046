"""Any device that publishes a number, or JSON that holds one; the site says where it lies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, override

from ...core.metering import UNIT, Quantity
from ..message import Message
from ..profile import Confidence
from .family import KEPT, MeterFamily, MeterSettings, Publish, RelayFamily, Reported, on_or_off
from .reading import (
    PayloadError,
    at_path,
    find,
    json_of,
    path_of,
    register_of,
    shown,
    text_of,
    time_of,
)

MOST_STORED: Final = 5_000
"""Stored readings in one payload: a month at every ten minutes."""


def topics(settings: MeterSettings) -> Sequence[str]:
    """Return the topic itself."""
    return (settings.topic,)


def decode(settings: MeterSettings, message: Message) -> list[Reported]:
    """Read a plain number, a number at a path, or a list of stored readings with their times."""
    plain = not (settings.value_path or settings.list_path)
    content = text_of(message.payload) if plain else json_of(message.payload)
    return listed(settings, content, message)


def listed(
    settings: MeterSettings,
    content: object,
    message: Message,
    *,
    heard: datetime | None = None,
    key: str = "",
) -> list[Reported]:
    """Read one reading, or each of a list; a stored reading without a time says nothing."""
    if not settings.list_path:
        return [_one(settings, content, message, heard=heard, key=key, stored=False)]
    path = path_of(settings.list_path)
    stored = at_path(content, path)
    if not isinstance(stored, list) or len(stored) > MOST_STORED:
        raise PayloadError("payload_wrong_type", path=shown(path))
    return [_one(settings, one, message, heard=None, key="", stored=True) for one in stored]


def _one(
    settings: MeterSettings,
    content: object,
    message: Message,
    *,
    heard: datetime | None,
    key: str,
    stored: bool,
) -> Reported:
    path = path_of(settings.value_path)
    value = at_path(content, path)
    own = None
    if settings.time_path:
        time_path = path_of(settings.time_path)
        # Only a stored reading is worth nothing without its time.
        said = at_path(content, time_path) if stored else find(content, time_path)
        own = time_of(said, message.at, settings.zone)
    if stored and own is None:
        raise PayloadError("payload_missing", path=settings.time_path or "time")
    return Reported(
        register=register_of(value, settings.unit, path),
        own=own or heard,
        serial=_serial(settings, content),
        stored=stored,
        key=key,
    )


def _serial(settings: MeterSettings, content: object) -> str | None:
    if not settings.serial_path:
        return None
    path = path_of(settings.serial_path)
    serial = at_path(content, path)
    if not isinstance(serial, str | int) or isinstance(serial, bool):
        raise PayloadError("payload_wrong_type", path=shown(path))
    return str(serial)[:64]


METER: Final = MeterFamily(
    key="generic_mqtt",
    source="",
    confidence=Confidence.UNVERIFIED,
    topics=topics,
    decode=decode,
    units=dict(UNIT) | {Quantity.COUNT: "pcs"},
)


class GenericRelay(RelayFamily):
    """Topics and payloads as the site wrote them; nothing is switched before a test trip."""

    key = "generic_mqtt"
    source = ""
    confidence = Confidence.UNVERIFIED

    @property
    @override
    def topics(self) -> Mapping[str, int]:
        return {self.settings.state_topic: KEPT} if self.settings.state_topic else {}

    @property
    @override
    def confirms(self) -> bool:
        return bool(self.settings.state_topic)

    @property
    @override
    def ends_pulse(self) -> bool:
        return not self.settings.command_off

    @override
    def switch(self, on: bool, request: int) -> Sequence[Publish]:
        payload = self.settings.command_on if on else self.settings.command_off
        return (Publish(topic=self.settings.command_topic, payload=payload),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic != self.settings.state_topic:
            return None
        path = path_of(self.settings.state_path)
        said = find(json_of(message.payload), path) if path else text_of(message.payload)
        return on_or_off(said, self.settings.state_on, self.settings.state_off)
