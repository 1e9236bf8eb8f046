"""What does not fit between a provider's file, the orders and the books: kept until a person has said why.

Nothing is made to fit by itself. What a file has and the books have not lies in suspense, so that the
clearing account stands for what the provider really holds; a person says whose it is.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from .chart import Channel
from .errors import CoreError
from .identity import Actor, DifferenceId, OrderId, RefundId, UnmatchedId
from .pay_channel import RowKind

ENTRY: Final = "entry"
"""What stands before an entry's number where a difference has one in place of a row."""


class DifferenceKind(StrEnum):
    """What does not fit; the values are translation keys."""

    ROW_WITHOUT_ORDER = "row_without_order"
    """The provider has taken money that no order of ours asked for."""
    ENTRY_WITHOUT_ROW = "entry_without_row"
    """The books have moved what the provider holds, and neither an order nor its file says why."""
    ORDER_WITHOUT_ROW = "order_without_row"
    """The books have credited an order that the provider's file does not know."""
    AMOUNT_DIFFERS = "amount_differs"
    """The provider has taken another amount than was credited."""
    ENTRY_DIFFERS = "entry_differs"
    """The books have another amount, or none, for an order that file and order agree about."""
    ROW_TWICE = "row_twice"
    """One payment stands in the file twice; it was booked once."""
    REFUND_UNKNOWN = "refund_unknown"
    """The provider has given money back that nobody here asked for, or that had failed."""
    REFUND_WITHOUT_ROW = "refund_without_row"
    REFUND_DIFFERS = "refund_differs"
    CHARGEBACK = "chargeback"
    """The payer's bank took a payment back, or gave it back."""
    OTHER_ROW = "other_row"
    """The provider moved money for a reason that is not known here."""
    LINE_WITHOUT_PAYER = "line_without_payer"
    """Money on the bank account that names nobody."""
    REFUND_CAME_BACK = "refund_came_back"
    """A refund that failed came back for a wallet that is closed."""
    NO_FILE = "no_file"
    """A day of which the provider gave no file for weeks."""


class Resolution(StrEnum):
    """What a person says of a difference; the values are translation keys."""

    EXPLAINED = "explained"
    """Nothing moves: it is known why, or it has come to fit."""
    WALLET = "wallet"
    """It is that wallet's: credited, or charged."""
    WRITTEN_OFF = "written_off"
    """The site bears it, or keeps it."""
    BANK = "bank"
    """It is not this site's: it left, or will leave, the bank account again."""


OF_UNPAID: Final = frozenset({Resolution.EXPLAINED, Resolution.WRITTEN_OFF})
"""What can be said of money that the provider has not paid: nobody else has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that does not fit.

    `day` is the provider's. `row` is the key of the file's row, `entry/…` where an entry of the
    books has none, "" where neither is meant. `expected_minor` is what the books have,
    `found_minor` what the file has. `suspended_minor` lies in suspense for it: above zero it is
    somebody's, below zero it is missing. What the payments themselves keep for a person is in
    `unmatched`.
    """

    id: DifferenceId
    no: int
    kind: DifferenceKind
    account: str
    channel: str
    day: date
    opened_at: datetime
    row: str = ""
    out_no: str = ""
    provider_ref: str = ""
    order: OrderId | None = None
    refund: RefundId | None = None
    unmatched: UnmatchedId | None = None
    wallet: str = ""
    expected_minor: int = 0
    found_minor: int = 0
    suspended_minor: int = 0
    word: str = ""
    settled_at: datetime | None = None
    settled_by: str = ""
    resolution: Resolution | None = None
    reason: str = ""

    @property
    def entry(self) -> int | None:
        """The entry of the books that it is about, where it is about one."""
        kind, _, number = self.row.partition("/")
        return int(number) if kind == ENTRY else None

    @property
    def unpaid_minor(self) -> int:
        """What the books have credited and the provider has in no file: it lies in clearing until then."""
        return self.expected_minor if self.kind is DifferenceKind.ORDER_WITHOUT_ROW else 0

    @property
    def held_minor(self) -> int:
        """What moves when it is settled: above zero it is somebody's, below zero somebody has to bear it."""
        return self.suspended_minor or -self.unpaid_minor

    @property
    def open_minor(self) -> int:
        """How much money is in question; what lies in `unmatched` is counted there."""
        if self.unmatched is not None:
            return 0
        return abs(self.suspended_minor) or abs(self.found_minor - self.expected_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRow:
    """A row of a provider's file that was taken up: once, however often the file comes.

    `account` is the merchant's at the provider, whatever the channel is called here. `booked_minor`
    is what the books had moved for it before.
    """

    key: str
    account: str
    day: date
    kind: RowKind
    out_no: str
    provider_ref: str
    refund_no: str
    amount_minor: int
    fee_minor: int
    at: datetime | None
    taken_at: datetime
    order: OrderId | None = None
    refund: RefundId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledDays:
    """How far a merchant's files were taken up: `done_to` is the last day that was, or was given up.

    `next_at` is when the next one is asked for again, `fault` why it did not come.
    """

    account: str
    kind: Channel
    done_to: date
    next_at: datetime | None = None
    tries: int = 0
    fault: str = ""


def settled(
    difference: Difference, resolution: Resolution, reason: str, actor: Actor, now: datetime
) -> Difference:
    """Return a difference that a person, or the next file, has explained.

    What lies in suspense for it has to go somewhere. What the provider has not paid may come still, or
    the site bears it.
    """
    if difference.settled_at is not None:
        raise CoreError("difference_settled_already", difference=difference.id)
    if difference.unpaid_minor:
        if resolution not in OF_UNPAID:
            raise CoreError("difference_not_paid", difference=difference.id)
    elif (resolution is Resolution.EXPLAINED) is not (difference.suspended_minor == 0):
        key = "difference_nothing_held" if difference.suspended_minor == 0 else "difference_held"
        raise CoreError(key, difference=difference.id)
    return replace(
        difference,
        settled_at=now,
        settled_by=str(actor),
        resolution=resolution,
        reason=reason,
    )
