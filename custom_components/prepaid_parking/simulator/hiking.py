"""Hiking DDS238-2 ZN/S: 0.01 kWh registers, and it takes no other write than FC16."""

from collections.abc import Sequence
from typing import Final, override

from .counter import Amount
from .device import Fn, Refusal, RefusedError, Span
from .meter import Meter
from .words import Words, block, u16, u32

_VOLTS: Final = 230


class HikingDds238(Meter):
    """Single-phase meter without a relay. Writing zero to the total erases the counters."""

    profile = "hiking_dds238"
    writes = frozenset({Fn.WRITE_REGISTERS})

    def __init__(self, *, unit: int, serial: str = "", name: str = "", start: Amount = 0) -> None:
        """Place a meter."""
        super().__init__(unit=unit, serial=serial, name=name, start=start)
        self.spans = [Span(Fn.READ_HOLDING, 0x0000, 0x16, self._table)]

    @override
    def obey(self, function: Fn, address: int, values: Sequence[int]) -> None:
        if address != 0x0000 or len(values) != 2:
            raise RefusedError(Refusal.ILLEGAL_ADDRESS)
        if any(values):
            raise RefusedError(Refusal.ILLEGAL_VALUE)
        self.counter.reset()

    def _table(self) -> Words:
        watts = self.flowing // 1000
        energy = u32(self.counter.shown() // 10_000)
        return block(
            0x16,
            {
                0x00: energy,
                0x08: u32(0),
                0x0A: energy,
                0x0C: u16(_VOLTS * 10),
                0x0D: u16(round(watts * 100 / _VOLTS)),
                0x0E: u16(watts),
                0x10: u16(1000),
                0x11: u16(5000),
                0x15: u16(self.unit << 8 | 1),
            },
        )
