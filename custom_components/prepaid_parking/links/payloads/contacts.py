"""Inputs of MQTT devices: where each family says how a contact is, and how it can be asked."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
import json
from typing import Any, ClassVar, Final, override

from ...core.errors import CoreError
from ..message import Message
from .family import ONCE, Publish, on_or_off
from .reading import find, json_of, object_of, path_of, text_of
from .tasmota import FULL_TOPIC

_WORDS: Final = {"ON": True, "OFF": False}
_THERE: Final = {"online": True, "offline": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSettings:
    """An input on MQTT as the site set it up; the family says which of these it reads.

    `topic` is the device's own root (for `generic_mqtt` the topic itself), `channel` counts from 0.
    `state_on` and `state_off` are texts, compared as they are.
    """

    family: str
    topic: str
    channel: int = 0
    full_topic: str = ""
    state_path: str = ""
    state_on: str = ""
    state_off: str = ""


class ContactFamily(ABC):
    """How one input says where it is: `True` is a closed contact."""

    key: ClassVar[str]
    source: ClassVar[str]
    answers: ClassVar[bool] = False
    """Whether it can be asked; one that cannot is unknown until it speaks by itself."""

    def __init__(self, settings: ContactSettings, me: str) -> None:
        """Take the settings; `me` is our own name, for families that answer to it."""
        self.settings = settings
        self.me = me

    @property
    @abstractmethod
    def topics(self) -> Sequence[str]:
        """Where it speaks."""

    def ask(self) -> Sequence[Publish]:
        """Return what makes it say where it is."""
        return ()

    @abstractmethod
    def state(self, message: Message) -> bool | None:
        """Return where the contact is, None where the message does not say."""

    def presence(self, message: Message) -> bool | None:
        """Return whether the device is there, None where the message does not say."""
        return None

    @property
    def filters(self) -> Mapping[str, int]:
        """Where to listen: an old position means nothing, so nobody keeps it for us."""
        return dict.fromkeys(self.topics, ONCE)


class ShellyInput(ContactFamily):
    """`status/input:N`, the notifications of a change, and `Input.GetStatus`."""

    key = "shelly_gen2"
    source = "https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Input"
    answers = True

    @property
    @override
    def topics(self) -> Sequence[str]:
        topic = self.settings.topic
        return (self._status, f"{topic}/events/rpc", f"{topic}/online", f"{self.me}/rpc")

    @override
    def ask(self) -> Sequence[Publish]:
        call = {
            "id": self.settings.channel,
            "src": self.me,
            "method": "Input.GetStatus",
            "params": {"id": self.settings.channel},
        }
        return (Publish(topic=f"{self.settings.topic}/rpc", payload=json.dumps(call)),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic == self._status:
            found = find(object_of(message.payload), ("state",))
        elif message.topic == f"{self.settings.topic}/events/rpc":
            name = f"input:{self.settings.channel}"
            found = find(object_of(message.payload), ("params", name, "state"))
        elif message.topic == f"{self.me}/rpc":
            content = object_of(message.payload)
            ours = find(content, ("result", "id")) == self.settings.channel
            found = find(content, ("result", "state")) if ours else None
        else:
            return None
        return found if isinstance(found, bool) else None

    @override
    def presence(self, message: Message) -> bool | None:
        if message.topic != f"{self.settings.topic}/online":
            return None
        return _THERE.get(text_of(message.payload))

    @property
    def _status(self) -> str:
        return f"{self.settings.topic}/status/input:{self.settings.channel}"


class TasmotaSwitch(ContactFamily):
    """`SwitchN` in the telemetry, in the answer to `Status 10`, and in the result of a change.

    A change is told at once where the switch is detached from the relay (`SetOption114`).
    """

    key = "tasmota"
    source = "https://tasmota.github.io/docs/Buttons-and-Switches/"
    answers = True

    @property
    @override
    def topics(self) -> Sequence[str]:
        return (
            self._topic("stat", "RESULT"),
            self._topic("tele", "SENSOR"),
            self._topic("stat", "STATUS10"),
            self._topic("tele", "LWT"),
        )

    @override
    def ask(self) -> Sequence[Publish]:
        return (Publish(topic=self._topic("cmnd", "STATUS"), payload="10"),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic not in self.topics or message.topic == self._topic("tele", "LWT"):
            return None
        content = object_of(message.payload)
        inner = content.get("StatusSNS")
        said = (inner if isinstance(inner, dict) else content).get(
            f"Switch{self.settings.channel + 1}"
        )
        word = said.get("Action") if isinstance(said, dict) else said
        return _WORDS.get(word) if isinstance(word, str) else None

    @override
    def presence(self, message: Message) -> bool | None:
        if message.topic != self._topic("tele", "LWT"):
            return None
        return _THERE.get(text_of(message.payload).lower())

    def _topic(self, prefix: str, name: str) -> str:
        root = self.settings.full_topic or FULL_TOPIC
        root = root.replace("%prefix%", prefix).replace("%topic%", self.settings.topic)
        return f"{root.rstrip('/')}/{name}"


class Zigbee2MqttContact(ContactFamily):
    """`contact` of the device's object, or another truth value at a path; sensors sleep, nobody asks."""

    key = "zigbee2mqtt"
    source = "https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html"

    @property
    @override
    def topics(self) -> Sequence[str]:
        return (self.settings.topic, f"{self.settings.topic}/availability")

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic != self.settings.topic:
            return None
        path = path_of(self.settings.state_path or "contact")
        found = find(object_of(message.payload), path)
        return found if isinstance(found, bool) else None

    @override
    def presence(self, message: Message) -> bool | None:
        if message.topic != f"{self.settings.topic}/availability":
            return None
        text = text_of(message.payload)
        said = find(json_of(message.payload), ("state",)) if text.startswith("{") else text
        return _THERE.get(said) if isinstance(said, str) else None


class GenericContact(ContactFamily):
    """A topic, a path in its JSON where there is one, and the words for on and off."""

    key = "generic_mqtt"
    source = ""

    @property
    @override
    def topics(self) -> Sequence[str]:
        return (self.settings.topic,)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic != self.settings.topic:
            return None
        path = path_of(self.settings.state_path)
        said = find(json_of(message.payload), path) if path else text_of(message.payload)
        return on_or_off(said, self.settings.state_on, self.settings.state_off)


CONTACTS: Final[Mapping[str, type[ContactFamily]]] = {
    one.key: one for one in (ShellyInput, TasmotaSwitch, Zigbee2MqttContact, GenericContact)
}


def contact_settings(data: Mapping[str, object]) -> ContactSettings:
    """Build settings from what the hub stored; a field of another type is refused by name."""
    known: dict[str, Any] = {}
    for one in fields(ContactSettings):
        value = data.get(one.name)
        if value is None:
            continue
        if type(value) is not (int if one.name == "channel" else str):
            raise CoreError("setting_invalid", name=one.name)
        known[one.name] = value
    path_of(str(known.get("state_path", "")))
    try:
        return ContactSettings(**known)
    except TypeError as err:
        raise CoreError("setting_missing", names="family, topic") from err


def contact_family(settings: ContactSettings, me: str) -> ContactFamily:
    """Return how an input is listened to; `me` is our own name for its answers."""
    family = CONTACTS.get(settings.family)
    if family is None:
        raise CoreError("family_unknown", family=settings.family)
    return family(settings, me)
