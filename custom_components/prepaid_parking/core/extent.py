"""What a unit is measured by where a price is not for what it used: area, persons, capacity."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class By(StrEnum):
    """What a price is multiplied by."""

    EACH = "each"  # once: for the meter, the contract, the space
    AREA = "area"  # per m²
    PERSONS = "persons"
    CAPACITY = "capacity"  # per kW or kVA contracted


EXTENT_BASE: Final = 10_000
"""A weight is in ten-thousandths of what a price is for: cm² of a m², a tenth of a W of a kW."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The measures of a unit on a day: cm², persons, contracted W or VA."""

    area_cm2: int = 0
    persons: int = 0
    capacity_w: int = 0

    def weight(self, by: By) -> int:
        """Return what a price is multiplied by, in ten-thousandths."""
        match by:
            case By.EACH:
                return EXTENT_BASE
            case By.AREA:
                return self.area_cm2
            case By.PERSONS:
                return self.persons * EXTENT_BASE
            case By.CAPACITY:
                return self.capacity_w * (EXTENT_BASE // 1000)


ONCE: Final = Extent()
"""For prices that are not multiplied."""
