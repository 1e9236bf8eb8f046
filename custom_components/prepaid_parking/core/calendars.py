"""What day it is for a price: its weekday, a holiday, a Saturday that is worked instead, its season."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class DayKind(StrEnum):
    """What a calendar says of a day that its weekday does not."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"  # worked instead of another day, also where it is a Saturday or Sunday


type Holidays = Callable[[str, date], DayKind | None]
"""Asked with a calendar's name and a local day; None: the day is what its weekday says."""

type MonthDay = tuple[int, int]
"""A day of every year: month and day of the month."""

HOLIDAY: Final = 7
"""Stands beside the weekdays 0 (Monday) to 6 in a band's days."""
WORKED: Final = 8
"""A weekend day that is worked: a day of no week of its own, it goes with Monday to Friday."""
WEEK: Final = frozenset(range(7))
WORKING: Final = frozenset(range(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A named part of every year, both days included; it may run over new year."""

    name: str
    from_day: MonthDay
    to_day: MonthDay

    def holds(self, day: date) -> bool:
        """Tell whether a local day lies in the season."""
        here = (day.month, day.day)
        if self.from_day <= self.to_day:
            return self.from_day <= here <= self.to_day
        return here >= self.from_day or here <= self.to_day


@dataclass(frozen=True, slots=True)
class Day:
    """A local day as bands see it: a weekday, `HOLIDAY` or `WORKED`, and the season's name."""

    code: int
    season: str = ""


def no_holidays(_calendar: str, _day: date) -> DayKind | None:
    """Know of no holiday in any calendar."""
    return None


def day_code(day: date, kind: DayKind | None) -> int:
    """Return what a day is to the bands: a holiday is no weekday, a worked Saturday no weekend."""
    weekday = day.weekday()
    if kind is DayKind.HOLIDAY:
        return HOLIDAY
    if kind is DayKind.WORKDAY and weekday not in WORKING:
        return WORKED
    return weekday


def is_among(code: int, weekdays: Sequence[int]) -> bool:
    """Tell whether a day is one of a band's days.

    Seven weekdays are every day, the holidays with them. Monday to Friday are the working days, the
    worked Saturday with them; a band of some weekdays only has nothing to say about it.
    """
    if code == HOLIDAY:
        return HOLIDAY in weekdays or set(weekdays) >= WEEK
    if code == WORKED:
        return set(weekdays) >= WORKING
    return code in weekdays


def season_of(day: date, seasons: Sequence[Season]) -> str:
    """Return the name of the first season that holds on a day; the rest of the year has none."""
    return next((one.name for one in seasons if one.holds(day)), "")
