"""Shelly Gen2 and later: status of each component, and commands by JSON-RPC with an answer."""

from collections.abc import Mapping, Sequence
import json
from typing import Final, override

from ...core.metering import Quantity
from ..message import Message
from ..profile import Confidence
from .family import KEPT, ONCE, MeterFamily, MeterSettings, Publish, RelayFamily, Reported
from .reading import PayloadError, at_path, object_of, path_of, register_of, values_of

SOURCE: Final = "https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Mqtt"
_TOTALS: Final = {
    "switch": "aenergy.total",
    "cover": "aenergy.total",
    "light": "aenergy.total",
    "pm1": "aenergy.total",
    "em1data": "total_act_energy",
    "emdata": "total_act",
}
_VALUES: Final = {
    "power": ("apower",),
    "voltage_l1": ("voltage",),
    "current_l1": ("current",),
    "power_factor": ("pf",),
    "frequency": ("freq",),
}


def topics(settings: MeterSettings) -> Sequence[str]:
    """Return the status of the component that counts; the device must have `status_ntf` on."""
    component = settings.component or "switch"
    return (f"{settings.topic}/status/{component}:{settings.channel}",)


def ask(settings: MeterSettings) -> Sequence[Publish]:
    """Ask for the status of all components now."""
    return (Publish(topic=f"{settings.topic}/command", payload="status_update"),)


def decode(settings: MeterSettings, message: Message) -> list[Reported]:
    """Read a status: the energy is in Wh with three decimals, exactly our base unit."""
    content = object_of(message.payload)
    path = path_of(
        settings.value_path or _TOTALS.get(settings.component or "switch", "aenergy.total")
    )
    register = register_of(at_path(content, path), settings.unit, path)
    return [Reported(register=register, values=values_of(content, _VALUES))]


METER: Final = MeterFamily(
    key="shelly_gen2",
    source=SOURCE,
    confidence=Confidence.DOCUMENTED,
    topics=topics,
    decode=decode,
    units={Quantity.ENERGY: "Wh"},
    ask=ask,
)


class ShellyRelay(RelayFamily):
    """`Switch.Set`, answered on a topic of our own; a pulse ends by the device's own timer."""

    key = "shelly_gen2"
    source = SOURCE
    confidence = Confidence.DOCUMENTED
    answers = True

    @property
    @override
    def topics(self) -> Mapping[str, int]:
        return {self._status: KEPT, f"{self.me}/rpc": ONCE}

    @property
    @override
    def ends_pulse(self) -> bool:
        return True

    @override
    def switch(self, on: bool, request: int) -> Sequence[Publish]:
        return (self._call(request, "Switch.Set", on=on),)

    @override
    def pulse(self, seconds: float, request: int) -> Sequence[Publish]:
        return (self._call(request, "Switch.Set", on=True, toggle_after=seconds),)

    @override
    def ask(self, request: int) -> Sequence[Publish]:
        return (self._call(request, "Switch.GetStatus"),)

    @override
    def state(self, message: Message) -> bool | None:
        if message.topic not in self.topics:
            return None
        content = object_of(message.payload)
        if message.topic != self._status:
            result = content.get("result")
            content = result if isinstance(result, dict) else {}
        output = content.get("output")
        return output if isinstance(output, bool) else None

    @override
    def answer(self, message: Message, request: int) -> str | None:
        if message.topic != f"{self.me}/rpc":
            return None
        content = object_of(message.payload)
        if content.get("id") != request:
            return None
        error = content.get("error")
        if error is None and "result" not in content:
            raise PayloadError("payload_missing", path="result")
        return "" if error is None else _reason(error)

    @property
    def _status(self) -> str:
        return f"{self.settings.topic}/status/switch:{self.settings.channel}"

    def _call(self, request: int, method: str, **parameters: object) -> Publish:
        call = {
            "id": request,
            "src": self.me,
            "method": method,
            "params": {"id": self.settings.channel, **parameters},
        }
        return Publish(topic=f"{self.settings.topic}/rpc", payload=json.dumps(call))


def _reason(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    return message[:100] if isinstance(message, str) and message else "refused"
