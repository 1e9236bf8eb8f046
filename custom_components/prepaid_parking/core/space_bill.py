"""The bills of an owned space: every fee item that hits it, for the days of each of its periods.

What a day costs never depends on where a bill begins or ends: each item has its own periods, on the
space's own day of the month, and a stretch of days costs what the first days of the period cost up to
its end less what they cost up to its beginning. Hence bills that tile the days add up to the price.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .bill import BillLine
from .bill_parts import Days
from .category import Category
from .extent import EXTENT_BASE, Extent
from .fee_item import FeeItem
from .levies import Levy, LevyPart, levy
from .local_day import DAY
from .money import Currency
from .periods import IN_DAYS, Every, Stretch, calendar_period, clamped
from .priced import PriceRule, half_up, micro_per_minor
from .space import Space, Tenure
from .wallet import Purpose

SOURCE = "space"
"""Begins what names the bills of spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceDue:
    """Days of a space that are to be billed: what is asked for, by the purpose of who pays."""

    space: Space
    days: Days
    parts: tuple[tuple[Purpose, tuple[BillLine, ...]], ...]

    @property
    def source(self) -> str:
        """What names its bills: the space and the first day."""
        return f"{SOURCE}/{self.space.id}/{self.days.first.isoformat()}"

    @property
    def after(self) -> Space:
        """The space once these days are billed."""
        return replace(self.space, billed_to=self.days.last + DAY)

    @property
    def lines(self) -> tuple[BillLine, ...]:
        """All that is asked for."""
        return tuple(line for _, lines in self.parts for line in lines)


def is_billed(space: Space) -> bool:
    """Tell whether somebody owns a space, and so is billed for it period by period."""
    return space.tenure is Tenure.OWNED and bool(space.wallet) and space.closed_at is None


def unbilled_from(space: Space) -> date | None:
    """Return the first day that is not billed yet; None where nobody is billed at all."""
    return (space.billed_to or space.first) if is_billed(space) else None


def period_of(every: Every, day: int, on: date) -> Stretch:
    """Return the period that a local day lies in; periods of months begin on a `day` of the month."""
    whole = calendar_period(every, on)
    if every in IN_DAYS:
        return whole
    first = clamped(whole.first.year, whole.first.month, day)
    if on < first:
        whole = calendar_period(every, whole.first - DAY)
        first = clamped(whole.first.year, whole.first.month, day)
    after = whole.last + DAY
    last = clamped(after.year, after.month, day) - DAY
    return Stretch(first, last, first.isoformat())


def next_due(
    space: Space,
    items: Iterable[Sequence[FeeItem]],
    until: date,
    currency: Currency,
    last: date | None = None,
) -> SpaceDue | None:
    """Return the first days that something is asked for, of a period that begins by `until`.

    Periods that ask for nothing are passed over, and stay unbilled until a later one asks: who sets a
    fee item from an earlier day on means those days, too. `last` cuts the period somebody leaves in.
    """
    begin, items = unbilled_from(space), list(items)
    while begin is not None and begin <= until:
        end = period_of(space.every, space.day, begin).last
        days = Days(first=begin, last=end if last is None else min(end, last))
        parts = _parts(space, items, days, currency)
        if parts:
            return SpaceDue(space=space, days=days, parts=parts)
        begin = days.last + DAY
    return None


def version_on(versions: Sequence[FeeItem], day: date) -> FeeItem | None:
    """Return the version that is valid on a day: of those that have begun, the one set last."""
    return next((one for one in reversed(versions) if one.valid_from <= day), None)


def _parts(
    space: Space, items: Iterable[Sequence[FeeItem]], days: Days, currency: Currency
) -> tuple[tuple[Purpose, tuple[BillLine, ...]], ...]:
    found: dict[Purpose, list[BillLine]] = defaultdict(list)
    for versions in items:
        for item, line in item_lines(versions, space, days, currency):
            found[item.category.purpose].append(line)
    return tuple((purpose, tuple(found[purpose])) for purpose in Purpose if purpose in found)


def item_lines(
    versions: Sequence[FeeItem], space: Space, days: Days, currency: Currency
) -> Iterator[tuple[FeeItem, BillLine]]:
    """Return what a fee item asks of a space for some days: a line for each version that hits it."""
    for item, part in _in_force(versions, days):
        if not item.ended and item.filter.hits(space):
            line = _line(item, space, part, currency)
            if line.amount_minor > 0:
                yield item, line


def _in_force(versions: Sequence[FeeItem], days: Days) -> Iterator[tuple[FeeItem, Days]]:
    """Return which version is valid for which of the days, in order; days before the first have none."""
    begins = {one.valid_from for one in versions if days.first < one.valid_from <= days.last}
    marks = [days.first, *sorted(begins), days.last + DAY]
    item, since = version_on(versions, days.first), days.first
    for mark in marks[1:]:
        later = version_on(versions, mark)
        if later is item and mark <= days.last:
            continue
        if item is not None:
            yield item, Days(first=since, last=mark - DAY)
        item, since = later, mark


def _line(item: FeeItem, space: Space, days: Days, currency: Currency) -> BillLine:
    weight = Extent(area_cm2=space.area_cm2).weight(item.by)
    full = half_up(item.price_micro * weight, EXTENT_BASE * micro_per_minor(currency))
    pieces = list(_pieces(item.every, space.day, days))
    steps = [
        [half_up(full * upto, whole) for upto in (before, after)] for before, after, whole in pieces
    ]
    net = sum(after - before for before, after in steps)
    parts = _levied(steps, item.levies)
    trace: dict[str, object] = {
        "rule": str(PriceRule.FIXED),
        "item": item.id,
        "version": item.version,
        "category": str(item.category),
        "price": item.price_micro,
        "every": str(item.every),
        "by": str(item.by),
        "weight": weight,
        "periods": len(pieces),
        "days": days.count,
        "of_days": sum(whole for _, _, whole in pieces),
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "net": net,
    }
    return BillLine.levied(item.name, net, parts, item.category, trace)


def _pieces(every: Every, day: int, days: Days) -> Iterator[tuple[int, int, int]]:
    """Cut days by an item's own periods: from which to which of how many days of each they are."""
    first = days.first
    while first <= days.last:
        whole = period_of(every, day, first)
        last = min(whole.last, days.last)
        yield (first - whole.first).days, (last - whole.first).days + 1, whole.days
        first = last + DAY


def _levied(steps: Iterable[Sequence[int]], levies: Sequence[Levy]) -> list[LevyPart]:
    """Return fees and taxes on what has been asked for up to the last days less that up to the first.

    So they tile like the price: a year's tax does not depend on how many bills it came in.
    """
    minors = [0] * len(levies)
    parts: list[LevyPart] = []
    for before, after in steps:
        _, earlier, _ = levy(before, levies, {})
        _, parts, _ = levy(after, levies, {})
        minors = [
            minor + now.minor - then.minor
            for minor, now, then in zip(minors, parts, earlier, strict=True)
        ]
    return [replace(part, minor=minor) for part, minor in zip(parts, minors, strict=True)]


def category_of(lines: Sequence[BillLine], purpose: Purpose) -> Category:
    """Return what a bill of several lines is for: the first of its purpose's categories among them."""
    named = {line.trace["category"] for line in lines}
    return next(one for one in Category if one.purpose is purpose and str(one) in named)
