"""A lane at work: its barrier, its price, and whom it has just answered."""

from dataclasses import dataclass, field

from ..core.access import Arrival
from ..core.identity import (
    LaneId,
)
from .ports import Barrier


@dataclass(slots=True)
class LaneRun:
    """A lane at work: its barrier, what a passage costs, and whom it has just answered."""

    id: LaneId
    name: str
    direction: str
    barrier: Barrier | None = None
    fee_minor: int = 0
    least_score: int = 0
    recent: list[Arrival] = field(default_factory=list)
