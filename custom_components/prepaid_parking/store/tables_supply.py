"""Tables of what decides about a supply beside the balance."""

from typing import Final

from sqlalchemy import Table

from ..core.load_limit import LoadLimit, LoadTrips
from ..core.quota import QuotaUse
from ..core.respite import Respite, SiteHold
from ..core.schedule import Schedule
from .columns import key, number_key, table, text, whole

schedule: Final = table(
    "schedule",
    key("id"),
    number_key("version"),
    whole("valid_from"),
    text("name"),
    text("off"),
    text("calendar"),
    text("except_dates"),
    text("exempt"),
)

load_limit: Final = table(
    "load_limit",
    key("scope"),
    whole("limit_w"),
    whole("delay_s"),
    whole("retries"),
    whole("wait_s"),
    whole("reset_s"),
    whole("jump_w"),
)

load_trips: Final = table(
    "load_trips",
    key("meter"),
    whole("trips"),
    whole("tripped_at", optional=True),
    whole("last_at", optional=True),
    whole("power_w"),
    text("cause"),
)

quota_use: Final = table(
    "quota_use",
    key("wallet"),
    text("period"),
    whole("used"),
    whole("drawn_minor"),
    whole("below_minor"),
    whole("begun"),
    whole("used_up"),
    text("counted"),
)

respite: Final = table(
    "respite",
    key("wallet"),
    key("kind"),
    whole("at"),
    whole("until", optional=True),
    text("reason"),
    text("by"),
)

site_hold: Final = table(
    "site_hold",
    key("id"),
    whole("at"),
    whole("until", optional=True),
    text("reason"),
    text("by"),
)

TABLES: Final[dict[type, Table]] = {
    LoadLimit: load_limit,
    LoadTrips: load_trips,
    QuotaUse: quota_use,
    Respite: respite,
    Schedule: schedule,
    SiteHold: site_hold,
}
