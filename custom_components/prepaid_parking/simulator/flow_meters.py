"""What runs through pipes: a water meter with a valve, a steam meter without."""

from collections.abc import Sequence
from typing import Final, override

from .counter import Amount
from .device import Fn, Refusal, RefusedError, Span
from .meter import Meter
from .relay import Relay
from .words import Words, block, f32_dcba, u16, u32_low_first

_VALVE: Final = 0x001C
_OPEN: Final = 1
_CLOSED: Final = 2
_ABNORMAL: Final = 4
_LOW_BATTERY: Final = 8
_PIPE_FULL: Final = 0xAA
_PIPE_EMPTY: Final = 0x55


class XintaiWater(Meter):
    """Xintai valve water meter: floats with all bytes reversed, valve at 0x001C by FC06.

    1 opens, 2 closes; the motor needs `valve_delay_s`.
    """

    profile = "xintai_valve_water"
    unit_of_measure = "m3"
    writes = frozenset({Fn.WRITE_REGISTER})

    def __init__(
        self,
        *,
        unit: int,
        serial: str = "",
        name: str = "",
        start: Amount = 0,
        valve_open: bool = True,
        valve_delay_s: float = 0.0,
    ) -> None:
        """Place a meter. In the words of a relay an open valve is closed: it lets through."""
        self.valve = Relay(closed=valve_open, delay_s=valve_delay_s)
        super().__init__(unit=unit, serial=serial, name=name, start=start, relay=self.valve)
        self.remaining_m3 = 0.0
        self.pipe_full = True
        self.battery_v = 3.6
        self.abnormal = False
        self.spans = [Span(Fn.READ_HOLDING, 0x0001, 28, self._table)]

    @property
    def valve_word(self) -> int:
        """Register 0x001C as it reads."""
        word = _OPEN if self.valve.closed else _CLOSED
        if self.abnormal:
            word |= _ABNORMAL
        if self.battery_v < 3.0:
            word |= _LOW_BATTERY
        return word

    @override
    def obey(self, function: Fn, address: int, values: Sequence[int]) -> None:
        if address != _VALVE:
            raise RefusedError(Refusal.ILLEGAL_ADDRESS)
        if values[0] not in (_OPEN, _CLOSED):
            raise RefusedError(Refusal.ILLEGAL_VALUE)
        self.valve.command(closed=values[0] == _OPEN)

    def _table(self) -> Words:
        # The meter counts whole litres.
        return block(
            28,
            {
                0x00: f32_dcba(self.counter.shown() // 1000 / 1000),
                0x02: f32_dcba(0.0),
                0x04: f32_dcba(self.flowing / 1_000_000),
                0x06: u16(_PIPE_FULL if self.pipe_full else _PIPE_EMPTY),
                0x07: f32_dcba(self.remaining_m3),
                0x09: f32_dcba(0.32),
                0x0B: f32_dcba(14.5),
                0x19: f32_dcba(self.battery_v),
                0x1B: u16(self.valve_word),
            },
        )


class SpiraxTva(Meter):
    """Spirax Sarco TVA steam meter (IM-P192-02 page 45): totals with the low word first."""

    profile = "spirax_tva"
    unit_of_measure = "kg"

    def __init__(self, *, unit: int, serial: str = "", name: str = "", start: Amount = 0) -> None:
        """Place a meter; steam opens only by hand, so there is nothing to command."""
        super().__init__(unit=unit, serial=serial, name=name, start=start)
        self.alarms = 0
        self.spans = [Span(Fn.READ_HOLDING, 0, 12, self._table)]

    def _table(self) -> Words:
        kg = self.counter.shown() // 1000
        kg_per_hour = self.flowing // 1000
        return block(
            12,
            {
                0: u32_low_first(kg),
                2: u16(kg_per_hour),
                3: u16(700),
                4: u16(1704),
                5: u16(kg_per_hour * 10),
                # Saturated steam at 7 bar g holds 2769 kJ per kg.
                6: u16(kg_per_hour * 2769 // 3600),
                7: u32_low_first(kg * 2769 // 3600),
                9: u16(self.alarms),
                10: u16(0),
                11: u16(0x0102),
            },
        )
