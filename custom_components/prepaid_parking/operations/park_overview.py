"""How the car park stands, in one pass over who is inside; and how a single space stands."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ..core.category import Category
from ..core.identity import SpaceId
from ..core.local_day import DAY
from ..core.occupancy import Occupancy
from ..core.permit import PermitKind
from ..core.space import Space, Tenure
from ..core.space_bill import SOURCE
from .arrears import site_arrears
from .occupancy import TAKES, count, space_of
from .permits import is_unpaid
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkOverview:
    """What an attendant asks first: how full it is, who owes, and in which spaces a car stands.

    `arrears_minor` is what parking wallets owe, and what cars without a wallet left behind.
    """

    occupancy: Occupancy
    arrears_minor: int
    reviews: int
    cars: Mapping[SpaceId, int]


def park_overview(site: Site) -> ParkOverview:
    """Look at every stay and every wallet once."""
    stays = site.parking.stays.values()
    spaces = (space_of(site, one) for one in stays if one.state in TAKES)
    return ParkOverview(
        occupancy=count(site),
        arrears_minor=site_arrears(site)[Category.PARKING] + sum(one.owed_minor for one in stays),
        reviews=len(site.parking.reviews),
        cars=Counter(space.id for space in spaces if space is not None),
    )


def paid_until(site: Site, space: Space) -> date | None:
    """Return the last local day that is paid for a space; None where nothing was."""
    match space.tenure:
        case Tenure.OWNED:
            return _owned_until(site, space)
        case Tenure.RENTED:
            rentals = (
                one.ended_on - DAY if one.ended_on is not None else one.last
                for one in site.parking.permits.values()
                if one.kind is PermitKind.RENTAL
                and one.space == space.id
                and not is_unpaid(site, one.bill, one.wallet)
            )
            return max(rentals, default=None)
        case Tenure.TEMPORARY:
            return None


def _owned_until(site: Site, space: Space) -> date | None:
    """Return the day before the first period that is not paid: the last part of a bill's source."""
    prefix = f"{SOURCE}/{space.id}/"
    unpaid = [
        bill.from_day
        for wallet in site.parking.asked.get(space.id, ())
        for bill in site.wallets[wallet].bills.values()
        if bill.source.startswith(prefix) and bill.open_minor and bill.from_day is not None
    ]
    first = min(unpaid, default=space.billed_to)
    return first - DAY if first is not None else None
