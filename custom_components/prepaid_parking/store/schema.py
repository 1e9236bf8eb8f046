"""Schema 1 of a site's ledger file, spelled out.

The tables are written down instead of being derived from the dataclasses, because a file that
lies on a hub for years must not change its shape when somebody renames a field: a test holds both
against each other, and a golden hash says when a migration is due.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

VERSION: Final = 1
"""`user_version` of the file; `migrations.py` has the steps from every older one."""
APPLICATION_ID: Final = 0x50504C31
"""`PPL1`: tells our file from any other SQLite database."""
FIRST_WALLET_ACCOUNT: Final = 256
"""Smaller accounts are the site's own: too common in the transfers to be worth an index."""

_WHOLE: Final = BigInteger().with_variant(Integer(), "sqlite")


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True, nullable=False)


def _number_key(name: str) -> Column[int]:
    return Column(name, _WHOLE, primary_key=True, nullable=False, autoincrement=False)


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _whole(name: str, *, optional: bool = False) -> Column[int]:
    """Whole numbers: money, registers, counts, yes and no, and times in UTC microseconds."""
    return Column(name, _WHOLE, nullable=optional)


def _blob(name: str, *, optional: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=optional)


metadata: Final = MetaData()


def _table(
    name: str,
    *parts: Column[int] | Column[str] | Column[bytes] | Index | CheckConstraint,
    rowid: bool = True,
) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=rowid)


# --- the books: written once, never changed ---

journal: Final = _table(
    "journal",
    _number_key("id"),
    _whole("incarnation"),
    _text("kind"),
    _text("event"),
    _whole("occurred"),
    _whole("booked"),
    _text("actor"),
    _text("reason"),
    _text("detail"),
    Column("reverses", _WHOLE, ForeignKey("journal.id"), nullable=True),
    _whole("hash_version"),
    _blob("hash"),
)
Index(
    "journal_reverses",
    journal.c.reverses,
    unique=True,
    sqlite_where=journal.c.reverses.is_not(None),
)

