"""A provider's day, its orders and the books, held against each other: three ways, row by row.

A clearing account stands below zero by what the provider holds for the site. Every row of its file
says by how much that changed; what the books have moved for it already is compared, and the rest is
booked: a fee is the site's expense, a payout is now at the bank, what nobody can explain is held. So
when all is paid out, clearing is zero. Pure: whoever calls has read the file and the books.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from .difference import DifferenceKind
from .pay_channel import RowKind, SettlementRow
from .settlement_rows import HeldSide, Moves, OrderSide, RefundSide, RowMatch, keyed, net_minor

FEES: Final = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost"})
"""Words of rows that are a provider's price on its own."""
REFUND_FAILURE: Final = "refund_failure"
"""The word of a row that brings a refund back."""
THERE: Final = "refund"
BOTH_WAYS: Final = [THERE, REFUND_FAILURE]
ONE_WAY: Final = frozenset({DifferenceKind.REFUND_UNKNOWN, DifferenceKind.OTHER_ROW})
"""What a refund is that went, or came back, and the other way is in no file yet."""


def match_rows(
    rows: Sequence[SettlementRow],
    orders: Mapping[str, OrderSide],
    refunds: Mapping[str, RefundSide],
    payments: Mapping[str, OrderSide],
    known: Collection[str],
    held: Iterable[HeldSide] = (),
) -> tuple[RowMatch, ...]:
    """Match the rows that were not taken up before.

    `orders` are by our number, `payments` by the provider's, `refunds` by ours or, made without us,
    by the provider's. A refund that failed is one story, whether its two rows come in one file or in
    two: what went out came back. `held` is what earlier files have of such stories.
    """
    new = [(key, row) for key, row in keyed(rows) if key not in known]
    returned = _returned([row for _, row in new], refunds)
    matches = [
        _there_and_back(key, row, _refund_of(row, refunds))
        if _way(row) and (row.provider_ref, row.amount_minor) in returned
        else _match(key, row, orders, refunds, payments)
        for key, row in new
    ]
    waiting = list(held)
    return tuple(_told_to_its_end(one, waiting) for one in matches)


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
            return _refund(key, row, _refund_of(row, refunds), order)
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


def _returned(
    rows: Iterable[SettlementRow], refunds: Mapping[str, RefundSide]
) -> frozenset[tuple[str, int]]:
    """Return which refunds one row says went and another came back, by their numbers and amounts.

    One of ours has failed by then; the provider's own nobody here has heard of.
    """
    ways: dict[tuple[str, int], list[str]] = {}
    for row in rows:
        refund = _refund_of(row, refunds)
        failed = refund is None or (not refund.is_done and refund.amount_minor == row.amount_minor)
        if row.provider_ref and failed:
            ways.setdefault((row.provider_ref, row.amount_minor), []).append(_way(row))
    return frozenset(ref for ref, seen in ways.items() if sorted(filter(None, seen)) == BOTH_WAYS)


def _told_to_its_end(match: RowMatch, waiting: list[HeldSide]) -> RowMatch:
    """Match the other half of a refund that an earlier file, or the books, had alone: nothing is held for it now."""
    if not _way(match.row) or match.problem not in ONE_WAY:
        return match
    for one in waiting:
        same = one.provider_ref == match.row.provider_ref
        by_hand = bool(one.out_no) and one.out_no == match.row.out_no
        if (same or by_hand) and one.held_minor == match.moves.suspense_minor:
            waiting.remove(one)
            return replace(match, problem=None, explains=one.id)
    return match


def _refund_of(row: SettlementRow, refunds: Mapping[str, RefundSide]) -> RefundSide | None:
    """Return the refund that a row is about, by our number or, made without us, by the provider's."""
    return refunds.get(row.refund_no) or refunds.get(row.provider_ref)


def _way(row: SettlementRow) -> str:
    """Return which way a row says a refund went: there, back, or neither."""
    if row.kind is RowKind.REFUND:
        return THERE
    return REFUND_FAILURE if row.word == REFUND_FAILURE else ""


def _there_and_back(key: str, row: SettlementRow, refund: RefundSide | None) -> RowMatch:
    """Match a row of a refund that went and came back: beside its fee, clearing is where it was."""
    return RowMatch(
        key=key,
        row=row,
        refund=refund,
        moves=Moves(fee_minor=row.fee_minor),
        expected_minor=refund.amount_minor if refund is not None else 0,
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
