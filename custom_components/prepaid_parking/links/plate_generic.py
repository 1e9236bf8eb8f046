"""Any camera that sends JSON, on MQTT or to a webhook: the site says where in it the plate lies."""

from ..core.access import PlateRead
from .message import Message
from .payloads.reading import at_path, find, json_of, path_of, time_of
from .plate_reading import Car, Look, PlateSettings, listed, reads_of


def generic(settings: PlateSettings, message: Message) -> list[PlateRead]:
    """Read JSON by the paths of the site; the paths of a list's reads begin in the read."""
    content = json_of(message.payload)
    if not settings.list_path:
        return _one(settings, content, message)
    path = path_of(settings.list_path)
    found = listed(at_path(content, path), path)
    return [read for one in found for read in _one(settings, one, message)]


def _one(settings: PlateSettings, content: object, message: Message) -> list[PlateRead]:
    def optional(path: str) -> object:
        return find(content, path_of(path)) if path else None

    at = None
    if settings.time_path:
        said = at_path(content, path_of(settings.time_path))
        at = time_of(said, message.at, settings.zone)
    car = Car(
        at=at,
        camera=optional(settings.camera_path),
        event=optional(settings.event_path),
        region=optional(settings.region_path),
        colour=optional(settings.colour_path),
        vehicle=optional(settings.vehicle_path),
        picture=optional(settings.picture_path),
    )
    plate = at_path(content, path_of(settings.plate_path))
    look = Look(plate=plate, score=optional(settings.score_path))
    return reads_of(settings, message, [look], car, score_full=settings.score_full)
