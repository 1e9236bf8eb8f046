"""A building: its lines and its MQTT devices, started and stopped together, with time that runs."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from .broker import Broker
from .device import ModbusDevice, State
from .line import ModbusLine
from .memory import load, save
from .mqtt_device import MqttDevice

_SAVE_EVERY_S: Final = 10.0
"""What a crash of the simulator may forget; a meter that forgets more would look like a dip."""


class Keeper(Protocol):
    """Something of a building that has a state to keep, beside its devices."""

    def state(self) -> State:
        """What must survive a restart."""

    def restore(self, state: State) -> None:
        """Take up where an earlier run stopped."""


class Site:
    """Holds the parts of a building. Without `tick_s` time stands until `advance` is called."""

    def __init__(
        self,
        lines: Iterable[ModbusLine] = (),
        gadgets: Iterable[MqttDevice] = (),
        *,
        broker: Broker | None = None,
        tick_s: float | None = None,
        speed: float = 1.0,
        state_path: Path | None = None,
    ) -> None:
        """Describe a building; `speed` makes its hours shorter than ours."""
        self.lines = list(lines)
        self.gadgets = list(gadgets)
        self.broker = broker
        self.tick_s = tick_s
        self.speed = speed
        self.state_path = state_path
        self.before_tick: list[Callable[[float], None]] = []
        """Called with the seconds about to pass: day curves set the loads here."""
        self.keepers: dict[str, Keeper] = {}
        """What else is kept in the state file, by its name there."""
        self._clockwork: asyncio.Task[None] | None = None

    @property
    def devices(self) -> list[ModbusDevice]:
        """Every Modbus device of the building."""
        return [device for line in self.lines for device in line.devices.values()]

    def device(self, serial: str) -> ModbusDevice:
        """The Modbus device with a serial number."""
        for device in self.devices:
            if device.serial == serial:
                return device
        raise KeyError(serial)

    async def start(self) -> None:
        """Take up the old counts, open every endpoint, let time run."""
        self.recall()
        try:
            for line in self.lines:
                await line.start()
        except OSError:
            # A port that is taken must not leave the other lines listening.
            await self.stop()
            raise
        if self.broker is not None:
            for gadget in self.gadgets:
                await gadget.start(self.broker)
        if self.tick_s is not None:
            self._clockwork = asyncio.create_task(self._run(self.tick_s), name="site clockwork")

    async def stop(self) -> None:
        """Stop time, close everything, note the counts."""
        if self._clockwork is not None:
            self._clockwork.cancel()
            await asyncio.gather(self._clockwork, return_exceptions=True)
            self._clockwork = None
        await asyncio.gather(*(gadget.stop() for gadget in self.gadgets))
        for line in self.lines:
            await line.stop()
        self.remember()

    def advance(self, seconds: float) -> None:
        """Let an exact time pass everywhere."""
        for prepare in self.before_tick:
            prepare(seconds)
        for device in self.devices:
            device.advance(seconds)
        for gadget in self.gadgets:
            gadget.advance(seconds)

    def remember(self) -> None:
        """Write the counts to the state file, if there is one."""
        if self.state_path is not None:
            save(self.state_path, {key: keeper.state() for key, keeper in self._kept()})

    def recall(self) -> None:
        """Take up the counts of the state file, if there is one."""
        state = load(self.state_path) if self.state_path is not None else {}
        for key, keeper in self._kept():
            if key in state:
                keeper.restore(state[key])

    def _kept(self) -> Iterator[tuple[str, Keeper]]:
        for device in self.devices:
            if device.serial:
                yield device.serial, device
        for gadget in self.gadgets:
            yield gadget.identity, gadget
        yield from self.keepers.items()

    async def _run(self, tick_s: float) -> None:
        clock = asyncio.get_running_loop().time
        then = saved = clock()
        while True:
            await asyncio.sleep(tick_s)
            now = clock()
            self.advance((now - then) * self.speed)
            then = now
            if now - saved >= _SAVE_EVERY_S:
                self.remember()
                saved = now

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()
