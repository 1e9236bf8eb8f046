"""Plate Recognizer Stream: a webhook with the plates of one frame, and its picture beside them."""

from datetime import UTC

from ..core.access import PlateRead
from .message import Message
from .payloads.reading import at_path, find, object_of, time_of
from .plate_reading import Car, Look, PlateSettings, listed, reads_of


def plate_recognizer(settings: PlateSettings, message: Message) -> list[PlateRead]:
    """Read a recognition; a car without a plate is none. Its `color` is the paint's, not the plate's."""
    content = object_of(message.payload)
    if find(content, ("hook", "event")) not in (None, "recognition"):
        return []
    data = at_path(content, ("data",))
    at = time_of(find(data, ("timestamp",)), message.at, UTC)
    path = ("data", "results")
    reads: list[PlateRead] = []
    for one in listed(at_path(content, path), path):
        if find(one, ("plate",)) in (None, ""):
            continue
        car = Car(
            at=at,
            camera=find(data, ("camera_id",)),
            region=find(one, ("region", "code")),
            vehicle=find(one, ("vehicle", "type")),
            picture=find(data, ("filename",)),
        )
        found = find(one, ("candidates",))
        candidates = found if isinstance(found, list) else []
        looks = [
            Look(plate=find(look, ("plate",)), score=find(look, ("score",)))
            for look in (one, *candidates)
        ]
        reads += reads_of(settings, message, looks, car)
    return reads
