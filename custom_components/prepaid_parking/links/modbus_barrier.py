"""A relay board on Modbus that asks a barrier to open: a pulse is on, then off.

The link cannot send the board's own timed flash, so the off is ours to send, and it is sent
whatever happens to whoever asked: a contact left closed holds a barrier open.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
import logging
from typing import Final

from modbus_connection import ModbusUnit

from ..core.errors import DeviceError, DeviceFault
from .profile import BarrierProfile
from .request import REQUEST_TIMEOUT_S, Requests, Turn

_LOGGER: Final = logging.getLogger(__name__)
_OFF_AGAIN_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Waits between tries to write an off; the last one repeats. An off changes nothing when repeated,
unlike a pulse, which is never sent twice."""


class ModbusBarrier:
    """One contact of a board that opens a barrier; counted from 0, as printed on the board less one."""

    def __init__(
        self,
        unit: ModbusUnit,
        profile: BarrierProfile,
        *,
        coil: int,
        pulse_seconds: float | None = None,
        turn: Turn = nullcontext,
        request_timeout: float = REQUEST_TIMEOUT_S,
        spacing: float = 0.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take a unit of a connection that somebody else owns; refuse contacts it does not have."""
        self.profile = profile
        self.pulse_seconds = pulse_seconds or float(profile.pulse_seconds)
        self._coil = coil_address(profile, coil)
        self._requests = Requests(unit, turn=turn, timeout=request_timeout, spacing=spacing)
        self._patience = self.pulse_seconds + 2 * request_timeout
        self._sleep = sleep
        self._off: asyncio.Task[None] | None = None

    async def pulse(self) -> None:
        """Press OPEN once; returns when the board acknowledged, the off follows by itself.

        Raises DeviceError where it did not acknowledge: nobody knows then whether it opened, so the
        off is sent all the same, and the pulse is not repeated.
        """
        while self._off is not None and not self._off.done():
            # The car behind: one pulse after another, or the contact makes a single long one.
            if not (await asyncio.wait({self._off}, timeout=self._patience))[0]:
                raise DeviceError(DeviceFault.BUSY, "the pulse before has not ended")
        pressed = asyncio.get_running_loop().create_future()
        self._off = asyncio.create_task(self._press(pressed), name="barrier pulse")
        # A task of its own: whoever asked may be cancelled between the on and its off.
        await pressed

    async def release(self) -> None:
        """Write the pulse contact off, as at every start: a hub that died left it as it was."""
        await self._requests.write_coil(self._coil, on=False)

    async def settle(self) -> None:
        """Let a pulse that is under way end, as before the link is given back."""
        if self._off is not None and not self._off.done():
            await asyncio.wait({self._off}, timeout=self._patience)
            if self._off.cancel():
                _LOGGER.warning("%s: coil %d was left on", self.profile.about.name, self._coil)

    async def _press(self, pressed: asyncio.Future[None]) -> None:
        """Write the contact on, tell who asked, wait, write it off."""
        try:
            await self._requests.write_coil(self._coil, on=True)
        except DeviceError as err:
            if not pressed.cancelled():
                pressed.set_exception(err)
        else:
            if not pressed.cancelled():
                pressed.set_result(None)
            await self._sleep(self.pulse_seconds)
        await self._write_off()

    async def _write_off(self) -> None:
        tries = 0
        while True:
            try:
                await self.release()
            except DeviceError as err:
                wait = _OFF_AGAIN_S[min(tries, len(_OFF_AGAIN_S) - 1)]
                if not tries:
                    name = self.profile.about.name
                    _LOGGER.warning(
                        "%s: coil %d may still be on (%s); trying on", name, self._coil, err
                    )
                tries += 1
                await self._sleep(wait)
            else:
                if tries:
                    _LOGGER.warning("%s: coil %d is off", self.profile.about.name, self._coil)
                return


def coil_address(profile: BarrierProfile, number: int) -> int:
    """Return where a board's contact is written, or refuse one that it does not have."""
    if not 0 <= number < profile.coils.count:
        raise DeviceError(DeviceFault.UNSUPPORTED, f"there is no contact {number}")
    return profile.coils.address + number
