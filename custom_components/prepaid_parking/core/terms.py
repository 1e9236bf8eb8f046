"""What a tariff version has beyond its rates and bands. Every part may be left out.

A new kind of rule is a new field with a default, so that what was stored before reads as it was, and
a row in `written_terms.PARTS`, so that it can be written.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .calendars import Season
from .conversion import Calorific, Plan
from .levies import Levy
from .rates import Tier
from .tiers import ALIKE, EVERY_MONTH, Persons, TierPeriod


class Kind(StrEnum):
    """What is sold: a metered quantity, time, uses out of a package, or a fixed sum."""

    USAGE = "usage"
    DURATION = "duration"
    COUNTED = "counted"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The parts of a tariff version.

    `ladder` is a list of steps whose price comes on top of every rate. `calendar` names the holiday
    calendar. `registers` names the rates of the meter's own rate registers, in their order: without
    them our clock splits. `ceiling_micro` is the legal maximum per unit, `loss_cap_micro` the largest
    share of line loss (in millionths) that may be passed on.
    """

    period: TierPeriod = EVERY_MONTH
    persons: Persons = ALIKE
    ladder: tuple[Tier, ...] = ()
    seasons: tuple[Season, ...] = ()
    calendar: str = ""
    registers: tuple[str, ...] = ()
    plan: Plan | None = None
    calorific: Calorific | None = None
    levies: tuple[Levy, ...] = ()
    ceiling_micro: int | None = None
    loss_cap_micro: int | None = None

    @property
    def kind(self) -> Kind:
        """What the version sells: usage, unless one of the other kinds is said."""
        return Kind.USAGE


NO_TERMS: Final = Terms()
