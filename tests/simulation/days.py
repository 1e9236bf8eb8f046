"""What local days and periods of them cost, in fractions of a cent, from what was written."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from typing import Any, Final

DAY: Final = timedelta(days=1)
FINE: Final = 10**8
"""Standing charges are spread over days in hundred-millionths of a cent."""


def stretch(every: str, day: date) -> tuple[date, date]:
    """Return the first and the last day of the period of the calendar that a day lies in."""
    if every == "day":
        return day, day
    if every == "week":
        monday = day - day.weekday() * DAY
        return monday, monday + 6 * DAY
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    after = first
    for _ in range(months):
        after = (after + 31 * DAY).replace(day=1)
    return first, after - DAY


def part(total: Fraction, whole: tuple[date, date], first: date, last: date) -> int:
    """Return what some days of a period are of its price: days that tile it come to it exactly."""
    days = (whole[1] - whole[0]).days + 1
    before, after = (first - whole[0]).days, (last - whole[0]).days + 1
    return nearest(total * after / days) - nearest(total * before / days)


def standing(document: Mapping[str, Any], day: date) -> Fraction:
    """Return what a day costs by a tariff, used or not, in cents."""
    cents = Fraction()
    for one in document.get("standing", ()):
        price = Fraction(one["price"]) * 100 * FINE
        cents += Fraction(part(price, stretch(one["per"], day), day, day), FINE)
    return cents


def begins(day: date, zone: tzinfo) -> datetime:
    """Return when a local day begins."""
    return datetime.combine(day, time(), zone)


def nearest(amount: Fraction) -> int:
    """Return the nearest whole number, a half upwards."""
    return int((amount + Fraction(1, 2)) // 1)
