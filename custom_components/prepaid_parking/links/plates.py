"""What a camera's message says about a plate: the read, its score and its own time.

Errors here never repeat what was read: a plate is personal data and has no place in a log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from ..core.access import PlateRead
from ..core.errors import CoreError
from .message import Message
from .payloads.family import KEPT
from .payloads.reading import (
    Path,
    PayloadError,
    at_path,
    decimal_of,
    find,
    json_of,
    object_of,
    path_of,
    shown,
    time_of,
)
from .topics import Listener

FRIGATE: Final = "frigate"
GENERIC: Final = "generic_mqtt"
LONGEST_PLATE: Final = 32
LONGEST_NAME: Final = 100
FRESH: Final = timedelta(seconds=10)
"""So long after a connect a read without a time of its own may come from the camera's own queue:
what lost the broker with us sends then what it kept."""
MOST_READS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSettings:
    """Where plates come from: Frigate's topic prefix, or any topic with JSON and the paths in it.

    `camera` keeps only one camera's reads. `score_full` is what the source calls certain: 1 or 100.
    `list_path` is a list of reads in one message. Without `time_path` a read counts as of now.
    """

    family: str
    topic: str = FRIGATE
    camera: str = ""
    list_path: str = ""
    plate_path: str = ""
    score_path: str = ""
    score_full: int = 1
    time_path: str = ""
    camera_path: str = ""
    event_path: str = ""
    region_path: str = ""
    zone: tzinfo | None = None


class MqttPlates:
    """Tells every plate that the cameras of one source read, twice the same only once."""

    def __init__(self, settings: PlateSettings, told: Callable[[PlateRead], None]) -> None:
        """Prepare; `told` is called within the loop that receives and must not wait."""
        if settings.family not in DECODERS:
            raise CoreError("family_unknown", family=settings.family)
        self._settings = settings
        self._told = told
        self._last: dict[str, PlateRead] = {}

    @property
    def listener(self) -> Listener:
        """What to attach to the line."""
        topic = self._settings.topic
        if self._settings.family == FRIGATE:
            topics = {f"{topic}/tracked_object_update": KEPT, f"{topic}/events": KEPT}
        else:
            topics = {topic: KEPT}
        return Listener(topics=topics, receive=self._receive)

    def reads(self, message: Message) -> list[PlateRead]:
        """Return the plates a message tells. Raises PayloadError."""
        if not message.payload:
            return []
        return [
            read
            for read in DECODERS[self._settings.family](self._settings, message)
            if self._settings.camera in ("", read.camera)
        ]

    def _receive(self, message: Message) -> None:
        for read in self.reads(message):
            if self._last.get(read.camera) != read:
                self._last[read.camera] = read
                self._told(read)


def frigate(_: PlateSettings, message: Message) -> list[PlateRead]:
    """Read Frigate: an update for each better look, and events that repeat the plate they know.

    Of an event only a plate that is new in it is a read: a parked car makes events all day.
    """
    content = object_of(message.payload)
    if message.topic.endswith("/events"):
        return _frigate_event(content, message)
    if content.get("type") != "lpr":
        return []
    return [
        _read(
            message,
            plate=at_path(content, ("plate",)),
            score=content.get("score"),
            score_full=1,
            at=time_of(at_path(content, ("timestamp",)), message.at),
            camera=content.get("camera"),
            event=content.get("id"),
        )
    ]


def _frigate_event(content: Mapping[str, object], message: Message) -> list[PlateRead]:
    plate = find(content, ("after", "recognized_license_plate"))
    before = find(content, ("before", "recognized_license_plate"))
    if content.get("type") == "end" or plate in (None, "", before):
        return []
    after = at_path(content, ("after",))
    seen = find(after, ("frame_time",)) or at_path(after, ("start_time",))
    return [
        _read(
            message,
            plate=plate,
            score=find(after, ("recognized_license_plate_score",)),
            score_full=1,
            at=time_of(seen, message.at),
            camera=find(after, ("camera",)),
            event=find(after, ("id",)),
        )
    ]


def generic(settings: PlateSettings, message: Message) -> list[PlateRead]:
    """Read JSON by the paths of the site."""
    content = json_of(message.payload)
    if not settings.list_path:
        return [_generic_one(settings, content, message)]
    path = path_of(settings.list_path)
    found = at_path(content, path)
    if not isinstance(found, list) or len(found) > MOST_READS:
        raise PayloadError("payload_wrong_type", path=shown(path))
    return [_generic_one(settings, one, message) for one in found]


def _generic_one(settings: PlateSettings, content: object, message: Message) -> PlateRead:
    def optional(path: str) -> object:
        return find(content, path_of(path)) if path else None

    at = None
    if settings.time_path:
        said = at_path(content, path_of(settings.time_path))
        at = time_of(said, message.at, settings.zone)
    return _read(
        message,
        plate=at_path(content, path_of(settings.plate_path)),
        score=optional(settings.score_path),
        score_full=settings.score_full,
        at=at,
        camera=optional(settings.camera_path),
        event=optional(settings.event_path),
        region=optional(settings.region_path),
    )


def _read(
    message: Message,
    *,
    plate: object,
    score: object,
    score_full: int,
    at: datetime | None,
    camera: object,
    event: object,
    region: object = None,
) -> PlateRead:
    text = plate.strip() if isinstance(plate, str) else ""
    if not text or len(text) > LONGEST_PLATE or not text.isprintable():
        raise PayloadError("payload_no_plate")
    queued = at is None and message.at - message.connected_at < FRESH
    return PlateRead(
        plate=text,
        at=at or message.at,
        score=1000 if score is None else _per_mille(score, score_full),
        camera=_name(camera),
        event_id=_name(event),
        region=_name(region),
        retained=message.retained,
        burst=message.burst or queued,
    )


def _per_mille(score: object, full: int) -> int:
    path: Path = ("score",)
    number = decimal_of(score, path)
    if not 0 <= number <= full:
        raise PayloadError("payload_not_a_number", path=shown(path), found="")
    return int(number * 1000 / Decimal(full))


def _name(value: object) -> str:
    """Return a short printable name, "" for anything else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text[:LONGEST_NAME] if text.isprintable() else ""


DECODERS: Final[Mapping[str, Callable[[PlateSettings, Message], list[PlateRead]]]] = {
    FRIGATE: frigate,
    GENERIC: generic,
}
