"""The ends of a car park as they are seen from the street: cameras, barriers and loops."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self, override

from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.mqtt_device import Command, MqttDevice
from custom_components.prepaid_parking.simulator.plate_reader import JsonPlateReader
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from tests.brokers import Mosquitto, alive

from .conftest import Data, Hub

LOOPS: Final = {"entry_loop": 0, "safety_loop": 1}


def camera_data(line_id: str, topic: str) -> Data:
    """Return the configuration of a camera that sends plain JSON."""
    return {
        "family": "generic_mqtt",
        "line_id": line_id,
        "topic": topic,
        "camera": "",
        "least_score": 850,
        "plate_path": "plate",
        "score_path": "confidence",
        "time_path": "time",
    }


def lane_data(line_id: str, name: str, direction: str, **more: Any) -> Data:
    """Return the configuration of a lane whose barrier is a Shelly and whose camera sends JSON."""
    return {
        "line_id": line_id,
        "barrier": {"family": "shelly_gen2", "topic": f"gate-{name}", "channel": 0, "pulse": 0.3},
        "reader": camera_data(line_id, f"cam/{name}"),
        "direction": direction,
        "fee": "0",
        **more,
    }


def opens(command: Command) -> bool:
    """Tell whether a message asks a Shelly to open the barrier."""
    if not command.topic.endswith("/rpc"):
        return False
    asked = command.json
    told = asked.get("params")
    on = told.get("on") if isinstance(told, dict) else None
    return asked.get("method") == "Switch.Set" and on is True


def board_data(line_id: str, unit: int, **inputs: int) -> Data:
    """Return a lane's barrier on the first relay of a Modbus board, and what is wired to its inputs."""
    board = {"family": "waveshare_relay", "unit_id": unit}
    wired = {**board, "line_id": line_id, "inverted": False}
    return {
        "line_id": line_id,
        "barrier": {**board, "coil": 0, "pulse": 0.3},
        "inputs": {name: {**wired, "contact": contact} for name, contact in inputs.items()},
    }


@dataclass(frozen=True, kw_only=True)
class Gateway(ABC):
    """One end of the car park, as it is seen from the street."""

    lane: str
    camera: JsonPlateReader

    @property
    def devices(self) -> tuple[MqttDevice, ...]:
        """What has to be switched on."""
        return (self.camera,)

    @property
    @abstractmethod
    def pulses(self) -> int:
        """How often the barrier was asked to open."""

    @abstractmethod
    async def opened(self, times: int, within: float = 10.0) -> None:
        """Wait until the barrier was asked to open so often."""


@dataclass(frozen=True, kw_only=True)
class ShellyGateway(Gateway):
    """A barrier on a Shelly."""

    barrier: ShellyGen2

    @classmethod
    def of(cls, lane: str, name: str) -> Self:
        """Put up the devices of a lane."""
        camera, barrier = JsonPlateReader(f"cam/{name}"), ShellyGen2(f"gate-{name}", on=False)
        return cls(lane=lane, camera=camera, barrier=barrier)

    @property
    @override
    def devices(self) -> tuple[MqttDevice, ...]:
        return self.camera, self.barrier

    @property
    @override
    def pulses(self) -> int:
        return sum(map(opens, self.barrier.commands))

    @override
    async def opened(self, times: int, within: float = 10.0) -> None:
        await self.barrier.commanded(opens, times=times, timeout=within)


@dataclass(frozen=True, kw_only=True)
class WatchedGateway(Gateway):
    """A barrier and two loops on a relay board; what is done is done when the hub has felt it."""

    hub: Hub
    board: WaveshareRelay
    line: ModbusLine

    @property
    @override
    def pulses(self) -> int:
        return sum(move.closed for move in self.board.relays[0].moves)

    @override
    async def opened(self, times: int, within: float = 10.0) -> None:
        await self.line.log.until(lambda: self.pulses >= times, timeout=within)

    async def feel(self, **loops: bool) -> None:
        """Let a car stand on a loop, or leave it."""
        for name, on in loops.items():
            self.board.set_input(LOOPS[name], on=on)
        run = self.hub.data.site.lane(self.lane)

        async def felt() -> bool:
            return all(run.inputs.get(name) is on for name, on in loops.items())

        await self.hub.until(felt, every=0.01)

    async def drive_up(self) -> None:
        """Stop before the arm."""
        await self.feel(entry_loop=True, safety_loop=False)

    async def drive_through(self, *, another: bool = False) -> None:
        """Pass under the arm; `another` car takes the place before it."""
        await self.feel(entry_loop=another, safety_loop=True)
        await self.feel(safety_loop=False)

    async def back_away(self) -> None:
        """Leave the way one came."""
        await self.feel(entry_loop=False)


@asynccontextmanager
async def all_alive(broker: Mosquitto, *devices: MqttDevice) -> AsyncIterator[None]:
    """Devices that are switched on."""
    async with AsyncExitStack() as on:
        for device in devices:
            await on.enter_async_context(alive(broker, device))
        yield
