"""Tables of payments: what was asked for, what providers said, and money that has no place yet."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.pay_notice import HeardNotice, Unmatched
from ..core.pay_order import PayOrder
from .columns import key, table, text, whole

pay_order: Final = table(
    "pay_order",
    key("id"),
    whole("no"),
    text("out_no"),
    text("channel"),
    text("kind"),
    text("aim"),
    whole("amount_minor"),
    text("state"),
    whole("created_at"),
    whole("expires_at"),
    whole("next_at", optional=True),
    whole("looks"),
    text("offered", optional=True),
    text("provider_ref"),
    whole("paid_minor"),
    whole("paid_at", optional=True),
    text("fault"),
    text("entry"),
)
Index("pay_order_out_no", pay_order.c.out_no, unique=True)
Index("pay_order_state", pay_order.c.state, pay_order.c.no)
Index("pay_order_created_at", pay_order.c.created_at, pay_order.c.no)
Index("pay_order_aim", pay_order.c.aim, pay_order.c.no)
Index("pay_order_provider_ref", pay_order.c.provider_ref)

heard_notice: Final = table(
    "heard_notice",
    key("id"),
    text("channel"),
    text("event_id"),
    whole("heard_at"),
    whole("sent_at", optional=True),
    text("made"),
    text("out_no"),
    text("provider_ref"),
    whole("amount_minor"),
)
Index("heard_notice_heard_at", heard_notice.c.heard_at, heard_notice.c.id)

unmatched: Final = table(
    "unmatched",
    key("id"),
    whole("no"),
    text("channel"),
    text("kind"),
    text("merchant"),
    text("provider_ref"),
    text("out_no"),
    text("order", optional=True),
    whole("amount_minor"),
    whole("left_minor"),
    text("why"),
    whole("at"),
    whole("settled_at", optional=True),
)
Index("unmatched_provider_ref", unmatched.c.provider_ref)
Index("unmatched_settled_at", unmatched.c.settled_at)
Index("unmatched_order", unmatched.c.order)

TABLES: Final[dict[type, Table]] = {
    HeardNotice: heard_notice,
    PayOrder: pay_order,
    Unmatched: unmatched,
}
