"""Bills: what is owed for a period or an event, from the draft to the last cent.

A bill that was issued never changes in what it asks for; what is paid, given up or taken back stands
beside it. The wallet's account `BILLED` is below zero by exactly what is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from .category import Category
from .chart import SiteAccount
from .errors import CoreError
from .identity import BillId, InstallationId, WalletId
from .invoice import InvoiceMaker
from .ledger import CursorMove, Detail
from .levies import LevyKind, LevyPart

CREDIT_NOTE: Final = "C"
"""Begins the number of a credit note: its series is not the bills'."""
SERIES: Final = "bills/"
"""Begins the name under which the books keep how far a series has come."""


class BillState(StrEnum):
    """How far a bill has come; the values are translation keys."""

    DRAFT = "draft"
    ISSUED = "issued"
    PART_PAID = "part_paid"
    PAID = "paid"
    WRITTEN_OFF = "written_off"
    VOID = "void"


INCOME: Final = {
    Category.UTILITY: SiteAccount.REVENUE_FEES,
    Category.PROPERTY: SiteAccount.REVENUE_PROPERTY,
    Category.RENT: SiteAccount.REVENUE_RENT,
    Category.PARKING: SiteAccount.REVENUE_PARKING,
    Category.SERVICE: SiteAccount.REVENUE_SERVICE,
}
"""What a line earns for where nothing else is said."""
DEPOSIT: Final = SiteAccount.DEFERRED
"""What a deposit's line stands for: no income, but money that is held once the bill is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One thing that is asked for: how much, where it is earned, and the rule that made it.

    `tax_minor` is the part of the amount that is tax.
    """

    text: str
    amount_minor: int
    income: SiteAccount
    tax_minor: int = 0
    trace: Detail

    @classmethod
    def levied(
        cls, text: str, net_minor: int, parts: Sequence[LevyPart], category: Category, trace: Detail
    ) -> Self:
        """Return the line of a net amount with its fees and taxes; the trace names them as well."""
        levies = [
            {"name": part.name, "kind": str(part.kind), "amount": part.minor} for part in parts
        ]
        return cls(
            text=text,
            amount_minor=net_minor + sum(part.minor for part in parts if not part.included),
            tax_minor=sum(part.minor for part in parts if part.kind is LevyKind.TAX),
            income=INCOME[category],
            trace={**trace, "levies": levies} if levies else trace,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill of one wallet, in one category of its purpose.

    `source` names what made it (`recurring/r3/2026-07-01`), "" where a person did; `from_day` and
    `to_day` (not included) are the period it is for. `number` and `due_on` are given at issuing.
    `bonus_minor` is the part of `paid_minor` that was bonus: it goes back to where it came from.
    `buyer` points into the encrypted personal data: to whom it was made out when it was issued.
    `closed_at` is set when nothing is open any more.
    """

    id: BillId
    no: int
    wallet: WalletId
    category: Category
    lines: tuple[BillLine, ...]
    drafted_at: datetime
    source: str = ""
    from_day: date | None = None
    to_day: date | None = None
    number: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    paid_minor: int = 0
    bonus_minor: int = 0
    payments: int = 0
    written_off_minor: int = 0
    reminded: int = 0
    dunned: int = 0
    dunned_on: date | None = None
    credit_note: str = ""
    buyer: str = ""
    closed_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what asks for nothing, and more paid than was asked for."""
        if not self.lines or any(line.amount_minor <= 0 for line in self.lines):
            raise CoreError("bill_without_amount")
        if any(not 0 <= line.tax_minor <= line.amount_minor for line in self.lines):
            raise CoreError("bill_tax_too_large")
        if self.open_minor < 0:
            raise CoreError("bill_overpaid", bill=self.id)

    @property
    def total_minor(self) -> int:
        """What is asked for."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def deposit_minor(self) -> int:
        """What of it is a deposit."""
        return sum(line.amount_minor for line in self.lines if line.income is DEPOSIT)

    @property
    def open_minor(self) -> int:
        """What is neither paid nor given up; a draft and a void bill ask for nothing."""
        if not self.number or self.credit_note:
            return 0
        return self.total_minor - self.paid_minor - self.written_off_minor

    @property
    def state(self) -> BillState:
        """How far it has come."""
        if self.credit_note:
            return BillState.VOID
        if not self.number:
            return BillState.DRAFT
        if self.open_minor:
            return BillState.PART_PAID if self.paid_minor else BillState.ISSUED
        return BillState.WRITTEN_OFF if self.written_off_minor else BillState.PAID


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningStep:
    """So many days after a bill was due it is asked for again, for a fee or without."""

    days: int
    fee_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingRules:
    """How bills of a category are asked for.

    `automatic`: paid out of the wallet as soon as it has the money; `part`: also piece by piece.
    `remind_days` are days before a bill is due on which it is reminded of. `top_up_tax_bp` is the
    tax that a top-up contains, and `invoice_maker` who makes the invoices of top-ups.
    """

    category: Category
    due_days: int = 14
    automatic: bool = True
    part: bool = True
    remind_days: tuple[int, ...] = (3,)
    dunning: tuple[DunningStep, ...] = (DunningStep(days=7), DunningStep(days=14))
    top_up_tax_bp: int = 0
    invoice_maker: InvoiceMaker = InvoiceMaker.SITE

    def __post_init__(self) -> None:
        """Refuse steps that are not one after the other, and terms nobody can mean."""
        days = [step.days for step in self.dunning]
        if sorted(set(days)) != days or any(day <= 0 for day in days):
            raise CoreError("dunning_order")
        if (
            any(step.fee_minor < 0 for step in self.dunning)
            or min(self.due_days, self.top_up_tax_bp) < 0
        ):
            raise CoreError("billing_negative")
        if any(day < 0 for day in self.remind_days):
            raise CoreError("billing_negative")


def series_of(day: date, *, credit_note: bool = False) -> str:
    """Return the series that a number given out on a local day belongs to: one per year."""
    return f"{CREDIT_NOTE if credit_note else ''}{day.year:04}"


def next_in(series: str, last: int, at: datetime) -> CursorMove:
    """Return the step by which a series moves on to its next number.

    The same compare-and-set as a register's: of two bills that want one number the books refuse the
    second, and where one of a group is refused, so are those after it. Hence no number is doubled
    and none is missing.
    """
    return CursorMove(
        installation=InstallationId(SERIES + series),
        from_register=last,
        to_register=last + 1,
        to_at=at,
        carry=0,
    )


def written(series: str, number: int) -> str:
    """Write a number as it stands on the paper: `2026-000123`."""
    return f"{series}-{number:06}"


def issued(bill: Bill, number: str, on: date, due: date) -> Bill:
    """Return a draft as it is asked for."""
    if bill.number:
        raise CoreError("bill_already_issued", bill=bill.number)
    return replace(bill, number=number, issued_on=on, due_on=due)


def paid(bill: Bill, amount_minor: int, bonus_minor: int, at: datetime) -> Bill:
    """Return a bill after a payment; never more than is open."""
    after = replace(
        bill,
        paid_minor=bill.paid_minor + amount_minor,
        bonus_minor=bill.bonus_minor + bonus_minor,
        payments=bill.payments + 1,
    )
    return after if after.open_minor else replace(after, closed_at=at)


def written_off(bill: Bill, at: datetime) -> Bill:
    """Return a bill whose open rest is given up."""
    return replace(bill, written_off_minor=bill.written_off_minor + bill.open_minor, closed_at=at)


def voided(bill: Bill, credit_note: str, at: datetime) -> Bill:
    """Return a bill that is taken back by a credit note."""
    return replace(bill, credit_note=credit_note, closed_at=at)


def oldest_first(bills: Sequence[Bill]) -> list[Bill]:
    """Return open bills in the order in which they are paid."""
    return sorted(
        (bill for bill in bills if bill.open_minor and bill.due_on is not None),
        key=lambda bill: (bill.due_on, bill.no),
    )


def allot(amount_minor: int, bills: Sequence[Bill], *, part: bool) -> list[tuple[Bill, int]]:
    """Give money to bills in their order, until it is used up; what it does not cover waits.

    Without `part` a bill is paid whole or not at all, and none before those that are older.
    """
    given: list[tuple[Bill, int]] = []
    for bill in bills:
        amount = min(bill.open_minor, amount_minor)
        if amount <= 0 or (amount < bill.open_minor and not part):
            break
        given.append((bill, amount))
        amount_minor -= amount
    return given


def reminders(bill: Bill, days: Sequence[int], today: date) -> int:
    """Return how many reminders have come by a local day: so many days after (below 0: before) the due day.

    Those that lay before the bill was issued are not made up for.
    """
    if bill.due_on is None or bill.issued_on is None:
        return 0
    moments = [bill.due_on + timedelta(days=day) for day in days]
    return sum(bill.issued_on < moment <= today for moment in moments)


def dunned(bill: Bill, level: int, on: date) -> Bill:
    """Return a bill that was asked for again."""
    return replace(bill, dunned=level, dunned_on=on)


def dunning_level(bill: Bill, rules: BillingRules, today: date) -> int:
    """Return the dunning level a bill has come to by a local day.

    Counted from the day it was due, or from the day it was issued where that is later: nobody is
    dunned for the weeks in which a bill was not there yet.
    """
    if bill.due_on is None or bill.issued_on is None:
        return 0
    since = max(bill.due_on, bill.issued_on)
    return sum(today >= since + timedelta(days=step.days) for step in rules.dunning)
