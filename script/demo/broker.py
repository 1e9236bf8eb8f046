"""The MQTT broker of the demo: one that is there, Mosquitto, or a small one from the registry."""

from dataclasses import dataclass
import os
import shutil
import sys
from typing import Final

from custom_components.prepaid_parking.simulator.broker import Broker

from .parts import Part
from .places import HOST, Places
from .trouble import DemoError

MOSQUITTO: Final = "mosquitto"
AMQTT: Final = "amqtt"
_SBIN: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerChoice:
    """A broker: where it is, and the process to start where it is ours."""

    url: str
    address: Broker
    part: Part | None
    version_5: bool
    """The small one speaks MQTT 3.1.1 only."""

    @property
    def words(self) -> str:
        """Say what it is."""
        where = f"{self.address.host}:{self.address.port}"
        return f"{self.part.name if self.part else 'the MQTT broker'} at {where}"


def usual_broker() -> str:
    """Return what a new demo uses on this machine."""
    if url := os.environ.get("MQTT_URL"):
        return url
    return MOSQUITTO if _mosquitto() else AMQTT


def is_address(choice: str) -> bool:
    """Tell whether a choice is a broker that is there, and none of ours."""
    return choice not in {MOSQUITTO, AMQTT}


def broker_of(choice: str, port: int, places: Places) -> BrokerChoice:
    """Return the broker of a choice."""
    if is_address(choice):
        try:
            address = Broker.from_url(choice)
        except ValueError as err:
            message = f"MQTT_URL is {err}; it should read mqtt://user:password@host:port."
            raise DemoError(message) from None
        return BrokerChoice(url=choice, address=address, part=None, version_5=False)
    url = f"mqtt://{HOST}:{port}"
    log = places.logs / "broker.log"
    if choice == MOSQUITTO:
        executable = _mosquitto()
        if not executable:
            message = (
                "This demo was set up with Mosquitto, which is not installed here any more.\n"
                "Install it, or start over with --fresh."
            )
            raise DemoError(message)
        command = [executable, "-c", str(_settings(places, port))]
    else:
        command = [sys.executable, "-m", "script.demo.small_broker", str(port)]
    name = "Mosquitto broker" if choice == MOSQUITTO else "amqtt broker"
    return BrokerChoice(
        url=url,
        address=Broker(host=HOST, port=port),
        part=Part(name=name, command=command, log=log),
        version_5=choice == MOSQUITTO,
    )


def _mosquitto() -> str | None:
    return shutil.which("mosquitto", path=_SBIN)


def _settings(places: Places, port: int) -> str:
    """Write Mosquitto's settings; it keeps what it queued for a hub that is down."""
    places.broker.mkdir(parents=True, exist_ok=True)
    path = places.broker / "mosquitto.conf"
    lines = [
        f"listener {port} {HOST}",
        "allow_anonymous true",
        "persistence true",
        f"persistence_location {places.broker}/",
        "autosave_interval 30",
        "log_dest stderr",
    ]
    if os.getuid() == 0:
        # As root it would become a user who may not write here.
        lines.append("user root")
    path.write_text("\n".join(lines) + "\n")
    return str(path)
