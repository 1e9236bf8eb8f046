"""What every simulated meter shares: a counter that runs while the supply is on."""

from typing import Final, override

from .counter import PER_KG, PER_KWH, PER_M3, Amount, Counter, base_units
from .device import ModbusDevice, State
from .relay import Relay

PER_UNIT: Final = {"kwh": PER_KWH, "m3": PER_M3, "kg": PER_KG}


class Meter(ModbusDevice):
    """A meter on a bus. Without a relay its supply is always on."""

    unit_of_measure = "kwh"

    def __init__(
        self,
        *,
        unit: int,
        serial: str = "",
        name: str = "",
        start: Amount = 0,
        relay: Relay | None = None,
    ) -> None:
        """Start with a count in the display unit (kWh, m3, kg)."""
        super().__init__(unit=unit, serial=serial, name=name)
        self.relay = relay
        self.counter = Counter(total=base_units(start, PER_UNIT[self.unit_of_measure]))

    @property
    def supply_on(self) -> bool:
        """Whether anything can flow."""
        return self.relay is None or self.relay.closed

    def set_load(self, per_hour: Amount) -> None:
        """Set what is drawn while the supply is on: kW, m3/h or kg/h."""
        self.counter.rate = base_units(per_hour, PER_UNIT[self.unit_of_measure])

    def add(
        self, *, kwh: Amount | None = None, m3: Amount | None = None, kg: Amount | None = None
    ) -> None:
        """Count an exact amount at once, whatever the supply does."""
        for unit, amount in (("kwh", kwh), ("m3", m3), ("kg", kg)):
            if amount is None:
                continue
            if unit != self.unit_of_measure:
                message = f"{self.name} counts {self.unit_of_measure}"
                raise ValueError(message)
            self.counter.add(base_units(amount, PER_UNIT[unit]))

    def swap(self, *, serial: str, start: Amount = 0) -> None:
        """Be replaced behind the same address: another number, another count."""
        self.serial = serial
        self.counter.reset()
        self.counter.total = base_units(start, PER_UNIT[self.unit_of_measure])

    @property
    def flowing(self) -> int:
        """Base units per hour that flow now: mW for electricity, mL/h, g/h."""
        return self.counter.rate if self.supply_on else 0

    @override
    def advance(self, seconds: float) -> None:
        if self.supply_on:
            self.counter.advance(seconds)

    @override
    def state(self) -> State:
        state: State = {
            "total": self.counter.total,
            "carry": self.counter.carry,
            "ratio": self.counter.ratio,
            "serial": self.serial,
        }
        if self.relay is not None:
            state["closed"] = self.relay.closed
        return state

    @override
    def restore(self, state: State) -> None:
        self.counter.total = int(state["total"])
        self.counter.carry = int(state["carry"])
        self.counter.ratio = int(state["ratio"])
        self.serial = str(state["serial"])
        if self.relay is not None and bool(state["closed"]) != self.relay.closed:
            self.relay.by_hand(closed=bool(state["closed"]))
