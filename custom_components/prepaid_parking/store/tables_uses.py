"""Tables of counted credits, deposits and sessions of use."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.deposit import Deposit
from ..core.package import Package
from ..core.use import Use
from ..core.use_point import UsePoint
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

use_point: Final = table(
    "use_point",
    key("id"),
    whole("no"),
    text("name"),
    text("purpose"),
    text("kind"),
    text("tariff", optional=True),
    whole("uses"),
    whole("amount_minor"),
    whole("minutes"),
    text("switch"),
    text("lane", optional=True),
    text("basis"),
    text("counter"),
    whole("deposit_minor"),
    whole("most_minor", optional=True),
    text("proof", optional=True),
    text("outage"),
    whole("closed_at", optional=True),
)

use: Final = table(
    "use",
    key("id"),
    whole("no"),
    text("wallet"),
    whole("started_at"),
    whole("looked_at"),
    text("state"),
    text("point", optional=True),
    text("card", optional=True),
    text("tariff", optional=True),
    whole("version"),
    text("basis", optional=True),
    text("quantity"),
    text("switch"),
    text("counter"),
    text("counter_unit"),
    whole("from_count"),
    whole("count"),
    whole("counted_at", optional=True),
    whole("ran_ms"),
    whole("free_ms"),
    whole("on"),
    text("outage"),
    text("proof", optional=True),
    text("deposit", optional=True),
    whole("held_minor"),
    whole("most_minor", optional=True),
    whole("ends_at", optional=True),
    text("doubt", optional=True),
    whole("warned"),
    whole("ended_at", optional=True),
    text("end", optional=True),
    whole("amount_minor"),
    text("end_reference"),
)
Index("use_state", use.c.state)
Index("use_wallet", use.c.wallet)
Index("use_end_reference", use.c.end_reference)

TABLES: Final[dict[type, Table]] = {
    Deposit: deposit,
    Package: package,
    Use: use,
    UsePoint: use_point,
}
