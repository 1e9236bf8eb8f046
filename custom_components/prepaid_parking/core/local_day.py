"""Local days as stretches of real time: 23, 24 or 25 hours long, as the zone has it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

MIDNIGHT: Final = time()
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


def day_start(day: date, zone: tzinfo) -> datetime:
    """Return the instant (UTC) at which a local day begins."""
    return datetime.combine(day, MIDNIGHT, zone).astimezone(UTC)


def begun_on(start: time, end: time, local: datetime) -> date | None:
    """Return the day on which the hours of a clock began that a local moment lies in, None outside.

    Hours whose end is not after their start run past midnight; an end of 00:00 is the end of the day.
    """
    day, clock = local.date(), local.time()
    if start < end or end == MIDNIGHT:
        return day if start <= clock and (end == MIDNIGHT or clock < end) else None
    if clock >= start:
        return day
    return day - DAY if clock < end else None


def moments(day: date, clocks: Iterable[time], zone: tzinfo) -> list[datetime]:
    """Return, in order, the instants (UTC) of a local day at which a rule by the clock may change.

    Those are its start and end, every instant at which a clock shows one of the times (twice where
    it is set back), and the instant at which it is set: a time that is skipped has passed by then.
    """
    start, end = day_start(day, zone), day_start(day + DAY, zone)
    found = {start, end, *_clock_change(start, end, zone)}
    found.update(
        datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)
        for clock in clocks
        for fold in (0, 1)
    )
    return sorted(moment for moment in found if start <= moment <= end)


def _clock_change(start: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """Return the instant within a day at which the local clock is set, to the second."""
    before = start.astimezone(zone).utcoffset()
    if before == end.astimezone(zone).utcoffset():
        return []
    low, high = start, end
    while high - low > SECOND:
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return [high.replace(microsecond=0)]
