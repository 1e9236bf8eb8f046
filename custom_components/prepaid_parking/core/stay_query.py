"""Which stays are asked for: one page of them, the latest arrival first."""

from dataclasses import dataclass
from datetime import datetime

from .identity import CardId, LaneId, StayId
from .stay import StayState


@dataclass(frozen=True, slots=True, kw_only=True)
class StayQuery:
    """A page of stays; what is empty asks for nothing.

    Those that began in [`since`, `until`), through `lane` in or out, of a card or of a vehicle (the
    blind index of its plate or ticket). `after` is the last stay of the page before.
    """

    since: datetime | None = None
    until: datetime | None = None
    states: tuple[StayState, ...] = ()
    lane: LaneId | None = None
    card: CardId | None = None
    vehicle: bytes = b""
    after: StayId | None = None
    limit: int = 100
