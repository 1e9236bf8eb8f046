"""OpenALPR's agent behind a bridge to MQTT: the plates of each frame, a heartbeat now and then."""

from typing import override

from .mqtt_device import MqttDevice
from .posting_camera import alpr_results


class AlprAgent(MqttDevice):
    """Publishes what the agent writes, as it is, on one topic."""

    profile = "openalpr"

    def __init__(self, topic: str = "alpr", *, camera: int = 1) -> None:
        """Name an agent by its topic."""
        super().__init__(topic.replace("/", "-"), name=topic)
        self.topic = topic
        self.camera = camera

    @override
    async def greet(self) -> None:
        await self.publish(self.topic, {"data_type": "heartbeat", "video_streams": []})

    async def see(
        self, plate: str, *, confidence: float = 95.0, retain: bool = False, times: int = 1
    ) -> None:
        """Publish one frame with one plate."""
        frame = alpr_results(plate, camera=self.camera, confidence=confidence)
        await self.publish(self.topic, frame, retain=retain, times=times)
