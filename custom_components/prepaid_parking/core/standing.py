"""What is due for the days themselves, used or not: standing charges and minimum charges.

A price per month, quarter, year or season is spread over its local days by cumulative rounding to
the ten-thousandth of a millionth: the days of a whole period add up to its price exactly, however
long it is, and what is below the minor unit is carried from day to day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from .calendars import Season
from .extent import EXTENT_BASE, ONCE, By, Extent
from .money import Currency
from .periods import Every, Stretch, calendar_period, clamped
from .priced import Priced, PricedLine, PriceRule, half_up, micro_per_minor, priced, tiled


class Per(StrEnum):
    """What a standing price is for; `season` is the whole of its season."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    SEASON = "season"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A price for a time, multiplied by what `by` says; due in its season only, if it has one."""

    name: str
    price_micro: int
    per: Per = Per.MONTH
    by: By = By.EACH
    season: Season | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """The least that the use of a day or month costs: what it cost less is added."""

    price_micro: int
    per: Every = Every.MONTH
    by: By = By.EACH


def standing_denominator(currency: Currency) -> int:
    """Return what the numerators of standing charges are divided by to give minor units."""
    return EXTENT_BASE * micro_per_minor(currency)


def standing_due(standing: Standing, day: date, extent: Extent = ONCE) -> PricedLine | None:
    """Return what is due for one local day, None outside the season and where it is nothing.

    The numerator is over `standing_denominator`. A supply pays for the day on which it begins, and
    not for the one on which it ends: so two tenants never pay for the same day.
    """
    if standing.season is not None and not standing.season.holds(day):
        return None
    total = standing.price_micro * extent.weight(standing.by)
    whole = _whole(standing, day)
    place = (day - whole.first).days
    if not total:
        return None
    return PricedLine(
        rule=PriceRule.STANDING,
        name=standing.name,
        numerator=tiled(total, place, place + 1, whole.days),
        quantity=1,
        price_micro=standing.price_micro,
        per=whole.days,
        first=day,
        last=day,
    )


def standing_between(
    standings: Sequence[Standing], first: date, last: date, extent: Extent = ONCE
) -> list[PricedLine]:
    """Return what is due for the local days from `first` to `last`: a line per charge and period.

    For the days that a hub or a tenant was away: it is what the days cost one by one.
    """
    lines: list[PricedLine] = []
    for standing in standings:
        before: PricedLine | None = None
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            line = standing_due(standing, day, extent)
            if line is not None:
                if before is not None and day != _whole(standing, day).first:
                    lines[-1] = line = _joined(before, line)
                else:
                    lines.append(line)
            before = line
    return lines


def minimum_due(
    minimum: Minimum,
    whole: Stretch,
    first: date,
    last: date,
    charged_minor: int,
    currency: Currency,
    extent: Extent = ONCE,
) -> Priced:
    """Return what is added to the use of a period (`charged_minor`) to reach the minimum.

    `first` to `last` are the days of the period that are supplied: in the first and the last period
    of a supply the minimum is its part by days, by cumulative rounding to the minor unit.
    """
    total = half_up(minimum.price_micro * extent.weight(minimum.by), standing_denominator(currency))
    before, after = (first - whole.first).days, (last - whole.first).days + 1
    missing = tiled(total, before, after, whole.days) - charged_minor
    if missing <= 0:
        return Priced(amount_minor=0, denominator=1)
    line = PricedLine(
        rule=PriceRule.MINIMUM,
        numerator=missing,
        quantity=after - before,
        price_micro=minimum.price_micro,
        per=whole.days,
        first=first,
        last=last,
    )
    return priced([line], 1)


def minimum_period(minimum: Minimum, day: date) -> Stretch:
    """Return the period that a minimum of a day is judged over."""
    return calendar_period(minimum.per, day)


def season_stretch(season: Season, day: date) -> Stretch:
    """Return the days of the season's occurrence that a day lies in."""
    (from_month, from_day), (to_month, to_day) = season.from_day, season.to_day
    begun = day.year
    if (day.month, day.day) < season.from_day:
        begun -= 1
    ended = begun if season.from_day <= season.to_day else begun + 1
    first = clamped(begun, from_month, from_day)
    return Stretch(first, clamped(ended, to_month, to_day), f"{season.name}/{begun}")


def _whole(standing: Standing, day: date) -> Stretch:
    if standing.per is Per.SEASON and standing.season is not None:
        return season_stretch(standing.season, day)
    return calendar_period(Every(standing.per), day)


def _joined(before: PricedLine, line: PricedLine) -> PricedLine:
    return replace(
        before,
        numerator=before.numerator + line.numerator,
        quantity=before.quantity + line.quantity,
        last=line.last,
    )
