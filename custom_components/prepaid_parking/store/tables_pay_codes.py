"""The table of pay codes: what sticks somewhere to be scanned, in force or revoked."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.pay_code import PayCode
from .columns import blob, key, table, text, whole

pay_code: Final = table(
    "pay_code",
    key("id"),
    whole("no"),
    text("kind"),
    text("target"),
    blob("mark"),
    whole("made_at"),
    whole("revoked_at", optional=True),
)
Index("pay_code_no", pay_code.c.no)
Index("pay_code_kind", pay_code.c.kind, pay_code.c.no)

TABLES: Final[dict[type, Table]] = {PayCode: pay_code}
"""Where each kind of record lies."""
