"""A supply that hangs on a contact of its own, beside a meter that only counts."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Protocol

from modbus_connection import ModbusUnit

from ..core.metering import Sample
from .blocks import Block
from .registers import Space
from .request import REQUEST_TIMEOUT_S, Requests, Turn


class Readable(Protocol):
    """What can be read; raises DeviceError."""

    async def read(self, *, full: bool) -> Sample: ...


class Contact:
    """One coil of a relay board that carries a contactor; `inverted` where the coil on means cut."""

    def __init__(
        self,
        unit: ModbusUnit,
        *,
        coil: int,
        inverted: bool = False,
        turn: Turn = nullcontext,
        request_timeout: float = REQUEST_TIMEOUT_S,
        spacing: float = 0.0,
    ) -> None:
        """Take a unit of a connection that somebody else owns."""
        self._coil = coil
        self._inverted = inverted
        self._requests = Requests(unit, turn=turn, timeout=request_timeout, spacing=spacing)

    async def switch(self, on: bool) -> None:
        """Let through or cut."""
        await self._requests.write_coil(self._coil, on=on is not self._inverted)

    async def supplied(self) -> bool:
        """Read back whether the contact lets through."""
        block = Block(space=Space.COIL, address=self._coil, count=1)
        return bool((await self._requests.read(block))[0]) is not self._inverted


class MeterWithContact:
    """A meter read together with the contact that carries its supply."""

    def __init__(self, meter: Readable, contact: Contact) -> None:
        """Join the two."""
        self._meter = meter
        self._contact = contact

    async def read(self, *, full: bool) -> Sample:
        """Read the register, then the contact: both must answer for the reading to count."""
        sample = await self._meter.read(full=full)
        return replace(sample, supplied=await self._contact.supplied())
