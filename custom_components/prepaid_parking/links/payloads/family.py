"""What every family of MQTT devices answers: where it speaks, what that means, what it obeys."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, ClassVar, Final

from ...core.errors import CoreError
from ...core.metering import Quantity
from ..message import Message
from ..profile import Confidence
from .reading import path_of

ONCE: Final = 0
"""QoS of an answer: one that comes late means nothing any more."""
KEPT: Final = 1
"""QoS of what must not be lost while the hub is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A message to a device; never retained."""

    topic: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a device said about itself in one payload.

    `own` is the time it gives itself, `stored` says that it kept the reading for later, `key` names
    the transmission so that the same one twice is one.
    """

    register: int | None = None
    own: datetime | None = None
    serial: str | None = None
    stored: bool = False
    key: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSettings:
    """A meter on MQTT as the site set it up; the family says which of these it reads.

    `topic` is the device's own root (for `generic_mqtt` the topic itself), `channel` counts from 0.
    `zone` gives times without an offset their meaning; without it they are not used.
    """

    family: str
    topic: str
    quantity: Quantity = Quantity.ENERGY
    unit: str = ""
    channel: int = 0
    component: str = ""
    full_topic: str = ""
    value_path: str = ""
    time_path: str = ""
    list_path: str = ""
    serial_path: str = ""
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """A relay, valve or barrier contact on MQTT; the family says which of these it reads.

    `inverted` is a contactor that lets through while the contact is open. `timed` says that a
    Zigbee device knows `on_time`. The payloads are texts, compared and sent as they are.
    """

    family: str
    topic: str = ""
    channel: int = 0
    component: str = ""
    full_topic: str = ""
    state_topic: str = ""
    state_path: str = ""
    state_on: str = ""
    state_off: str = ""
    command_topic: str = ""
    command_on: str = ""
    command_off: str = ""
    port: int = 0
    timed: bool = False
    inverted: bool = False


def settings_of[S: (MeterSettings, RelaySettings)](
    kind: type[S], data: Mapping[str, object], **more: object
) -> S:
    """Build settings from what the hub stored; a field of another type is refused by name."""
    known: dict[str, Any] = dict(more)
    for one in fields(kind):
        if one.name in known or one.name not in data or data[one.name] is None:
            continue
        default = "" if one.default is MISSING else one.default
        try:
            value = Quantity(str(data[one.name])) if one.name == "quantity" else data[one.name]
        except ValueError as err:
            raise CoreError("setting_invalid", name=one.name) from err
        if type(value) is not type(default):
            raise CoreError("setting_invalid", name=one.name)
        known[one.name] = value
    for name in ("value_path", "time_path", "list_path", "serial_path", "state_path"):
        path_of(str(known.get(name, "")))
    try:
        return kind(**known)
    except TypeError as err:
        raise CoreError("setting_missing", names="family, topic") from err


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFamily:
    """How one family of meters reports.

    `source` is where its payloads are described; `units` are the defaults by quantity. `ask` makes
    it report at once, where it can be asked.
    """

    key: str
    source: str
    confidence: Confidence
    topics: Callable[[MeterSettings], Sequence[str]]
    decode: Callable[[MeterSettings, Message], list[Reported]]
    units: Mapping[Quantity, str]
    ask: Callable[[MeterSettings], Sequence[Publish]] = lambda _: ()


class RelayFamily(ABC):
    """How one relay is commanded, and how it says where it is.

    `True` is a closed contact throughout. `request` numbers a command for families that answer.
    """

    key: ClassVar[str]
    source: ClassVar[str]
    confidence: ClassVar[Confidence]
    latency_seconds: ClassVar[int] = 3
    latency_polls: ClassVar[int] = 1
    answers: ClassVar[bool] = False
    """Whether each command is answered by number."""

    def __init__(self, settings: RelaySettings, source: str) -> None:
        """Take the settings; `source` is our own name, for families that want one."""
        self.settings = settings
        self.me = source

    @property
    @abstractmethod
    def topics(self) -> Mapping[str, int]:
        """Where it speaks, with the QoS each deserves."""

    @property
    def confirms(self) -> bool:
        """Whether it can be seen what the contact did."""
        return True

    @property
    def ends_pulse(self) -> bool:
        """Whether the device ends a pulse by itself, even if the hub dies meanwhile."""
        return False

    @abstractmethod
    def switch(self, on: bool, request: int) -> Sequence[Publish]:
        """Return what moves the contact and leaves it there."""

    def pulse(self, seconds: float, request: int) -> Sequence[Publish]:
        """Return what closes the contact for a moment; the opening is ours where it does not end it."""
        return self.switch(True, request)

    def prepare(self, seconds: float) -> Sequence[Publish]:
        """Return what must be set once so that a pulse ends."""
        return ()

    def ask(self, request: int) -> Sequence[Publish]:
        """Return what makes it say where it is."""
        return ()

    @abstractmethod
    def state(self, message: Message) -> bool | None:
        """Return where the contact is, None where the message does not say."""

    def answer(self, message: Message, request: int) -> str | None:
        """Return "" where it obeyed this command, the reason where it refused, else None."""
        return None

    @property
    def commands(self) -> frozenset[str]:
        """Every topic it is ever commanded on: nobody may listen there."""
        sent = (
            self.switch(True, 0),
            self.switch(False, 0),
            self.pulse(1, 0),
            self.prepare(1),
            self.ask(0),
        )
        return frozenset(one.topic for some in sent for one in some)


def on_or_off(said: object, on: str, off: str) -> bool | None:
    """Tell which of two words was said; a truth value of JSON needs no words."""
    if isinstance(said, bool):
        if not (on or off):
            return said
        said = str(said).lower()
    word = str(said) if isinstance(said, str | int | Decimal) else ""
    if not word or on == off:
        return None
    return True if word == on else False if word == off else None
