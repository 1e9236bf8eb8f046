"""A Frigate camera at a lane: it reads a plate again and again while a car comes nearer."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from time import time
from typing import Final, override

from .mqtt_device import LastWill, MqttDevice, Payload

_CONFUSED: Final = {"B": "8", "8": "B", "O": "0", "0": "O", "I": "1", "1": "I", "S": "5", "Z": "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """One look at a plate."""

    plate: str
    score: float = 0.95
    late_s: float = 0.0
    """How long ago the camera saw it."""


class FrigateCamera(MqttDevice):
    """Publishes tracked object updates and events. `frigate/available` is the whole server's."""

    profile = "frigate"

    def __init__(self, camera: str, *, name: str = "", seed: int = 1) -> None:
        """Name a camera as in Frigate's configuration."""
        super().__init__(f"frigate-{camera}", name=name or camera)
        self.camera = camera
        self._random = Random(seed)

    @property
    @override
    def last_will(self) -> LastWill:
        return LastWill(topic="frigate/available", payload="offline")

    @override
    async def greet(self) -> None:
        await self.publish("frigate/available", "online", retain=True)

    @override
    async def farewell(self) -> None:
        await self.publish("frigate/available", "stopped", retain=True)

    def new_object(self) -> str:
        """The id of another tracked car."""
        tail = "".join(self._random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=6))
        return f"{time():.6f}-{tail}"

    def lpr(self, read: PlateRead, *, object_id: str, known_as: str | None = None) -> Payload:
        """The update for one look, as Frigate writes it."""
        return {
            "type": "lpr",
            "id": object_id,
            "name": known_as,
            "plate": read.plate,
            "score": read.score,
            "camera": self.camera,
            "timestamp": time() - read.late_s,
            "plate_box": [917, 487, 1029, 529],
        }

    def event(self, kind: str, *, object_id: str, read: PlateRead | None = None) -> Payload:
        """An event of a tracked car: new, update or end."""
        after: dict[str, object] = {
            "id": object_id,
            "camera": self.camera,
            "label": "car",
            "sub_label": None,
            "recognized_license_plate": read.plate if read else None,
            "recognized_license_plate_score": read.score if read else None,
            "current_zones": [] if kind == "end" else ["lane"],
            "entered_zones": ["lane"],
            "stationary": False,
            "start_time": float(object_id.partition("-")[0]),
            "end_time": time() if kind == "end" else None,
            "has_snapshot": True,
        }
        before = after | {"recognized_license_plate": None, "recognized_license_plate_score": None}
        return {"type": kind, "before": before, "after": after}

    async def see(
        self,
        reads: Iterable[PlateRead],
        *,
        object_id: str | None = None,
        retain: bool = False,
        times: int = 1,
        known_as: str | None = None,
        qos: int = 0,
    ) -> str:
        """Publish looks at one car, in the order given; returns the id of the tracked object."""
        object_id = object_id or self.new_object()
        await self.publish("frigate/events", self.event("new", object_id=object_id), qos=qos)
        last: PlateRead | None = None
        for last in reads:
            await self.publish(
                "frigate/tracked_object_update",
                self.lpr(last, object_id=object_id, known_as=known_as),
                retain=retain,
                times=times,
                qos=qos,
            )
        await self.publish(
            "frigate/events", self.event("update", object_id=object_id, read=last), qos=qos
        )
        return object_id

    async def leave(self, object_id: str) -> None:
        """Publish the end of a tracked car."""
        await self.publish("frigate/events", self.event("end", object_id=object_id))

    def looks(self, plate: str, *, reads: int = 5, misreads: int = 1) -> list[PlateRead]:
        """How a car is usually read: the score improves, and some looks mistake one character."""
        scores = [round(0.80 + 0.18 * (n + 1) / reads, 2) for n in range(reads)]
        wrong = set(self._random.sample(range(reads - 1), misreads)) if misreads else set()
        return [
            PlateRead(plate=self.misread(plate), score=min(score, 0.82))
            if n in wrong
            else PlateRead(plate=plate, score=score)
            for n, score in enumerate(scores)
        ]

    def misread(self, plate: str) -> str:
        """The plate with one character mistaken for one that looks like it."""
        places = [n for n, char in enumerate(plate) if char in _CONFUSED]
        if not places:
            return plate[:-1] + ("7" if plate[-1] != "7" else "1")
        n = self._random.choice(places)
        return plate[:n] + _CONFUSED[plate[n]] + plate[n + 1 :]
