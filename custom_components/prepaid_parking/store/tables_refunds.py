"""Tables of refunds, of what was taken up of providers' files, and of what does not fit."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.difference import Difference, SettledDays, SettledRow
from ..core.pay_refund import PayRefund
from .columns import key, table, text, whole

pay_refund: Final = table(
    "pay_refund",
    key("id"),
    whole("no"),
    text("refund_no"),
    text("order"),
    text("out_no"),
    text("payment_ref"),
    text("channel"),
    text("kind"),
    whole("amount_minor"),
    whole("total_minor"),
    text("state"),
    whole("created_at"),
    text("asked_by"),
    text("reason"),
    text("way"),
    text("wallet"),
    text("stay"),
    whole("held_minor"),
    text("provider_ref"),
    whole("stuck"),
    whole("unsure"),
    whole("asked_at", optional=True),
    whole("next_at", optional=True),
    whole("tries"),
    text("fault"),
    text("subject"),
    text("allowed_by"),
    whole("done_at", optional=True),
)
Index("pay_refund_refund_no", pay_refund.c.refund_no, unique=True)
Index("pay_refund_no", pay_refund.c.no)
Index("pay_refund_order", pay_refund.c.order, pay_refund.c.no)
Index("pay_refund_state", pay_refund.c.state)
Index("pay_refund_done_at", pay_refund.c.done_at)
Index("pay_refund_provider_ref", pay_refund.c.provider_ref)

settled_row: Final = table(
    "settled_row",
    key("account"),
    key("key"),
    text("day"),
    text("kind"),
    text("out_no"),
    text("provider_ref"),
    text("refund_no"),
    whole("amount_minor"),
    whole("fee_minor"),
    whole("at", optional=True),
    whole("taken_at"),
    text("order", optional=True),
    text("refund", optional=True),
)
# Each ends as the table's own key does: else, to be spared the sorting, every row of an account is read.
Index("settled_row_day", settled_row.c.account, settled_row.c.day, settled_row.c.key)
Index("settled_row_order", settled_row.c.order, settled_row.c.account, settled_row.c.key)
Index("settled_row_refund", settled_row.c.refund, settled_row.c.account, settled_row.c.key)
Index("settled_row_out_no", settled_row.c.out_no)

settled_days: Final = table(
    "settled_days",
    key("account"),
    text("kind"),
    text("done_to"),
    whole("next_at", optional=True),
    whole("tries"),
    text("fault"),
)

difference: Final = table(
    "difference",
    key("id"),
    whole("no"),
    text("kind"),
    text("account"),
    text("channel"),
    text("day"),
    whole("opened_at"),
    text("row"),
    text("out_no"),
    text("provider_ref"),
    text("order", optional=True),
    text("refund", optional=True),
    text("unmatched", optional=True),
    text("wallet"),
    whole("expected_minor"),
    whole("found_minor"),
    whole("suspended_minor"),
    text("word"),
    whole("settled_at", optional=True),
    text("settled_by"),
    text("resolution", optional=True),
    text("reason"),
)
Index("difference_no", difference.c.no)
Index("difference_settled_at", difference.c.settled_at)
Index("difference_order", difference.c.order)
Index("difference_refund", difference.c.refund)

TABLES: Final[dict[type, Table]] = {
    Difference: difference,
    PayRefund: pay_refund,
    SettledDays: settled_days,
    SettledRow: settled_row,
}
