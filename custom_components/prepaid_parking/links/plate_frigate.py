"""Frigate: an update for each better look, and events that repeat the plate they know."""

from collections.abc import Mapping

from ..core.access import PlateRead
from .message import Message
from .payloads.reading import at_path, find, object_of, time_of
from .plate_reading import Car, Look, PlateSettings, reads_of


def frigate(settings: PlateSettings, message: Message) -> list[PlateRead]:
    """Read Frigate's two topics.

    Of an event only a plate that is new in it is a read: a parked car makes events all day.
    """
    content = object_of(message.payload)
    if message.topic.endswith("/events"):
        return _event(settings, content, message)
    if content.get("type") != "lpr" or _is_others(settings, content.get("camera")):
        return []
    car = Car(
        at=time_of(at_path(content, ("timestamp",)), message.at),
        camera=content.get("camera"),
        event=content.get("id"),
        picture=_picture(content.get("id")),
    )
    look = Look(plate=at_path(content, ("plate",)), score=content.get("score"))
    return reads_of(settings, message, [look], car)


def _event(
    settings: PlateSettings, content: Mapping[str, object], message: Message
) -> list[PlateRead]:
    plate = find(content, ("after", "recognized_license_plate"))
    before = find(content, ("before", "recognized_license_plate"))
    if content.get("type") == "end" or plate in (None, "", before):
        return []
    after = at_path(content, ("after",))
    if _is_others(settings, find(after, ("camera",))):
        return []
    seen = find(after, ("frame_time",)) or at_path(after, ("start_time",))
    event = find(after, ("id",))
    car = Car(
        at=time_of(seen, message.at),
        camera=find(after, ("camera",)),
        event=event,
        vehicle=find(after, ("label",)),
        picture=_picture(event) if find(after, ("has_snapshot",)) is True else None,
    )
    look = Look(plate=plate, score=find(after, ("recognized_license_plate_score",)))
    return reads_of(settings, message, [look], car)


def _is_others(settings: PlateSettings, camera: object) -> bool:
    """Tell whether another lane's camera says it: all of them share one topic."""
    return settings.camera != "" and str(camera) != settings.camera


def _picture(event: object) -> str | None:
    """Return where Frigate keeps the picture of an event, below its own address."""
    return f"api/events/{event}/snapshot.jpg" if isinstance(event, str) and event else None
