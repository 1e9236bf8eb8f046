"""Tables of counted credits, deposits and sessions of use."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.deposit import Deposit
from .columns import key, table, text, whole

deposit: Final = table(
    "deposit",
    key("id"),
    whole("no"),
    text("wallet"),
    text("reason"),
    whole("amount_minor"),
    whole("held_at"),
    whole("released_minor"),
    whole("claimed_minor"),
    whole("ended_at", optional=True),
    text("use"),
)
Index("deposit_wallet", deposit.c.wallet)

TABLES: Final[dict[type, Table]] = {
    Deposit: deposit,
}
