"""A plate camera that sends plain JSON, as a webhook bridge or a small vendor does."""

from datetime import datetime
from typing import override

from .mqtt_device import MqttDevice
from .mqtt_meter import rfc3339


class JsonPlateReader(MqttDevice):
    """Publishes `{"plate", "confidence", "time"}` on one topic."""

    profile = "generic_json"

    def __init__(self, topic: str, *, name: str = "") -> None:
        """Name a reader by its topic."""
        super().__init__(topic.replace("/", "-"), name=name or topic)
        self.topic = topic

    async def see(
        self,
        plate: str,
        *,
        confidence: float = 0.96,
        at: datetime | None = None,
        retain: bool = False,
        times: int = 1,
    ) -> None:
        """Publish one look at a plate."""
        look: dict[str, object] = {"plate": plate, "confidence": confidence, "time": rfc3339(at)}
        await self.publish(self.topic, look, retain=retain, times=times)

    @override
    async def greet(self) -> None:
        """Say nothing: this kind of device has no status."""
