"""What each meter counts per day: taken down at the first good reading of each local day.

A day in which nobody could read the meter is filled up when it answers again: the register says how
much it was, only not on which of the days. A day on which the supply was off says nothing of a habit.
"""

from datetime import date, datetime
from typing import Final

from ..core.ledger import Record
from ..core.local_day import day_start
from ..core.loss import Mark, counted
from ..core.tamper import Habit, days_after
from .booking import keep
from .gently import gently
from .meter_run import MeterRun
from .site import Site

AT_ONCE: Final = 500
"""Meters written in one go: the books' one writer is busy for a few milliseconds."""


async def load(site: Site) -> None:
    """Take up the habits."""
    site.hinting.habits = {habit.meter: habit for habit in await site.books.load(Habit)}


async def note_days(site: Site, now: datetime) -> None:
    """Take down the day that has ended for every meter that has been read since."""
    today = day_start(now.astimezone(site.zone).date(), site.zone)
    mains = mains_of(site)
    due: list[Record] = []
    async for run in gently(list(site.meters.values())):
        habit = site.hinting.habits.get(run.meter.id)
        if habit is not None and habit.at >= today:
            continue
        mark = mark_of(run)
        if mark is None or (habit is not None and mark.at < today):
            continue
        site.hinting.habits[run.meter.id] = noted = _after(site, run, habit, mark)
        due.append(noted)
        if run.meter.main or run.meter.id in mains:
            due.append(mark)
        if len(due) >= AT_ONCE:
            await keep(site, *due)
            due = []
    if due:
        await keep(site, *due)


def _after(site: Site, run: MeterRun, habit: Habit | None, mark: Mark) -> Habit:
    """Return a habit with what was counted since; it begins anew where nobody knows that."""
    days: tuple[int, ...] = ()
    if habit is not None:
        begin = Mark(
            meter=habit.meter, at=habit.at, installation=habit.installation, register=habit.register
        )
        used = counted(site.installations, begin, mark)
        passed = (_day(site, mark.at) - _day(site, habit.at)).days
        if used is not None and used >= 0:
            days = habit.days if run.seen is False else days_after(habit.days, used, passed)
    return Habit(
        meter=run.meter.id,
        installation=mark.installation,
        register=mark.register,
        at=mark.at,
        days=days,
    )


def mains_of(site: Site) -> frozenset[str]:
    """Return the meters that others lie behind."""
    return frozenset(run.meter.main for run in site.meters.values() if run.meter.main)


def mark_of(run: MeterRun) -> Mark | None:
    """Return the last register that is believed; None while it is doubted or was never read."""
    if run.installation is None or run.doubt is not None:
        return None
    if run.window is not None and run.binding is not None:
        register, at = run.window.to_register, run.window.to_at
    elif run.last is not None and run.last.register is not None:
        register, at = run.last.register, run.last.at
    else:
        return None
    return Mark(meter=run.meter.id, installation=run.installation.id, register=register, at=at)


def used_lately(site: Site, run: MeterRun) -> int:
    """Return what a meter counted in its kept days and in the running one (base units)."""
    habit, mark = site.hinting.habits.get(run.meter.id), mark_of(run)
    if habit is None:
        return 0
    running = 0
    if mark is not None and mark.installation == habit.installation:
        running = max(0, mark.register - habit.register)
    return sum(habit.days) + running


def fresh_start(run: MeterRun) -> tuple[Habit, ...]:
    """Return a meter's habit as it begins anew, to be kept: others live there from now on."""
    mark = mark_of(run)
    if mark is None:
        return ()
    return (
        Habit(
            meter=run.meter.id,
            installation=mark.installation,
            register=mark.register,
            at=mark.at,
        ),
    )


def _day(site: Site, at: datetime) -> date:
    return at.astimezone(site.zone).date()
