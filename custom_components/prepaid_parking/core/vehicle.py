"""Vehicles as a lane sees them: a plate is text, colour and region; rules for single plates."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .identity import VehicleRuleId


class VehicleClass(StrEnum):
    """What kind of vehicle it is, as far as price and right of way go."""

    CAR = "car"
    LARGE = "large"
    MOTORCYCLE = "motorcycle"
    ELECTRIC = "electric"
    EMERGENCY = "emergency"
    """Police, fire and ambulance: passes free, and is logged."""


class PlateColour(StrEnum):
    """The ground of a plate, where the camera tells it."""

    UNKNOWN = ""
    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    YELLOW_GREEN = "yellow_green"
    WHITE = "white"
    BLACK = "black"


class RuleKind(StrEnum):
    """What is ruled for a plate."""

    BLOCKED = "blocked"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRule:
    """A plate that is kept out, or that parks free: once, until an instant, or always.

    `digest` finds the plate, `subject` holds it encrypted, `masked` is what people may see. A rule
    that was lifted, or used up where it was for `once`, has `ended_at`.
    """

    id: VehicleRuleId
    no: int
    digest: bytes
    kind: RuleKind
    masked: str
    reason: str
    set_at: datetime
    subject: str = ""
    once: bool = False
    until: datetime | None = None
    ended_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it is in force at an instant."""
        return self.ended_at is None and (self.until is None or at < self.until)
