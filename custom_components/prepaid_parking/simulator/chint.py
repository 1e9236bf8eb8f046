"""Chint DTSU666: holding registers, float32 high word first, electrical values in tenths."""

from typing import Final

from .counter import Amount
from .device import Fn, Span
from .meter import Meter
from .words import Words, block, f32, u16

_VOLTS: Final = 230.0


class ChintDtsu666(Meter):
    """Three-phase meter without a relay; scalers as in mbmd (0.1 V, 0.001 A, 0.1 W, 0.01 Hz).

    Everything is counted behind the transformers; their ratios stand at 0x0006 and, in tenths,
    0x0007.
    """

    profile = "chint_dtsu666"

    def __init__(
        self,
        *,
        unit: int,
        serial: str = "",
        name: str = "",
        start: Amount = 0,
        ct: int = 1,
    ) -> None:
        """Place a meter; behind transformers its registers are those of the secondary side."""
        super().__init__(unit=unit, serial=serial, name=name, start=start)
        self.counter.ratio = ct
        self.spans = [
            Span(Fn.READ_HOLDING, 0x0000, 8, self._settings),
            Span(Fn.READ_HOLDING, 0x101E, 12, self._energies),
            Span(Fn.READ_HOLDING, 0x2000, 0x46, self._measured),
        ]

    def change_ratio(self, *, ct: int) -> None:
        """Be told another transformer ratio: the register stays, its meaning changes."""
        self.counter.ratio = ct

    def _settings(self) -> Words:
        # The ratio of voltages is in tenths.
        return block(8, {6: u16(self.counter.ratio), 7: u16(10)})

    def _energies(self) -> Words:
        # The display has two decimals.
        return block(12, {0: f32(self.counter.shown() // 10_000 / 100), 10: f32(0.0)})

    def _measured(self) -> Words:
        watts = self.flowing / 1000 / self.counter.ratio
        return block(
            0x46,
            {
                0x06: f32(_VOLTS * 10) * 3,
                0x0C: f32(watts / 3 / _VOLTS * 1000) * 3,
                0x12: f32(watts * 10) + f32(watts / 3 * 10) * 3,
                0x44: f32(5000.0),
            },
        )
