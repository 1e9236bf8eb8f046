"""ESPHome over MQTT: one plain number per topic."""

from typing import override

from .counter import Amount
from .mqtt_device import LastWill
from .mqtt_meter import MqttMeter


class EspHomeNumber(MqttMeter):
    """A pulse counter that publishes its total as a bare number, retained as ESPHome does."""

    profile = "esphome_number"

    def __init__(
        self,
        identity: str,
        *,
        object_id: str = "energy_total",
        name: str = "",
        start: Amount = 0,
        period_s: float | None = None,
    ) -> None:
        """Name a node; the identity is its topic prefix."""
        super().__init__(identity, name=name, start=start, period_s=period_s)
        self.object_id = object_id

    @property
    def topic(self) -> str:
        """Where the number stands."""
        return f"{self.identity}/sensor/{self.object_id}/state"

    @property
    @override
    def last_will(self) -> LastWill:
        return LastWill(topic=f"{self.identity}/status", payload="offline")

    @override
    async def greet(self) -> None:
        await self.publish(f"{self.identity}/status", "online", retain=True)
        await self.report()

    @override
    async def farewell(self) -> None:
        await self.publish(f"{self.identity}/status", "offline", retain=True)

    @override
    async def report(self) -> None:
        """Publish the total in kWh."""
        await self.publish(self.topic, f"{self.kwh:.3f}", retain=True)

    async def report_words(self, words: str, *, retain: bool = False) -> None:
        """Publish something that is no number: `nan`, an empty string, a fault text."""
        await self.publish(self.topic, words, retain=retain)
