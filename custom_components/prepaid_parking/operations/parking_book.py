"""The car park in memory: spaces, what is sold, who is inside, and what a lane goes by."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from weakref import WeakValueDictionary

from ..core.fee_item import FeeItem
from ..core.identity import (
    CardId,
    FeeItemId,
    InvitationId,
    LaneId,
    MerchantId,
    ParkingPackageId,
    PermitId,
    ReservationId,
    ReviewId,
    SpaceId,
    StayId,
    VehicleRuleId,
    WalletId,
)
from ..core.lane_list import HeldList
from ..core.occupancy import Counted
from ..core.parking_rules import ParkingRules
from ..core.passage import Passage
from ..core.permit import ParkingPackage, Permit
from ..core.review import Review
from ..core.space import Space
from ..core.stay import Stay
from ..core.two_hubs import HubState
from ..core.vehicle import VehicleRule
from ..core.visiting import Invitation, Merchant, Reservation
from .no_pictures import NoPictures
from .ports import Pictures


async def _nobody_waits(_: Stay) -> None:
    """Say it to nobody: no lane is there that would open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten:
    """A passage that the books still have to hear of: `begins` or `ends` is its stay's draft."""

    passage: Passage
    begins: Stay | None = None
    ends: Stay | None = None


@dataclass(slots=True)
class ParkingBook:
    """What the property office and the lanes know, in the newest state.

    Fee items and packages are lists of versions, the newest last. `permits` are those that are not
    over; `stays` those that are open, or that left something unpaid. Of invitations, reservations,
    vehicle rules and reviews only those still in force are here: all others are in the books.
    `card_permits` finds permits by their card (permits.py); `renewing` are those that still have to be
    looked at on the local day `renewed_on` (renewing.py).

    `found` finds stays by the blind index of a plate or a ticket, `of_cards` by their card, `free` are
    those of who parks free; `turns` lets those wait for one another that change one stay, or let cars
    of one card in (stay_book.py); `held` counts the changes of stays, `counted` is the latest count of
    places (occupancy.py).
    `paid` hears of each stay that was paid. `asked` names the wallets that were billed for a space and
    may still owe something for it. `lane_list` is what an office at another hub told last, `hubs` how
    it stands with other hubs, by the key of what connects them. `day` is the local day that is not
    closed yet. `open_lanes` are those that a person wants to stay open (fail_level.py).
    `sighted` says where and when a plate was read last (suspecting.py), `unwritten` are passages that
    the books could not take yet (unwritten.py), `unheard` stays of which a write failed: some of it may
    be in the books after all (stay_book.py). `pictures` are what the lanes' cameras saw.
    """

    spaces: dict[SpaceId, Space] = field(default_factory=dict)
    fee_items: dict[FeeItemId, list[FeeItem]] = field(default_factory=dict)
    packages: dict[ParkingPackageId, list[ParkingPackage]] = field(default_factory=dict)
    permits: dict[PermitId, Permit] = field(default_factory=dict)
    stays: dict[StayId, Stay] = field(default_factory=dict)
    rules: list[ParkingRules] = field(default_factory=list)
    vehicle_rules: dict[VehicleRuleId, VehicleRule] = field(default_factory=dict)
    invitations: dict[InvitationId, Invitation] = field(default_factory=dict)
    reservations: dict[ReservationId, Reservation] = field(default_factory=dict)
    merchants: dict[MerchantId, Merchant] = field(default_factory=dict)
    reviews: dict[ReviewId, Review] = field(default_factory=dict)
    renewed_on: date | None = None
    renewing: list[PermitId] = field(default_factory=list)
    card_permits: dict[CardId, dict[PermitId, None]] = field(default_factory=dict)
    found: dict[bytes, dict[StayId, None]] = field(default_factory=dict)
    of_cards: dict[CardId, dict[StayId, None]] = field(default_factory=dict)
    free: dict[StayId, None] = field(default_factory=dict)
    held: int = 0
    counted: Counted | None = None
    turns: WeakValueDictionary[str | bytes, asyncio.Lock] = field(
        default_factory=WeakValueDictionary
    )
    paid: Callable[[Stay], Awaitable[None]] = _nobody_waits
    sighted: dict[bytes, tuple[LaneId, datetime]] = field(default_factory=dict)
    unwritten: list[Unwritten] = field(default_factory=list)
    unheard: set[StayId] = field(default_factory=set)
    open_lanes: set[LaneId] = field(default_factory=set)
    pictures: Pictures = field(default_factory=NoPictures)
    asked: dict[SpaceId, set[WalletId]] = field(default_factory=dict)
    day: date | None = None
    lane_list: HeldList | None = None
    hubs: dict[str, HubState] = field(default_factory=dict)
