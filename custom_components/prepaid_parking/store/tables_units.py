"""Tables of units: who occupies them, how they share what is used in common, and what is usual."""

from typing import Final

from sqlalchemy import Table

from ..core.loss import LossShare, Mark
from ..core.shares import ShareCount, Shares
from ..core.tamper import Habit, Hint
from ..core.unit import Occupancy, Unit
from .columns import key, number_key, table, text, whole

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

shares: Final = table(
    "shares",
    key("wallet"),
    text("by"),
    text("members"),
    whole("since"),
)

share_count: Final = table(
    "share_count",
    key("wallet"),
    key("member"),
    whole("owed"),
)

habit: Final = table(
    "habit",
    key("meter"),
    text("installation"),
    whole("register"),
    whole("at"),
    text("days"),
)

mark: Final = table(
    "mark",
    key("meter"),
    number_key("at"),
    text("installation"),
    whole("register"),
    rowid=False,
)

loss_share: Final = table(
    "loss_share",
    key("main"),
    number_key("from_at"),
    whole("to_at"),
    whole("quantity"),
    whole("shared"),
    whole("amount_minor"),
    whole("carry"),
)

hint: Final = table(
    "hint",
    key("meter"),
    key("kind"),
    whole("since"),
    whole("found"),
    whole("expected"),
    whole("ended_at", optional=True),
)

TABLES: Final[dict[type, Table]] = {
    Habit: habit,
    Hint: hint,
    LossShare: loss_share,
    Mark: mark,
    Occupancy: occupancy,
    ShareCount: share_count,
    Shares: shares,
    Unit: unit,
}
