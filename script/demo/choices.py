"""What a demo is set up with at its first start: its ports and its broker.

They stay, because the hub's settings name them; only the hub's own port may change.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
import json
from typing import Any, Final, Self

from . import show
from .broker import is_address, usual_broker
from .claims import Claims
from .places import Places
from .trouble import DemoError

HUB_PORT: Final = 8123
MQTT_PORT: Final = 1883
TCP_PORT: Final = 5020
RTU_PORT: Final = 5021
PAY_PORT: Final = 5022


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the parts of a demo listen."""

    hub: int
    mqtt: int
    tcp: int
    rtu: int
    pay: int = PAY_PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The ports, and the broker: `mosquitto`, `amqtt`, or the address of one that was there."""

    ports: Ports
    broker: str

    @classmethod
    def of(cls, written: dict[str, Any]) -> Self:
        """Read what an earlier start wrote down."""
        return cls(ports=Ports(**written["ports"]), broker=written["broker"])

    def ours(self) -> Iterator[tuple[str, int]]:
        """Return what the demo itself listens with, beside the hub."""
        yield "meters", self.ports.tcp
        yield "meters", self.ports.rtu
        yield "payments", self.ports.pay
        if not is_address(self.broker):
            yield "MQTT broker", self.ports.mqtt


def choose(places: Places, port: int | None, claims: Claims) -> Choices:
    """Return what this start runs with, its ports taken; `port` is where the hub was asked to be."""
    try:
        known = Choices.of(json.loads(places.choices.read_text()))
    except FileNotFoundError:
        choices = _first(port, claims)
    else:
        choices = _again(known, port, claims)
    places.choices.write_text(json.dumps(asdict(choices), indent=2) + "\n")
    return choices


def _first(port: int | None, claims: Claims) -> Choices:
    ports = Ports(
        hub=_hub_port(HUB_PORT, port, claims),
        mqtt=claims.next_free(MQTT_PORT),
        tcp=claims.next_free(TCP_PORT),
        rtu=claims.next_free(RTU_PORT),
        pay=claims.next_free(PAY_PORT),
    )
    return Choices(ports=ports, broker=usual_broker())


def _again(known: Choices, port: int | None, claims: Claims) -> Choices:
    usual = usual_broker()
    if usual != known.broker and (is_address(usual) or is_address(known.broker)):
        message = (
            f"This demo was set up with {_hidden(known.broker)}, and MQTT_URL asks for "
            f"{_hidden(usual) if is_address(usual) else 'none'} now.\nStart over with --fresh."
        )
        raise DemoError(message)
    for what, taken in known.ours():
        if not claims.take(taken):
            message = (
                f"Port {taken}, where this demo has its {what}, is taken by another program.\n"
                "Stop that program, or start over with --fresh."
            )
            raise DemoError(message)
    return replace(known, ports=replace(known.ports, hub=_hub_port(known.ports.hub, port, claims)))


def _hub_port(usual: int, asked: int | None, claims: Claims) -> int:
    if asked is not None:
        if not claims.take(asked):
            message = f"Port {asked} is taken by another program; choose another with --port."
            raise DemoError(message)
        return asked
    port = claims.next_free(usual)
    if port != usual:
        show.step(f"Port {usual} is taken by another program; the hub is at {port} instead")
    return port


def _hidden(broker: str) -> str:
    """Return a broker's name without a password."""
    scheme, _, rest = broker.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else broker
