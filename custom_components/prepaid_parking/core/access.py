"""What a camera read, which reads are one car, and how long one is of now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from .vehicle import PlateColour, VehicleClass

OLDEST_READ: Final = timedelta(seconds=10)
"""A plate read older than this by its own time neither opens nor charges: the car is not there any more."""
FUTURE_READ: Final = timedelta(seconds=60)
"""A camera clock further ahead than this is wrong, and its time says nothing about the car."""
ONE_ARRIVAL: Final = timedelta(seconds=30)
"""Reads of one car at one lane within this time are one arrival."""
MISREAD: Final = timedelta(seconds=5)
"""A plate that is one character off and belongs to another card, or comes after a car that was let in,
is a misread only this soon: cars with neighbouring numbers do come one behind the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """What a camera read, in its own time.

    `score` is per mille. `retained` and `burst` (queued while we were away) reads are recorded and
    never open. `event_id` names the car's track where the camera gives one, `vehicle` and `colour` what
    it makes of the car and its plate, `picture` where its picture lies.
    """

    plate: str
    at: datetime
    score: int = 1000
    camera: str = ""
    event_id: str = ""
    region: str = ""
    colour: PlateColour = PlateColour.UNKNOWN
    vehicle: VehicleClass | None = None
    picture: str = ""
    retained: bool = False
    burst: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A car that was just answered at a lane, so that further reads of it are the same arrival.

    `silent`: it got no answer, because the camera was not sure of it, or it was not on the loop yet.
    `watched`: loops will tell when it has passed, which it has at `gone_at`. `unsure`: it was let
    through, and the barrier did not say that it opened.
    """

    plate: str
    at: datetime
    event_id: str = ""
    admitted: bool = False
    silent: bool = False
    watched: bool = False
    gone_at: datetime | None = None
    unsure: bool = False


def same_arrival(
    recent: Sequence[Arrival],
    plate: str,
    at: datetime,
    event_id: str = "",
    *,
    known: bool = False,
    both_ways: bool = False,
) -> Arrival | None:
    """Return the car already answered at this lane that a read belongs to, None for a new one.

    One character may differ: a camera that reads a plate five times gets it wrong once. The misread
    then changes nothing, it neither opens again nor charges anyone. `known` says that the plate read
    is itself registered: after a refused misread, the right reading of the same car is answered.
    Once a car that was let in has passed, or has had the time to where no loop tells, the next one
    may have nearly its plate. At a lane for `both_ways` a car that has passed and is seen again has
    turned round.
    """

    def same(seen: Arrival) -> bool:
        apart = abs(at - seen.at)
        if plate == seen.plate and both_ways and _has_turned(seen, at):
            return False
        if plate == seen.plate:
            return apart <= (ONE_ARRIVAL if seen.admitted or not known else MISREAD)
        if known and not seen.admitted:
            return False
        if event_id and event_id == seen.event_id:
            return apart <= ONE_ARRIVAL
        if seen.gone_at is not None and at > seen.gone_at:
            return False
        soon = known or (seen.admitted and not seen.watched)
        return apart <= (MISREAD if soon else ONE_ARRIVAL) and _near(plate, seen.plate)

    return next((seen for seen in recent if same(seen)), None)


def still_there(seen: Arrival, plate: str, at: datetime, *, both_ways: bool = False) -> Arrival:
    """Carry an admitted car's arrival on while its own plate is being read: it stands at the lane.

    A car that waits a minute before the barrier is charged once. A misread carries nothing on: it
    may be the next car's plate. Nor does a car whose barrier did not say that it opened: whoever
    stands there half a minute later is not kept waiting until it has left the camera's view. At a
    lane for `both_ways` one that was out of sight in between may be on its way back.
    """
    stands = seen.admitted and plate == seen.plate and not seen.unsure
    if both_ways and _was_away(seen, at):
        stands = False
    return replace(seen, at=max(seen.at, at)) if stands else seen


def _has_turned(seen: Arrival, at: datetime) -> bool:
    """Tell whether a car has passed, and was out of sight after that: it comes from the other side.

    A camera sees the plate at the back of a car that drives on, or waits just behind the arm.
    """
    return seen.gone_at is not None and _was_away(seen, at)


def _was_away(seen: Arrival, at: datetime) -> bool:
    """Tell whether a car was not seen for a while; under the arm no camera sees its plate."""
    return at - max(seen.at, seen.gone_at or seen.at) > MISREAD


def gone(recent: Sequence[Arrival], at: datetime) -> list[Arrival]:
    """Return the arrivals at a lane after every car that was let in has passed."""
    return [
        replace(seen, gone_at=at) if seen.admitted and seen.gone_at is None else seen
        for seen in recent
    ]


def is_over(seen: Arrival, now: datetime) -> bool:
    """Tell whether no further read can belong to an arrival, also after the clock was set back."""
    return abs(now - seen.at) > ONE_ARRIVAL + FUTURE_READ


def _near(one: str, other: str) -> bool:
    """Tell whether two different plates are equal up to one replaced, missing or extra character."""
    if abs(len(one) - len(other)) > 1:
        return False
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    if len(one) == len(other):
        return one[head + 1 :] == other[head + 1 :]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[head + 1 :] == shorter[head:]
