"""Whether a barrier is held open: by an emergency, by a person, or because nobody can decide.

Nobody decides while the hub is down, and while the books cannot be written. Then a lane does what was
chosen for it; fire opens always.
"""

import asyncio
from typing import Final

from ..core.errors import DeviceError
from ..core.lane import FailPolicy
from .lane_run import LaneRun
from .site import Site

FAILED: Final = {FailPolicy.OPEN: True, FailPolicy.CLOSED: False, FailPolicy.HOLD_LAST: None}


def is_free_flow(site: Site, run: LaneRun) -> bool:
    """Tell whether a person wants a lane to stay open."""
    return run.id in site.parking.open_lanes


def wanted_level(site: Site, run: LaneRun) -> bool | None:
    """Return whether a barrier is to be held open now; None leaves it as it is."""
    if site.emergency or is_free_flow(site, run):
        return True
    if site.trouble or not site.books.writable:
        return FAILED[run.fail]
    return False


async def fail_lanes(site: Site) -> None:
    """Leave every barrier as it is to be while the hub is down; called when it stops.

    All at once: one output that is away must not take the time of the others.
    """
    await asyncio.gather(*(_fail(site, run) for run in list(site.lanes.values())))


async def _fail(site: Site, run: LaneRun) -> None:
    level = FAILED[run.fail]
    if run.holder is None or level is None or site.emergency:
        return
    try:
        await run.holder.hold(level)
    except DeviceError:
        return  # It is away as well; the next start tells it again.
    run.held = level
