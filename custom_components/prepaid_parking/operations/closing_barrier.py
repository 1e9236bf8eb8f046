"""Closing a barrier: only what was made for it, and only where a loop says that nobody is there."""

from dataclasses import replace
from typing import Final

from ..core.errors import CoreError, DeviceError
from ..core.identity import Actor
from ..core.lane import LaneInput
from ..core.supply import CommandLog, CommandOutcome
from .booking import keep
from .fail_level import is_free_flow
from .lane_run import LaneRun
from .ports import Barrier
from .site import Site

ACTION_CLOSE: Final = "close"


async def close_barrier(site: Site, *, lane: str, reason: str, actor: Actor) -> None:
    """Ask a barrier's CLOSE input to close, once; who and why is written down first.

    The barrier's own controller closes by itself after each car. This is for one that was left open,
    and it is refused unless the loop under the arm was read and is clear: not known is not clear.
    """
    run = site.lane(lane)
    if not reason:
        raise CoreError("reason_missing")
    closer = _closer(run)
    if site.emergency or is_free_flow(site, run):
        raise CoreError("lane_held_open", lane=run.name)
    under = run.inputs.get(LaneInput.SAFETY_LOOP)
    if under is None:
        raise CoreError("safety_loop_unknown", lane=run.name)
    if under:
        raise CoreError("car_under_arm", lane=run.name)
    now = site.clock()
    command = CommandLog(
        id=await site.books.next_number("command"),
        target=run.id,
        action=ACTION_CLOSE,
        at=now,
        outcome=CommandOutcome.DECIDED,
        outcome_at=now,
        reason=reason,
        actor=str(actor),
    )
    await site.books.record(command)
    if run.inputs.get(LaneInput.SAFETY_LOOP) is not False:
        # A car drove under the arm while the books were written.
        raise CoreError("car_under_arm", lane=run.name)
    outcome, detail = CommandOutcome.VERIFIED, ""
    try:
        await closer.pulse()
    except DeviceError as err:
        outcome, detail = CommandOutcome.NOT_CONFIRMED, str(err)
    await keep(site, replace(command, outcome=outcome, outcome_at=site.clock(), detail=detail))


def can_close(run: LaneRun) -> bool:
    """Tell whether a lane has what closing takes: an output of its own and a loop under the arm."""
    return run.closer is not None and LaneInput.SAFETY_LOOP in run.fitted


def _closer(run: LaneRun) -> Barrier:
    if run.closer is None:
        raise CoreError("lane_cannot_close", lane=run.name)
    if LaneInput.SAFETY_LOOP not in run.fitted:
        raise CoreError("close_needs_safety_loop", lane=run.name)
    return run.closer
