"""Switching on one after another: five hundred rooms that come on together trip the main.

Whoever was never tried goes before who was refused, and of those who waits longest: a line whose
devices do not answer holds up no healthy one.
"""

from datetime import datetime, timedelta
from heapq import heappop, heappush

from ..core.identity import MeterId
from .meter_run import Command, MeterRun
from .site import Site
from .supply_book import Rank, Stagger


def may_switch_on(site: Site, run: MeterRun, command: Command | None, now: datetime) -> bool:
    """Take the next turn to switch a supply on, or join those who wait for one."""
    stagger, meter = site.supplying.stagger, run.meter.id
    if not stagger.spacing_s:
        return True
    first = _first(stagger)
    free = _is_free(stagger, now)
    mine = stagger.waiting.get(meter)
    if mine is None:
        tries = 0 if command is None else command.tries + command.refused
        mine = (tries, now)
    if free and (first is None or (mine, meter) <= first):
        leave(site, run)
        stagger.last, stagger.last_at = meter, now
        return True
    if meter not in stagger.waiting:
        stagger.waiting[meter] = mine
        heappush(stagger.queue, (mine, meter))
    return False


def leave(site: Site, run: MeterRun) -> None:
    """Wait no longer: it is its turn, or it is not to come on any more."""
    site.supplying.stagger.waiting.pop(run.meter.id, None)


def give_back(site: Site, run: MeterRun) -> None:
    """Return a turn that switched nothing on, so that the next one need not wait for it."""
    stagger = site.supplying.stagger
    if stagger.last == run.meter.id:
        stagger.last = stagger.last_at = None


def wake_next(site: Site, now: datetime) -> None:
    """Let whoever is next be looked at, if it is anybody's turn."""
    stagger = site.supplying.stagger
    first = _first(stagger)
    if first is None or not _is_free(stagger, now):
        return
    _, meter = first
    if meter in site.meters:
        site.woken.add(meter)
    else:
        del stagger.waiting[meter]


def _is_free(stagger: Stagger, now: datetime) -> bool:
    """Tell whether enough time has passed; a clock that was set back holds up nobody."""
    if stagger.last_at is None:
        return True
    return not timedelta() <= now - stagger.last_at < timedelta(seconds=stagger.spacing_s)


def _first(stagger: Stagger) -> tuple[Rank, MeterId] | None:
    """Return who is next; those who left are dropped on the way."""
    while stagger.queue:
        rank, meter = stagger.queue[0]
        if stagger.waiting.get(meter) == rank:
            return rank, meter
        heappop(stagger.queue)
    return None
