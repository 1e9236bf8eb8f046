"""The shape of a site's ledger file, spelled out: the books and what hangs on them.

The tables are written down instead of being derived from the dataclasses, because a file that
lies on a hub for years must not change its shape when somebody renames a field: a test holds both
against each other, and a golden hash says when a migration is due.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Connection, ForeignKey, Index, LargeBinary

from .columns import WHOLE, blob, key, metadata, number_key, table, text, whole
from .tables_money import points_rule, promotion, top_up_fee

VERSION: Final = 2
"""`user_version` of the file; `migrations.py` has the steps from every older one."""
APPLICATION_ID: Final = 0x50504C31
"""`PPL1`: tells our file from any other SQLite database."""
FIRST_WALLET_ACCOUNT: Final = 256
"""Smaller accounts are the site's own: too common in the transfers to be worth an index."""

# --- the books: written once, never changed ---

journal: Final = table(
    "journal",
    number_key("id"),
    whole("incarnation"),
    text("kind"),
    text("event"),
    whole("occurred"),
    whole("booked"),
    text("actor"),
    text("reason"),
    text("detail"),
    Column("reverses", WHOLE, ForeignKey("journal.id"), nullable=True),
    whole("hash_version"),
    blob("hash"),
)
Index(
    "journal_reverses",
    journal.c.reverses,
    unique=True,
    sqlite_where=journal.c.reverses.is_not(None),
)

transfer: Final = table(
    "transfer",
    Column("entry", WHOLE, ForeignKey("journal.id"), primary_key=True, nullable=False),
    number_key("leg"),
    whole("source"),
    whole("target"),
    whole("amount"),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("source <> target", name="not_to_itself"),
    rowid=False,
)
Index(
    "transfer_source",
    transfer.c.source,
    transfer.c.entry,
    sqlite_where=transfer.c.source >= FIRST_WALLET_ACCOUNT,
)
Index(
    "transfer_target",
    transfer.c.target,
    transfer.c.entry,
    sqlite_where=transfer.c.target >= FIRST_WALLET_ACCOUNT,
)

idempotency: Final = table(
    "idempotency",
    Column(
        "entry",
        WHOLE,
        ForeignKey("journal.id"),
        primary_key=True,
        nullable=False,
        autoincrement=False,
    ),
    blob("key"),
    blob("fingerprint"),
)
Index("idempotency_key", idempotency.c.key, unique=True)

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
)

APPEND_ONLY: Final = (
    journal,
    transfer,
    idempotency,
    tariff_version,
    policy,
    promotion,
    top_up_fee,
    points_rule,
)

# --- what follows from the books, kept for a quick start and held against them by `verify` ---

account: Final = table("account", number_key("id"), whole("balance"))
series: Final = table("series", key("name"), whole("last"), rowid=False)
meta: Final = table("meta", key("name"), text("value"), rowid=False)

# --- what is so now ---

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

meter: Final = table(
    "meter",
    key("id"),
    whole("no"),
    text("profile"),
    text("serial"),
    text("name"),
    text("commodity"),
    text("quantity"),
    text("installation", optional=True),
    whole("max_rate"),
    whole("modulus", optional=True),
    whole("jitter"),
    text("unit"),
    text("main"),
    text("reactive"),
)

installation: Final = table(
    "installation",
    key("id"),
    text("meter"),
    whole("number"),
    text("serial"),
    text("ratio", optional=True),
    whole("from_register"),
    whole("from_at"),
    whole("to_register", optional=True),
    whole("to_at", optional=True),
    text("reason"),
)

binding: Final = table(
    "binding",
    key("id"),
    text("meter"),
    text("wallet"),
    text("tariff"),
    whole("from_register"),
    whole("from_at"),
    whole("to_register", optional=True),
    whole("to_at", optional=True),
    whole("carry"),
)

cursor: Final = table(
    "cursor",
    key("installation"),
    whole("register"),
    whole("at"),
    whole("carry"),
)

window: Final = table(
    "window",
    key("installation"),
    whole("from_register"),
    whole("from_at"),
    whole("to_register"),
    whole("to_at"),
    whole("carry"),
    text("lines"),
    text("period"),
    whole("tier_quantity"),
)

tier_count: Final = table(
    "tier_count",
    key("pool"),
    key("tariff"),
    key("period"),
    whole("quantity"),
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

supply: Final = table(
    "supply",
    key("meter"),
    text("restore"),
    text("cut_by"),
    whole("verified", optional=True),
    whole("verified_at", optional=True),
    text("state"),
    whole("hold_on", optional=True),
    text("hold_reason"),
    text("hold_by"),
    whole("hold_until", optional=True),
    text("lockout_reason"),
    text("lockout_by"),
    whole("protected"),
    text("protected_reason"),
    whole("protected_until", optional=True),
    whole("confirmed_at", optional=True),
    text("cut"),
    whole("cut_order"),
    whole("cut_delay_s"),
    text("schedule"),
)

command_log: Final = table(
    "command_log",
    number_key("id"),
    text("target"),
    text("action"),
    whole("at"),
    text("outcome"),
    whole("outcome_at"),
    text("reason"),
    text("actor"),
    text("detail"),
)

passage: Final = table(
    "passage",
    number_key("id"),
    text("lane"),
    whole("at"),
    text("kind"),
    text("reason"),
    text("masked"),
    text("card"),
    whole("entry", optional=True),
    whole("command", optional=True),
    text("actor"),
)

open_doubt: Final = table(
    "open_doubt",
    key("id"),
    text("meter"),
    text("installation"),
    text("kind"),
    whole("cursor_register"),
    whole("cursor_at"),
    whole("register"),
    whole("at"),
    text("expected"),
    text("found"),
    whole("settled_at", optional=True),
    text("settled_how"),
    text("settled_by"),
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
)

credential: Final = table(
    "credential",
    Column("digest", LargeBinary, primary_key=True, nullable=False),
    text("kind"),
    text("card"),
    text("masked"),
)
Index("credential_card", credential.c.card)

# --- persons: the fields are sealed, the index is blind (privacy.py) ---

subject: Final = table(
    "subject",
    key("id"),
    blob("sealed_key"),
    whole("key_version"),
    whole("created_at"),
)

subject_field: Final = table(
    "subject_field",
    key("subject"),
    key("name"),
    blob("sealed"),
    rowid=False,
)

blind_index: Final = table(
    "blind_index",
    key("kind"),
    Column("digest", LargeBinary, primary_key=True, nullable=False),
    key("subject"),
    rowid=False,
)
Index("blind_index_subject", blind_index.c.subject)


def guards() -> list[str]:
    """Return the triggers that make the books append-only, whoever holds the file open.

    A rule in a trigger outlives the code path. The one on journal inserts also keeps a row from
    being replaced and the chain from having a gap.
    """
    refusals = [
        f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
        f"BEGIN SELECT RAISE(ABORT, 'append only: {table.name}'); END"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ]
    in_order = (
        "CREATE TRIGGER journal_in_order BEFORE INSERT ON journal "
        "WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM journal) "
        "BEGIN SELECT RAISE(ABORT, 'out of order: journal'); END"
    )
    return [*refusals, in_order]


def create(connection: Connection) -> None:
    """Make an empty ledger: all tables, indexes and guards, inside the caller's transaction."""
    metadata.create_all(connection, checkfirst=False)
    for trigger in guards():
        connection.exec_driver_sql(trigger)
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
