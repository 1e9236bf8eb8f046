"""What a lane's wires tell: who has passed, who turned round, and who forced the way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ..core.identity import SYSTEM, LaneId
from ..core.lane import LaneInput, Movement, felt
from .facts import PassageKind
from .lane_run import LaneRun
from .passing import Happening, recorded
from .site import Site

PASS: Final = timedelta(seconds=30)


async def lane_inputs(
    site: Site, lane: LaneId, inputs: Mapping[str, bool | None], at: datetime
) -> None:
    """Take over what changed at a lane's inputs; None is what cannot be read, and is never "clear"."""
    run = site.lane(lane)
    for name, on in inputs.items():
        if on is None:
            run.inputs.pop(name, None)
        else:
            run.inputs[name] = on
    exit_loop = LaneInput.EXIT_LOOP in run.fitted
    run.crossing, movement, _ = felt(
        run.crossing, run.inputs, at, exit_loop=exit_loop, lasting=PASS
    )
    if movement is Movement.TAILGATED:
        await _noted(site, run, PassageKind.TAILGATED)
    elif movement is Movement.FORCED:
        await _noted(site, run, PassageKind.FORCED)


async def _noted(site: Site, run: LaneRun, kind: PassageKind) -> None:
    await recorded(site, run, Happening(kind=kind, reason=kind, actor=SYSTEM))
