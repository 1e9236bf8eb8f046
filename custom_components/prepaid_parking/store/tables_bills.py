"""Tables of bills and of what recurs."""

from typing import Final

from sqlalchemy import Index, Table

from ..core.bill import Bill, BillingRules
from ..core.demand_state import DemandState
from ..core.invoice import Invoice
from ..core.months import MonthClose
from ..core.recurring_charge import RecurringCharge
from ..core.standing_cursor import StandingCursor
from .columns import key, table, text, whole

bill: Final = table(
    "bill",
    key("id"),
    whole("no"),
    text("wallet"),
    text("category"),
    text("lines"),
    whole("drafted_at"),
    text("source"),
    text("from_day", optional=True),
    text("to_day", optional=True),
    text("number"),
    text("issued_on", optional=True),
    text("due_on", optional=True),
    whole("paid_minor"),
    whole("bonus_minor"),
    whole("payments"),
    whole("written_off_minor"),
    whole("reminded"),
    whole("dunned"),
    text("dunned_on", optional=True),
    text("credit_note"),
    text("buyer"),
    whole("closed_at", optional=True),
)
Index("bill_wallet", bill.c.wallet)
Index("bill_due", bill.c.due_on)
Index("bill_open", bill.c.closed_at, sqlite_where=bill.c.closed_at.is_(None))
Index("bill_numbered", bill.c.number)
Index("bill_number", bill.c.number, unique=True, sqlite_where=bill.c.number != "")

billing_rules: Final = table(
    "billing_rules",
    key("category"),
    whole("due_days"),
    whole("automatic"),
    whole("part"),
    text("remind_days"),
    text("dunning"),
    whole("top_up_tax_bp"),
    text("invoice_maker"),
)

invoice: Final = table(
    "invoice",
    key("id"),
    text("top_up"),
    text("wallet"),
    text("category"),
    whole("paid_at"),
    text("maker"),
    whole("amount_minor"),
    whole("tax_minor"),
    whole("tax_bp"),
    whole("requested_at"),
    text("state"),
    whole("fee_minor"),
    whole("fee_tax_minor"),
    text("number"),
    text("link"),
    text("issued_on", optional=True),
    text("buyer"),
    text("credit_note"),
    text("credit_link"),
    whole("voided_at", optional=True),
    text("void_reason"),
)
Index("invoice_top_up", invoice.c.top_up)
Index("invoice_wallet", invoice.c.wallet, invoice.c.requested_at, invoice.c.id)
Index("invoice_requested_at", invoice.c.requested_at, invoice.c.id)
Index("invoice_state", invoice.c.state, invoice.c.requested_at, invoice.c.id)
Index("invoice_waiting", invoice.c.state, invoice.c.maker, invoice.c.requested_at, invoice.c.id)
Index("invoice_numbered", invoice.c.number)
Index("invoice_credit_note", invoice.c.credit_note)
Index("invoice_buyer", invoice.c.buyer)
Index("invoice_number", invoice.c.number, unique=True, sqlite_where=invoice.c.number != "")

month_close: Final = table(
    "month_close",
    key("month"),
    whole("closed_at"),
    text("closed_by"),
)

recurring_charge: Final = table(
    "recurring_charge",
    key("id"),
    whole("no"),
    text("name"),
    text("category"),
    text("first"),
    text("billed_to"),
    text("wallet"),
    text("unit"),
    text("tariff"),
    text("fixed", optional=True),
    text("last", optional=True),
    text("levies"),
    whole("deposit_minor"),
    whole("reminded"),
    whole("set_at"),
)

standing_cursor: Final = table(
    "standing_cursor",
    key("meter"),
    text("binding"),
    text("charged_to"),
    text("minimum_to"),
    whole("carry"),
    text("levies"),
)

demand_state: Final = table(
    "demand_state",
    key("meter"),
    text("binding"),
    text("installation"),
    whole("register"),
    text("watch"),
    whole("active"),
    whole("reactive"),
    whole("reactive_register", optional=True),
    text("ended"),
)

TABLES: Final[dict[type, Table]] = {
    Bill: bill,
    BillingRules: billing_rules,
    Invoice: invoice,
    MonthClose: month_close,
    DemandState: demand_state,
    RecurringCharge: recurring_charge,
    StandingCursor: standing_cursor,
}
