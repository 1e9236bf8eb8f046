"""Tables of counted credits, deposits and sessions of use."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.deposit import Deposit
from ..core.package import Package
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

package: Final = table(
    "package",
    key("id"),
    whole("no"),
    text("wallet"),
    text("tariff"),
    whole("version"),
    whole("uses"),
    whole("left"),
    whole("price_minor"),
    whole("sold_at"),
    whole("tax_minor"),
    whole("fee_minor"),
    whole("bonus_minor"),
    whole("valid_until", optional=True),
    text("card", optional=True),
    whole("shared"),
    text("guests"),
    whole("ended_at", optional=True),
    whole("closed"),
)
Index("package_wallet", package.c.wallet)

TABLES: Final[dict[type, Table]] = {
    Deposit: deposit,
    Package: package,
}
