"""The shape of a site's ledger file, spelled out: the books and what hangs on them.

The tables are written down instead of being derived from the dataclasses, because a file that
lies on a hub for years must not change its shape when somebody renames a field: a test holds both
against each other, and a golden hash says when a migration is due.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Connection, ForeignKey, Index, Table

from . import (
    tables_bills,
    tables_desk,
    tables_meters,
    tables_money,
    tables_parking,
    tables_pay,
    tables_pay_codes,
    tables_persons,
    tables_readings,
    tables_refunds,
    tables_risk,
    tables_rules,
    tables_supply,
    tables_units,
    tables_uses,
    tables_vouchers,
    tables_wallets,
)
from .columns import WHOLE, blob, key, metadata, number_key, table, text, whole
from .tables_money import points_rule, promotion, top_up_fee
from .tables_parking import fee_item, parking_package, parking_rules
from .tables_risk import risk_rule
from .tables_wallets import policy, tariff_version

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

APPEND_ONLY: Final = (
    journal,
    transfer,
    idempotency,
    tariff_version,
    policy,
    promotion,
    top_up_fee,
    points_rule,
    fee_item,
    parking_package,
    parking_rules,
    risk_rule,
)

# --- what follows from the books, kept for a quick start and held against them by `verify` ---

account: Final = table("account", number_key("id"), whole("balance"))
series: Final = table("series", key("name"), whole("last"), rowid=False)
meta: Final = table("meta", key("name"), text("value"), rowid=False)


TABLES: Final[dict[type, Table]] = {
    **tables_bills.TABLES,
    **tables_desk.TABLES,
    **tables_meters.TABLES,
    **tables_money.TABLES,
    **tables_parking.TABLES,
    **tables_pay.TABLES,
    **tables_pay_codes.TABLES,
    **tables_persons.TABLES,
    **tables_readings.TABLES,
    **tables_refunds.TABLES,
    **tables_risk.TABLES,
    **tables_rules.TABLES,
    **tables_supply.TABLES,
    **tables_units.TABLES,
    **tables_uses.TABLES,
    **tables_vouchers.TABLES,
    **tables_wallets.TABLES,
}
"""Where each kind of record lies."""


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
