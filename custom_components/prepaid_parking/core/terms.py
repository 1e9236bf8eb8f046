"""What a tariff version has beyond its rates and bands. Every part may be left out.

A new kind of rule is a new field with a default, so that what was stored before reads as it was, and
a row in `written_terms.PARTS`, so that it can be written.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .calendars import Season
from .conversion import Calorific, Plan
from .counted import Counted
from .demand import Demand
from .duration import Duration
from .levies import Levy
from .power_factor import PowerFactor
from .rates import Tier
from .recurring import Fixed
from .standing import Minimum, Standing
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
    share of line loss (in millionths) that may be passed on. Of `duration`, `counted` and `fixed` a
    version has one, or none where it prices use.
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
    standing: tuple[Standing, ...] = ()
    minimum: Minimum | None = None
    demand: Demand | None = None
    power_factor: PowerFactor | None = None
    duration: Duration | None = None
    counted: Counted | None = None
    fixed: Fixed | None = None

    @property
    def kind(self) -> Kind:
        """What the version sells: usage, unless one of the other kinds is said."""
        if self.duration is not None:
            return Kind.DURATION
        if self.counted is not None:
            return Kind.COUNTED
        return Kind.USAGE if self.fixed is None else Kind.FIXED


NO_TERMS: Final = Terms()
