"""Golden cases of tariffs: what was used, and what it costs by hand. The sums stand beside them."""

from typing import Final

from . import calendars, clocks, gas, tiers
from .case import Case

CASES: Final[tuple[Case, ...]] = (*tiers.CASES, *clocks.CASES, *calendars.CASES, *gas.CASES)
