"""How full a car park is: places by zone and tenure, what is taken of them, what is free."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .space import Tenure

type Home = tuple[str, Tenure]
"""Where a car belongs: a zone, and whose places there it takes one of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of one zone and tenure. `taken` may be more: a car stands where it should not."""

    zone: str
    tenure: Tenure
    places: int
    taken: int

    @property
    def free(self) -> int:
        """How many are free; never less than none."""
        return max(0, self.places - self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """How full a site is: its places by zone and tenure, and how many cars are inside."""

    lines: tuple[Places, ...]
    inside: int

    @property
    def places(self) -> int:
        """How many places there are in all."""
        return sum(line.places for line in self.lines)

    @property
    def taken(self) -> int:
        """How many of them are taken or kept for somebody; a car too many takes nobody's place.

        By tenure and not by zone: a car that came in where no zone is said stands somewhere.
        """
        taken, places = Counter[Tenure](), Counter[Tenure]()
        for line in self.lines:
            taken[line.tenure] += line.taken
            places[line.tenure] += line.places
        return sum(min(taken[tenure], places[tenure]) for tenure in Tenure)

    @property
    def free(self) -> int | None:
        """How many more temporaries find a place; None where nobody counts places for them."""
        counted = [line for line in self._temporary if line.places]
        if not counted:
            return None
        places = sum(line.places for line in counted)
        return max(0, places - sum(line.taken for line in self._temporary))

    def free_in(self, zone: str) -> int | None:
        """Return how many more temporaries find a place beyond a lane into `zone`.

        A zone without places of its own lets them in wherever there is one, "" is the whole site. A
        car that came in where no zone is said may stand anywhere, so a zone has never more free
        than the whole.
        """
        whole = self.free
        for line in self._temporary:
            if zone and line.zone == zone and line.places:
                return self.free_of(line)
        return whole

    def free_of(self, line: Places) -> int:
        """Return how many places of a zone and tenure are free."""
        if line.tenure is not Tenure.TEMPORARY or not line.places or self.free is None:
            return line.free
        return min(line.free, self.free)

    @property
    def _temporary(self) -> list[Places]:
        return [line for line in self.lines if line.tenure is Tenure.TEMPORARY]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A count, when it was made, and how many changes of stays there had been by then."""

    at: datetime
    held: int
    occupancy: Occupancy


def occupancy(places: Mapping[Home, int], taken: Mapping[Home, int], *, inside: int) -> Occupancy:
    """Put together what there is and what is taken of it, in the order of zones and tenures."""
    homes = sorted({*places, *taken}, key=lambda home: (home[0], list(Tenure).index(home[1])))
    return Occupancy(
        lines=tuple(
            Places(
                zone=zone,
                tenure=tenure,
                places=places.get((zone, tenure), 0),
                taken=taken.get((zone, tenure), 0),
            )
            for zone, tenure in homes
        ),
        inside=inside,
    )
