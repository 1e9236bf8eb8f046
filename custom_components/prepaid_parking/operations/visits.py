"""Visits: an arrival takes one of a permit or an invitation that allows so many."""

from dataclasses import replace

from ..core.permit import Permit
from ..core.stay import Stay
from ..core.visiting import Invitation
from .site import Site


def visits(site: Site, stay: Stay, more: int) -> tuple[Permit | Invitation, ...]:
    """Return what a stay takes its visit of, with so many more left: as it is by now, in its turn."""
    parking = site.parking
    known = (
        parking.permits.get(stay.permit) if stay.permit is not None else None,
        parking.invitations.get(stay.invitation) if stay.invitation is not None else None,
    )
    return tuple(
        replace(one, left=one.left + more)
        for one in known
        if one is not None and one.left is not None
    )
