"""Invitations, reservations and how full it is, as plain data: plates are masked, codes are not told."""

from ..core.occupancy import Occupancy
from ..core.visiting import Invitation, Reservation
from .occupancy import count, in_force
from .site import Site

type View = dict[str, object]


def invitation_view(site: Site, one: Invitation) -> View:
    """Describe an invitation."""
    now = site.clock()
    return {
        "invitation": one.id,
        "plate": one.masked or None,
        "by": "plate" if one.masked else "code",
        "from": one.from_at.isoformat(),
        "to": one.to_at.isoformat(),
        "host": one.host,
        "host_pays": one.host_pays,
        "lanes": list(one.lanes),
        "visits_left": one.left,
        "in_force": one.ended_at is None and one.from_at <= now < one.to_at and one.left != 0,
        "ended_at": one.ended_at.isoformat() if one.ended_at is not None else None,
    }


def reservation_view(site: Site, one: Reservation) -> View:
    """Describe a reservation."""
    space = site.parking.spaces.get(one.space) if one.space is not None else None
    return {
        "reservation": one.id,
        "space": one.space,
        "name": space.name if space is not None else None,
        "zone": one.zone,
        "card": one.card,
        "plate": one.masked or None,
        "from": one.from_at.isoformat(),
        "to": one.to_at.isoformat(),
        "note": one.note,
        "in_force": in_force(one, site.clock()),
        "ended_at": one.ended_at.isoformat() if one.ended_at is not None else None,
    }


def occupancy_view(site: Site) -> View:
    """Describe how full the site is."""
    full = count(site)
    sums: View = {"inside": full.inside, "taken": full.taken, "free": full.free}
    return sums | occupancy_lines(full)


def occupancy_lines(full: Occupancy) -> View:
    """Describe what is taken, by zone and tenure."""
    return {
        "places": full.places,
        "zones": [
            {
                "zone": line.zone,
                "tenure": str(line.tenure),
                "places": line.places,
                "taken": line.taken,
                "free": full.free_of(line),
            }
            for line in full.lines
        ],
    }
