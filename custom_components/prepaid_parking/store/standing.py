"""Where the books stand: what the writer must know to judge the next act without asking the file."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, func, select

from ..core.errors import StoreError
from ..core.fee_item import FeeItem
from ..core.ledger import AccountId
from ..core.parking_rules import ParkingRules
from ..core.permit import ParkingPackage
from ..core.points import PointsRule
from ..core.policy import Policy
from ..core.promotion import Promotion
from ..core.risk import RiskRule
from ..core.tariff import TariffVersion
from ..core.top_up_fee import TopUpFee
from . import schema, tables_meters
from .codec import Codec, Row, codec_of

FIXED: Final[tuple[type, ...]] = (
    TariffVersion,
    Policy,
    Promotion,
    TopUpFee,
    PointsRule,
    FeeItem,
    ParkingPackage,
    ParkingRules,
    RiskRule,
)
"""Records that are never changed, only followed by the next version."""


@dataclass(slots=True, kw_only=True)
class Standing:
    """The committed state, held in memory by the one who writes it.

    It is replaced only after a COMMIT, and read again from the file after any unexpected error, so
    that memory never says what the file does not.
    """

    n: int
    head: bytes
    booked: int
    incarnation: int
    balances: dict[AccountId, int]
    registers: dict[str, int]
    fixed: dict[type, dict[Row, Row]]
    series: dict[str, int] = field(default_factory=dict)


def read_meta(connection: Connection) -> dict[str, str]:
    """Return the file's own words about itself: site, currency, incarnation, key check."""
    rows = connection.execute(select(schema.meta.c.name, schema.meta.c.value))
    return {row.name: row.value for row in rows}


def read_standing(connection: Connection, genesis: bytes) -> Standing:
    """Read everything the writer keeps in mind."""
    meta = read_meta(connection)
    journal = schema.journal.c
    last = connection.execute(
        select(journal.id, journal.hash, journal.booked).order_by(journal.id.desc()).limit(1)
    ).first()
    accounts = select(schema.account.c.id, schema.account.c.balance)
    cursors = select(tables_meters.cursor.c.installation, tables_meters.cursor.c.register)
    series = select(schema.series.c.name, schema.series.c.last)
    return Standing(
        n=last.id if last else 0,
        head=last.hash if last else genesis,
        booked=last.booked if last else 0,
        incarnation=int(meta["incarnation"]),
        balances={AccountId(row.id): row.balance for row in connection.execute(accounts)},
        registers={row.installation: row.register for row in connection.execute(cursors)},
        fixed={kind: _read_fixed(connection, kind) for kind in FIXED},
        series={row.name: row.last for row in connection.execute(series)},
    )


def _read_fixed(connection: Connection, kind: type) -> dict[Row, Row]:
    codec: Codec[object] = codec_of(kind)
    rows = (tuple(row) for row in connection.execute(select(*codec.table.c)))
    return {codec.key(row): row for row in rows}


def count_entries(connection: Connection) -> int:
    """Return how many entries the file holds, by counting; a gap shows against the last number."""
    counted = connection.execute(select(func.count()).select_from(schema.journal)).scalar()
    if counted is None:
        raise StoreError("corrupt", "the journal cannot be counted")
    return counted
