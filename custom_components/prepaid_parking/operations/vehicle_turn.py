"""One at a time at the lanes: reads of one vehicle, the cars of one card, and who pays for a stay.

Whoever answers a vehicle takes its turn before anything is looked up about it: what it was asked by
must still be so when it is written down.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..core.asked import Asked
from ..core.identity import StayId
from .lane_run import Shown
from .listed import office_card
from .site import Site
from .stay_book import alone, open_stay


@asynccontextmanager
async def vehicle_turn(site: Site, vehicle: Shown) -> AsyncIterator[StayId | None]:
    """Keep other reads of this vehicle, its card's other cars, and who pays for it, waiting.

    Gives the stay whose turn it holds.
    """
    digest, credential = vehicle.digest, site.credentials.get(vehicle.digest)
    card = credential.card if credential is not None else office_card(site, vehicle.office)
    async with alone(site, digest if card is None else card):
        stay = open_stay(site, digest)
        if stay is None:
            yield None
        else:
            async with alone(site, stay.id):
                yield stay.id


@asynccontextmanager
async def stay_turn(site: Site, asked: Asked, held: StayId | None) -> AsyncIterator[None]:
    """Take the turn of a stay that began under another plate or tag than what is shown now."""
    if asked.stay is None or asked.stay.id == held:
        yield
    else:
        async with alone(site, asked.stay.id):
            yield
