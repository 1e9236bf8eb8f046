"""Months of the books: closed one after the other, and then nothing is dated back into them."""

from dataclasses import dataclass
from datetime import date, datetime

from .errors import CoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthClose:
    """A month (`2026-06`) that was closed; those before it are closed with it."""

    month: str
    closed_at: datetime
    closed_by: str


def month_of(day: date) -> str:
    """Name a day's month."""
    return f"{day.year:04}-{day.month:02}"


def check_open(day: date, closed: str) -> None:
    """Refuse a day in a closed month: what comes late goes to the month that is open."""
    if closed and month_of(day) <= closed:
        raise CoreError("month_closed", month=month_of(day))


def check_closable(month: str, closed: str, today: date) -> None:
    """Refuse to close what is no month, is not over, or was closed before."""
    year, _, number = month.partition("-")
    if len(month) != 7 or not year.isdecimal() or not number.isdecimal():
        raise CoreError("not_a_month", value=month)
    if not 1 <= int(number) <= 12:
        raise CoreError("not_a_month", value=month)
    if month >= month_of(today):
        raise CoreError("month_not_over", month=month)
    if closed and month <= closed:
        raise CoreError("month_closed", month=month)
