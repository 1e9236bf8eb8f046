"""The demo site made real: devices on their lines, gadgets on the broker, a day that passes."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, override

import aiomqtt

from .acrel import AcrelDdsy1352
from .broker import Broker
from .counter import base_units
from .day_curve import load
from .demo import DEMO, DemoLane, DemoMeter, DemoSite
from .eastron import EastronSdm120, EastronSdm630
from .flow_meters import SpiraxTva, XintaiWater
from .frigate import FrigateCamera
from .line import ModbusLine
from .meter import PER_UNIT, Meter
from .mqtt_device import MqttDevice
from .plate_reader import JsonPlateReader
from .relay_board import WaveshareRelay
from .shelly import ShellyGen2
from .site import Site
from .traffic import (
    PAYING_S,
    BoardGate,
    Eye,
    FrigateEye,
    Gate,
    JsonEye,
    Lane,
    ShellyGate,
    Traffic,
)
from .visitor_call import VisitorCall

_TICK_S: Final = 0.5
_WIRE_TIME_S: Final = 0.012
"""A short block at 38400 baud; long blocks at 9600 are slower, but a demo should feel quick."""


def _local_now() -> datetime:
    return datetime.now().astimezone()


class DemoBuilding(Site):
    """A site whose loads follow the day and whose cars drive, as long as there is a broker."""

    def __init__(
        self,
        demo: DemoSite = DEMO,
        *,
        host: str = "127.0.0.1",
        ports: dict[str, int] | None = None,
        broker: Broker | None = None,
        speed: float = 1.0,
        seed: int = 1,
        heavy: bool = False,
        state_path: Path | None = None,
        tick_s: float | None = _TICK_S,
        pace: float = 1.0,
        now: Callable[[], datetime] = _local_now,
    ) -> None:
        """Wire the site. `ports` by line key (0 takes a free one); `heavy` empties one wallet.

        `pace` stretches or shortens what drivers do; `speed` is for the meters alone.
        """
        self.demo = demo
        self.seed = seed
        self.heavy = heavy
        self.now = now()
        ports = ports or {}
        lines = {
            line.key: ModbusLine(
                name=line.name,
                host=host,
                port=ports.get(line.key, 0),
                framing=line.framing,
                wire_time_s=_WIRE_TIME_S,
            )
            for line in demo.lines
        }
        self.meters = {spec.serial: _meter(spec) for spec in demo.meters}
        for spec in demo.meters:
            lines[spec.line].add(self.meters[spec.serial])
        gadgets: list[MqttDevice] = []
        lanes = {spec.key: _lane(spec, lines, gadgets, seed) for spec in demo.lanes}
        super().__init__(
            lines.values(),
            gadgets,
            broker=broker,
            tick_s=tick_s,
            speed=speed,
            state_path=state_path,
        )
        self.traffic = Traffic(
            entry=lanes["entry"], exit_lane=lanes["exit"], cars=demo.cars, seed=seed, pace=pace
        )
        self.gadgets.append(VisitorCall(self.traffic.call))
        self.keepers["cars"] = self.traffic
        self.before_tick.append(self.set_loads)
        self._cars: asyncio.Task[None] | None = None

    def set_loads(self, seconds: float) -> None:
        """Give each meter what its tenants draw at this time of the day."""
        self.now += timedelta(seconds=seconds)
        for spec in self.demo.meters:
            meter = self.meters[spec.serial]
            if self.heavy and spec.serial == self.demo.heavy.serial:
                meter.set_load(self.demo.heavy.kilowatts)
                continue
            peak = base_units(spec.peak, PER_UNIT[meter.unit_of_measure])
            meter.counter.rate = load(spec.curve, peak, self.now, f"{self.seed}/{spec.serial}")

    @override
    async def start(self) -> None:
        await super().start()
        self.set_loads(0)
        if self.broker is not None and self.tick_s is not None:
            self._cars = asyncio.create_task(self._drive(), name="traffic")

    @override
    async def stop(self) -> None:
        if self._cars is not None:
            self._cars.cancel()
            await asyncio.gather(self._cars, return_exceptions=True)
            self._cars = None
        await super().stop()

    async def _drive(self) -> None:
        while True:
            for gadget in self.gadgets:
                await gadget.connected.wait()
            # Without a broker no camera sees and no barrier hears: the cars wait with it.
            with suppress(aiomqtt.MqttError):
                await self.traffic.run()


def _meter(spec: DemoMeter) -> Meter:
    kinds: dict[str, type[Meter]] = {
        kind.profile: kind
        for kind in (AcrelDdsy1352, EastronSdm120, EastronSdm630, XintaiWater, SpiraxTva)
    }
    return kinds[spec.profile](
        unit=spec.unit, serial=spec.serial, name=spec.name, start=spec.register
    )


def _lane(
    spec: DemoLane, lines: dict[str, ModbusLine], gadgets: list[MqttDevice], seed: int
) -> Lane:
    gate: Gate
    eye: Eye
    if spec.topic:
        shelly = ShellyGen2(spec.topic, name=f"{spec.name} barrier", on=False, period_s=60)
        gadgets.append(shelly)
        gate = ShellyGate(
            shelly=shelly, arrival_loop=spec.arrival_loop, safety_loop=spec.safety_loop
        )
    else:
        line = lines[spec.line]
        board = WaveshareRelay(
            unit=spec.unit, serial=f"relays-{spec.key}", name=f"{spec.name} barrier"
        )
        if spec.limit_closed is not None:
            board.set_input(spec.limit_closed, on=True)
        line.add(board)
        gate = BoardGate(
            board=board,
            line=line,
            coil=spec.coil,
            arrival_loop=spec.arrival_loop,
            safety_loop=spec.safety_loop,
            limit_open=spec.limit_open,
            limit_closed=spec.limit_closed,
        )
    if spec.plate_profile == FrigateCamera.profile:
        camera = FrigateCamera(spec.camera, name=f"{spec.name} camera", seed=seed)
        gadgets.append(camera)
        eye = FrigateEye(camera=camera)
    else:
        reader = JsonPlateReader(spec.camera, name=f"{spec.name} camera")
        gadgets.append(reader)
        eye = JsonEye(reader=reader)
    if spec.direction == "out":
        return Lane(gate=gate, eye=eye, patience_s=PAYING_S)
    return Lane(gate=gate, eye=eye)
