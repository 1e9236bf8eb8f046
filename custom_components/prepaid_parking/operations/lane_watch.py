"""What a lane's wires tell: who has passed, who turned round, who forced the way, and fire."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ..core.access import gone
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, LaneId
from ..core.lane import Grant, LaneInput, Movement, felt, granted, lapsed
from ..core.review import Seen, Suspicion
from ..core.stay import UNSEEN, Stay, StayState
from .emergency import begin_emergency
from .fail_level import is_free_flow
from .lane_facts import PassageKind
from .lane_run import LaneRun
from .parking_rules import rules_now
from .passing import Happening, recorded
from .pictures import name_picture
from .releasing import standing
from .reviews import open_review
from .site import Site
from .stays import owe_now, passed
from .turning_back import backed_out

KIND = {Movement.TAILGATED: PassageKind.TAILGATED, Movement.FORCED: PassageKind.FORCED}
WHY = {PassageKind.TAILGATED: Suspicion.TAILGATED, PassageKind.FORCED: Suspicion.FORCED}


async def lane_inputs(
    site: Site, lane: LaneId, inputs: Mapping[str, bool | None], at: datetime
) -> None:
    """Take over what changed at a lane's inputs; None is what cannot be read, and is never "clear"."""
    run = site.lane(lane)
    _resume(site, run)
    before = dict(run.inputs)
    for name, on in inputs.items():
        if on is None:
            run.inputs.pop(name, None)
        else:
            run.inputs[name] = on

    def rose(name: LaneInput) -> bool:
        return run.inputs.get(name, False) and not before.get(name, False)

    if rose(LaneInput.FIRE_ALARM) and not site.emergency:
        await begin_emergency(site, reason=LaneInput.FIRE_ALARM, actor=SYSTEM, lane=run.id)
    if rose(LaneInput.MANUAL_KEY):
        await _by_key(site, run, at)
    opened = run.inputs.get(LaneInput.LIMIT_OPEN, False)
    if opened and before.get(LaneInput.LIMIT_OPEN) is False and not _may_be_open(site, run, at):
        await _noted(site, run, PassageKind.FORCED, LaneInput.LIMIT_OPEN)
    await _moved(site, run, at)


async def watch_grants(site: Site, now: datetime) -> None:
    """Take back what was granted to cars that did not pass in their time; a chore.

    Where no loop tells, who was let out and is not there any more after a while has left.
    """
    for run in site.lanes.values():
        run.crossing, over = lapsed(run.crossing, now, _lasting(site))
        for grant in over:
            if grant.watched:
                await _turned_round(site, run, grant)
    for stay in list(site.parking.stays.values()):
        if stay.state is not StayState.LEAVING or stay.granted_at is None:
            continue
        out = site.lanes.get(stay.exit_lane) if stay.exit_lane is not None else None
        if out is not None and not out.counts and now - stay.granted_at > UNSEEN:
            await passed(site, out, Grant(at=stay.granted_at, stay=stay.id))


async def _moved(site: Site, run: LaneRun, at: datetime) -> None:
    """Let the loops say who has passed."""
    exit_loop = LaneInput.EXIT_LOOP in run.fitted
    run.crossing, movement, grant = felt(
        run.crossing, run.inputs, at, exit_loop=exit_loop, lasting=_lasting(site)
    )
    if grant is not None:
        run.passed_at = at
        if not run.crossing.grants:
            run.recent[:] = gone(run.recent, at)
        await passed(site, run, grant)
    if movement is None or movement is Movement.PASSED:
        return
    if site.emergency:
        await _noted(site, run, PassageKind.EMERGENCY, "emergency")
    elif is_free_flow(site, run):
        await _noted(site, run, PassageKind.RECORDED, "free_flow")
    else:
        await _noted(site, run, KIND[movement], movement)


async def _turned_round(site: Site, run: LaneRun, grant: Grant) -> None:
    """Say that a car did not pass; the next read of it is a new arrival."""
    stay = await backed_out(site, grant)
    what = Happening(kind=PassageKind.BACKED_OUT, reason="not_passed", actor=SYSTEM)
    if stay is not None:
        run.recent[:] = [
            seen for seen in run.recent if site.privacy.blind("plate", seen.plate) != stay.plate
        ]
        card = site.cards.get(stay.card) if stay.card is not None else None
        what = replace(what, masked=stay.masked, card=card, stay=stay.id)
    if stay is not None or grant.fee is not None:
        await recorded(site, run, what)


async def _by_key(site: Site, run: LaneRun, at: datetime) -> None:
    """Somebody opens with the key: one car more may pass, and it is written down."""
    run.crossing = granted(run.crossing, Grant(at=at))
    what = Happening(kind=PassageKind.RELEASED, reason=LaneInput.MANUAL_KEY, actor=SYSTEM)
    await recorded(site, run, what)


async def _noted(site: Site, run: LaneRun, kind: PassageKind, reason: str) -> None:
    """Write down what nobody let happen, and let a person look; who forced an exit owes its stay."""
    waiting = standing(site, run)
    stay: Stay | None = None
    if kind is PassageKind.FORCED and waiting is not None and waiting.stay is not None:
        stay = await owe_now(site, run, waiting.stay, reason)
        run.last = None
    picture = waiting.vehicle.read.picture if waiting is not None else ""
    what = Happening(
        kind=kind,
        reason=reason,
        actor=SYSTEM,
        masked=waiting.vehicle.masked if waiting is not None else "",
        stay=stay.id if stay is not None else None,
        picture=name_picture(site, run, picture),
    )
    await recorded(site, run, what)
    if kind not in WHY:
        return
    seen = Seen(lane=run.id, at=site.clock(), masked=what.masked, picture=what.picture)
    stays = (stay.id,) if stay is not None else ()
    try:
        await open_review(site, WHY[kind], stays=stays, reads=(seen,))
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
    except CoreError as err:
        site.refused("review", run.id, err)


def _may_be_open(site: Site, run: LaneRun, at: datetime) -> bool:
    """Tell whether somebody opened: a grant, a key, a hand, an emergency, or a car that is passing."""
    last = run.passed_at
    recent = last is not None and at - last <= _lasting(site)
    return bool(
        run.crossing.grants
        or run.crossing.under
        or recent
        or run.held
        or is_free_flow(site, run)
        or site.emergency
        or run.inputs.get(LaneInput.MANUAL_KEY)
        or (run.pulsed_at is not None and at - run.pulsed_at <= _lasting(site))
    )


def _resume(site: Site, run: LaneRun) -> None:
    """Take up what was granted before the hub stopped: it may pass, but nobody saw whether it has."""
    if run.resumed:
        return
    run.resumed = True
    now, lasting = site.clock(), _lasting(site)
    known = {grant.stay for grant in run.crossing.grants}
    for stay in sorted(site.parking.stays.values(), key=lambda one: one.no):
        at = stay.granted_at
        here = stay.opened_at == run.id and stay.id not in known
        if here and at is not None and now - at <= lasting:
            run.crossing = granted(run.crossing, Grant(at=at, stay=stay.id, watched=False))


def _lasting(site: Site) -> timedelta:
    return timedelta(seconds=rules_now(site).pass_s)
