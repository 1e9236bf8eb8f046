"""A provider's day, its orders and the books, held against each other: three ways, row by row.

A clearing account stands below zero by what the provider holds for the site. Every row of its file
says by how much that changed; what the books have moved for it already is compared, and the rest is
booked: a fee is the site's expense, a payout is now at the bank, what nobody can explain is held. So
when all is paid out, clearing is zero. Pure: whoever calls has read the file and the books.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from .chart import Channel
from .difference import DifferenceKind
from .identity import OrderId, RefundId
from .pay_channel import RowKind, SettlementRow

BEIJING: Final = timezone(timedelta(hours=8))
ZONES: Final[Mapping[Channel, tzinfo]] = {
    Channel.WECHAT: BEIJING,
    Channel.ALIPAY: BEIJING,
    Channel.STRIPE: UTC,
}
"""Whose days the files are of."""
READY: Final = {
    Channel.WECHAT: timedelta(hours=34),
    Channel.ALIPAY: timedelta(hours=34),
    Channel.STRIPE: timedelta(hours=26),
}
"""When a file is there, from the beginning of its day: the Chinese ones at ten the next morning."""
GIVEN_UP: Final = timedelta(days=14)
"""So long a file is asked for; providers make them within hours, or never."""
RETRY: Final = tuple(timedelta(minutes=pause) for pause in (10, 30, 60, 240))
FEES: Final = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost"})
"""Words of rows that are a provider's price on its own."""
REFUND_FAILURE: Final = "refund_failure"
"""The word of a row that brings a refund back."""
THERE: Final = "refund"
BOTH_WAYS: Final = [THERE, REFUND_FAILURE]
MIDNIGHT: Final = timedelta(minutes=15)
"""A payment so near midnight may stand in the file of the day beside."""


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
    """A row with what belongs to it, what it moves, and what does not fit (None: all does)."""

    key: str
    row: SettlementRow
    order: OrderSide | None = None
    refund: RefundSide | None = None
    moves: Moves = Moves()
    problem: DifferenceKind | None = None
    expected_minor: int = 0


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


def match_rows(
    rows: Sequence[SettlementRow],
    orders: Mapping[str, OrderSide],
    refunds: Mapping[str, RefundSide],
    payments: Mapping[str, OrderSide],
    known: Collection[str],
) -> tuple[RowMatch, ...]:
    """Match the rows that were not taken up before.

    `orders` are by our number, `payments` by the provider's, `refunds` by ours or, made without us,
    by the provider's. A refund that failed and whose two rows are both new is one story: what went out
    came back, and the books have it back already.
    """
    new = [(key, row) for key, row in keyed(rows) if key not in known]
    returned = _returned([row for _, row in new], refunds)
    return tuple(
        _there_and_back(key, row, refunds[row.provider_ref])
        if _way(row) and row.provider_ref in returned
        else _match(key, row, orders, refunds, payments)
        for key, row in new
    )


def paid_on(day: date, zone: tzinfo, orders: Iterable[OrderSide]) -> list[OrderSide]:
    """Return the orders that the file of a day should have, seen from the day after.

    So near midnight that it may stand in the next day's file, an order is looked for there.
    """
    return [
        one
        for one in orders
        if one.paid_minor and (one.paid_at.astimezone(zone) + MIDNIGHT).date() == day
    ]


def due_days(kind: Channel, done_to: date, now: datetime) -> list[date]:
    """Return the days whose files should be there by now and were not taken up, the oldest first."""
    last = (now.astimezone(ZONES[kind]) - READY[kind]).date()
    return [done_to + timedelta(days=one) for one in range(1, (last - done_to).days + 1)]


def day_of(kind: Channel, at: datetime) -> date:
    """Return the provider's day of an instant."""
    return at.astimezone(ZONES[kind]).date()


def is_given_up(kind: Channel, day: date, now: datetime) -> bool:
    """Tell whether a day's file will not come any more."""
    return now.astimezone(ZONES[kind]).date() >= day + GIVEN_UP


def _match(
    key: str,
    row: SettlementRow,
    orders: Mapping[str, OrderSide],
    refunds: Mapping[str, RefundSide],
    payments: Mapping[str, OrderSide],
) -> RowMatch:
    order = payments.get(row.provider_ref) or orders.get(row.out_no)
    match row.kind:
        case RowKind.PAYMENT if "#" in key:
            return _held(key, row, DifferenceKind.ROW_TWICE, order)
        case RowKind.PAYMENT:
            return _payment(key, row, order)
        case RowKind.REFUND:
            refund = refunds.get(row.refund_no) or refunds.get(row.provider_ref)
            return _refund(key, row, refund, order)
        case RowKind.PAYOUT:
            moves = Moves(fee_minor=row.fee_minor, bank_minor=row.amount_minor)
            return RowMatch(key=key, row=row, moves=moves)
        case RowKind.DISPUTE:
            return _dispute(key, row, order)
        case _ if row.word in FEES:
            moves = Moves(fee_minor=row.fee_minor - row.amount_minor)
            return RowMatch(key=key, row=row, moves=moves)
        case _ if _is_back(row, refunds):
            return RowMatch(key=key, row=row, moves=Moves(fee_minor=row.fee_minor))
        case _:
            return _held(key, row, DifferenceKind.OTHER_ROW, None)


