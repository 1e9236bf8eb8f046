"""A device whose registers the manager typed in: a counter, a coil, and whatever else is put."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import override

from .counter import Amount
from .device import Fn, Refusal, RefusedError, Span
from .meter import Meter
from .relay import Relay
from .words import Words, u32


class GenericModbus(Meter):
    """A counter at an address of choice, a supply coil, and free registers that can be written."""

    profile = "generic_modbus"
    writes = frozenset({Fn.WRITE_COIL, Fn.WRITE_COILS, Fn.WRITE_REGISTER, Fn.WRITE_REGISTERS})

    def __init__(
        self,
        *,
        unit: int,
        serial: str = "",
        name: str = "",
        start: Amount = 0,
        measured_in: str = "kwh",
        counter_at: int = 0x0000,
        counter_function: Fn = Fn.READ_HOLDING,
        base_units_per_digit: int = 1000,
        encode: Callable[[int], Words] = u32,
        supply_coil: int | None = 0,
        holding: dict[int, int] | None = None,
    ) -> None:
        """Place a device; `holding` are registers that read as given until they are written."""
        self.unit_of_measure = measured_in
        relay = Relay() if supply_coil is not None else None
        super().__init__(unit=unit, serial=serial, name=name, start=start, relay=relay)
        self.supply_coil = supply_coil
        self.holding = dict(holding or {})

        def counter() -> Words:
            return encode(self.counter.shown() // base_units_per_digit)

        self.spans = [Span(counter_function, counter_at, len(encode(0)), counter)]
        self.spans += [Span(Fn.READ_HOLDING, at, 1, partial(self._held, at)) for at in self.holding]
        if supply_coil is not None:
            self.spans.append(Span(Fn.READ_COILS, supply_coil, 1, lambda: [int(self.supply_on)]))

    def _held(self, address: int) -> Words:
        return [self.holding[address]]

    @override
    def obey(self, function: Fn, address: int, values: Sequence[int]) -> None:
        if function in (Fn.WRITE_COIL, Fn.WRITE_COILS):
            if address != self.supply_coil or len(values) != 1 or self.relay is None:
                raise RefusedError(Refusal.ILLEGAL_ADDRESS)
            self.relay.command(closed=bool(values[0]))
            return
        for at in range(address, address + len(values)):
            if at not in self.holding:
                raise RefusedError(Refusal.ILLEGAL_ADDRESS)
        self.holding |= {address + n: value for n, value in enumerate(values)}
