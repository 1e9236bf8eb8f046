"""The inputs of a relay board, looked at again and again: loops, limit switches, keys.

Nothing on Modbus speaks by itself, so the board is asked: all its inputs in one request, quickly
while a car is about. What cannot be read is unknown and never taken for clear.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Final

from modbus_connection import ModbusUnit

from ..core.errors import DeviceError, DeviceFault
from .blocks import Block
from .request import REQUEST_TIMEOUT_S, Requests, Turn

BUSY_S: Final = 0.2
"""A car at walking pace is on a loop for a second."""
IDLE_S: Final = 0.5
DEBOUNCE_S: Final = 0.05
"""Contacts bounce for some 20 ms: what two looks that far apart say is so."""
BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Waits after looks that failed; the last one repeats. A line is not held up by a dead board, and a
board that is back is seen before the next car has passed."""

type InputsTold = Callable[[Mapping[str, bool | None]], None]
"""Hears of inputs that changed, by name; None is an input that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredContact:
    """An input of a board, counted from 0; `inverted` is a normally closed contact."""

    contact: int
    inverted: bool = False


@dataclass(slots=True, eq=False)
class _Watch:
    """Who wants to know of which inputs, and what was said last."""

    wired: Mapping[str, WiredContact]
    told: InputsTold
    busy: Callable[[], bool]
    said: dict[str, bool | None] = field(default_factory=dict)


class BoardInputs:
    """One board's inputs; several lanes may watch theirs, it is one request all the same."""

    def __init__(
        self,
        unit: ModbusUnit,
        inputs: Block,
        *,
        turn: Turn = nullcontext,
        request_timeout: float = REQUEST_TIMEOUT_S,
        spacing: float = 0.0,
    ) -> None:
        """Take a unit of a connection that somebody else owns; `inputs` is what the board has."""
        self._inputs = inputs
        self._requests = Requests(unit, turn=turn, timeout=request_timeout, spacing=spacing)
        self._watches: list[_Watch] = []
        self._bits: dict[int, bool] = {}
        self._watched = asyncio.Event()
        self._ended = asyncio.Event()

    def watch(
        self,
        wired: Mapping[str, WiredContact],
        told: InputsTold,
        busy: Callable[[], bool] = lambda: False,
    ) -> Callable[[], None]:
        """Tell of these inputs from now on; `busy` asks for quick looks. Returns how to stop that."""
        for one in wired.values():
            if not 0 <= one.contact < self._inputs.count:
                raise DeviceError(DeviceFault.UNSUPPORTED, f"there is no input {one.contact}")
        watch = _Watch(wired, told, busy)
        self._watches.append(watch)
        self._bits = {}
        self._watched.set()

        def unwatch() -> None:
            self._watches.remove(watch)
            if not self._watches:
                self._watched.clear()

        return unwatch

    async def look(self) -> dict[int, bool]:
        """Return the inputs somebody watches, from one request."""
        contacts = {one.contact for watch in self._watches for one in watch.wired.values()}
        first, last = min(contacts), max(contacts)
        block = Block(
            space=self._inputs.space, address=self._inputs.address + first, count=last - first + 1
        )
        bits = await self._requests.read(block)
        return {contact: bool(bits[contact - first]) for contact in contacts}

    async def run(self) -> None:
        """Look until ended."""
        failures = 0
        while not self._ended.is_set():
            await self._watched.wait()
            try:
                self._bits |= await self._settled()
            except DeviceError:
                self._bits = {}
                wait = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
                failures += 1
            else:
                failures = 0
                wait = BUSY_S if any(watch.busy() for watch in self._watches) else IDLE_S
            self._tell()
            await self._pause(wait)

    def end(self) -> None:
        """Look no more; a request that is on the wire may end."""
        self._ended.set()
        self._watched.set()

    async def _settled(self) -> dict[int, bool]:
        """Return what is so: a change only when a second look, a moment later, says it as well."""
        seen = await self.look() if self._watches else {}
        if all(self._bits.get(contact) is state for contact, state in seen.items()):
            return {}
        await self._pause(DEBOUNCE_S)
        again = await self.look() if self._watches else {}
        return {contact: state for contact, state in again.items() if seen.get(contact) is state}

    def _tell(self) -> None:
        for watch in list(self._watches):
            now: dict[str, bool | None] = {}
            for name, one in watch.wired.items():
                state = self._bits.get(one.contact)
                now[name] = None if state is None else state is not one.inverted
            new = {name: state for name, state in now.items() if watch.said.get(name) is not state}
            watch.said = now
            if new:
                watch.told(new)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()
