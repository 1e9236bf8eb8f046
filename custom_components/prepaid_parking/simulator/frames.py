"""The log of a line: every request that was on the wire, so that a test can name the frame."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .device import Fn

_KEPT_FRAMES: Final = 100_000
"""A day of a busy line; older frames are forgotten so that the demo can run for weeks."""


class Outcome(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One request as the line saw it. Times are those of `time.monotonic`."""

    received_at: float
    at: float
    """When the wire was free for it."""
    unit: int
    function: int
    address: int
    count: int
    values: tuple[int, ...]
    """What a write carried: registers, or 0 and 1 for coils (a raw coil value where neither)."""
    outcome: Outcome
    refusal: int = 0

    @property
    def is_write(self) -> bool:
        """Whether the request wanted to change something."""
        return self.function in (
            Fn.WRITE_COIL,
            Fn.WRITE_REGISTER,
            Fn.WRITE_COILS,
            Fn.WRITE_REGISTERS,
        )


class FrameLog:
    """The frames of one line in the order of the wire."""

    def __init__(self) -> None:
        """Start empty."""
        self._frames: list[Frame] = []
        self._grown = asyncio.Event()

    def __iter__(self) -> Iterator[Frame]:
        """Walk the frames, oldest first."""
        return iter(self._frames)

    def __len__(self) -> int:
        """Count the frames."""
        return len(self._frames)

    def append(self, frame: Frame) -> None:
        """Note a frame and wake who waits for it."""
        if len(self._frames) >= _KEPT_FRAMES:
            del self._frames[: _KEPT_FRAMES // 2]
        self._frames.append(frame)
        self._grown.set()

    def clear(self) -> None:
        """Forget what was seen so far."""
        self._frames.clear()

    def find(
        self,
        *,
        unit: int | None = None,
        function: int | None = None,
        address: int | None = None,
        values: tuple[int, ...] | None = None,
    ) -> list[Frame]:
        """The frames that match everything given."""
        return [
            frame
            for frame in self._frames
            if unit in (None, frame.unit)
            and function in (None, frame.function)
            and address in (None, frame.address)
            and values in (None, frame.values)
        ]

    def writes(self, unit: int | None = None) -> list[Frame]:
        """Every command seen, of one unit or of all."""
        return [frame for frame in self.find(unit=unit) if frame.is_write]

    async def seen(
        self,
        *,
        unit: int | None = None,
        function: int | None = None,
        address: int | None = None,
        values: tuple[int, ...] | None = None,
        times: int = 1,
        timeout: float = 5.0,
    ) -> list[Frame]:
        """Wait until matching frames were on the wire; those already seen count."""

        def found() -> list[Frame]:
            return self.find(unit=unit, function=function, address=address, values=values)

        await self.until(lambda: len(found()) >= times, timeout=timeout)
        return found()

    async def until(self, condition: Callable[[], bool], *, timeout: float = 5.0) -> None:
        """Wait until a condition holds, looking again after each frame."""
        async with asyncio.timeout(timeout):
            while not condition():
                self._grown.clear()
                await self._grown.wait()
