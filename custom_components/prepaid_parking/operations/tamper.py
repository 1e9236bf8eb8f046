"""Hints that somebody should look at a meter: said once with the numbers, and once when it is over.

They accuse nobody and move no money. What was said is kept, so that a restart says nothing twice.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from ..core.errors import CoreError, StoreError
from ..core.identity import UnitId
from ..core.local_day import day_start
from ..core.loss import Mark
from ..core.metering import BASE_PER_UNIT, DoubtKind
from ..core.tamper import (
    Hint,
    HintKind,
    Misfit,
    flowed_back,
    lost,
    much_more,
    nothing_used,
    used_while_off,
)
from .booking import keep
from .facts import Hinted, HintEnded
from .gently import gently
from .habits import mains_of, mark_of
from .losses import behind, loss_report
from .meter_run import MeterRun
from .occupants import occupancy_of
from .site import Site

type Check = Callable[[Site, MeterRun, Hint | None], Misfit | None]

LOSS_DAYS: Final = 7
"""A week of both meters: a day of a small house is too short for a percentage."""
MARKS_KEPT: Final = timedelta(days=400)
"""Thirteen months: the same month of last year can be compared."""
REVERSE_VALUES: Final = ("energy_export", "volume_reverse")
TAMPER_VALUE: Final = "tamper"


async def load(site: Site) -> None:
    """Take up what was said and is not over."""
    for hint in await site.books.load(Hint, ended_at=None):
        site.hinting.hints[hint.meter, hint.kind] = hint


async def look_for_hints(site: Site, now: datetime) -> None:
    """Look at every meter: say what does not fit, and what fits again."""
    async for run in gently(list(site.meters.values())):
        for kind, check in CHECKS:
            hint = site.hinting.hints.get((run.meter.id, kind))
            misfit = check(site, run, hint)
            if hint is not None or misfit is not None:
                await _follow(site, run, kind, hint, misfit, now)


async def look_again_for_reverse(site: Site, run: MeterRun) -> None:
    """Look at once whether a meter still runs back: the doubt that said so is over.

    A dip of a few readings ends with the next good one; nobody should be sent to the meter after that.
    """
    kind = HintKind.REVERSE
    hint = site.hinting.hints.get((run.meter.id, kind))
    if hint is not None:
        await _follow(site, run, kind, hint, _reverse(site, run, hint), site.clock())


async def watch_losses(site: Site, now: datetime) -> None:
    """Compare each main meter with what lies behind it, once a day, when all of a day is known."""
    today = now.astimezone(site.zone).date()
    for name in mains_of(site):
        run = site.meter(name)
        habit = site.hinting.habits.get(run.meter.id)
        read = habit is not None and habit.at.astimezone(site.zone).date() == today
        if read and site.hinting.loss_days.get(run.meter.id) != today:
            site.hinting.loss_days[run.meter.id] = today
            site.spawn(_watch_loss(site, run, today))


async def _watch_loss(site: Site, run: MeterRun, today: date) -> None:
    """Look at one main meter beside the others' work: it reads what was taken down in a week."""
    since, until = (day_start(today - timedelta(days=days), site.zone) for days in (LOSS_DAYS, 0))
    try:
        report = await loss_report(site, main=run.meter.id, since=since, until=until)
    except CoreError, StoreError:
        return  # It has no meters behind it any more, or the books are closing.
    loss, hint = report.loss, site.hinting.hints.get((run.meter.id, HintKind.LOSS))
    if loss is None or report.unread or any(one.end.at < until for one in loss.subs):
        return  # Silence is not evidence.
    counted = loss.main.quantity
    misfit = lost(loss.part_micro, counted, site.hinting.thresholds, run.meter.quantity)
    if hint is not None or misfit is not None:
        await _follow(site, run, HintKind.LOSS, hint, misfit, site.clock())


async def forget_marks(site: Site, now: datetime) -> None:
    """Drop what is older than anybody looks back."""
    for name in mains_of(site):
        site.spawn(_forget(site, site.meter(name), now - MARKS_KEPT))


