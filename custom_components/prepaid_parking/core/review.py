"""Reviews: stays that cannot be right wait for a person; nobody is billed for a guess."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .identity import LaneId, ReviewId, StayId


class Suspicion(StrEnum):
    """Why a stay cannot be right; the values are translation keys."""

    SECOND_ENTRY = "second_entry"
    """The same plate came in again without having left."""
    NO_ENTRY = "no_entry"
    """It wants out, and nobody saw it come in."""
    LONG_STAY = "long_stay"
    LOW_SCORE = "low_score"
    NEAR_MATCH = "near_match"
    """One sign differs from a car that is inside, or from a registered plate."""
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    """Two lanes saw it within less time than it needs from one to the other."""
    TAILGATED = "tailgated"
    """More cars passed than were let through."""
    FORCED = "forced"


class Verdict(StrEnum):
    """What a person decided."""

    DISMISSED = "dismissed"
    MERGED = "merged"
    CORRECTED = "corrected"
    CLOSED = "closed"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One of the two reads that do not fit: by which lane, when, how sure, and its picture."""

    lane: LaneId
    at: datetime
    score: int = 1000
    masked: str = ""
    subject: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A question about one or two stays, with both reads; settled once, by a named person."""

    id: ReviewId
    no: int
    why: Suspicion
    opened_at: datetime
    stays: tuple[StayId, ...] = ()
    reads: tuple[Seen, ...] = ()
    verdict: Verdict | None = None
    settled_at: datetime | None = None
    settled_by: str = ""
    note: str = ""
