"""What every source of plates says of a read, in one form: its text, its score and its own time.

Errors here never repeat what was read: a plate is personal data and has no place in a log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ..core.access import PlateRead
from ..core.errors import CoreError
from ..core.plate import PlatePattern, colour_of, plate_filter, says_no_plate, vehicle_of
from .message import Message
from .payloads.reading import Path, PayloadError, decimal_of, shown

FRIGATE: Final = "frigate"
LONGEST_PLATE: Final = 32
LONGEST_NAME: Final = 100
LONGEST_PICTURE: Final = 250
FRESH: Final = timedelta(seconds=10)
"""So long after a connect a read without a time of its own may come from the camera's own queue:
what lost the broker with us sends then what it kept."""
MOST_READS: Final = 50
MOST_LOOKS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSettings:
    """Where plates come from: Frigate's topic prefix, any topic or a webhook, and the paths in it.

    `camera` keeps only one camera's reads. `score_full` is what the source calls certain: 1 or 100.
    `list_path` is a list of reads in one message. Without `time_path` a read counts as of now; `zone`
    gives times without an offset their meaning. `pattern` is what the lane takes for a plate, with
    `own_pattern` where it is the site's own.
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
    colour_path: str = ""
    vehicle_path: str = ""
    picture_path: str = ""
    pattern: str = PlatePattern.ANY
    own_pattern: str = ""
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One text that a camera offers for a plate, and how sure it is of it."""

    plate: object
    score: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """What a message says of the car beside its plate; as the camera wrote it, all of it optional."""

    at: datetime | None = None
    camera: object = None
    event: object = None
    region: object = None
    colour: object = None
    vehicle: object = None
    picture: object = None


def check_pattern(settings: PlateSettings) -> None:
    """Refuse a pattern that cannot be used, before a car stands in front of it."""
    try:
        pattern = PlatePattern(settings.pattern)
    except ValueError as err:
        raise CoreError("setting_invalid", name="pattern") from err
    _filter(pattern, settings.own_pattern)


def reads_of(
    settings: PlateSettings,
    message: Message,
    looks: Sequence[Look],
    car: Car,
    *,
    score_full: int = 1,
) -> list[PlateRead]:
    """Return the read of one car: its first look that the lane takes for a plate, if there is one.

    The first look is the camera's own choice and has to be a text; the others are what else it thinks
    possible. A camera that says there is no plate has read none. Raises PayloadError.
    """
    first = _text(looks[0].plate)
    if not first:
        raise PayloadError("payload_no_plate")
    if says_no_plate(first):
        return []
    fits = _filter(PlatePattern(settings.pattern), settings.own_pattern)
    look = next((one for one in looks[:MOST_LOOKS] if fits(_text(one.plate))), None)
    if look is None:
        return []
    # A second thought without a score of its own is no surer than the first one.
    score = look.score if look.score is not None else looks[0].score
    queued = car.at is None and message.at - message.connected_at < FRESH
    return [
        PlateRead(
            plate=_text(look.plate),
            at=car.at or message.at,
            score=1000 if score is None else _per_mille(score, score_full),
            camera=_name(car.camera),
            event_id=_name(car.event),
            region=_name(car.region),
            colour=colour_of(car.colour),
            vehicle=vehicle_of(car.vehicle),
            picture=_name(car.picture, LONGEST_PICTURE),
            retained=message.retained,
            burst=message.burst or queued,
        )
    ]


def listed(found: object, path: Path, most: int = MOST_READS) -> list[object]:
    """Return a list of a message; one that is too long is nobody's traffic. Raises PayloadError."""
    if not isinstance(found, list) or len(found) > most:
        raise PayloadError("payload_wrong_type", path=shown(path))
    return found


def _text(plate: object) -> str:
    """Return the text of a plate, "" for what cannot be one."""
    text = plate.strip() if isinstance(plate, str) else ""
    return text if len(text) <= LONGEST_PLATE and text.isprintable() else ""


def _per_mille(score: object, full: int) -> int:
    path: Path = ("score",)
    number = decimal_of(score, path)
    if not 0 <= number <= full:
        raise PayloadError("payload_not_a_number", path=shown(path), found="")
    return int(number * 1000 / Decimal(full))


def _name(value: object, longest: int = LONGEST_NAME) -> str:
    """Return a short printable name, "" for anything else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text[:longest] if text.isprintable() else ""


_filter = lru_cache(maxsize=64)(plate_filter)
