"""Tills and shifts: who had a drawer from when to when, what belongs in it, and what was counted.

What a shift has taken and paid out is kept with it in the act that moved the money, so that it is at
any time what the books say. Amounts are minor units of the site's currency.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from .errors import CoreError
from .identity import ShiftId, TillId

RECEIPTS: Final = "receipts"
"""The series of the numbers on receipts: one for the site, without a gap."""
MOST_RECEIPTS: Final = 999_999_999
"""A number with more digits is a slip of the finger: no desk has given out so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """A drawer. `most_minor` may lie in it; above `second_minor` another person has to agree.

    Either is None where there is no such limit.
    """

    id: TillId
    no: int
    name: str
    most_minor: int | None = None
    second_minor: int | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A till in somebody's hands. `cashier` is the actor as the books name it.

    `opened_minor` was counted at the beginning; cash was `taken`, `paid` out to payers, `delivered`
    to the bank. `cards_minor` and `transfers_minor` were taken beside it and never lay in the drawer.
    """

    id: ShiftId
    no: int
    till: TillId
    cashier: str
    opened_at: datetime
    opened_minor: int
    taken_minor: int = 0
    paid_minor: int = 0
    delivered_minor: int = 0
    cards_minor: int = 0
    transfers_minor: int = 0
    receipts: int = 0
    counted_minor: int | None = None
    counted_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    reason: str = ""

    @property
    def expected_minor(self) -> int:
        """What must lie in the drawer."""
        return self.opened_minor + self.taken_minor - self.paid_minor - self.delivered_minor

    @property
    def difference_minor(self) -> int:
        """What was counted beyond what was expected; below zero, it is missing."""
        return 0 if self.counted_minor is None else self.counted_minor - self.expected_minor


def moved(
    shift: Shift, *, cash_minor: int = 0, cards_minor: int = 0, transfers_minor: int = 0
) -> Shift:
    """Return a shift after money was taken (positive) or paid out; a count before it is void."""
    _open(shift)
    return replace(
        shift,
        taken_minor=shift.taken_minor + max(0, cash_minor),
        paid_minor=shift.paid_minor + max(0, -cash_minor),
        cards_minor=shift.cards_minor + cards_minor,
        transfers_minor=shift.transfers_minor + transfers_minor,
        counted_minor=None if cash_minor else shift.counted_minor,
        counted_at=None if cash_minor else shift.counted_at,
    )


def delivered(shift: Shift, amount_minor: int) -> Shift:
    """Return a shift after cash left the drawer for the bank; never more than lies in it."""
    _open(shift)
    if amount_minor <= 0:
        raise CoreError("amount_not_positive", amount=amount_minor)
    if amount_minor > shift.expected_minor:
        raise CoreError("till_too_little", till=shift.till)
    return replace(
        shift,
        delivered_minor=shift.delivered_minor + amount_minor,
        counted_minor=None,
        counted_at=None,
    )


def counted(shift: Shift, counted_minor: int, at: datetime) -> Shift:
    """Return a shift with what somebody counted; counted again, the later count holds."""
    _open(shift)
    if counted_minor < 0:
        raise CoreError("amount_not_positive", amount=counted_minor)
    return replace(shift, counted_minor=counted_minor, counted_at=at)


def shut(shift: Shift, *, by: str, reason: str, at: datetime) -> Shift:
    """Return a shift that nothing changes any more: counted, and a difference has a reason."""
    _open(shift)
    if shift.counted_minor is None:
        raise CoreError("shift_not_counted", shift=shift.id)
    if shift.difference_minor and not reason:
        raise CoreError("shift_difference_without_reason", shift=shift.id)
    return replace(shift, closed_at=at, closed_by=by, reason=reason)


def _open(shift: Shift) -> None:
    if shift.closed_at is not None:
        raise CoreError("shift_closed", shift=shift.id)
