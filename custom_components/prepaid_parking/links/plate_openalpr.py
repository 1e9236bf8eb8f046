"""OpenALPR's and Rekor Scout's agent: the plates of each frame, and one group for each car.

Groups come up to ten seconds after the car has passed. So the frames open the barrier, and a group
adds what is known of the car; their own times say which is still of now.
"""

from collections.abc import Mapping
from typing import Final

from ..core.access import PlateRead
from .message import Message
from .payloads.reading import at_path, find, object_of, time_of
from .plate_reading import Car, Look, PlateSettings, listed, reads_of

CERTAIN: Final = 100
"""Confidences are per cent."""


def openalpr(settings: PlateSettings, message: Message) -> list[PlateRead]:
    """Read `alpr_results` and `alpr_group`; heartbeats and alerts name no car that is not told."""
    content = object_of(message.payload)
    if content.get("data_type") == "alpr_results":
        return _results(settings, content, message)
    if content.get("data_type") == "alpr_group":
        return _group(settings, content, message)
    return []


def _results(
    settings: PlateSettings, content: Mapping[str, object], message: Message
) -> list[PlateRead]:
    at = time_of(at_path(content, ("epoch_time",)), message.at)
    reads: list[PlateRead] = []
    for one in listed(at_path(content, ("results",)), ("results",)):
        car = Car(
            at=at,
            camera=content.get("camera_id"),
            region=find(one, ("region",)),
            picture=_picture(content.get("uuid")),
        )
        looks = _looks(one, find(one, ("plate",)), find(one, ("confidence",)))
        reads += reads_of(settings, message, looks, car, score_full=CERTAIN)
    return reads


def _group(
    settings: PlateSettings, content: Mapping[str, object], message: Message
) -> list[PlateRead]:
    seen = content.get("epoch_end") or at_path(content, ("epoch_start",))
    car = Car(
        at=time_of(seen, message.at),
        camera=content.get("camera_id"),
        event=content.get("best_uuid"),
        region=content.get("best_region"),
        vehicle=find(content, ("vehicle", "body_type", 0, "name")),
        picture=_picture(content.get("best_uuid")),
    )
    plate, score = content.get("best_plate_number"), content.get("best_confidence")
    return reads_of(settings, message, _looks(content, plate, score), car, score_full=CERTAIN)


def _looks(content: object, plate: object, score: object) -> list[Look]:
    found = find(content, ("candidates",))
    others = found if isinstance(found, list) else []
    return [
        Look(plate=plate, score=score),
        *(Look(plate=find(one, ("plate",)), score=find(one, ("confidence",))) for one in others),
    ]


def _picture(uuid: object) -> str | None:
    """Return where the agent keeps a frame, below its own address."""
    return f"img/{uuid}.jpg" if isinstance(uuid, str) and uuid else None
