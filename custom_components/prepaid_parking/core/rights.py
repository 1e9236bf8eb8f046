"""What a permit allows: how many cars at once, how often, in which zones, at which hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
import itertools
from typing import Final

from .calendars import Holidays, day_code, is_among, no_holidays
from .duration import EVERY_DAY
from .local_day import DAY, begun_on, moments

type Span = tuple[datetime, datetime]
"""A stretch of real time, from an instant up to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """Hours of the local clock, on the days they begin on (0 = Monday, 7 = holiday).

    One whose `end` is not after its `start` runs past midnight; `end` 00:00 is the end of the day.
    """

    start: time
    end: time
    weekdays: tuple[int, ...] = EVERY_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What is covered by a permit.

    `at_once`: so many of the card's cars may be inside together; one more is a temporary. `visits`:
    so many arrivals (None: any number). Empty `zones` are all, empty `windows` are all hours; the
    windows' holidays are those of `calendar`. What lies outside the windows is overtime, by the
    `overtime` tariff ("": the lane's).
    """

    at_once: int = 1
    visits: int | None = None
    zones: tuple[str, ...] = ()
    windows: tuple[TimeWindow, ...] = ()
    overtime: str = ""
    calendar: str = ""


ALL_RIGHTS: Final = Rights()


def covers(
    windows: Sequence[TimeWindow],
    at: datetime,
    zone: tzinfo,
    holidays: Holidays = no_holidays,
    calendar: str = "",
) -> bool:
    """Tell whether an instant lies in one of the windows; without any, every instant does."""
    local = at.astimezone(zone)
    for window in windows:
        day = begun_on(window.start, window.end, local)
        if day is not None and is_among(day_code(day, holidays(calendar, day)), window.weekdays):
            return True
    return not windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """When a right holds: in its hours, on the local days from `first` on and before `after`.

    Without `first` and `after` on all days.
    """

    windows: tuple[TimeWindow, ...] = ()
    calendar: str = ""
    first: date = date.min
    after: date = date.max

    def holds(self, at: datetime, zone: tzinfo, holidays: Holidays) -> bool:
        """Tell whether an instant lies in it."""
        in_days = self.first <= at.astimezone(zone).date() < self.after
        return in_days and covers(self.windows, at, zone, holidays, self.calendar)

    def holds_all(self, from_at: datetime, to_at: datetime, zone: tzinfo) -> bool:
        """Tell whether no end of it lies within a stretch of time."""
        first, last = from_at.astimezone(zone).date(), to_at.astimezone(zone).date()
        return not self.windows and self.first <= first and last < self.after


def outside(
    held: Sequence[Held],
    from_at: datetime,
    to_at: datetime,
    zone: tzinfo,
    holidays: Holidays = no_holidays,
) -> list[Span]:
    """Return the stretches of real time in which no right holds, in order, none touching the next.

    A night on which the clock is set is as long as it is: windows go by the clock, stretches by time.
    """
    if any(one.holds_all(from_at, to_at, zone) for one in held):
        return []
    windows = [window for one in held for window in one.windows]
    found: list[Span] = []
    for begin, end in _pieces(windows, from_at, to_at, zone):
        if any(one.holds(begin, zone, holidays) for one in held):
            continue
        joined = found.pop()[0] if found and found[-1][1] == begin else begin
        found.append((joined, end))
    return found


def _pieces(
    windows: Sequence[TimeWindow], from_at: datetime, to_at: datetime, zone: tzinfo
) -> list[Span]:
    """Cut a stretch of time wherever a window or a day may begin or end."""
    clocks = {clock for window in windows for clock in (window.start, window.end)}
    day, last = from_at.astimezone(zone).date(), to_at.astimezone(zone).date()
    cuts = {from_at, to_at}
    while day <= last:
        cuts.update(cut for cut in moments(day, clocks, zone) if from_at < cut < to_at)
        day += DAY
    return list(itertools.pairwise(sorted(cuts)))
