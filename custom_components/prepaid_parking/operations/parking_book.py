"""The car park in memory: spaces, what is sold, who is inside, and what a lane goes by."""

from dataclasses import dataclass, field

from ..core.fee_item import FeeItem
from ..core.identity import (
    FeeItemId,
    InvitationId,
    MerchantId,
    ParkingPackageId,
    PermitId,
    ReservationId,
    ReviewId,
    SpaceId,
    StayId,
    VehicleRuleId,
)
from ..core.parking_rules import ParkingRules
from ..core.permit import ParkingPackage, Permit
from ..core.review import Review
from ..core.space import Space
from ..core.stay import Stay
from ..core.vehicle import VehicleRule
from ..core.visiting import Invitation, Merchant, Reservation


@dataclass(slots=True)
class ParkingBook:
    """What the property office and the lanes know, in the newest state.

    Fee items and packages are lists of versions, the newest last. `permits` are those that are not
    over; `stays` those that are open, or that left something unpaid. Of invitations, reservations,
    vehicle rules and reviews only those still in force are here: all others are in the books.
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