transfer: Final = _table(
    "transfer",
    Column("entry", _WHOLE, ForeignKey("journal.id"), primary_key=True, nullable=False),
    _number_key("leg"),
    _whole("source"),
    _whole("target"),
    _whole("amount"),
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

idempotency: Final = _table(
    "idempotency",
    Column(
        "entry",
        _WHOLE,
        ForeignKey("journal.id"),
        primary_key=True,
        nullable=False,
        autoincrement=False,
    ),
    _blob("key"),
    _blob("fingerprint"),
)
Index("idempotency_key", idempotency.c.key, unique=True)

tariff_version: Final = _table(
    "tariff_version",
    _key("tariff"),
    _number_key("version"),
    _text("name"),
    _text("quantity"),
    _whole("valid_from"),
    _text("rates"),
    _text("otherwise"),
    _text("bands"),
)

policy: Final = _table(
    "policy",
    _key("id"),
    _number_key("version"),
    _whole("valid_from"),
    _text("name"),
    _whole("alert_minor"),
    _whole("alert2_minor"),
    _whole("credit_limit_minor"),
    _whole("exempt_quota_minor"),
    _whole("overdraft_limit_minor", optional=True),
    _whole("hysteresis_minor"),
    _whole("grace_hours"),
    _text("no_cut_hours"),
    _text("no_cut_weekdays"),
    _text("no_cut_dates"),
    _text("manual_on"),
    _whole("operations_per_day"),
    _whole("remind_hours"),
)

APPEND_ONLY: Final = (journal, transfer, idempotency, tariff_version, policy)

# --- what follows from the books, kept for a quick start and held against them by `verify` ---

account: Final = _table("account", _number_key("id"), _whole("balance"))
series: Final = _table("series", _key("name"), _whole("last"), rowid=False)
meta: Final = _table("meta", _key("name"), _text("value"), rowid=False)

# --- what is so now ---

wallet: Final = _table(
    "wallet",
    _key("id"),
    _whole("no"),
    _text("unit"),
    _text("purpose"),
    _text("kind"),
    _text("policy"),
    _whole("opened_at"),
    _whole("closed_at", optional=True),
    _whole("exposed"),
    _text("subject"),
    _whole("alert_minor", optional=True),
    _whole("credit_limit_minor", optional=True),
    _whole("exempt_quota_minor", optional=True),
    _whole("frozen_at", optional=True),
    _whole("frozen_until", optional=True),
    _text("frozen_reason"),
)

meter: Final = _table(
    "meter",
    _key("id"),
    _whole("no"),
    _text("profile"),
    _text("serial"),
    _text("name"),
    _text("commodity"),
    _text("quantity"),
    _text("installation", optional=True),
    _whole("max_rate"),
    _whole("modulus", optional=True),
    _whole("jitter"),
)

installation: Final = _table(
    "installation",
    _key("id"),
    _text("meter"),
    _whole("number"),
    _text("serial"),
    _text("ratio", optional=True),
    _whole("from_register"),
    _whole("from_at"),
    _whole("to_register", optional=True),
    _whole("to_at", optional=True),
    _text("reason"),
)

binding: Final = _table(
    "binding",
    _key("id"),
    _text("meter"),
    _text("wallet"),
    _text("tariff"),
    _whole("from_register"),
    _whole("from_at"),
    _whole("to_register", optional=True),
    _whole("to_at", optional=True),
    _whole("carry"),
)

cursor: Final = _table(
    "cursor",
    _key("installation"),
    _whole("register"),
    _whole("at"),
    _whole("carry"),
)

window: Final = _table(
    "window",
    _key("installation"),
    _whole("from_register"),
    _whole("from_at"),
    _whole("to_register"),
    _whole("to_at"),
    _whole("carry"),
    _text("lines"),
    _text("period"),
    _whole("tier_quantity"),
)

tier_count: Final = _table(
    "tier_count",
    _key("pool"),
    _key("tariff"),
    _key("period"),
    _whole("quantity"),
)

watch: Final = _table(
    "watch",
    _key("wallet"),
    _whole("low_level"),
    _whole("low_since", optional=True),
    _whole("low_reminded_at", optional=True),
    _whole("crossed_at", optional=True),
    _whole("warned_at", optional=True),
    _whole("grace_spent_s"),
    _whole("grace_ended_at", optional=True),
)

supply: Final = _table(
    "supply",
    _key("meter"),
    _text("restore"),
    _text("cut_by"),
    _whole("verified", optional=True),
    _whole("verified_at", optional=True),
    _text("state"),
    _whole("hold_on", optional=True),
    _text("hold_reason"),
    _text("hold_by"),
    _whole("hold_until", optional=True),
    _text("lockout_reason"),
    _text("lockout_by"),
    _whole("protected"),
    _text("protected_reason"),
    _whole("protected_until", optional=True),
    _whole("confirmed_at", optional=True),
)

command_log: Final = _table(
    "command_log",
    _number_key("id"),
    _text("target"),
    _text("action"),
    _whole("at"),
    _text("outcome"),
    _whole("outcome_at"),
    _text("reason"),
    _text("actor"),
    _text("detail"),
)

passage: Final = _table(
    "passage",
    _number_key("id"),
    _text("lane"),
    _whole("at"),
    _text("kind"),
    _text("reason"),
    _text("masked"),
    _text("card"),
    _whole("entry", optional=True),
    _whole("command", optional=True),
    _text("actor"),
)

open_doubt: Final = _table(
    "open_doubt",
    _key("id"),
    _text("meter"),
    _text("installation"),
    _text("kind"),
    _whole("cursor_register"),
    _whole("cursor_at"),
    _whole("register"),
    _whole("at"),
    _text("expected"),
    _text("found"),
    _whole("settled_at", optional=True),
    _text("settled_how"),
    _text("settled_by"),
)

card: Final = _table(
    "card",
    _key("id"),
    _whole("no"),
    _text("wallet"),
    _text("state"),
    _whole("issued_at"),
    _whole("valid_from", optional=True),
    _whole("valid_until", optional=True),
    _text("lanes"),
    _text("subject"),
    _text("reason"),
)

credential: Final = _table(
    "credential",
    Column("digest", LargeBinary, primary_key=True, nullable=False),
    _text("kind"),
    _text("card"),
    _text("masked"),
)
Index("credential_card", credential.c.card)

# --- persons: the fields are sealed, the index is blind (privacy.py) ---

subject: Final = _table(
    "subject",
    _key("id"),
    _blob("sealed_key"),
    _whole("key_version"),
    _whole("created_at"),
)

subject_field: Final = _table(
    "subject_field",
    _key("subject"),
    _key("name"),
    _blob("sealed"),
    rowid=False,
)

blind_index: Final = _table(
    "blind_index",
    _key("kind"),
    Column("digest", LargeBinary, primary_key=True, nullable=False),
    _key("subject"),
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
