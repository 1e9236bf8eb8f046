"""Tables of meters and lanes: what is counted for whom, what is supplied, what was commanded."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.accrual import Window
from ..core.metering import Cursor, Installation, OpenDoubt
from ..core.passage import Passage
from ..core.supply import CommandLog, Supply
from ..core.wallet import Binding, Meter
from .columns import key, number_key, table, text, whole

meter: Final = table(
    "meter",
    key("id"),
    whole("no"),
    text("profile"),
    text("serial"),
    text("name"),
    text("commodity"),
    text("quantity"),
    text("installation", optional=True),
    whole("max_rate"),
    whole("modulus", optional=True),
    whole("jitter"),
    text("unit"),
    text("main"),
    text("reactive"),
)

installation: Final = table(
    "installation",
    key("id"),
    text("meter"),
    whole("number"),
    text("serial"),
    text("ratio", optional=True),
    whole("from_register"),
    whole("from_at"),
    whole("to_register", optional=True),
    whole("to_at", optional=True),
    text("reason"),
)

binding: Final = table(
    "binding",
    key("id"),
    text("meter"),
    text("wallet"),
    text("tariff"),
    whole("from_register"),
    whole("from_at"),
    whole("to_register", optional=True),
    whole("to_at", optional=True),
    whole("carry"),
)

cursor: Final = table(
    "cursor",
    key("installation"),
    whole("register"),
    whole("at"),
    whole("carry"),
)

window: Final = table(
    "window",
    key("installation"),
    whole("from_register"),
    whole("from_at"),
    whole("to_register"),
    whole("to_at"),
    whole("carry"),
    text("lines"),
    text("period"),
    whole("tier_quantity"),
    text("points"),
)

open_doubt: Final = table(
    "open_doubt",
    key("id"),
    text("meter"),
    text("installation"),
    text("kind"),
    whole("cursor_register"),
    whole("cursor_at"),
    whole("register"),
    whole("at"),
    text("expected"),
    text("found"),
    whole("settled_at", optional=True),
    text("settled_how"),
    text("settled_by"),
)

supply: Final = table(
    "supply",
    key("meter"),
    text("restore"),
    text("cut_by"),
    whole("verified", optional=True),
    whole("verified_at", optional=True),
    text("state"),
    whole("hold_on", optional=True),
    text("hold_reason"),
    text("hold_by"),
    whole("hold_until", optional=True),
    text("lockout_reason"),
    text("lockout_by"),
    whole("protected"),
    text("protected_reason"),
    whole("protected_until", optional=True),
    whole("confirmed_at", optional=True),
    text("cut"),
    whole("cut_order"),
    whole("cut_delay_s"),
    text("schedule"),
)

command_log: Final = table(
    "command_log",
    number_key("id"),
    text("target"),
    text("action"),
    whole("at"),
    text("outcome"),
    whole("outcome_at"),
    text("reason"),
    text("actor"),
    text("detail"),
)

passage: Final = table(
    "passage",
    number_key("id"),
    text("lane"),
    whole("at"),
    text("kind"),
    text("reason"),
    text("masked"),
    text("card"),
    whole("entry", optional=True),
    whole("command", optional=True),
    text("actor"),
    text("stay"),
    text("picture"),
    text("trace"),
)
Index("passage_stay", passage.c.stay)

TABLES: Final[dict[type, Table]] = {
    Binding: binding,
    CommandLog: command_log,
    Cursor: cursor,
    Installation: installation,
    Meter: meter,
    OpenDoubt: open_doubt,
    Passage: passage,
    Supply: supply,
    Window: window,
}
