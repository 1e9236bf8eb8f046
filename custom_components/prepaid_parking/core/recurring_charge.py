"""What is billed again and again: rent, property fees, service, each with how far it is billed."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from .bill import DEPOSIT, BillLine
from .category import Category
from .errors import CoreError
from .extent import ONCE, Extent
from .identity import RecurringId
from .levies import Levy, levy
from .local_day import DAY
from .money import Currency
from .recurring import Fixed, Period, periods


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringCharge:
    """A charge of a wallet, or of whoever pays for a unit, in one category of its purpose.

    Its price is `fixed`, or the version of `tariff` on the first day of each period. `billed_to` is
    the first day that is not billed yet; it moves with the bill, so that no day is billed twice or
    forgotten. `deposit_minor` is asked for with the first bill and held when that is paid. `reminded`
    counts the reminders of the period that is billed next.
    """

    id: RecurringId
    no: int
    name: str
    category: Category
    first: date
    billed_to: date
    wallet: str = ""
    unit: str = ""
    tariff: str = ""
    fixed: Fixed | None = None
    last: date | None = None
    levies: tuple[Levy, ...] = ()
    deposit_minor: int = 0
    reminded: int = 0
    set_at: datetime

    def __post_init__(self) -> None:
        """Refuse a charge that nobody pays, has no price, or ends before it begins."""
        if bool(self.wallet) is bool(self.unit):
            raise CoreError("recurring_of_wallet_or_unit")
        if (self.fixed is None) is not bool(self.tariff):
            raise CoreError("recurring_amount_or_tariff")
        if self.last is not None and self.last < self.first - DAY:
            raise CoreError("recurring_ends_early", day=self.last)
        if not self.name.strip():
            raise CoreError("recurring_without_name")
        if self.deposit_minor < 0:
            raise CoreError("billing_negative")

    @property
    def scope(self) -> str:
        """What the keys of its periods, and so of its bills, begin with."""
        return f"recurring/{self.id}"

    @property
    def ended(self) -> bool:
        """Whether its last day is billed."""
        return self.last is not None and self.billed_to > self.last


def changed(charge: RecurringCharge, **changes: Any) -> RecurringCharge:
    """Return a charge under new terms, from the first day that is not billed yet.

    Days that are billed stay as they were billed. Where the length of the periods changes, the new
    ones are counted from there, so that none overlaps an old one.
    """
    after: RecurringCharge = replace(charge, **changes)
    before, now = charge.fixed, after.fixed
    lengths = [
        None if fixed is None else (fixed.every, fixed.anniversary) for fixed in (before, now)
    ]
    if charge.billed_to > charge.first:
        after = replace(after, deposit_minor=0)
        if after.tariff or lengths[0] != lengths[1]:
            after = replace(after, first=max(charge.billed_to, after.first))
    if after.last is not None and after.last < charge.billed_to - DAY:
        after = replace(after, last=charge.billed_to - DAY)
    return after


def next_period(
    charge: RecurringCharge, fixed: Fixed, currency: Currency, extent: Extent = ONCE
) -> Period | None:
    """Return the period that the first unbilled day lies in, None where it has ended."""
    begin = charge.billed_to
    if fixed.starts is not None and begin < fixed.starts:
        begin = fixed.starts
    first = charge.first if fixed.anniversary else begin
    found = periods(fixed, charge.scope, first, charge.last, begin, currency, extent)
    return found[-1] if found and found[-1].last >= begin else None


def billed(charge: RecurringCharge, period: Period) -> RecurringCharge:
    """Return a charge whose period is billed."""
    return replace(charge, billed_to=period.last + DAY, reminded=0)


def lines_of(
    charge: RecurringCharge,
    fixed: Fixed,
    period: Period,
    levies: tuple[Levy, ...],
    extent: Extent = ONCE,
) -> tuple[BillLine, ...]:
    """Return the lines of a period's bill: the price with its levies, and the deposit with the first."""
    lines = []
    if period.amount_minor > 0:
        lines.append(_price_line(charge, fixed, period, levies, extent))
    if charge.deposit_minor and charge.billed_to == charge.first:
        lines.append(
            BillLine(
                text=charge.name,
                amount_minor=charge.deposit_minor,
                income=DEPOSIT,
                trace={"rule": "deposit"},
            )
        )
    return tuple(lines)


def _price_line(
    charge: RecurringCharge,
    fixed: Fixed,
    period: Period,
    levies: tuple[Levy, ...],
    extent: Extent,
) -> BillLine:
    _, parts, _ = levy(period.amount_minor, levies, {})
    trace: dict[str, object] = {
        "rule": str(period.line.rule),
        "price": fixed.price_micro,
        "every": str(fixed.every),
        "by": str(fixed.by),
        "weight": extent.weight(fixed.by),
        "days": period.line.quantity,
        "of_days": period.line.per,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "net": period.amount_minor,
    }
    if charge.tariff:
        trace["tariff"] = charge.tariff
    return BillLine.levied(charge.name, period.amount_minor, parts, charge.category, trace)
