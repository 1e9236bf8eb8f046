"""Tax and service fee: lines of their own beside what the use costs.

A fee is a share of the amount. A tax is a share of the amount and of the fees on top of it, because
they are sold, too. What is below a minor unit is carried, so that a thousand small charges carry the
tax of one large one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .money import MICRO


class LevyKind(StrEnum):
    """What a levy is for, which decides where it is booked; fees come before taxes."""

    FEE = "fee"
    TAX = "tax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levy:
    """A share of the amount, in millionths: on top of it, or included and only shown."""

    name: str
    kind: LevyKind
    share_micro: int
    included: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevyPart:
    """What a levy comes to: added to the amount, or (`included`) a part of it."""

    name: str
    kind: LevyKind
    minor: int
    included: bool


def levy(
    amount_minor: int, levies: Sequence[Levy], carries: Mapping[str, int]
) -> tuple[int, list[LevyPart], dict[str, int]]:
    """Return what comes on top of an amount, each levy's part, and the remainders to carry on.

    Prices that include 13 % hold 13/113 of it, hence an included part has a denominator of its own;
    its remainder goes by another name when the share changes. A negative amount takes back exactly
    what it brought.
    """
    on_top, parts, left = 0, list[LevyPart](), dict(carries)
    base = amount_minor
    for kind in LevyKind:
        same = [one for one in levies if one.kind is kind]
        whole = MICRO + sum(one.share_micro for one in same if one.included)
        for one in same:
            denominator = whole if one.included else MICRO
            key = f"{one.name}/{denominator}" if one.included else one.name
            minor, left[key] = divmod(base * one.share_micro + left.get(key, 0), denominator)
            parts.append(LevyPart(name=one.name, kind=kind, minor=minor, included=one.included))
        on_top += sum(part.minor for part in parts if part.kind is kind and not part.included)
        base = amount_minor + on_top
    return on_top, parts, left


def on_top(amount_minor: int, levies: Sequence[Levy], carries: Mapping[str, int]) -> int:
    """Return what `levy` adds to an amount, and nothing else: asked at every reading, in half the time."""
    fees = taxes = 0
    for one in levies:
        if one.kind is LevyKind.FEE and not one.included:
            fees += (amount_minor * one.share_micro + carries.get(one.name, 0)) // MICRO
    base = amount_minor + fees
    for one in levies:
        if one.kind is LevyKind.TAX and not one.included:
            taxes += (base * one.share_micro + carries.get(one.name, 0)) // MICRO
    return fees + taxes
