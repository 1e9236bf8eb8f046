"""Where a barrier's arm is: what its limit switches say, and nothing that is only assumed."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from .lane import LaneInput

LIMITS: Final = frozenset({LaneInput.LIMIT_OPEN, LaneInput.LIMIT_CLOSED})


class Arm(StrEnum):
    """Where an arm is."""

    OPEN = "open"
    OPENING = "opening"
    CLOSING = "closing"
    CLOSED = "closed"


def has_limits(fitted: Collection[str]) -> bool:
    """Tell whether anything says where the arm is."""
    return not LIMITS.isdisjoint(fitted)


def arm_of(fitted: Collection[str], inputs: Mapping[str, bool], before: Arm | None) -> Arm | None:
    """Return where an arm is, None where nobody knows; `before` is where it was at the last look.

    Between its limits it comes from the one it left last. A single limit switch knows one end: not
    closed is open for whoever wants to drive in, and not open is not known. Two limits at once, or
    one that cannot be read, is a fault and not a position.
    """
    said = {name: inputs.get(name) for name in LIMITS if name in fitted}
    is_open, is_closed = said.get(LaneInput.LIMIT_OPEN), said.get(LaneInput.LIMIT_CLOSED)
    if is_open and is_closed:
        return None
    if is_open:
        return Arm.OPEN
    if is_closed:
        return Arm.CLOSED
    if None in said.values() or LaneInput.LIMIT_CLOSED not in said:
        return None
    if LaneInput.LIMIT_OPEN not in said:
        return Arm.OPEN
    if before in (Arm.CLOSED, Arm.OPENING):
        return Arm.OPENING
    return Arm.CLOSING if before in (Arm.OPEN, Arm.CLOSING) else None
