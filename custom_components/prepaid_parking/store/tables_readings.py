"""Tables of readings kept for looking back."""

from typing import Final

from sqlalchemy import Table

from ..core.hours import HourMark, MeterDay
from .columns import blob, key, table, whole

meter_day: Final = table(
    "meter_day",
    key("day"),
    key("meter"),
    blob("hours"),
    rowid=False,
)

hour_mark: Final = table(
    "hour_mark",
    key("meter"),
    whole("register"),
    whole("at"),
)

TABLES: Final[dict[type, Table]] = {
    HourMark: hour_mark,
    MeterDay: meter_day,
}
