"""The rows of a provider's file: what the site knows of each, how it is named, and what it moves."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from .difference import DifferenceKind
from .identity import DifferenceId, OrderId, RefundId
from .pay_channel import RowKind, SettlementRow


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSide:
    """An order as the site knows it: what was credited (0: nothing yet), and what its entry moved."""

    id: OrderId
    out_no: str
    wallet: str
    paid_minor: int
    entry_minor: int
    provider_ref: str
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSide:
    """A refund as the site knows it.

    `is_done` says that it has left clearing, `came_back` that it did, stood so in a file, and is
    back: a bank has refused it.
    """

    id: RefundId
    refund_no: str
    provider_ref: str
    amount_minor: int
    is_done: bool
    came_back: bool = False
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSide:
    """What lies in suspense for a refund of which an earlier file has one way only (below zero: missing).

    Or the books alone: somebody has taken back there, by hand, what was paid by the order `out_no`.
    """

    id: DifferenceId
    provider_ref: str
    held_minor: int
    out_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """By how much a row makes clearing rise, and out of what (below zero: fall, and into what)."""

    fee_minor: int = 0
    bank_minor: int = 0
    suspense_minor: int = 0
    wallet_minor: int = 0

    @property
    def total_minor(self) -> int:
        """The whole change of clearing."""
        return self.fee_minor + self.bank_minor + self.suspense_minor + self.wallet_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMatch:
    """A row with what belongs to it, what it moves, and what does not fit (None: all does).

    `explains` is the difference that an earlier file's row was, and that this one is the rest of.
    """

    key: str
    row: SettlementRow
    order: OrderSide | None = None
    refund: RefundSide | None = None
    moves: Moves = Moves()
    problem: DifferenceKind | None = None
    expected_minor: int = 0
    explains: DifferenceId | None = None


def net_minor(row: SettlementRow) -> int:
    """Return by how much a row changed what the provider holds for the site."""
    given = row.kind in {RowKind.REFUND, RowKind.PAYOUT}
    return (-row.amount_minor if given else row.amount_minor) - row.fee_minor


def keyed(rows: Iterable[SettlementRow]) -> list[tuple[str, SettlementRow]]:
    """Return rows with the key of each: the same in every file it stands in, now and later.

    What happens once for a payment is named by the payment; two rows that are alike in everything are
    counted.
    """
    seen: Counter[str] = Counter()
    found: list[tuple[str, SettlementRow]] = []
    for row in rows:
        name = _name(row)
        seen[name] += 1
        found.append((name if seen[name] == 1 else f"{name}#{seen[name]}", row))
    return found


def _name(row: SettlementRow) -> str:
    if row.kind is RowKind.PAYMENT:
        return f"payment/{row.provider_ref}"
    at = row.at.astimezone(UTC).isoformat() if row.at is not None else ""
    if row.kind is RowKind.REFUND:
        return f"refund/{row.refund_no}" if row.refund_no else f"refund/{row.provider_ref}/{at}"
    amounts = f"{row.amount_minor}/{row.fee_minor}"
    return f"{row.kind}/{row.word}/{row.provider_ref}/{amounts}/{at}"
