"""What the list of an office at another hub says of who stands at a lane."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.identity import CardId
from ..core.lane_list import Listed, ListEntry, card_at_lane
from ..core.rights import covers
from ..core.stay import Stay, StayKind, StayState
from ..core.wallet import CredentialKind
from .lane_run import LaneRun
from .site import Site
from .stay_book import stays_of_card

TAKES: Final = frozenset({StayState.ARRIVING, StayState.INSIDE, StayState.LEAVING})
"""Who was let in takes up its card's right from then on: two lanes must not give it away twice."""


def office_digest(site: Site, kind: CredentialKind, value: str) -> bytes:
    """Return what the office's list finds a credential by; empty where there is no list."""
    made = site.parking.lane_list
    key = made.keys.get(kind) if made is not None else None
    return b"" if key is None else site.privacy.blind_by(key, kind, value)


def office_card(site: Site, office: bytes) -> CardId | None:
    """Return what this hub's books call the card of a listed credential."""
    made = site.parking.lane_list
    entries = made.found.get(office, ()) if made is not None and office else ()
    return next((card for one in entries if (card := card_at_lane(one)) is not None), None)


def listed_at(site: Site, run: LaneRun, office: bytes, at: datetime) -> Listed | None:
    """Return what the list says of a credential at a lane; None where it knows nothing of it."""
    made = site.parking.lane_list
    if made is None or not office:
        return None

    def in_hours(entry: ListEntry) -> bool:
        return covers(entry.windows, at, site.zone, site.holidays, entry.calendar)

    listed = made.listed(office, at=at, zone=run.zone, lane=run.name, in_hours=in_hours)
    if listed is None:
        return None
    return replace(listed, said_at=f"{made.made_at.astimezone(site.zone):%H:%M}")


def is_other(stay: Stay, digest: bytes, now: datetime) -> bool:
    """Tell whether a stay of a card is another car's that takes up its right."""
    if digest in (stay.plate, stay.ticket):
        return False
    return stay.state in TAKES and not stay.is_lost(now)


def beside(site: Site, listed: Listed, digest: bytes) -> Listed:
    """Add how many other cars of its card are inside by right."""
    card = card_at_lane(listed.entry)
    if card is None:
        return listed
    now = site.clock()
    others = (one for one in stays_of_card(site, card) if is_other(one, digest, now))
    inside = sum(one.kind is not StayKind.TEMPORARY for one in others)
    return replace(listed, inside=inside)
