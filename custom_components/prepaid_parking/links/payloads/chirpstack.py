"""ChirpStack v4: uplinks of LoRaWAN meters, decoded by the application server's codec."""

from collections.abc import Mapping, Sequence
import json
from typing import Final, override

from ...core.errors import CoreError
from ...core.metering import Quantity
from ..message import Message
from ..profile import Confidence
from .family import KEPT, MeterFamily, MeterSettings, Publish, RelayFamily, Reported, on_or_off
from .generic import listed
from .reading import at_path, find, object_of, path_of, time_of

SOURCE: Final = "https://www.chirpstack.io/docs/chirpstack/integrations/events.html"


def topics(settings: MeterSettings) -> Sequence[str]:
    """Return the uplinks of `application/APP_ID/device/DEV_EUI`."""
    return (f"{settings.topic}/event/up",)


def decode(settings: MeterSettings, message: Message) -> list[Reported]:
    """Read an uplink. Its `time` is when the network heard it; a time inside `object` goes before.

    An uplink heard by several gateways, or delivered twice, has one `deduplicationId`; one that the
    device repeated has its frame counter.
    """
    content = object_of(message.payload)
    inside = at_path(content, ("object",))
    heard = time_of(at_path(content, ("time",)), message.at)
    key = f"{content.get('devAddr')}/{content.get('fCnt')}/{heard}"
    if isinstance(content.get("deduplicationId"), str):
        key = str(content["deduplicationId"])
    return listed(settings, inside, message, heard=heard, key=key)


METER: Final = MeterFamily(
    key="chirpstack_v4",
    source=SOURCE,
    confidence=Confidence.DOCUMENTED,
    topics=topics,
    decode=decode,
    units={Quantity.ENERGY: "kWh", Quantity.VOLUME: "m³", Quantity.COUNT: "pcs"},
)


class ChirpStackRelay(RelayFamily):
    """A valve or relay behind a downlink: it hears only after it has spoken.

    `command_on` and `command_off` are either JSON for the codec or base64 for `port`. What a payload
    does is up to the device, so nothing is switched before a test trip.
    """

    key = "chirpstack_v4"
    source = SOURCE
    confidence = Confidence.UNVERIFIED
    latency_seconds = 0
    latency_polls = 2

    @property
    @override
    def topics(self) -> Mapping[str, int]:
        return {f"{self.settings.topic}/event/up": KEPT}

    @property
    @override
    def confirms(self) -> bool:
        return bool(self.settings.state_path)

    @override
    def switch(self, on: bool, request: int) -> Sequence[Publish]:
        wanted = self.settings.command_on if on else self.settings.command_off
        down: dict[str, object] = {
            "devEui": self.settings.topic.rpartition("/")[2],
            "confirmed": True,
            "fPort": self.settings.port,
        }
        if wanted.lstrip().startswith("{"):
            try:
                down["object"] = json.loads(wanted)
            except ValueError as err:
                name = "command_on" if on else "command_off"
                raise CoreError("setting_invalid", name=name) from err
        else:
            down["data"] = wanted
        return (Publish(topic=f"{self.settings.topic}/command/down", payload=json.dumps(down)),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic not in self.topics or not self.settings.state_path:
            return None
        path = ("object", *path_of(self.settings.state_path))
        said = find(object_of(message.payload), path)
        return on_or_off(said, self.settings.state_on, self.settings.state_off)
