"""Tables of the car park: spaces, what is sold for them, who is inside, and what a lane goes by."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.fee_item import FeeItem
from ..core.parking_rules import ParkingRules
from ..core.permit import ParkingPackage, Permit
from ..core.review import Review
from ..core.space import Space
from ..core.stay import Stay
from ..core.two_hubs import ListPart, ReceivedMark, ReceivedOrder
from ..core.vehicle import VehicleRule
from ..core.visiting import Invitation, Merchant, Reservation
from .columns import blob, key, number_key, table, text, whole

space: Final = table(
    "space",
    key("id"),
    whole("no"),
    text("name"),
    text("location"),
    text("tenure"),
    text("grade"),
    whole("capacity"),
    text("zone"),
    text("use"),
    whole("area_cm2"),
    text("unit"),
    text("wallet"),
    text("every"),
    whole("day"),
    text("first", optional=True),
    text("billed_to", optional=True),
    whole("taken_back"),
    whole("exposed"),
    whole("closed_at", optional=True),
)

fee_item: Final = table(
    "fee_item",
    key("id"),
    number_key("version"),
    text("valid_from"),
    text("name"),
    text("category"),
    whole("price_micro"),
    text("every"),
    text("by"),
    text("filter"),
    text("levies"),
    whole("ended"),
)

parking_package: Final = table(
    "parking_package",
    key("id"),
    number_key("version"),
    text("valid_from"),
    text("name"),
    whole("price_minor"),
    whole("months"),
    whole("days"),
    text("items"),
    text("spaces"),
    whole("needs_space"),
    text("rights"),
    text("levies"),
    whole("renew_days"),
    text("remind_days"),
    whole("ended"),
)

permit: Final = table(
    "permit",
    key("id"),
    whole("no"),
    text("kind"),
    text("card"),
    text("wallet"),
    text("first"),
    text("last"),
    whole("price_minor"),
    whole("sold_at"),
    text("package", optional=True),
    whole("version"),
    text("space", optional=True),
    text("rights"),
    text("bill", optional=True),
    whole("left", optional=True),
    text("suspended_on", optional=True),
    whole("rested"),
    whole("renews"),
    text("renewed", optional=True),
    whole("reminded"),
    text("ended_on", optional=True),
    whole("refunded_minor"),
    whole("over"),
)
Index("permit_card", permit.c.card)

parking_rules: Final = table(
    "parking_rules",
    number_key("version"),
    whole("valid_from"),
    whole("temporaries"),
    text("tariffs"),
    text("places"),
    text("owned"),
    text("rented"),
    text("pass_back"),
    whole("fuzzy"),
    whole("owed_ask"),
    text("free_plates"),
    whole("pass_s"),
    whole("paid_s"),
    whole("reentry_minutes"),
    whole("long_stay_hours"),
    whole("travel_s"),
    whole("lost_ticket_minor"),
    whole("list_minutes"),
    whole("stale_hours"),
)

vehicle_rule: Final = table(
    "vehicle_rule",
    key("id"),
    whole("no"),
    blob("digest"),
    text("kind"),
    text("masked"),
    text("reason"),
    whole("set_at"),
    text("subject"),
    whole("once"),
    whole("until", optional=True),
    whole("ended_at", optional=True),
)

invitation: Final = table(
    "invitation",
    key("id"),
    whole("no"),
    blob("digest"),
    text("masked"),
    whole("from_at"),
    whole("to_at"),
    whole("made_at"),
    text("host", optional=True),
    whole("host_pays"),
    text("lanes"),
    whole("left", optional=True),
    text("subject"),
    whole("ended_at", optional=True),
)

reservation: Final = table(
    "reservation",
    key("id"),
    whole("no"),
    whole("from_at"),
    whole("to_at"),
    whole("made_at"),
    text("space", optional=True),
    text("zone"),
    text("card", optional=True),
    blob("digest"),
    text("masked"),
    text("subject"),
    text("note"),
    whole("ended_at", optional=True),
)

merchant: Final = table(
    "merchant",
    key("id"),
    text("name"),
    text("wallet", optional=True),
    whole("budget_minor", optional=True),
    whole("most_minutes", optional=True),
    text("month"),
    whole("spent_minor"),
    whole("closed_at", optional=True),
)

stay: Final = table(
    "stay",
    key("id"),
    whole("no"),
    text("kind"),
    text("state"),
    whole("entered_at"),
    text("entry_lane", optional=True),
    blob("plate"),
    text("masked"),
    text("subject"),
    text("colour"),
    text("region"),
    text("vehicle"),
    blob("ticket"),
    text("card", optional=True),
    text("permit", optional=True),
    text("wallet", optional=True),
    text("invitation", optional=True),
    text("zone"),
    text("tariff", optional=True),
    whole("version"),
    whole("free_ms"),
    whole("granted_at", optional=True),
    text("exit_lane", optional=True),
    whole("left_at", optional=True),
    text("validations"),
    whole("amount_minor"),
    whole("validated_minor"),
    whole("paid_minor"),
    whole("paid_at", optional=True),
    whole("wallet_minor"),
    whole("bonus_minor"),
    whole("over_minor"),
    whole("owed_minor"),
    whole("written_off_minor"),
    whole("refunded_minor"),
    whole("charges"),
    whole("overstayed"),
    text("review", optional=True),
    text("note"),
    whole("changed"),
)
Index("stay_entered", stay.c.entered_at)
Index("stay_changed", stay.c.changed)
Index("stay_state", stay.c.state)
Index("stay_plate", stay.c.plate)
Index("stay_ticket", stay.c.ticket)
Index("stay_card", stay.c.card)
Index("stay_sealed", stay.c.entered_at, sqlite_where=stay.c.subject != "")

review: Final = table(
    "review",
    key("id"),
    whole("no"),
    text("why"),
    whole("opened_at"),
    text("stays"),
    text("reads"),
    text("verdict", optional=True),
    whole("settled_at", optional=True),
    text("settled_by"),
    text("note"),
)

list_part: Final = table("list_part", key("pair"), number_key("place"), blob("sealed"))

received_mark: Final = table(
    "received_mark",
    key("pair"),
    text("origin"),
    whole("upto"),
    whole("differs"),
    whole("at", optional=True),
)

received_order: Final = table(
    "received_order",
    key("pair"),
    key("stay"),
    whole("changed"),
    text("state"),
    text("kind"),
    whole("entered_at"),
    whole("left_at", optional=True),
    text("lane"),
    text("card"),
    text("masked"),
    whole("amount_minor"),
    whole("paid_minor"),
    whole("owed_minor"),
)

TABLES: Final[dict[type, Table]] = {
    FeeItem: fee_item,
    Invitation: invitation,
    ListPart: list_part,
    Merchant: merchant,
    ParkingPackage: parking_package,
    ParkingRules: parking_rules,
    Permit: permit,
    ReceivedMark: received_mark,
    ReceivedOrder: received_order,
    Reservation: reservation,
    Review: review,
    Space: space,
    Stay: stay,
    VehicleRule: vehicle_rule,
}
