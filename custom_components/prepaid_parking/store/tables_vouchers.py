"""Tables of what is paid without a connection: vouchers, meters that take tokens, terminals' files."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.card_file import CardFile, CardTerminal
from ..core.token_meter import Token, TokenMeter
from ..core.voucher import Voucher, VoucherBatch
from .columns import blob, key, number_key, table, text, whole

voucher_batch: Final = table(
    "voucher_batch",
    key("id"),
    whole("no"),
    whole("count"),
    whole("amount_minor"),
    whole("made_at"),
    text("valid_until", optional=True),
    text("purpose", optional=True),
    text("agent"),
    whole("sold"),
    whole("redeemed"),
    whole("cancelled"),
    whole("closed_at", optional=True),
)

voucher: Final = table(
    "voucher",
    number_key("serial"),
    text("batch"),
    whole("ended_at"),
    text("wallet", optional=True),
    text("reference"),
)
Index("voucher_of_batch", voucher.c.batch)

token_meter: Final = table(
    "token_meter",
    key("id"),
    whole("no"),
    text("name"),
    text("commodity"),
    text("sold_in"),
    whole("price_micro"),
    text("subject"),
    whole("divider"),
    text("wallet", optional=True),
    whole("extended"),
    whole("restricted"),
    whole("count"),
    whole("closed_at", optional=True),
)

token: Final = table(
    "token",
    key("meter"),
    number_key("count"),
    text("kind"),
    text("digits"),
    whole("at"),
    text("units"),
    whole("amount_minor"),
    text("wallet", optional=True),
    text("reference"),
    rowid=False,
)
Index("token_reference", token.c.reference)

card_terminal: Final = table(
    "card_terminal",
    key("id"),
    blob("public_key"),
    text("subject"),
    whole("set_at"),
    whole("last_number"),
    whole("closed_at", optional=True),
)

card_file: Final = table(
    "card_file",
    key("terminal"),
    number_key("number"),
    blob("digest"),
    whole("records"),
    whole("total_minor"),
    whole("taken_at"),
    rowid=False,
)

TABLES: Final[dict[type, Table]] = {
    CardFile: card_file,
    CardTerminal: card_terminal,
    Token: token,
    TokenMeter: token_meter,
    Voucher: voucher,
    VoucherBatch: voucher_batch,
}
