"""Whole plates: read by a person who has to know whose car it was, and destroyed when their time is over."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.errors import CoreError
from ..core.vehicle import VehicleRule
from .booking import keep
from .site import Site

KEPT: Final = timedelta(days=30)
"""So long after a stay a driver may come and say that it was another car. Who owes is kept until it is settled."""
MOST_AT_ONCE: Final = 500
FIELD: Final = "plate"
"""What a single plate is sealed as, of whatever it is; a card has several."""


async def whole_plate(site: Site, subject: str) -> str | None:
    """Return a plate that was sealed; None where there is none, or none any more."""
    if not subject:
        return None
    try:
        fields = await site.privacy.get_subject(subject)
    except CoreError:
        return None
    return fields.get(FIELD)


async def forget_plates(site: Site, now: datetime) -> None:
    """Destroy the plates of stays that have long been over, and of rules that no longer hold: a chore.

    A review that is open still needs them.
    """
    if not site.clock_ok or not site.books.writable:
        return
    asked = {stay for review in site.parking.reviews.values() for stay in review.stays}
    sealed = await site.books.sealed_stays(now - KEPT, MOST_AT_ONCE)
    stays = [one for one in sealed if one.id not in asked]
    rules = [
        one
        for one in await site.books.load(VehicleRule)
        if one.subject and one.ended_at is not None and one.ended_at < now - KEPT
    ]
    gone = [one.subject for one in stays] + [one.subject for one in rules]
    if not gone:
        return
    await site.privacy.expire_subjects(gone)
    bare = [
        *(replace(one, subject="") for one in stays),
        *(replace(one, subject="") for one in rules),
    ]
    await keep(site, *bare)
