"""Rent and fees: the same price for every period, and its part for the first and the last one.

A period is named by what it is for, never by when it was billed: however often the bills of a
contract are made out, each has the same key and is booked once.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from .extent import EXTENT_BASE, ONCE, By, Extent
from .local_day import DAY
from .money import Currency
from .periods import Every, Stretch, anniversary_period, calendar_period, clamped
from .priced import PricedLine, PriceRule, half_up, micro_per_minor, tiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A price per period, multiplied by what `by` says.

    Periods are those of the calendar and due on their `day`: of the month (29 to 31 are its last
    day where it is shorter; of the first month of a quarter or year), or of the week (1 = Monday).
    With `anniversary` they are counted from the first day of the contract and due on their first.
    A first or last period that is not whole costs its part by days, or whole without `prorate_…`.

    `retries` are days after the due day on which the payer is asked again for what is still open,
    `remind` days before it on which the payer is reminded. `starts` and `ends` bound every contract
    under this price.
    """

    price_micro: int
    every: Every
    by: By = By.EACH
    day: int = 1
    anniversary: bool = False
    prorate_first: bool = True
    prorate_last: bool = True
    starts: date | None = None
    ends: date | None = None
    retries: tuple[int, ...] = ()
    remind: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What is due for the days from `first` to `last` of one whole period, in minor units."""

    key: str
    first: date
    last: date
    due: date
    amount_minor: int
    whole: Stretch
    line: PricedLine


def periods(
    fixed: Fixed,
    scope: str,
    first: date,
    last: date | None,
    until: date,
    currency: Currency,
    extent: Extent = ONCE,
) -> list[Period]:
    """Return all periods of a contract (`first` to `last`, None: open) that begin by `until`.

    In order, without gap or overlap, whenever it is asked; the key is `<scope>/<period>`, such as
    `rent/b12/2026-02`. An open contract that ends later within a period changes the amount of that
    period: see `prorated`.
    """
    begin = max(first, fixed.starts or first)
    ends = [day for day in (last, fixed.ends) if day is not None]
    end = min(ends) if ends else None
    found: list[Period] = []
    day = begin
    while day <= until and (end is None or day <= end):
        whole = _whole(fixed, begin, day)
        upto = whole.last if end is None else min(whole.last, end)
        found.append(_period(fixed, scope, whole, max(whole.first, begin), upto, currency, extent))
        day = whole.last + DAY
    return found


def prorated(
    fixed: Fixed,
    whole: Stretch,
    first: date,
    last: date,
    currency: Currency,
    extent: Extent = ONCE,
) -> int:
    """Return what the days from `first` to `last` of a whole period cost, in minor units.

    By cumulative rounding: any tiling of a period by contracts adds up to its price exactly.
    """
    before, after = (first - whole.first).days, (last - whole.first).days + 1
    return tiled(whole_price(fixed, currency, extent), before, after, whole.days)


def whole_price(fixed: Fixed, currency: Currency, extent: Extent = ONCE) -> int:
    """Return what a whole period costs, in minor units, rounded to the nearest."""
    weighted = fixed.price_micro * extent.weight(fixed.by)
    return half_up(weighted, EXTENT_BASE * micro_per_minor(currency))


def reminders(fixed: Fixed, period: Period) -> tuple[date, ...]:
    """Return the days before the due day on which the payer is reminded, in order."""
    return tuple(sorted(period.due - timedelta(days=days) for days in fixed.remind))


def _whole(fixed: Fixed, begun: date, day: date) -> Stretch:
    if fixed.anniversary:
        return anniversary_period(fixed.every, begun, day)
    return calendar_period(fixed.every, day)


def _period(
    fixed: Fixed,
    scope: str,
    whole: Stretch,
    first: date,
    last: date,
    currency: Currency,
    extent: Extent,
) -> Period:
    paid_from = first if fixed.prorate_first else whole.first
    paid_to = last if fixed.prorate_last else whole.last
    amount = prorated(fixed, whole, paid_from, paid_to, currency, extent)
    return Period(
        key=f"{scope}/{whole.label}",
        first=first,
        last=last,
        due=min(max(_due(fixed, whole), first), last),
        amount_minor=amount,
        whole=whole,
        line=PricedLine(
            rule=PriceRule.FIXED,
            numerator=amount,
            quantity=(paid_to - paid_from).days + 1,
            price_micro=fixed.price_micro,
            per=whole.days,
            first=first,
            last=last,
        ),
    )


def _due(fixed: Fixed, whole: Stretch) -> date:
    """Return the day within a whole period on which it is due."""
    if fixed.anniversary or fixed.every is Every.DAY:
        return whole.first
    if fixed.every is Every.WEEK:
        return whole.first + timedelta(days=fixed.day - 1)
    return clamped(whole.first.year, whole.first.month, fixed.day)
