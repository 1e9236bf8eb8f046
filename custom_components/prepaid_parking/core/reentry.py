"""Coming back: a car that was away for a moment goes on with the stay before.

The time away counts as time inside: nobody gets new free minutes, or a new first hour, by driving
round the block, and nobody pays a second first hour for having done so.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from .identity import LaneId
from .stay import Stay, StayState


def goes_on(earlier: Stay, at: datetime, minutes: int) -> bool:
    """Tell whether a car that comes in now goes on with a stay that had ended."""
    if earlier.state is not StayState.LEFT or earlier.left_at is None or minutes <= 0:
        return False
    return timedelta() <= at - earlier.left_at <= timedelta(minutes=minutes)


def gone_on(earlier: Stay, at: datetime, lane: LaneId | None, state: StayState) -> Stay:
    """Return the stay as it goes on: its arrival, its tariff and what was paid are those it had."""
    return replace(
        earlier,
        state=state,
        granted_at=at,
        entry_lane=lane,
        exit_lane=None,
        left_at=None,
        paid_at=None,
    )