async def _forget(site: Site, main: MeterRun, before: datetime) -> None:
    for run in (main, *behind(site, main)):
        marks = await site.books.load(Mark, meter=run.meter.id)
        await site.books.forget(*(mark for mark in marks if mark.at < before))


async def _follow(
    site: Site,
    run: MeterRun,
    kind: HintKind,
    hint: Hint | None,
    misfit: Misfit | None,
    now: datetime,
) -> None:
    """Begin a hint, carry it on silently, or end it."""
    key = run.meter.id, kind
    if hint is None:
        assert misfit is not None
        begun = Hint(
            meter=run.meter.id,
            kind=kind,
            since=now,
            found=misfit.found,
            expected=misfit.expected,
        )
        site.hinting.hints[key] = begun
        await keep(site, begun)
        site.tell(Hinted(hint=begun))
    elif misfit is None:
        ended = replace(site.hinting.hints.pop(key), ended_at=now)
        await keep(site, ended)
        site.tell(HintEnded(hint=ended))
    elif misfit.found != hint.found:
        site.hinting.hints[key] = replace(hint, found=misfit.found)


def _used_while_off(_: Site, run: MeterRun, __: Hint | None) -> Misfit | None:
    mark = mark_of(run)
    if run.seen is not False or run.off_from is None or mark is None:
        return None
    run.off_from = min(run.off_from, mark.register)  # Another register since: a swap, a rollover.
    return used_while_off(run.off_from, mark.register, run.meter.jitter, run.meter.quantity)


def _reverse(site: Site, run: MeterRun, _: Hint | None) -> Misfit | None:
    """Look for a register that runs back, or a reverse register that runs."""
    if not site.hinting.thresholds.reverse:
        return None
    doubt = run.doubt
    if doubt is not None and doubt.kind is DoubtKind.BACKWARDS:
        return Misfit(doubt.cursor_register - doubt.register, 0)
    value = next((run.values[name] for name in REVERSE_VALUES if name in run.values), None)
    if value is None:
        return None
    today = site.clock().astimezone(site.zone).date()
    day, begun = site.hinting.counted_back.get(run.meter.id, (today, value))
    if day != today or value < begun:
        day, begun = today, value
    site.hinting.counted_back[run.meter.id] = day, begun
    back = int((value - begun) * BASE_PER_UNIT[run.meter.quantity])
    return flowed_back(back, run.meter.quantity)


def _nothing_used(site: Site, run: MeterRun, hint: Hint | None) -> Misfit | None:
    habit = site.hinting.habits.get(run.meter.id)
    if habit is None or run.seen is False or _is_vacant(site, run):
        return None
    return nothing_used(habit.days, site.hinting.thresholds, run.meter.quantity, hint)


def _much_more(site: Site, run: MeterRun, hint: Hint | None) -> Misfit | None:
    habit = site.hinting.habits.get(run.meter.id)
    if habit is None or _is_vacant(site, run):
        return None
    return much_more(habit.days, site.hinting.thresholds, run.meter.quantity, hint)


def _cover_open(_: Site, run: MeterRun, __: Hint | None) -> Misfit | None:
    word = run.values.get(TAMPER_VALUE)
    return Misfit(int(word), 0) if word else None


def _is_vacant(site: Site, run: MeterRun) -> bool:
    """Tell whether a meter is in a unit that somebody has left: a habit went with them."""
    unit = site.house.units.get(UnitId(run.meter.unit))
    if unit is None or not site.house.occupancies.get(unit.id):
        return False
    return occupancy_of(site, unit.id) is None


CHECKS: Final[tuple[tuple[HintKind, Check], ...]] = (
    (HintKind.USED_WHILE_OFF, _used_while_off),
    (HintKind.REVERSE, _reverse),
    (HintKind.NOTHING_USED, _nothing_used),
    (HintKind.MUCH_MORE, _much_more),
    (HintKind.COVER_OPEN, _cover_open),
)
"""What is looked at each minute; losses are looked at once a day."""
