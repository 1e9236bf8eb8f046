"""Parking spaces: where they are, whose they are, how many cars stand in them, what they are for."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import SpaceId
from .periods import Every


class Location(StrEnum):
    """Where a space is; the values are translation keys."""

    OPEN_AIR = "open_air"
    UNDERGROUND = "underground"
    BUILDING = "building"


class Tenure(StrEnum):
    """Whose a space is, which decides what bill it brings: by the period, by the rental, by the stay."""

    OWNED = "owned"
    RENTED = "rented"
    TEMPORARY = "temporary"


class Grade(StrEnum):
    """How many cars stand in a space, one behind the other."""

    ORDINARY = "ordinary"
    TANDEM = "tandem"
    TRIPLE = "triple"
    MULTIPLE = "multiple"


CAPACITY: Final = {Grade.ORDINARY: 1, Grade.TANDEM: 2, Grade.TRIPLE: 3}
"""How many cars a grade holds; of a multiple space it is said for each."""

FEWEST: Final = 2
"""Cars in a multiple space."""
MOST: Final = 1_000
"""Cars in one space; more is a typing error, or a zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A parking space.

    `name` is what is painted on it ("B1-023"). `capacity` is how many cars it holds. `zone` and `use`
    are the site's own words ("North", "charging"). `wallet` is the owner's: who pays the periodic
    bills of an owned space. Its bill is made `every` period; periods begin on `day` of the month (29
    to 31: its last where it is shorter). `billed_to` is the first local day that is not billed; None
    before the first bill, which begins on `first`. `taken_back` counts how often bills were taken back
    because it changed hands: what is billed anew after that has another name.
    """

    id: SpaceId
    no: int
    name: str
    location: Location
    tenure: Tenure
    grade: Grade = Grade.ORDINARY
    capacity: int = 1
    zone: str = ""
    use: str = ""
    area_cm2: int = 0
    unit: str = ""
    wallet: str = ""
    every: Every = Every.MONTH
    day: int = 1
    first: date | None = None
    billed_to: date | None = None
    taken_back: int = 0
    exposed: bool = False
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceFilter:
    """Which spaces a price is for: what is empty asks for nothing."""

    locations: tuple[Location, ...] = ()
    tenures: tuple[Tenure, ...] = ()
    grades: tuple[Grade, ...] = ()
    zones: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()

    def hits(self, space: Space) -> bool:
        """Tell whether a space is one of these."""
        asked = (
            (self.locations, space.location),
            (self.tenures, space.tenure),
            (self.grades, space.grade),
            (self.zones, space.zone),
            (self.uses, space.use),
        )
        return all(not wanted or found in wanted for wanted, found in asked)


EVERY_SPACE: Final = SpaceFilter()


def capacity_of(grade: Grade, said: int | None) -> int:
    """Return how many cars a space holds: what its grade says, and of a multiple one what somebody said."""
    if grade is Grade.MULTIPLE:
        if said is None or not FEWEST <= said <= MOST:
            raise CoreError("space_capacity_needed", least=FEWEST, most=MOST)
        return said
    if said not in (None, CAPACITY[grade]):
        raise CoreError("space_capacity_given", grade=grade, count=CAPACITY[grade])
    return CAPACITY[grade]
