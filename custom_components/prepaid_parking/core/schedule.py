"""Hours in which supplies are off and on again by the clock: a dormitory's lights out.

A span is a stretch of real time between two local clock times, so that a night in which the clock
is set is switched once each way.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from .calendars import Holidays, day_code, is_among, no_holidays
from .local_day import DAY

LOOK_AHEAD_DAYS: Final = 8
"""A week has every weekday; what comes later is looked for again by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffHours:
    """From when to when a supply is off, on the days it begins on (codes as in `calendars`).

    It may end on the next day; equal times are a whole day.
    """

    days: tuple[int, ...]
    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One version of a named schedule: off in these hours, on in all others.

    No span begins on one of `except_dates`. `calendar` names the holidays that decide what day it
    is. Wallets and units in `exempt` (`w7`, `u12`) keep their supply.
    """

    id: str
    version: int
    valid_from: datetime
    name: str = ""
    off: tuple[OffHours, ...] = ()
    calendar: str = ""
    except_dates: tuple[date, ...] = ()
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """Whether a schedule has its supplies off, and from when until when that is known."""

    off: bool
    since: datetime
    until: datetime


def spans(
    schedule: Schedule, day: date, zone: tzinfo, holidays: Holidays = no_holidays
) -> list[tuple[datetime, datetime]]:
    """Return the stretches of real time (UTC) that begin on a local day."""
    if day in schedule.except_dates:
        return []
    kind = holidays(schedule.calendar, day) if schedule.calendar else None
    code = day_code(day, kind)
    return [
        (
            datetime.combine(day, hours.start, zone).astimezone(UTC),
            datetime.combine(_last_day(day, hours), hours.end, zone).astimezone(UTC),
        )
        for hours in schedule.off
        if is_among(code, hours.days)
    ]


def phase(
    schedule: Schedule, at: datetime, zone: tzinfo, holidays: Holidays = no_holidays
) -> Phase:
    """Tell whether supplies are off at an instant, and the next instant at which that may change."""
    first = at.astimezone(zone).date() - 2 * DAY
    found = sorted(
        span
        for offset in range(LOOK_AHEAD_DAYS + 2)
        for span in spans(schedule, first + timedelta(days=offset), zone, holidays)
    )
    off_until = None
    for start, end in found:
        if start <= (off_until or at) < end:
            off_until = end
    if off_until is not None:
        return Phase(off=True, since=at, until=off_until)
    later = [start for start, _ in found if start > at]
    until = min(later, default=at + timedelta(days=LOOK_AHEAD_DAYS - 1))
    return Phase(off=False, since=at, until=until)


def _last_day(day: date, hours: OffHours) -> date:
    return day if hours.start < hours.end else day + DAY
