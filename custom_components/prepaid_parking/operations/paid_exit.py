"""A stay was paid somewhere else: the exit opens for it, where its car stands, and once."""

from dataclasses import replace
from datetime import timedelta

from ..core.admission import Way
from ..core.identity import SYSTEM
from ..core.stay import Stay
from .gate import answer_again
from .lane_run import LaneRun
from .parking_rules import rules_now
from .site import Site


async def open_for(site: Site, stay: Stay) -> None:
    """Open the exit where this stay's car was the last one read, and could not pay.

    It is answered anew, as if it were read now: a notice that comes late, twice or for too little
    opens nothing that the rules would not open. Once it was let through it is not refused any more,
    so the next notice finds nobody waiting. A car that is not there has nothing opened for it: its
    next read, or its next passage of the exit, finds nothing due.
    """
    lasting = timedelta(seconds=rules_now(site).paid_s)
    for run in list(site.lanes.values()):
        last = run.last
        if last is None or last.admitted or last.way is not Way.EXIT or last.stay != stay.id:
            continue
        if site.clock() - last.at <= lasting:
            await _open(site, run)


async def _open(site: Site, run: LaneRun) -> None:
    assert run.last is not None
    vehicle, run.last = run.last.vehicle, replace(run.last, admitted=True)
    read = replace(vehicle.read, at=site.clock(), score=1000, retained=False, burst=False)
    await answer_again(site, run, replace(vehicle, read=read), SYSTEM, way=Way.EXIT)
