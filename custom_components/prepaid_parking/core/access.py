"""Who may pass: plate, tag or code in, admit or refuse with a reason out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .vehicle import PlateColour, VehicleClass
from .wallet import Card, CardState, CredentialKind

OLDEST_READ: Final = timedelta(seconds=10)
"""A plate read older than this by its own time neither opens nor charges: the car is not there any more."""
FUTURE_READ: Final = timedelta(seconds=60)
"""A camera clock further ahead than this is wrong, and its time says nothing about the car."""
ONE_ARRIVAL: Final = timedelta(seconds=30)
"""Reads of one car at one lane within this time are one arrival."""
MISREAD: Final = timedelta(seconds=5)
"""A plate that is one character off and belongs to another card is a misread only this soon: cars of
one company with neighbouring numbers do come one behind the other."""


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


class Refusal(StrEnum):
    """Why a lane stays closed; the values are translation keys."""

    UNKNOWN = "unknown"
    LOW_SCORE = "low_score"
    TOO_OLD = "too_old"
    FROM_FUTURE = "from_future"
    REPLAYED = "replayed"
    CARD_BLOCKED = "card_blocked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OTHER_LANE = "other_lane"
    WALLET_CLOSED = "wallet_closed"
    WALLET_FROZEN = "wallet_frozen"
    NOT_ENOUGH_MONEY = "not_enough_money"
    LEDGER_CLOSED = "ledger_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What the decision about one credential at one lane rests on.

    `available_minor` is what the card's wallet can spend; `fee_minor` is what this passage costs.
    """

    kind: CredentialKind
    lane: str
    at: datetime
    now: datetime
    score: int = 1000
    least_score: int = 0
    replayed: bool = False
    card: Card | None = None
    wallet_open: bool = True
    wallet_frozen: bool = False
    available_minor: int = 0
    fee_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """The lane opens for this card and costs this much."""

    card: Card
    fee_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The lane stays closed, and why."""

    reason: Refusal
    card: Card | None = None


def decide(asked: Pass) -> Admit | Refuse:
    """Admit or refuse, with the first reason that stands in the way.

    A read that cannot be trusted is refused before the card is looked at, so that a replayed message
    tells nobody which plates are registered.
    """
    reason = _read_problem(asked)
    if reason is not None:
        return Refuse(reason=reason)
    card = asked.card
    if card is None:
        return Refuse(reason=Refusal.UNKNOWN)
    reason = _card_problem(card, asked) or _money_problem(asked)
    return (
        Refuse(reason=reason, card=card) if reason else Admit(card=card, fee_minor=asked.fee_minor)
    )


def _read_problem(asked: Pass) -> Refusal | None:
    if asked.replayed:
        return Refusal.REPLAYED
    if asked.now - asked.at > OLDEST_READ:
        return Refusal.TOO_OLD
    if asked.at - asked.now > FUTURE_READ:
        return Refusal.FROM_FUTURE
    return Refusal.LOW_SCORE if asked.score < asked.least_score else None


def _card_problem(card: Card, asked: Pass) -> Refusal | None:
    if card.state is not CardState.ACTIVE:
        return Refusal.CARD_BLOCKED
    if card.valid_from is not None and asked.now < card.valid_from:
        return Refusal.NOT_YET_VALID
    if card.valid_until is not None and asked.now >= card.valid_until:
        return Refusal.EXPIRED
    return Refusal.OTHER_LANE if card.lanes and asked.lane not in card.lanes else None


def _money_problem(asked: Pass) -> Refusal | None:
    if not asked.wallet_open:
        return Refusal.WALLET_CLOSED
    if asked.wallet_frozen and asked.fee_minor:
        return Refusal.WALLET_FROZEN
    return Refusal.NOT_ENOUGH_MONEY if asked.available_minor < asked.fee_minor else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A car that was just answered at a lane, so that further reads of it are the same arrival.

    `poor`: it was not let in only because the camera was not sure of it.
    """

    plate: str
    at: datetime
    event_id: str = ""
    admitted: bool = False
    poor: bool = False


def same_arrival(
    recent: Sequence[Arrival], plate: str, at: datetime, event_id: str = "", *, known: bool = False
) -> Arrival | None:
    """Return the car already answered at this lane that a read belongs to, None for a new one.

    One character may differ: a camera that reads a plate five times gets it wrong once. The misread
    then changes nothing, it neither opens again nor charges anyone. `known` says that the plate read
    is itself registered: after a refused misread, the right reading of the same car is answered.
    """

    def same(seen: Arrival) -> bool:
        apart = abs(at - seen.at)
        if plate == seen.plate:
            return apart <= (ONE_ARRIVAL if seen.admitted or not known else MISREAD)
        if known and not seen.admitted:
            return False
        if event_id and event_id == seen.event_id:
            return apart <= ONE_ARRIVAL
        return apart <= (MISREAD if known else ONE_ARRIVAL) and _near(plate, seen.plate)

    return next((seen for seen in recent if same(seen)), None)


def still_there(seen: Arrival, plate: str, at: datetime) -> Arrival:
    """Carry an admitted car's arrival on while its own plate is being read: it stands at the lane.

    A car that waits a minute before the barrier is charged once. A misread carries nothing on: it
    may be the next car's plate.
    """
    return replace(seen, at=max(seen.at, at)) if seen.admitted and plate == seen.plate else seen


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
