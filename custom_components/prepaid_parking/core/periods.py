"""Days, weeks, months, quarters and years as stretches of local days, both ends included."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from .local_day import DAY

MONTHS: Final = 12


class Every(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


IN_MONTHS: Final = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: MONTHS}
IN_DAYS: Final = {Every.DAY: 1, Every.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Local days from the first to the last, and the name of the period that they are."""

    first: date
    last: date
    label: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def clamped(year: int, month: int, day: int) -> date:
    """Return a day of a month, its last one where it has no such day: the 31st of April is the 30th."""
    return min(date(year, month, 1) + timedelta(days=day - 1), month_end(year, month))


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year + month // MONTHS, month % MONTHS + 1, 1) - DAY


def add_months(day: date, months: int) -> date:
    """Return the same day of a later (or earlier) month, clamped to its last."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return clamped(year, month + 1, day.day)


def calendar_period(every: Every, day: date) -> Stretch:
    """Return the period of the calendar that a day lies in; weeks begin on Monday (ISO 8601)."""
    match every:
        case Every.DAY:
            return Stretch(day, day, day.isoformat())
        case Every.WEEK:
            year, week, weekday = day.isocalendar()
            first = day - timedelta(days=weekday - 1)
            return Stretch(first, first + timedelta(days=6), f"{year}-W{week:02}")
        case Every.MONTH:
            return Stretch(day.replace(day=1), month_end(day.year, day.month), f"{day:%Y-%m}")
        case Every.QUARTER:
            quarter = (day.month - 1) // 3 + 1
            first = date(day.year, 3 * quarter - 2, 1)
            return Stretch(first, month_end(day.year, 3 * quarter), f"{day.year}-Q{quarter}")
        case Every.HALF_YEAR:
            half = (day.month - 1) // 6
            first = date(day.year, 6 * half + 1, 1)
            return Stretch(first, month_end(day.year, 6 * half + 6), f"{day.year}-H{half + 1}")
        case Every.YEAR:
            return Stretch(date(day.year, 1, 1), date(day.year, 12, 31), f"{day.year}")


def anniversary_period(every: Every, begun: date, day: date) -> Stretch:
    """Return the period, counted from the day it all began, that a day lies in.

    Each begins on the day of the month of the first one, clamped: from 31 January on, periods begin
    on 28 February, 31 March, 30 April. They follow each other without a gap. It is named by its
    first day. The day must not lie before `begun`.
    """
    if every in IN_DAYS:
        length = IN_DAYS[every]
        first = day - timedelta(days=(day - begun).days % length)
        return Stretch(first, first + timedelta(days=length - 1), first.isoformat())
    length = IN_MONTHS[every]
    months = (day.year - begun.year) * MONTHS + day.month - begun.month
    number = months // length
    if add_months(begun, number * length) > day:
        number -= 1
    first = add_months(begun, number * length)
    return Stretch(first, add_months(begun, (number + 1) * length) - DAY, first.isoformat())
