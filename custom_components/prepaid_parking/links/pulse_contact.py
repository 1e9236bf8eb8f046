"""The contact that presses OPEN: one pulse after another, and an end to each, whoever has to see to it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
import logging
from typing import Any, Final

from ..core.errors import DeviceError, DeviceFault

_LOGGER: Final = logging.getLogger(__name__)

PULSE_S: Final = 1.0
CONFIRM_S: Final = 2.0
"""A driver who waited this long sees that the barrier did or did not move."""
SETTLE_S: Final = 5.0
OFF_AGAIN_S: Final = 1.0
"""Between tries to end a pulse that the device does not end itself."""


def _spawn(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


class PulseContact:
    """A contact that is closed for a moment; `release` opens it where the device does not do that itself.

    Its end is a level: tried until it is done, because a contact left closed holds a barrier open.
    """

    def __init__(
        self,
        name: str,
        release: Callable[[], Awaitable[None]] | None,
        *,
        pulse_seconds: float,
        confirm_seconds: float,
        sleep: Callable[[float], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]] = _spawn,
    ) -> None:
        """Begin open."""
        self._name = name
        self._release = release
        self._pulse_seconds = pulse_seconds
        self._patience = pulse_seconds + confirm_seconds
        self._sleep = sleep
        self._spawn = spawn
        self._pulse = asyncio.Lock()
        self._off: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """End what an earlier run may have left; a pulse under way is none of that."""
        if self._release is not None and not self._pulse.locked():
            await self._release()

    async def begin(self) -> None:
        """Take the contact for a pulse; the car behind waits, or two pulses would be seen as one."""
        try:
            async with asyncio.timeout(self._patience):
                await self._pulse.acquire()
        except TimeoutError as err:
            raise DeviceError(DeviceFault.BUSY, "the pulse before has not ended") from err

    def leave(self) -> None:
        """Give the contact back: nothing was sent."""
        self._pulse.release()

    def end(self) -> None:
        """Let the pulse end that was sent, or may have been."""
        if self._release is None:
            self._pulse.release()
        else:
            self._off = self._spawn(self._end_later(self._release), f"end of a pulse: {self._name}")

    async def settle(self, within: float = SETTLE_S) -> None:
        """Wait a moment for a pulse under way to end, as before a stop; the next start ends it else."""
        if self._off is not None:
            await asyncio.wait((self._off,), timeout=within)
            self._off.cancel()

    async def _end_later(self, release: Callable[[], Awaitable[None]]) -> None:
        await self._sleep(self._pulse_seconds)
        failed = False
        while True:
            try:
                await release()
            except DeviceError as err:
                if not failed:
                    _LOGGER.warning("%s may still be on (%s); trying on", self._name, err)
                failed = True
                await self._sleep(OFF_AGAIN_S)
            else:
                if failed:
                    _LOGGER.warning("%s is off", self._name)
                self._pulse.release()
                return
