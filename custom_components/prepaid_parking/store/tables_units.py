"""Tables of units: who occupies them, and how they share what is used in common."""

from typing import Final

from sqlalchemy import Table

from ..core.unit import Occupancy, Unit
from .columns import key, table, text, whole

unit: Final = table(
    "unit",
    key("id"),
    whole("no"),
    text("name"),
    text("building"),
    text("floor"),
    text("number"),
    text("use"),
    whole("area_cm2"),
    whole("persons"),
    whole("capacity_w"),
    text("owner"),
    whole("closed_at", optional=True),
)

occupancy: Final = table(
    "occupancy",
    key("id"),
    text("unit"),
    text("wallet"),
    whole("from_at"),
    whole("to_at", optional=True),
    whole("persons"),
)

TABLES: Final[dict[type, Table]] = {
    Occupancy: occupancy,
    Unit: unit,
}
