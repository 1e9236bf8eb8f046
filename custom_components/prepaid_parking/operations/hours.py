"""What every meter counted hour by hour: noted on the hour, for forecasts and for trying tariffs out."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from ..core.hours import HOUR, HourMark, MeterDay, hours_of, pack, spread, unpack
from ..core.identity import MeterId
from ..core.ledger import Record
from ..core.local_day import day_start
from .booking import keep
from .facts import Hour, HoursNoted
from .gently import gently
from .meter_run import MeterRun
from .site import Site

KEPT: Final = timedelta(days=400)
"""Thirteen months: the same month of last year can be looked at whole."""
FORGOTTEN: Final = 30
"""Days looked through for what is to be dropped, an hour each: a hub may have been off."""
AT_ONCE: Final = 500
"""Meters written in one go: the books' one writer is busy for a few milliseconds."""


async def load_hours(site: Site) -> None:
    """Take up to which register every meter was noted, and the day in which that was."""
    site.hours.marks = {mark.meter: mark for mark in await site.books.load(HourMark)}
    days = {mark.at.astimezone(site.zone).date() for mark in site.hours.marks.values()}
    for day in sorted(days):
        for kept in await site.books.load(MeterDay, day=day.isoformat()):
            site.hours.noted[kept.meter] = kept


async def note_hours(site: Site, now: datetime) -> None:
    """Fill in the hours since the last time, once an hour has ended for anybody.

    What went through since the last mark is taken as spread evenly: across a silence that is all
    anybody knows.
    """
    due: list[Record] = []
    async for run in gently(list(site.meters.values())):
        due += _note(site, run, now)
        if len(due) >= AT_ONCE:
            await keep(site, *due)
            due = []
    if due:
        await keep(site, *due)


async def forget_hours(site: Site, now: datetime) -> None:
    """Drop what is older than anybody looks back: one of the last days that are, in turn."""
    back = int(now.timestamp()) // 3600 % FORGOTTEN
    day = (now - KEPT - timedelta(days=back)).astimezone(site.zone).date()
    await site.books.forget(*await site.books.load(MeterDay, day=day.isoformat()))


def _note(site: Site, run: MeterRun, now: datetime) -> Iterable[Record]:
    window, meter = run.window, run.meter.id
    if window is None:
        return
    mark = site.hours.marks.get(meter)
    here = HourMark(meter=meter, register=window.to_register, at=window.to_at)
    if mark is None or here.register < mark.register or here.at <= mark.at:
        # New, swapped or rolled over: nobody knows when the difference was counted.
        if mark is None or here.register != mark.register:
            site.hours.marks[meter] = here
            yield here
        return
    if now < _next_hour(mark.at):
        return
    site.hours.marks[meter] = here
    yield here
    used = spread(here.register - mark.register, mark.at, here.at, site.zone)
    cost = spread(_cost_since(site, run), mark.at, here.at, site.zone)
    for day, cells in used.items():
        yield _filled(site, meter, day, cells)
        site.tell(
            HoursNoted(
                meter=meter,
                quantity=run.meter.quantity,
                hours=tuple(
                    Hour(
                        start=day_start(day, site.zone) + hour * HOUR,
                        quantity=quantity,
                        cost_numerator=cost[day][hour],
                    )
                    for hour, quantity in cells.items()
                ),
                denominator=window.denominator,
            )
        )


def _cost_since(site: Site, run: MeterRun) -> int:
    """Return what a meter cost since its hours were noted last, in this run of the hub."""
    before = site.hours.costs.get(run.meter.id, 0)
    site.hours.costs[run.meter.id] = run.pace.counted
    return run.pace.counted - before


def _filled(site: Site, meter: MeterId, day: date, cells: dict[int, int]) -> MeterDay:
    kept = site.hours.noted.get(meter)
    known = unpack(kept.hours) if kept is not None and kept.day == day else ()
    hours = [*known, *[0] * (hours_of(day, site.zone) - len(known))]
    for hour, quantity in cells.items():
        hours[hour] += quantity
    filled = site.hours.noted[meter] = MeterDay(meter=meter, day=day, hours=pack(hours))
    return filled


def _next_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0) + HOUR
