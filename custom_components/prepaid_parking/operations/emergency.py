"""Fire: every barrier opens and stays open, nothing is charged, until a named person ends it.

The hub is not the safety device: the fire contact is wired to each barrier's own controller. This
makes the site's books and the other lanes agree with it.
"""

import asyncio
from dataclasses import replace
from datetime import datetime

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, DeviceError, StoreError
from ..core.identity import Actor, ActorKind, LaneId
from ..core.lane import LaneInput
from ..core.ledger import Act, Receipt
from ..core.supply import CommandLog, CommandOutcome
from .booking import keep
from .fail_level import wanted_level
from .lane_facts import PassageKind
from .lane_run import LaneRun
from .passing import Happening, drawn_up
from .site import Site

KINDS = (EntryKind.EMERGENCY_BEGUN, EntryKind.EMERGENCY_ENDED, EntryKind.FREE_FLOW_SET)


async def begin_emergency(
    site: Site, *, reason: str, actor: Actor, lane: LaneId | None = None
) -> Receipt | None:
    """Open every barrier and hold it; it begins in memory first, for no disk may delay it."""
    if not reason:
        raise CoreError("reason_missing")
    site.emergency = True
    receipt: Receipt | None = None
    opening = asyncio.gather(*(_open(site, run) for run in list(site.lanes.values())))
    try:
        receipt = await site.books.commit(
            await _act(site, EntryKind.EMERGENCY_BEGUN, actor, reason, {"lane": lane or ""})
        )
        site.books_written()
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
    finally:
        await opening
    return receipt


async def end_emergency(site: Site, *, reason: str, actor: Actor) -> Receipt:
    """End the emergency; only a named person does, and not while a fire contact is still on."""
    if actor.kind is not ActorKind.USER:
        raise CoreError("person_needed")
    if not site.emergency:
        raise CoreError("no_emergency")
    if not reason:
        raise CoreError("reason_missing")
    burning = [run for run in site.lanes.values() if run.inputs.get(LaneInput.FIRE_ALARM)]
    if burning:
        raise CoreError("fire_alarm_on", lane=burning[0].name)
    receipt = await site.books.commit(
        await _act(site, EntryKind.EMERGENCY_ENDED, actor, reason, {})
    )
    site.books_written()
    site.emergency = False
    site.wake(site.meters.values())
    await hold_lanes(site, site.clock())
    return receipt


async def set_free_flow(site: Site, *, lane: str, on: bool, reason: str, actor: Actor) -> Receipt:
    """Hold a lane open by choice, or let it go; needs an output that holds."""
    run = site.lane(lane)
    if run.holder is None:
        raise CoreError("lane_cannot_hold", lane=run.name)
    receipt = await site.books.commit(
        await _act(site, EntryKind.FREE_FLOW_SET, actor, reason, {"lane": run.id, "on": int(on)})
    )
    site.books_written()
    (site.parking.open_lanes.add if on else site.parking.open_lanes.discard)(run.id)
    await hold_lanes(site, site.clock())
    return receipt


async def hold_lanes(site: Site, now: datetime) -> None:  # noqa: ARG001
    """Let every barrier that can be held stand as it should: a level, which is told again; a chore."""
    for run in list(site.lanes.values()):
        level = wanted_level(site, run)
        if run.holder is not None and level is not None and run.held is not level:
            await _hold(run, is_open=level)


async def load(site: Site) -> None:
    """Know again what was so before the hub stopped."""
    entries = await site.books.entries(kinds=KINDS, limit=1000, newest_first=True)
    lanes: dict[str, bool] = {}
    begun: bool | None = None
    for entry in entries:
        if entry.kind is EntryKind.FREE_FLOW_SET:
            lanes.setdefault(str(entry.detail["lane"]), bool(entry.detail["on"]))
        elif begun is None:
            begun = entry.kind is EntryKind.EMERGENCY_BEGUN
    site.emergency = bool(begun)
    site.parking.open_lanes = {LaneId(lane) for lane, on in lanes.items() if on}


async def _open(site: Site, run: LaneRun) -> None:
    if run.holder is not None:
        await _hold(run, is_open=True)
    elif run.barrier is not None:
        await _pulse(site, run)


async def _hold(run: LaneRun, *, is_open: bool) -> None:
    """Tell a holder its level; one that does not answer is told again at the next look."""
    assert run.holder is not None
    before, run.held = run.held, is_open
    try:
        await run.holder.hold(is_open)
    except DeviceError:
        run.held = before if before is not is_open else None


async def _pulse(site: Site, run: LaneRun) -> None:
    """Open what cannot be held, once; also where that cannot be written down."""
    assert run.barrier is not None
    what = Happening(
        kind=PassageKind.EMERGENCY, reason="emergency", actor=Actor(kind=ActorKind.SYSTEM)
    )
    command: CommandLog | None = None
    try:
        command, passage = await drawn_up(site, run, what)
        await site.books.record(command, passage)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
    outcome = CommandOutcome.VERIFIED
    try:
        await run.barrier.pulse()
    except DeviceError:
        outcome = CommandOutcome.NOT_CONFIRMED
    run.pulsed_at = site.clock()
    if command is not None:
        await keep(site, replace(command, outcome=outcome, outcome_at=site.clock()))


async def _act(
    site: Site, kind: EntryKind, actor: Actor, reason: str, detail: dict[str, object]
) -> Act:
    number = await site.books.next_number("emergency")
    return Act(
        kind=kind,
        event=f"{kind}/{number}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        detail=detail,
    )
