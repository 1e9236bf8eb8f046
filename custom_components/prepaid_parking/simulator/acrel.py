"""Acrel meters: the prepaid DDSY1352 with its relay, and the ADL and ADW without.

Registers from the DDSY1352 manual (T181, page 15) and field reports; 32-bit is high word first.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Final, override

from .counter import Amount
from .device import Fn, Refusal, RefusedError, Span, State
from .meter import Meter
from .relay import Relay
from .words import Words, bcd, block, clock, u16, u32

_MWH_PER_DIGIT: Final = 10_000
"""The energy registers count 0.01 kWh."""
_ROLLS_OVER_AT: Final = 100_000_000
"""Six digits and two decimals: after 999999.99 kWh the display starts again at zero."""
_VOLTS: Final = 230
_FORCE: Final = 0x0057
_RELAY_CLOSED: Final = 0xE000
_PREPAID_WANTS_CLOSED: Final = 0x0007
_PREPAID_ON: Final = 0x0008
_ARREARS: Final = 0x0020
SHARP: Final = 0
PEAK: Final = 1
FLAT: Final = 2
VALLEY: Final = 3
"""The places of the rate registers from 0x0217 on."""
ALL_FLAT: Final = ((time(), FLAT),)


class AcrelMeter(Meter):
    """What the Acrel families share: 0.01 kWh registers behind PT and CT ratios."""

    def __init__(
        self, *, unit: int, serial: str = "", name: str = "", start: Amount = 0, ct: int = 1,
        pt: int = 1, relay: Relay | None = None,
    ) -> None:  # fmt: skip
        """Place a meter behind its transformers; a direct meter has ratios of one."""
        super().__init__(unit=unit, serial=serial, name=name, start=start, relay=relay)
        self.ct = ct
        self.pt = pt
        self.counter.ratio = ct * pt

    def change_ratio(self, *, ct: int, pt: int = 1) -> None:
        """Be told another transformer ratio: the register stays, its meaning changes."""
        self.ct, self.pt = ct, pt
        self.counter.ratio = ct * pt

    @property
    def register(self) -> int:
        """The energy register, in 0.01 kWh, as it stands."""
        return self.counter.total // _MWH_PER_DIGIT % _ROLLS_OVER_AT

    @property
    def watts(self) -> int:
        """The power drawn now, on the side the meter sees."""
        return self.flowing // 1000 // self.counter.ratio

    def energy_words(self) -> Words:
        """The energy register as the wire shows it."""
        return u32(self.counter.shown() // _MWH_PER_DIGIT % _ROLLS_OVER_AT)

    @override
    def state(self) -> State:
        return super().state() | {"ct": self.ct, "pt": self.pt}

    @override
    def restore(self, state: State) -> None:
        super().restore(state)
        self.ct, self.pt = int(state["ct"]), int(state["pt"])


class AcrelDdsy1352(AcrelMeter):
    """Single-phase prepaid meter, RS-485, with a relay forced by FC16 at 0x0057.

    `0001 0001` trips, `0001 0000` closes, enable `0000` hands back to the meter's own prepaid
    logic. It accepts no other write function. Its rate registers count by its own clock and `plan`:
    from which local time on which of them counts, through midnight with the last.
    """

    profile = "acrel_ddsy1352"
    writes = frozenset({Fn.WRITE_REGISTERS})

    def __init__(
        self,
        *,
        unit: int,
        serial: str = "",
        name: str = "",
        start: Amount = 0,
        closed: bool = True,
        relay_delay_s: float = 0.0,
        now: Callable[[], datetime] = datetime.now,
        plan: Sequence[tuple[time, int]] = ALL_FLAT,
    ) -> None:
        """Place a meter, its relay closed and its own prepaid mode off."""
        self.contacts = Relay(closed=closed, delay_s=relay_delay_s)
        super().__init__(unit=unit, serial=serial, name=name, start=start, relay=self.contacts)
        self.plan = tuple(sorted(plan))
        self.rates = [0, 0, self.counter.total, 0]
        self.force = (0, 0)
        self.prepaid_mode = False
        self.remaining_cents = 0
        self.purchases = 0
        self.clock_offset = timedelta()
        self._now = now
        self.spans = [
            Span(Fn.READ_HOLDING, 0x0000, 17, self._classic),
            Span(Fn.READ_HOLDING, 0x0022, 1, lambda: u16(0x40 | int(self.prepaid_mode) << 5)),
            Span(Fn.READ_HOLDING, 0x0037, 2, lambda: [self.pt, self.ct]),
            Span(Fn.READ_HOLDING, 0x0043, 3, lambda: bcd(self.serial, 3)),
            Span(Fn.READ_HOLDING, 0x0046, 28, self._prepaid),
            Span(Fn.READ_HOLDING, 0x0200, 48, self._status),
        ]

    @property
    def rate(self) -> int:
        """Which rate register counts now, by the meter's own clock."""
        clock = (self._now() + self.clock_offset).time()
        begun = [place for start, place in self.plan if start <= clock]
        return begun[-1] if begun else self.plan[-1][1]

    @override
    def advance(self, seconds: float) -> None:
        before = self.counter.total
        super().advance(seconds)
        self.rates[self.rate] += self.counter.total - before

    @override
    def add(
        self, *, kwh: Amount | None = None, m3: Amount | None = None, kg: Amount | None = None
    ) -> None:
        before = self.counter.total
        super().add(kwh=kwh, m3=m3, kg=kg)
        self.rates[self.rate] += self.counter.total - before

    @override
    def swap(self, *, serial: str, start: Amount = 0) -> None:
        super().swap(serial=serial, start=start)
        self.rates = [0, 0, self.counter.total, 0]

    @property
    def in_arrears(self) -> bool:
        """Whether the meter's own ledger is used up."""
        return self.prepaid_mode and self.remaining_cents <= 0

    @property
    def status_word(self) -> int:
        """Register 0x0224: contacts in bits 15 to 13, the prepaid logic in the low byte."""
        word = _RELAY_CLOSED if self.contacts.closed else 0
        if self.prepaid_mode:
            word |= _PREPAID_ON
        if self.in_arrears:
            return word | _ARREARS
        return word | _PREPAID_WANTS_CLOSED

    @override
    def obey(self, function: Fn, address: int, values: Sequence[int]) -> None:
        if address != _FORCE or len(values) != 2:
            raise RefusedError(Refusal.ILLEGAL_ADDRESS)
        enable, action = values
        if enable > 1 or action > 1:
            raise RefusedError(Refusal.ILLEGAL_VALUE)
        self.force = (enable, action)
        open_wanted = action == 1 if enable else self.in_arrears
        self.contacts.command(closed=not open_wanted)

    def _electric(self) -> tuple[Words, Words, Words]:
        watts = self.watts
        return u16(_VOLTS * 10), u16(round(watts * 100 / _VOLTS)), u16(watts)

    def _classic(self) -> Words:
        volts, amps, power = self._electric()
        energy = self.energy_words()
        return block(
            17,
            {
                0x00: energy,
                0x06: energy,
                0x0B: volts,
                0x0C: amps,
                0x0D: power,
                0x0F: power,
                0x10: u16(1000),
            },
        )

    def _prepaid(self) -> Words:
        return block(
            28,
            {
                8: u16(self.purchases),
                9: u32(self.remaining_cents),
                _FORCE - 0x0046: list(self.force),
            },
        )

    def _status(self) -> Words:
        volts, amps, power = self._electric()
        energy = self.energy_words()
        return block(
            48,
            {
                0x00: u16(7),
                0x01: volts,
                0x04: amps,
                0x07: power,
                0x0A: power,
                0x0F: u16(1000),
                0x12: u16(1000),
                0x13: u16(self.pt),
                0x14: u16(self.ct),
                0x15: energy,
                **{
                    0x17 + 2 * place: u32(count // _MWH_PER_DIGIT % _ROLLS_OVER_AT)
                    for place, count in enumerate(self.rates)
                },
                0x1F: u32(self.remaining_cents),
                0x21: u16(self.purchases),
                0x24: u16(self.status_word),
                0x28: clock(self._now() + self.clock_offset),
            },
        )

    @override
    def state(self) -> State:
        rates = {f"rate_{place}": count for place, count in enumerate(self.rates)}
        return super().state() | {"enable": self.force[0], "action": self.force[1]} | rates

    @override
    def restore(self, state: State) -> None:
        super().restore(state)
        self.force = (int(state["enable"]), int(state["action"]))
        if "rate_0" in state:
            self.rates = [int(state[f"rate_{place}"]) for place in range(len(self.rates))]
        else:
            self.rates = [0, 0, self.counter.total, 0]


class AcrelAdl(AcrelMeter):
    """ADL/DTSD family: total at 0x0000, forward total at 0x000A, kWh = raw x PT x CT x 0.01."""

    profile = "acrel_adl"

    def __init__(
        self, *, unit: int, serial: str = "", name: str = "", start: Amount = 0, ct: int = 1,
        pt: int = 1,
    ) -> None:  # fmt: skip
        """Place a meter without a relay."""
        super().__init__(unit=unit, serial=serial, name=name, start=start, ct=ct, pt=pt)
        self.spans = [
            Span(Fn.READ_HOLDING, 0x0000, 30, self._energies),
            Span(Fn.READ_HOLDING, 97, 23, self._electric),
            Span(Fn.READ_HOLDING, 331, 1, lambda: u16(self.ct)),
        ]

    def _energies(self) -> Words:
        energy = self.energy_words()
        return block(30, {0x00: energy, 0x06: energy, 0x0A: energy, 0x10: energy})

    def _electric(self) -> Words:
        watts = self.watts
        return block(
            23,
            {
                0: u16(_VOLTS * 10) * 3,
                3: u16(round(watts * 100 / _VOLTS / 3)) * 3,
                6: u16(watts // 3) * 3 + u16(watts),
                22: u16(5000),
            },
        )


class AcrelAdw300(AcrelMeter):
    """ADW300: forward energy at 62, power at 36 as two registers (evcc acrel-adw300)."""

    profile = "acrel_adw300"

    def __init__(self, *, unit: int, serial: str = "", name: str = "", start: Amount = 0) -> None:
        """Place a meter; its registers are those of the mains, so no ratio applies."""
        super().__init__(unit=unit, serial=serial, name=name, start=start)
        self.spans = [Span(Fn.READ_HOLDING, 20, 46, self._table)]

    def _table(self) -> Words:
        watts = self.watts
        return block(
            46,
            {
                0: u16(_VOLTS * 10) * 3,
                6: u16(round(watts * 100 / _VOLTS / 3)) * 3,
                10: u32(watts // 3) * 3,
                16: u32(watts),
                42: self.energy_words(),
            },
        )
