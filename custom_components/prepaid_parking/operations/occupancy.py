"""Who is inside: places are what the spaces say, taken is what stands in them or is kept for somebody."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ..core.identity import CardId, SpaceId
from ..core.occupancy import Counted, Home, Occupancy, occupancy
from ..core.space import Space, Tenure
from ..core.stay import Stay, StayKind, StayState
from ..core.visiting import Reservation
from .parking_rules import rules_now
from .site import Site

TAKES: Final = (StayState.INSIDE, StayState.ARRIVING, StayState.LEAVING)
"""Who was let in takes a place from then on: two lanes must not give the last one away twice."""
IN_SPACE: Final = (StayKind.OWNER, StayKind.RENTER, StayKind.PACKAGE, StayKind.CARD)
"""Who stands in the card's own space; one car too many of a group is a temporary.

Tuples, here and above: a lane counts 10,000 cars before it opens, and a set asks each for its hash.
"""
COUNTED: Final = timedelta(seconds=1)
FEW: Final = 20
"""With fewer places free each car is counted: a space may have been taken out of use meanwhile."""
type BareHome = tuple[str, str]
"""A home with its tenure's bare value: the tenure itself would be asked for its hash by every car."""


def count(site: Site) -> Occupancy:
    """Count the places of a site and what is taken of them, by zone and tenure."""
    parking, now = site.parking, site.clock()
    kept = [one for one in parking.reservations.values() if in_force(one, now)]
    cards = {one.card: one for one in kept if one.card is not None}
    plates = {one.digest: one for one in kept if one.digest}
    taken, standing, loose = Counter[Home](), Counter[BareHome](), Counter[str]()
    inside = 0
    used = set()
    for stay in parking.stays.values():
        if stay.state not in TAKES or stay.is_lost(now):
            continue
        inside += stay.state.inside
        held = _held(stay, plates, cards) if kept else None
        if held is not None:
            used.add(held.id)
            taken[_kept_home(site, held)] += 1
        elif (space := space_of(site, stay)) is not None:
            standing[space.zone, space.tenure.value] += 1
        else:
            loose[stay.zone] += 1
    taken.update(_homes(standing))
    taken.update({(zone, Tenure.TEMPORARY): number for zone, number in loose.items()})
    taken.update(_kept_home(site, one) for one in kept if one.id not in used)
    return occupancy(_places(site), taken, inside=inside)


def free_places(site: Site, zone: str) -> int | None:
    """Return how many more temporaries find a place beyond a lane into a zone.

    None where nobody counts: no space is temporary, and the rules name no number.
    """
    return count(site).free_in(zone)


def surely_free(site: Site, zone: str) -> int | None:
    """Return how many more temporaries find a place at least: exactly, where there are few.

    A lane asks before it opens, and to count 10,000 cars takes as long as all the rest. While many
    places are free, a count of this second serves, less every change of a stay since.
    """
    parking, now = site.parking, site.clock()
    known = parking.counted
    if known is not None and timedelta() <= now - known.at <= COUNTED:
        then = known.occupancy.free_in(zone)
        if then is None:
            return None
        if (free := then - (parking.held - known.held)) > FEW:
            return free
    parking.counted = Counted(at=now, held=parking.held, occupancy=count(site))
    return parking.counted.occupancy.free_in(zone)


def in_force(one: Reservation, now: datetime) -> bool:
    """Tell whether a reservation keeps its place now."""
    return one.ended_at is None and one.from_at <= now < one.to_at


def space_of(site: Site, stay: Stay) -> Space | None:
    """Return the space that a stay's card or permit is for."""
    if stay.kind not in IN_SPACE:
        return None
    permit = site.parking.permits.get(stay.permit) if stay.permit is not None else None
    named = permit.space if permit is not None else None
    if not named and stay.card is not None:
        card = site.cards.get(stay.card)
        named = SpaceId(card.space) if card is not None else None
    space = site.parking.spaces.get(named) if named else None
    return space if space is not None and space.closed_at is None else None


def _held(
    stay: Stay, plates: Mapping[bytes, Reservation], cards: Mapping[CardId, Reservation]
) -> Reservation | None:
    """Return what is reserved for a car that is inside."""
    return plates.get(stay.plate) or (cards.get(stay.card) if stay.card is not None else None)


def _kept_home(site: Site, one: Reservation) -> Home:
    space = site.parking.spaces.get(one.space) if one.space is not None else None
    return (space.zone, space.tenure) if space is not None else (one.zone, Tenure.TEMPORARY)


def _places(site: Site) -> dict[Home, int]:
    """Return the places by zone and tenure; a zone's temporaries by the rules where no space says it."""
    bare = Counter[BareHome]()
    for space in site.parking.spaces.values():
        if space.closed_at is None:
            bare[space.zone, space.tenure.value] += space.capacity
    places = _homes(bare)
    for ruled in rules_now(site).places:
        if (ruled.zone, Tenure.TEMPORARY) not in places:
            places[ruled.zone, Tenure.TEMPORARY] = ruled.places
    return places


def _homes(bare: Mapping[BareHome, int]) -> dict[Home, int]:
    return {(zone, Tenure(tenure)): number for (zone, tenure), number in bare.items()}
