"""Waveshare Modbus RTU relay board with eight inputs: what opens barriers and hears loops."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, override

from .device import Fn, ModbusDevice, Refusal, RefusedError, Span, State
from .relay import Relay
from .words import u16

_CHANNELS: Final = 8
_ALL: Final = 0x00FF
_FLASH_ON: Final = 0x0200
_FLASH_OFF: Final = 0x0400
_TOGGLE: Final = 0x5500
"""A coil value of the vendor's own, beside on and off."""


class WaveshareRelay(ModbusDevice):
    """Coils 0 to 7, 0x00FF for all, and the vendor's flash.

    FC05 to 0x0200+n (on) or 0x0400+n (off) with units of 100 ms.
    """

    profile = "waveshare_relay"
    writes = frozenset({Fn.WRITE_COIL, Fn.WRITE_COILS})

    def __init__(self, *, unit: int, serial: str = "", name: str = "") -> None:
        """Place a board with all relays off and all inputs open."""
        super().__init__(unit=unit, serial=serial, name=name)
        self.relays = [Relay(closed=False) for _ in range(_CHANNELS)]
        self.inputs = [False] * _CHANNELS
        self.spans = [
            Span(Fn.READ_COILS, 0, _CHANNELS, lambda: [int(r.closed) for r in self.relays]),
            Span(Fn.READ_DISCRETE, 0, _CHANNELS, lambda: [int(on) for on in self.inputs]),
            Span(Fn.READ_HOLDING, 0x4000, 1, lambda: u16(self.unit)),
            Span(Fn.READ_HOLDING, 0x8000, 1, lambda: u16(200)),
        ]

    def set_input(self, channel: int, *, on: bool) -> None:
        """Close or open an input: a car over a loop, a limit switch, a key."""
        self.inputs[channel] = on

    def pulses(self, channel: int) -> list[float]:
        """How long the contacts of a relay were closed each time, in seconds."""
        _ = self.relays[channel].closed
        moves = self.relays[channel].moves
        return [off.at - on.at for on, off in pairwise(moves) if on.closed and not off.closed]

    @override
    def obey(self, function: Fn, address: int, values: Sequence[int]) -> None:
        if function is Fn.WRITE_COILS:
            self._set_run(address, values)
        elif address == _ALL:
            for relay in self.relays:
                self._set(relay, values[0])
        elif address in range(_CHANNELS):
            self._set(self.relays[address], values[0])
        elif address - _FLASH_ON in range(_CHANNELS):
            self.relays[address - _FLASH_ON].pulse(values[0] / 10)
        elif address - _FLASH_OFF in range(_CHANNELS):
            self.relays[address - _FLASH_OFF].pulse(values[0] / 10, closed=False)
        else:
            raise RefusedError(Refusal.ILLEGAL_ADDRESS)

    def _set_run(self, address: int, values: Sequence[int]) -> None:
        if address + len(values) > _CHANNELS:
            raise RefusedError(Refusal.ILLEGAL_ADDRESS)
        for channel, value in enumerate(values, address):
            self._set(self.relays[channel], value)

    @staticmethod
    def _set(relay: Relay, value: int) -> None:
        if value == _TOGGLE:
            relay.command(closed=not relay.closed)
        elif value in (0, 1):
            relay.command(closed=bool(value))
        else:
            raise RefusedError(Refusal.ILLEGAL_VALUE)

    @override
    def state(self) -> State:
        return {f"input {n}": on for n, on in enumerate(self.inputs)}

    @override
    def restore(self, state: State) -> None:
        # Relays start off after a power cut, as the board does; cars stay where they stand.
        self.inputs = [bool(state[f"input {n}"]) for n in range(_CHANNELS)]
