"""At which hours and on which days a supply may be cut for money: friendly hours, working days."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from .calendars import HOLIDAY, WORKED, WORKING, DayKind, Holidays, day_code, no_holidays
from .local_day import moments
from .policy import Policy

LONGEST_SEARCH_DAYS: Final = 400
"""A calendar that forbids every cut for longer than this forbids it for good."""


def quiet(policy: Policy, at: datetime, zone: tzinfo, holidays: Holidays = no_holidays) -> bool:
    """Tell whether nobody is cut at an instant, for money or by a person's hold.

    That is in a no-cut hour, on a no-cut weekday or date, and on a holiday of the policy's calendar.
    A Saturday that is worked instead of another day is no Saturday to it.
    """
    local = at.astimezone(zone)
    day = _day(policy, local.date(), holidays)
    if day == HOLIDAY or day in policy.no_cut_weekdays or local.date() in policy.no_cut_dates:
        return True
    clock = local.time().replace(tzinfo=None)
    return any(_inside(clock, start, end) for start, end in policy.no_cut_hours)


def in_window(policy: Policy, at: datetime, zone: tzinfo, holidays: Holidays = no_holidays) -> bool:
    """Tell whether an instant lies in the policy's cutting hours, which are those of working days.

    A policy without such hours cuts at any.
    """
    if not policy.cut_hours:
        return True
    local = at.astimezone(zone)
    if _day(policy, local.date(), holidays) not in (*WORKING, WORKED):
        return False
    clock = local.time().replace(tzinfo=None)
    return any(_inside(clock, start, end) for start, end in policy.cut_hours)


def may_cut(policy: Policy, at: datetime, zone: tzinfo, holidays: Holidays = no_holidays) -> bool:
    """Tell whether the calendar lets a supply be cut for money at an instant."""
    return in_window(policy, at, zone, holidays) and not quiet(policy, at, zone, holidays)


def next_cut(
    policy: Policy, at: datetime, zone: tzinfo, holidays: Holidays = no_holidays
) -> datetime | None:
    """Return the first instant from `at` on at which the calendar lets a supply be cut."""
    if may_cut(policy, at, zone, holidays):
        return at
    edges = [end for _, end in policy.no_cut_hours] + [start for start, _ in policy.cut_hours]
    day = at.astimezone(zone).date()
    for offset in range(LONGEST_SEARCH_DAYS):
        for moment in moments(day + timedelta(days=offset), edges, zone):
            if moment >= at and may_cut(policy, moment, zone, holidays):
                return moment
    return None


def _day(policy: Policy, day: date, holidays: Holidays) -> int:
    kind: DayKind | None = None
    if policy.no_cut_calendar:
        kind = holidays(policy.no_cut_calendar, day)
    return day_code(day, kind)


def _inside(clock: time, start: time, end: time) -> bool:
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end
