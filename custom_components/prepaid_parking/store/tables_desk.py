"""Tables of the desk: tills and who had them, receipts, terminals, and agents with their float."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.agent import Agent
from ..core.desk_receipt import DeskReceipt
from ..core.shift import Shift, Till
from ..core.terminal import Terminal, TerminalNonce
from .columns import key, number_key, table, text, whole

till: Final = table(
    "till",
    key("id"),
    whole("no"),
    text("name"),
    whole("most_minor", optional=True),
    whole("second_minor", optional=True),
    whole("closed_at", optional=True),
)

shift: Final = table(
    "shift",
    key("id"),
    whole("no"),
    text("till"),
    text("cashier"),
    whole("opened_at"),
    whole("opened_minor"),
    whole("taken_minor"),
    whole("paid_minor"),
    whole("delivered_minor"),
    whole("cards_minor"),
    whole("transfers_minor"),
    whole("receipts"),
    whole("counted_minor", optional=True),
    whole("counted_at", optional=True),
    whole("closed_at", optional=True),
    text("closed_by"),
    text("reason"),
)
Index("shift_no", shift.c.no)
Index("shift_closed_at", shift.c.closed_at)
Index("shift_open", shift.c.closed_at, sqlite_where=shift.c.closed_at.is_(None))

desk_receipt: Final = table(
    "desk_receipt",
    number_key("no"),
    whole("at"),
    text("kind"),
    text("event"),
    text("channel"),
    whole("amount_minor"),
    text("actor"),
    text("wallet"),
    text("stay"),
    text("bill"),
    text("shift"),
    whole("prints"),
    whole("voided_at", optional=True),
    text("voided_by"),
    text("void_reason"),
)
Index("desk_receipt_at", desk_receipt.c.at)
Index("desk_receipt_wallet", desk_receipt.c.wallet, desk_receipt.c.no)
Index("desk_receipt_shift", desk_receipt.c.shift, desk_receipt.c.no)

terminal: Final = table(
    "terminal",
    key("id"),
    whole("no"),
    text("name"),
    text("subject"),
    text("till", optional=True),
    whole("closed_at", optional=True),
)

agent: Final = table(
    "agent",
    key("id"),
    whole("no"),
    text("name"),
    whole("rate_micro"),
    whole("float_minor"),
    whole("earned_micro"),
    whole("sold_minor"),
    whole("sold_all_minor"),
    whole("settled_minor"),
    whole("settled_at", optional=True),
    whole("closed_at", optional=True),
)

terminal_nonce: Final = table(
    "terminal_nonce",
    key("terminal"),
    key("nonce"),
    whole("at"),
)

TABLES: Final[dict[type, Table]] = {
    Agent: agent,
    DeskReceipt: desk_receipt,
    Shift: shift,
    Terminal: terminal,
    TerminalNonce: terminal_nonce,
    Till: till,
}
