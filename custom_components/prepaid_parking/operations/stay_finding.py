"""Which stay somebody means: by its number, by the plate, by the ticket, or the car at a lane."""

from dataclasses import dataclass

from ..core.errors import CoreError
from ..core.identity import LaneId, StayId
from ..core.plate import normal_plate
from ..core.stay import Stay
from ..core.wallet import CredentialKind
from .site import Site
from .stay_book import stays_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """One of these says which stay is meant; a `lane` means the car it answered last."""

    stay: str = ""
    plate: str = ""
    code: str = ""
    lane: str = ""


async def find_stay(site: Site, which: Which) -> Stay:
    """Return the stay that is meant, also one that is over, or refuse in words.

    A plate or a ticket means the latest stay: the one its car is in, or the one it left.
    """
    if sum(map(bool, (which.stay, which.plate, which.code, which.lane))) != 1:
        raise CoreError("stay_which")
    if which.stay:
        return await stay_by_id(site, which.stay)
    if which.plate:
        return await _latest(site, blind_plate(site, which.plate), "plate")
    if which.code:
        return await _latest(site, site.privacy.blind(CredentialKind.CODE, which.code), "ticket")
    last = site.lane(LaneId(which.lane)).last
    if last is None or last.stay is None:
        raise CoreError("stay_nobody_there", lane=which.lane)
    return await stay_by_id(site, last.stay)


async def stay_by_id(site: Site, stay: str) -> Stay:
    """Return a stay, also one that is over, or refuse in words."""
    known = site.parking.stays.get(StayId(stay))
    if known is not None:
        return known
    found = await site.books.load(Stay, id=stay)
    if not found:
        raise CoreError("unknown_stay", stay=stay)
    return found[0]


def blind_plate(site: Site, plate: str) -> bytes:
    """Return by what a plate is found."""
    return site.privacy.blind(CredentialKind.PLATE, normal_plate(plate))


async def _latest(site: Site, digest: bytes, column: str) -> Stay:
    found = stays_at(site, digest) or await site.books.load(Stay, **{column: digest})
    if not found:
        raise CoreError("stay_not_found")
    return max(found, key=lambda one: (one.entered_at, one.no))
