"""What a lane's wires tell: how many cars were let through, and how many have passed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .identity import EntryId, StayId


class LaneInput(StrEnum):
    """What may be wired to a lane; the values are the names it is known by everywhere."""

    ENTRY_LOOP = "entry_loop"
    """A car stands before the barrier: the arming loop."""
    SAFETY_LOOP = "safety_loop"
    """A car stands under the arm."""
    EXIT_LOOP = "exit_loop"
    """A car stands behind the barrier."""
    LIMIT_OPEN = "limit_open"
    LIMIT_CLOSED = "limit_closed"
    BOOM_OFF = "boom_off"
    """The arm was knocked off."""
    FIRE_ALARM = "fire_alarm"
    MANUAL_KEY = "manual_key"


class FailPolicy(StrEnum):
    """What a lane does while nobody decides: the hub is down, or its books cannot be written."""

    HOLD_LAST = "hold_last"
    OPEN = "open"
    CLOSED = "closed"


class Movement(StrEnum):
    """What became of a car, as far as the loops tell."""

    PASSED = "passed"
    TAILGATED = "tailgated"
    """It went through behind one that was let through."""
    FORCED = "forced"
    """It went through, and nobody had let anybody through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One car was let through: by right (`stay`), or by a person or the key (None).

    `watched` says that the loops were watched ever since. Where they were not, nobody knows whether
    it has passed, and silence says nothing. `owes`: it was let out by hand and has not paid. `fee` is
    the entry that took the price of the passage.
    """

    at: datetime
    stay: StayId | None = None
    watched: bool = True
    owes: bool = False
    fee: EntryId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A lane between letting through and passing: the grants that no car has used yet, oldest first.

    `under` says that a car stands under the arm, `beyond` that the loop behind the barrier felt it
    meanwhile. `used_at` is when the last grant was used.
    """

    grants: tuple[Grant, ...] = ()
    under: bool = False
    beyond: bool = False
    used_at: datetime | None = None


def granted(crossing: Crossing, grant: Grant) -> Crossing:
    """Let one more car through."""
    return replace(crossing, grants=(*crossing.grants, grant))


def forgone(crossing: Crossing, stay: StayId) -> Crossing:
    """Let nobody through for a stay any more: its car is answered anew."""
    return replace(crossing, grants=tuple(one for one in crossing.grants if one.stay != stay))


def felt(
    crossing: Crossing,
    inputs: Mapping[str, bool],
    at: datetime,
    *,
    exit_loop: bool,
    lasting: timedelta,
) -> tuple[Crossing, Movement | None, Grant | None]:
    """Take over what the loops feel now; returns what moved, and the grant it used.

    A car has passed when it leaves the safety loop; where a loop lies behind the barrier, only if
    that one felt it: who rolls back the way it came has not passed. A grant serves one car, within
    its time. One more car right behind is a tailgater; one that comes when nobody was let through
    has forced its way. An input that cannot be read is in no mapping, and changes nothing.
    """
    under = inputs.get(LaneInput.SAFETY_LOOP, crossing.under)
    beyond = inputs.get(LaneInput.EXIT_LOOP, False)
    if under:
        return replace(crossing, under=True, beyond=crossing.beyond or beyond), None, None
    if not crossing.under:
        return crossing, None, None
    crossed = not exit_loop or crossing.beyond or beyond
    crossing = replace(crossing, under=False, beyond=False)
    if not crossed:
        return crossing, None, None
    if crossing.grants:
        grant, *rest = crossing.grants
        return replace(crossing, grants=tuple(rest), used_at=at), Movement.PASSED, grant
    behind = crossing.used_at is not None and at - crossing.used_at <= lasting
    return crossing, Movement.TAILGATED if behind else Movement.FORCED, None


def lapsed(
    crossing: Crossing, now: datetime, lasting: timedelta
) -> tuple[Crossing, tuple[Grant, ...]]:
    """Take back the grants that no car has used in their time; who stands under the arm is passing."""
    if crossing.under:
        return crossing, ()
    over = tuple(one for one in crossing.grants if now - one.at > lasting)
    kept = tuple(one for one in crossing.grants if one not in over)
    return (replace(crossing, grants=kept), over) if over else (crossing, ())
