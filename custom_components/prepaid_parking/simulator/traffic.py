"""Cars that come and go: over the loop, past the camera, under the arm, if it opens."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol, override

from .demo import DemoCar
from .device import State
from .frigate import FrigateCamera
from .line import ModbusLine
from .plate_reader import JsonPlateReader
from .relay_board import WaveshareRelay
from .shelly import ShellyGen2

_PATIENCE_S: Final = 8.0
"""How long a driver waits for the arm before backing out."""
PAYING_S: Final = 60.0
"""How long a driver stays at an exit who has to pay first."""
_ARM_S: Final = 1.5
_UNDER_ARM_S: Final = 0.8
_BEHIND_S: Final = 0.6
_GAP_S: Final = 0.8
_LEAST_PAUSE_S: Final = 5
_MOST_PAUSE_S: Final = 20
_AWAY: Final = 3
"""So many other cars come before one is back: sooner, its plate is at two lanes at once."""


class Gate(Protocol):
    """The barrier of a lane, as a car meets it."""

    async def loops(self, *, arrival: bool, safety: bool, behind: bool = False) -> None:
        """Stand on loops, or leave them; the one behind the barrier is not everywhere."""

    async def opened(self, patience_s: float) -> bool:
        """Whether the opening contact was pulsed before the driver lost patience."""

    async def arm(self, *, up: bool | None) -> None:
        """Reach a limit switch, or leave both (None)."""


class Eye(Protocol):
    """The camera of a lane, as a car passes it."""

    async def look(self, plate: str, pace: float) -> None:
        """Read the plate while the car rolls up."""


@dataclass(slots=True, kw_only=True)
class BoardGate:
    """A barrier on a Modbus relay board."""

    board: WaveshareRelay
    line: ModbusLine
    coil: int
    arrival_loop: int
    safety_loop: int
    limit_open: int | None
    limit_closed: int | None
    exit_loop: int | None = None

    async def loops(self, *, arrival: bool, safety: bool, behind: bool = False) -> None:
        """Close or open the loop inputs."""
        self.board.set_input(self.arrival_loop, on=arrival)
        self.board.set_input(self.safety_loop, on=safety)
        if self.exit_loop is not None:
            self.board.set_input(self.exit_loop, on=behind)

    async def opened(self, patience_s: float) -> bool:
        """Wait for the coil: every command is a frame on the line."""
        relay = self.board.relays[self.coil]
        earlier = len(relay.moves)
        try:
            await self.line.log.until(
                lambda: relay.closed or len(relay.moves) > earlier, timeout=patience_s
            )
        except TimeoutError:
            return False
        return True

    async def arm(self, *, up: bool | None) -> None:
        """Move the limit switches."""
        if self.limit_open is not None:
            self.board.set_input(self.limit_open, on=up is True)
        if self.limit_closed is not None:
            self.board.set_input(self.limit_closed, on=up is False)


@dataclass(slots=True, kw_only=True)
class ShellyGate:
    """A barrier on a Shelly; it has no inputs left for limit switches."""

    shelly: ShellyGen2
    arrival_loop: int
    safety_loop: int

    async def loops(self, *, arrival: bool, safety: bool, behind: bool = False) -> None:
        """Close or open the loop inputs; there is none behind the barrier."""
        await self.shelly.set_input(self.arrival_loop, on=arrival)
        await self.shelly.set_input(self.safety_loop, on=safety)

    async def opened(self, patience_s: float) -> bool:
        """Wait until the output is on; held on, the way is free at once."""
        try:
            async with asyncio.timeout(patience_s):
                await self.shelly.turned_on.wait()
        except TimeoutError:
            return False
        return True

    async def arm(self, *, up: bool | None) -> None:
        """Nothing tells where the arm is."""


@dataclass(slots=True, kw_only=True)
class FrigateEye:
    """A camera that reads better and better, and once wrong."""

    camera: FrigateCamera

    async def look(self, plate: str, pace: float) -> None:
        """Five looks in two seconds."""
        car = self.camera.new_object()
        for read in self.camera.looks(plate):
            await self.camera.see([read], object_id=car)
            await asyncio.sleep(0.4 * pace)
        await self.camera.leave(car)


@dataclass(slots=True, kw_only=True)
class JsonEye:
    """A camera that reads once and is sure."""

    reader: JsonPlateReader

    async def look(self, plate: str, pace: float) -> None:
        """One look, after a moment."""
        await asyncio.sleep(0.6 * pace)
        await self.reader.see(plate)


@dataclass(slots=True, kw_only=True)
class Lane:
    """A way in or out with everything a car meets there."""

    gate: Gate
    eye: Eye
    patience_s: float = _PATIENCE_S

    async def pass_through(self, plate: str, pace: float = 1.0) -> bool:
        """Drive up, wait, pass or back out; tells whether the car passed."""
        passed = await self._come(plate, pace)
        if passed:
            await self._lift(pace)
            await self._under_the_arm(pace)
            await self._lower(pace)
        else:
            await self.gate.loops(arrival=False, safety=False)
        return passed

    async def turn_back(self, plate: str, pace: float = 1.0) -> bool:
        """Drive up, be let through, and leave the way one came; tells whether the arm was raised."""
        opened = await self._come(plate, pace)
        if opened:
            await self._lift(pace)
        await self.gate.loops(arrival=False, safety=False)
        if opened:
            await self._lower(pace)
        return opened

    async def pass_with_another(self, plate: str, pace: float = 1.0) -> bool:
        """Pass, with a car right behind that nobody let through; tells whether both got in."""
        passed = await self._come(plate, pace)
        if not passed:
            await self.gate.loops(arrival=False, safety=False)
            return False
        await self._lift(pace)
        await self._under_the_arm(pace, another=True)
        await asyncio.sleep(_GAP_S * pace)
        await self._under_the_arm(pace)
        await self._lower(pace)
        return True

    async def _come(self, plate: str, pace: float) -> bool:
        """Stand before the barrier and be read; tells whether it was asked to open."""
        await self.gate.loops(arrival=True, safety=False)
        waiting = asyncio.create_task(self.gate.opened(self.patience_s * pace))
        try:
            await self.eye.look(plate, pace)
            return await waiting
        finally:
            waiting.cancel()

    async def _under_the_arm(self, pace: float, *, another: bool = False) -> None:
        """Roll through; `another` car takes the place before the barrier."""
        await self.gate.loops(arrival=another, safety=True)
        await asyncio.sleep(_UNDER_ARM_S * pace)
        await self.gate.loops(arrival=another, safety=True, behind=True)
        await asyncio.sleep(_BEHIND_S * pace)
        await self.gate.loops(arrival=another, safety=False, behind=True)
        await asyncio.sleep(_BEHIND_S * pace)
        await self.gate.loops(arrival=another, safety=False)

    async def _lift(self, pace: float) -> None:
        await asyncio.sleep(_ARM_S * pace / 2)
        await self.gate.arm(up=None)
        await asyncio.sleep(_ARM_S * pace / 2)
        await self.gate.arm(up=True)

    async def _lower(self, pace: float) -> None:
        await self.gate.arm(up=None)
        await asyncio.sleep(_ARM_S * pace)
        await self.gate.arm(up=False)


class Traffic:
    """Picks a car every while: one that is out drives in, one that is in drives out.

    Who stood inside from the beginning leaves first, as on a morning.
    """

    def __init__(
        self, *, entry: Lane, exit_lane: Lane, cars: Sequence[DemoCar], seed: int, pace: float = 1.0
    ) -> None:
        """Set the cars where they stand in the beginning."""
        self.entry = entry
        self.exit_lane = exit_lane
        self.inside = {car.plate: car.inside for car in cars}
        self.early = [car.plate for car in cars if car.inside]
        self.passages: list[tuple[str, str, bool]] = []
        """Plate, direction, and whether the car got through."""
        self._random = Random(seed)
        self._pace = pace
        self._strangers = [car.plate for car in cars if not car.wallet]
        self._called = asyncio.Queue[str]()
        self._guests = set[str]()
        """Who came when called."""

    async def run(self) -> None:
        """Drive until cancelled."""
        while True:
            pause = self._random.uniform(_LEAST_PAUSE_S, _MOST_PAUSE_S)
            called = await self._called_within(pause * self._pace)
            self.early = [plate for plate in self.early if self.inside[plate]]
            passed = await self.one_car(called or self._random.choice(self.early or self._rested()))
            if called and passed:
                self._guests ^= {called}

    def call(self, direction: str) -> None:
        """Let a visitor come (`in`) or leave (`out`) next, if there is one.

        As long as one is there who was called, visitors move when called only: whoever looks at the
        exit then meets the one that was sent there.
        """
        self._called.put_nowait(direction)

    async def _called_within(self, pause_s: float) -> str:
        """Wait for a call; returns who follows it, who was at a lane longest ago, or nobody's plate."""
        try:
            async with asyncio.timeout(pause_s):
                direction = await self._called.get()
        except TimeoutError:
            return ""
        fitting = [plate for plate in self._strangers if self.inside[plate] == (direction == "out")]
        seen_at = {plate: at for at, (plate, _, _) in enumerate(self.passages)}
        return min(fitting, key=lambda plate: seen_at.get(plate, -1), default="")

    async def one_car(self, plate: str) -> bool:
        """Let one car try to change sides."""
        inside = self.inside[plate]
        lane = self.exit_lane if inside else self.entry
        passed = await lane.pass_through(plate, self._pace)
        if passed:
            self.inside[plate] = not inside
        self.passages.append((plate, "out" if inside else "in", passed))
        return passed

    def _rested(self) -> list[str]:
        """The cars that have not been at a lane just now; all of them where there are only few."""
        just_now = {plate for plate, _, _ in self.passages[-_AWAY:]}
        free = self.inside.keys() - (self._strangers if self._guests else ())
        return sorted(free - just_now) or sorted(free or self.inside)

    def state(self) -> State:
        """Where the cars are."""
        return dict(self.inside)

    def restore(self, state: State) -> None:
        """Put the cars back where they were."""
        self.inside |= {plate: bool(state[plate]) for plate in self.inside if plate in state}

    @override
    def __repr__(self) -> str:
        return f"<Traffic of {len(self.inside)} cars>"
