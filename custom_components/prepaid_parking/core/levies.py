"""Tax and service fee: lines of their own beside what the use costs."""

from dataclasses import dataclass
from enum import StrEnum


class LevyKind(StrEnum):
    """What a levy is for, which decides where it is booked."""

    TAX = "tax"
    FEE = "fee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levy:
    """A share of the amount, in millionths: on top of it, or included and only shown."""

    name: str
    kind: LevyKind
    share_micro: int
    included: bool = False
