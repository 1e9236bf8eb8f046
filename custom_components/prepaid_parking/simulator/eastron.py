"""Eastron SDM meters: input registers, two to a quantity, float32 high word first.

Addresses as in the SDM protocol documents and mbmd; at most 40 quantities in one request.
"""

from typing import Final, override

from .counter import PER_KWH, Amount, Counter, base_units
from .device import Fn, Span, State
from .meter import Meter
from .words import Words, block, f32, u32

_VOLTS: Final = 230.0
_HERTZ: Final = 50.0
_TABLE: Final = 0x6C
"""The first table goes on behind the energies with demands, here always zero."""


class EastronSdm(Meter):
    """What the family shares. None of these has a relay: a cut needs an external contactor."""

    most_registers = 80
    phases = 1

    def __init__(self, *, unit: int, serial: str = "", name: str = "", start: Amount = 0) -> None:
        """Place a meter."""
        super().__init__(unit=unit, serial=serial, name=name, start=start)
        self.reactive = Counter()
        self.spans = [
            Span(Fn.READ_INPUT, 0x0000, _TABLE, self._measured),
            Span(Fn.READ_INPUT, 0x0156, 4, lambda: [*self._kwh(), *self._kvarh()]),
            Span(Fn.READ_HOLDING, 0x0012, 12, self._settings),
            Span(Fn.READ_HOLDING, 0xFC00, 2, lambda: u32(int(self.serial or 0))),
        ]

    @property
    def watts(self) -> float:
        """The power drawn now."""
        return self.flowing / 1000

    def _kwh(self) -> Words:
        # The meter counts whole watt hours.
        return f32(self.counter.shown() // 1000 / 1000)

    def add_reactive(self, *, kvarh: Amount) -> None:
        """Count an exact amount of reactive energy at once."""
        self.reactive.add(base_units(kvarh, PER_KWH))

    @override
    def state(self) -> State:
        return super().state() | {"reactive": self.reactive.total}

    @override
    def restore(self, state: State) -> None:
        super().restore(state)
        self.reactive.total = int(state.get("reactive", 0))

    def _kvarh(self) -> Words:
        return f32(self.reactive.shown() // 1000 / 1000)

    def _measured(self) -> Words:
        watts = self.watts / self.phases
        volts = f32(_VOLTS) * self.phases
        amps = f32(watts / _VOLTS) * self.phases
        power = f32(watts) * self.phases
        return block(
            _TABLE,
            {
                0x00: volts,
                0x06: amps,
                0x0C: power,
                0x12: power,
                0x1E: f32(1.0) * self.phases,
                0x34: f32(self.watts),
                0x46: f32(_HERTZ),
                0x48: self._kwh(),
                0x4A: f32(0.0),
                0x4C: self._kvarh(),
            },
        )

    def _settings(self) -> Words:
        # Parity and stop bits, address, baud rate: none and one, its own, 9600.
        return block(12, {0: f32(0.0), 2: f32(float(self.unit)), 10: f32(2.0)})


class EastronSdm120(EastronSdm):
    """Single phase, one module wide."""

    profile = "eastron_sdm120"


class EastronSdm230(EastronSdm):
    """Single phase, 100 A."""

    profile = "eastron_sdm230"


class EastronSdm630(EastronSdm):
    """Three phases, with the import of each phase and a total that can be reset."""

    profile = "eastron_sdm630"
    phases = 3

    @override
    def __init__(self, *, unit: int, serial: str = "", name: str = "", start: Amount = 0) -> None:
        super().__init__(unit=unit, serial=serial, name=name, start=start)
        self.spans.append(Span(Fn.READ_INPUT, 0x015A, 0x28, self._per_phase))

    def _per_phase(self) -> Words:
        third = f32(self.counter.total // 3000 / 1000)
        return block(0x28, {0x00: third * 3, 0x26: f32(self.counter.total // 1000 / 1000)})
