"""What is used in common and paid by many: weights, and parts that add up to the last unit.

A part is a whole minor unit, a fair share seldom is. What somebody was given too little or too much is
kept and evened out with the next charge, so that nobody pays the odd cent always.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
import itertools
from typing import Final

from .identity import WalletId
from .money import split

OWED_SCALE: Final = 10**12
"""Fair shares are counted in millionths of a millionth of the minor unit: a posting every second for
a hundred years rounds away less than one minor unit."""
MOST_MEMBERS: Final = 500
"""One entry holds all parts of a charge: more belong into shared wallets of their own."""


class ShareBy(StrEnum):
    """What a member's part is measured by."""

    FIXED = "fixed"
    AREA = "area"
    PERSONS = "persons"
    CONSUMPTION = "consumption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who bears a part: a unit (whoever pays for it then) or a wallet; `weight` only where fixed."""

    member: str
    weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How what a shared wallet is charged is divided among its members."""

    wallet: WalletId
    by: ShareBy
    members: tuple[Member, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCount:
    """What a member of a shared wallet has been given too little (above zero) or too much so far.

    In parts of a minor unit, see `OWED_SCALE`; over all members it adds up to nothing.
    """

    wallet: WalletId
    member: str
    owed: int


def apportion(
    amount_minor: int, weights: Sequence[int], owed: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Divide an amount (below zero: give it back) by weights; returns the parts and what is owed then.

    The parts add up to the amount exactly and none has the other sign. While the weights stay the
    same, nobody is ever a whole minor unit away from its fair share of all that was divided,
    however it came in: each whole unit that has fallen due is given, and the odd ones go to
    those who would be the next to be a whole unit short (earliest deadline first).
    """
    if amount_minor < 0:
        parts, left = apportion(-amount_minor, weights, [-one for one in owed])
        return [-part for part in parts], [-one for one in left]
    fair = split(amount_minor * OWED_SCALE, list(weights))
    due = [before + part for before, part in zip(owed, fair, strict=True)]
    parts = [max(0, one // OWED_SCALE) for one in due]
    missing = amount_minor - sum(parts)
    odd = itertools.cycle(_soonest(due, parts, weights) or _bearing(weights))
    for place in itertools.islice(odd, max(0, missing)):
        parts[place] += 1
    for _ in range(missing, 0):
        # Weights have changed and more fell due than there is: who is least short waits.
        paying = [place for place, part in enumerate(parts) if part]
        parts[min(paying, key=lambda place: due[place] - parts[place] * OWED_SCALE)] -= 1
    return parts, [one - part * OWED_SCALE for one, part in zip(due, parts, strict=True)]


def _bearing(weights: Sequence[int]) -> list[int]:
    return [place for place, weight in enumerate(weights) if weight]


def _soonest(due: Sequence[int], parts: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Return who is short of a part of a unit, those first to whom it would be a whole one soonest."""
    rests = {
        place: rest
        for place, (one, part) in enumerate(zip(due, parts, strict=True))
        if (rest := one - part * OWED_SCALE) > 0
    }

    def wait(place: int) -> tuple[bool, Fraction]:
        weight = weights[place]
        return not weight, Fraction(OWED_SCALE - rests[place], weight or 1)

    return sorted(rests, key=wait)
