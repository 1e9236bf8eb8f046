"""The car park as the books left it."""

import contextlib
from dataclasses import replace
from functools import partial
from typing import Final

from ..core.errors import CoreError
from ..core.fee_item import FeeItem
from ..core.parking_rules import ParkingRules
from ..core.permit import ParkingPackage
from ..core.review import Review
from ..core.space import Space
from ..core.stay import Stay, StayState
from ..core.vehicle import VehicleRule
from ..core.visiting import Invitation, Merchant, Reservation
from . import emergency, permits
from .credentials import today_of
from .paid_exit import open_for
from .site import Site
from .stay_book import hold

KEPT: Final = tuple(state for state in StayState if not state.over)
"""Stays that something may still come of; all others are only in the books."""


async def load(site: Site) -> None:
    """Fill the car park: what is sold, who is inside, who may come, and what is to be looked at."""
    books, parking = site.books, site.parking
    parking.spaces = {one.id: one for one in await books.load(Space)}
    for item in sorted(await books.load(FeeItem), key=lambda one: one.version):
        parking.fee_items.setdefault(item.id, []).append(item)
    for package in sorted(await books.load(ParkingPackage), key=lambda one: one.version):
        parking.packages.setdefault(package.id, []).append(package)
        if package.rights.calendar:
            with contextlib.suppress(CoreError):  # One that nobody keeps any more has no holidays.
                await site.learn_calendar(package.rights.calendar)
    await permits.load(site)
    parking.paid = partial(open_for, site)
    for state in KEPT:
        hold(site, *(_followed(site, one) for one in await books.load(Stay, state=state.value)))
    parking.rules = sorted(await books.load(ParkingRules), key=lambda one: one.version)
    parking.vehicle_rules = {one.id: one for one in await books.load(VehicleRule, ended_at=None)}
    parking.invitations = {one.id: one for one in await books.load(Invitation, ended_at=None)}
    parking.reservations = {one.id: one for one in await books.load(Reservation, ended_at=None)}
    parking.merchants = {one.id: one for one in await books.load(Merchant)}
    parking.reviews = {one.id: one for one in await books.load(Review, settled_at=None)}
    await emergency.load(site)


def _followed(site: Site, stay: Stay) -> Stay:
    """Return a stay with the card of today: the hub may have died between a lost card and its stays."""
    return stay if stay.card is None else replace(stay, card=today_of(site, stay.card))
