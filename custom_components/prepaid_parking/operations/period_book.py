"""What falls due of a meter by the day and the month, in memory."""

from dataclasses import dataclass, field

from ..core.demand_state import DemandState
from ..core.identity import (
    MeterId,
)
from ..core.standing_cursor import StandingCursor


@dataclass(slots=True)
class PeriodBook:
    """Up to when standing charges are charged, and what demand was measured.

    `standing_doubtful` says that a write had no answer; `demands_unkept` were measured and not yet
    written down, `demands_ended` are of bindings that are over.
    """

    standing: dict[MeterId, StandingCursor] = field(default_factory=dict)
    standing_doubtful: bool = False
    demands: dict[MeterId, DemandState] = field(default_factory=dict)
    demands_unkept: set[MeterId] = field(default_factory=set)
    demands_ended: set[MeterId] = field(default_factory=set)
