"""Tables of the rules that are planned or assigned: tariffs to come, levies and rates carried."""

from typing import Final

from sqlalchemy import Table

from ..core.assigned import PriceCorrection, TariffChange, TariffWithdrawal
from ..core.carries import LevyCarry, RateCursor
from .columns import key, number_key, table, text, whole

levy_carry: Final = table(
    "levy_carry",
    key("binding"),
    key("name"),
    whole("carry"),
)

rate_cursor: Final = table(
    "rate_cursor",
    key("installation"),
    text("registers"),
)

tariff_change: Final = table(
    "tariff_change",
    key("id"),
    text("assignment"),
    text("meter"),
    text("binding"),
    text("tariff"),
    text("before"),
    whole("at"),
    whole("done_at", optional=True),
    whole("withdrawn_at", optional=True),
)

price_correction: Final = table(
    "price_correction",
    key("id"),
    text("tariff"),
    whole("since"),
    whole("until", optional=True),
    text("actor"),
    text("reason"),
    whole("done_at", optional=True),
)

tariff_withdrawal: Final = table(
    "tariff_withdrawal",
    key("tariff"),
    number_key("version"),
    whole("at"),
)

TABLES: Final[dict[type, Table]] = {
    LevyCarry: levy_carry,
    PriceCorrection: price_correction,
    RateCursor: rate_cursor,
    TariffChange: tariff_change,
    TariffWithdrawal: tariff_withdrawal,
}