def _returned(rows: Iterable[SettlementRow], refunds: Mapping[str, RefundSide]) -> frozenset[str]:
    """Return the provider's numbers of failed refunds that one row says went, and another came back."""
    ways: dict[str, list[str]] = {}
    for row in rows:
        refund = refunds.get(row.provider_ref)
        if refund is not None and not refund.is_done and refund.amount_minor == row.amount_minor:
            ways.setdefault(row.provider_ref, []).append(_way(row))
    return frozenset(ref for ref, seen in ways.items() if sorted(filter(None, seen)) == BOTH_WAYS)


def _way(row: SettlementRow) -> str:
    """Return which way a row says a refund went: there, back, or neither."""
    if row.kind is RowKind.REFUND:
        return THERE
    return REFUND_FAILURE if row.word == REFUND_FAILURE else ""


def _there_and_back(key: str, row: SettlementRow, refund: RefundSide) -> RowMatch:
    """Match a row of a refund that went and came back: beside its fee, clearing is where it was."""
    return RowMatch(
        key=key,
        row=row,
        refund=refund,
        moves=Moves(fee_minor=row.fee_minor),
        expected_minor=refund.amount_minor,
    )


def _is_back(row: SettlementRow, refunds: Mapping[str, RefundSide]) -> bool:
    """Tell whether a row brings back a refund that the books have back already."""
    refund = refunds.get(row.provider_ref) if row.word == REFUND_FAILURE else None
    return refund is not None and refund.came_back and refund.amount_minor == row.amount_minor


def _payment(key: str, row: SettlementRow, order: OrderSide | None) -> RowMatch:
    """Match a payment: what was credited for it has left clearing already."""
    if order is None or not order.paid_minor:
        return _held(key, row, DifferenceKind.ROW_WITHOUT_ORDER, order)
    if order.provider_ref != row.provider_ref:
        return _held(key, row, DifferenceKind.ROW_TWICE, order)
    problem = None
    if row.amount_minor != order.paid_minor:
        problem = DifferenceKind.AMOUNT_DIFFERS
    elif order.entry_minor != order.paid_minor:
        problem = DifferenceKind.ENTRY_DIFFERS
    booked = order.entry_minor
    return RowMatch(
        key=key,
        row=row,
        order=order,
        moves=Moves(fee_minor=row.fee_minor, suspense_minor=booked - row.amount_minor),
        problem=problem,
        expected_minor=booked,
    )


def _refund(
    key: str, row: SettlementRow, refund: RefundSide | None, order: OrderSide | None
) -> RowMatch:
    """Match a refund: what was done has gone back into clearing already."""
    booked = refund.amount_minor if refund is not None and refund.is_done else 0
    problem = None
    if not booked:
        problem = DifferenceKind.REFUND_UNKNOWN
    elif booked != row.amount_minor:
        problem = DifferenceKind.REFUND_DIFFERS
    return RowMatch(
        key=key,
        row=row,
        order=order,
        refund=refund,
        moves=Moves(fee_minor=row.fee_minor, suspense_minor=row.amount_minor - booked),
        problem=problem,
        expected_minor=booked,
    )


def _dispute(key: str, row: SettlementRow, order: OrderSide | None) -> RowMatch:
    """Match what a payer's bank took back: whoever had the money gives it, whatever is left there."""
    taken = -row.amount_minor
    has_wallet = order is not None and bool(order.wallet)
    return RowMatch(
        key=key,
        row=row,
        order=order,
        moves=Moves(
            fee_minor=row.fee_minor,
            wallet_minor=taken if has_wallet else 0,
            suspense_minor=0 if has_wallet else taken,
        ),
        problem=DifferenceKind.CHARGEBACK,
    )


def _held(
    key: str, row: SettlementRow, problem: DifferenceKind, order: OrderSide | None
) -> RowMatch:
    """Hold all that a row moves but its fee."""
    held = -net_minor(row) - row.fee_minor
    moves = Moves(fee_minor=row.fee_minor, suspense_minor=held)
    return RowMatch(key=key, row=row, order=order, moves=moves, problem=problem)


def _name(row: SettlementRow) -> str:
    if row.kind is RowKind.PAYMENT:
        return f"payment/{row.provider_ref}"
    at = row.at.astimezone(UTC).isoformat() if row.at is not None else ""
    if row.kind is RowKind.REFUND:
        return f"refund/{row.refund_no}" if row.refund_no else f"refund/{row.provider_ref}/{at}"
    amounts = f"{row.amount_minor}/{row.fee_minor}"
    return f"{row.kind}/{row.word}/{row.provider_ref}/{amounts}/{at}"
