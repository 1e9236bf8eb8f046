"""Tables of wallets: who pays, by which rules and tariffs, and with which card."""

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, Table

from ..core.policy import Policy
from ..core.tariff import TariffVersion
from ..core.wallet import Card, Credential, TierCount, Wallet, Watch
from .columns import key, number_key, table, text, whole

tariff_version: Final = table(
    "tariff_version",
    key("tariff"),
    number_key("version"),
    text("name"),
    text("quantity"),
    whole("valid_from"),
    text("rates"),
    text("otherwise"),
    text("bands"),
    text("terms"),
)

policy: Final = table(
    "policy",
    key("id"),
    number_key("version"),
    whole("valid_from"),
    text("name"),
    whole("alert_minor"),
    whole("alert2_minor"),
    whole("credit_limit_minor"),
    whole("exempt_quota_minor"),
    whole("overdraft_limit_minor", optional=True),
    whole("hysteresis_minor"),
    whole("grace_hours"),
    text("no_cut_hours"),
    text("no_cut_weekdays"),
    text("no_cut_dates"),
    text("manual_on"),
    whole("operations_per_day"),
    whole("remind_hours"),
    whole("grace_minutes"),
    whole("alert_days"),
    text("no_cut_calendar"),
    text("cut_hours"),
    text("reconnect"),
    whole("promise_days"),
    whole("promise_every_days"),
    text("exempt_period"),
    whole("exempt_units"),
    text("exempt_of"),
    text("schedule"),
    whole("invoices"),
)

wallet: Final = table(
    "wallet",
    key("id"),
    whole("no"),
    text("unit"),
    text("purpose"),
    text("kind"),
    text("policy"),
    whole("opened_at"),
    whole("closed_at", optional=True),
    whole("exposed"),
    text("subject"),
    whole("alert_minor", optional=True),
    whole("credit_limit_minor", optional=True),
    whole("exempt_quota_minor", optional=True),
    whole("frozen_at", optional=True),
    whole("frozen_until", optional=True),
    text("frozen_reason"),
    text("unit_id"),
    text("spending"),
    text("frozen_way"),
    text("buyer"),
)

watch: Final = table(
    "watch",
    key("wallet"),
    whole("low_level"),
    whole("low_since", optional=True),
    whole("low_reminded_at", optional=True),
    whole("crossed_at", optional=True),
    whole("warned_at", optional=True),
    whole("grace_spent_s"),
    whole("grace_ended_at", optional=True),
    whole("days_since", optional=True),
    whole("due_at", optional=True),
)

tier_count: Final = table(
    "tier_count",
    key("pool"),
    key("tariff"),
    key("period"),
    whole("quantity"),
)

card: Final = table(
    "card",
    key("id"),
    whole("no"),
    text("wallet"),
    text("state"),
    whole("issued_at"),
    whole("valid_from", optional=True),
    whole("valid_until", optional=True),
    text("lanes"),
    text("subject"),
    text("reason"),
    text("space"),
    whole("at_once", optional=True),
    text("replaced_by"),
)

credential: Final = table(
    "credential",
    Column("digest", LargeBinary, primary_key=True, nullable=False),
    text("kind"),
    text("card"),
    text("masked"),
)
Index("credential_card", credential.c.card)

TABLES: Final[dict[type, Table]] = {
    Card: card,
    Credential: credential,
    Policy: policy,
    TariffVersion: tariff_version,
    TierCount: tier_count,
    Wallet: wallet,
    Watch: watch,
}
