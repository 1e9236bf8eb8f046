"""What happens at the lanes and in a car park, as facts: ids, masked plates and amounts, never a person."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..core.identity import CardId, LaneId, StayId, WalletId
from ..core.review import Review
from ..core.stay import StayKind


class PassageKind(StrEnum):
    """What a lane's passage shows; the values are event types and translation keys."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    NOT_CONFIRMED = "not_confirmed"
    RELEASED = "released"
    RECORDED = "recorded"
    ASKED = "asked"
    FORCED = "forced"
    TAILGATED = "tailgated"
    BACKED_OUT = "backed_out"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A car was answered at a lane."""

    lane: LaneId
    kind: PassageKind
    at: datetime
    reason: str
    masked: str = ""
    card: CardId | None = None
    wallet: WalletId | None = None
    fee_minor: int = 0
    actor: str = ""
    stay: StayId | None = None
    due_minor: int = 0
    picture: str = ""
    trace: dict[str, object] = field(default_factory=dict)


class StayEvent(StrEnum):
    """What a stay's fact is about; the values are event types and translation keys."""

    ARRIVED = "arrived"
    DEPARTED = "departed"
    OVERDUE = "overdue"
    PAID = "paid"
    OWED = "owed"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StayFact:
    """Something became of a stay; the plate is masked."""

    event: StayEvent
    stay: StayId
    at: datetime
    kind: StayKind
    lane: LaneId | None = None
    masked: str = ""
    card: CardId | None = None
    wallet: WalletId | None = None
    amount_minor: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened:
    """A stay cannot be right; a person has to look."""

    review: Review


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettled:
    """A person has looked, and said what is so."""

    review: Review
