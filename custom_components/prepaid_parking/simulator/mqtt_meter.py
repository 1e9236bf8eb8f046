"""What MQTT meters share: a counter, a supply, a pace at which they report."""

import asyncio
from datetime import UTC, datetime
from typing import override

from .counter import PER_KWH, Amount, Counter, base_units
from .device import State
from .mqtt_device import MqttDevice


class MqttMeter(MqttDevice):
    """Counts while its supply is on and reports by itself every `period_s`, if that is given."""

    def __init__(
        self,
        identity: str,
        *,
        name: str = "",
        start: Amount = 0,
        on: bool = True,
        period_s: float | None = None,
    ) -> None:
        """Start with a count in kWh."""
        super().__init__(identity, name=name)
        self.counter = Counter(total=base_units(start, PER_KWH))
        self.on = on
        self.period_s = period_s

    def set_load(self, kilowatts: Amount) -> None:
        """Set what is drawn while the supply is on."""
        self.counter.rate = base_units(kilowatts, PER_KWH)

    def add(self, *, kwh: Amount) -> None:
        """Count an exact amount at once."""
        self.counter.add(base_units(kwh, PER_KWH))

    @property
    def watts(self) -> float:
        """The power drawn now."""
        return self.counter.rate / 1000 if self.on else 0.0

    @property
    def kwh(self) -> float:
        """The count as these devices report it, in thousandths."""
        return self.counter.total // 1000 / 1000

    async def report(self) -> None:
        """Publish the reading as the device does on its own."""

    @override
    async def routine(self) -> None:
        while self.period_s is not None:
            await asyncio.sleep(self.period_s)
            await self.report()

    @override
    def advance(self, seconds: float) -> None:
        if self.on:
            self.counter.advance(seconds)

    @override
    def state(self) -> State:
        return {"total": self.counter.total, "carry": self.counter.carry, "on": self.on}

    @override
    def restore(self, state: State) -> None:
        self.counter.total = int(state["total"])
        self.counter.carry = int(state["carry"])
        self.on = bool(state["on"])


def rfc3339(at: datetime | None = None) -> str:
    """A moment as devices with a real clock write it."""
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat().replace("+00:00", "Z")
