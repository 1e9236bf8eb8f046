"""A person lets a vehicle through: who and why is written down before the pulse, where that is possible.

The car that was refused a moment ago is the one that goes: it comes in as far as the site knows it, and
what it had to pay at an exit it owes from then on.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from ..core.admission import Asked, Decision, Reason, Verdict, Way
from ..core.asked import Step
from ..core.errors import CoreError, DeviceError, StoreError
from ..core.identity import Actor, StayId
from ..core.lane import Grant, granted
from ..core.ledger import Record
from ..core.plate import normal_plate
from ..core.stay import Stay, StayKind
from .asking import asked_of
from .lane_facts import PassageKind, StayEvent
from .lane_run import AtLane, LaneRun, Shown
from .parking_rules import rules_now
from .passing import Answer, Happening, answered, barrier_of, drawn_up, pulse
from .pictures import name_picture
from .site import Site
from .stay_book import hold
from .stay_charging import owe_stay
from .stay_cost import cost_of_stay
from .stays import begin, leaving, left, passed, take_over, tell_stay
from .vehicle_turn import asked_turn, vehicle_turn

BY_HAND = Decision(
    verdict=Verdict.ADMIT, reason=Reason.TEMPORARY, trace=(Step("released", decided=True),)
)


async def release_barrier(
    site: Site, *, lane: str, reason: str, actor: Actor, picture: str = ""
) -> Answer:
    """Open a barrier by hand.

    A person who answers for it opens also while the books cannot be written: nobody stays shut in.
    """
    run = site.lane(lane)
    barrier = barrier_of(run)
    if not reason:
        raise CoreError("reason_missing")
    waiting = standing(site, run)
    what = Happening(
        kind=PassageKind.RELEASED,
        reason=reason,
        actor=actor,
        picture=picture or name_picture(site, run, _seen(waiting)),
        masked=waiting.vehicle.masked if waiting is not None else "",
    )
    stay: Stay | None = None
    stuck = _stuck(site, run) if waiting is None else None
    if stuck is not None:
        what = replace(what, masked=stuck.masked, stay=stuck.id)
    try:
        command, passage = await drawn_up(site, run, what)
        if waiting is not None:
            stay = await _let_through(site, run, waiting, what, (command, passage))
        if stay is None:
            await site.books.record(command, passage)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        try:
            await barrier.pulse()
        except DeviceError:
            what = replace(what, kind=PassageKind.NOT_CONFIRMED)
        return answered(site, run, what)
    if stay is not None:
        what, passage = replace(what, stay=stay.id), replace(passage, stay=stay.id)
    owes = waiting is not None and waiting.way is Way.EXIT
    grant = Grant(at=site.clock(), stay=stay.id if stay is not None else None, owes=owes)
    come: Callable[[], Awaitable[None]] | None = None
    if run.counts:
        run.crossing = granted(run.crossing, grant)
    elif stuck is not None:
        come = partial(passed, site, run, replace(grant, stay=stuck.id))
    elif stay is not None and not owes:
        come = partial(passed, site, run, grant)
    answer = await pulse(site, run, barrier, what, command, passage, come)
    if stay is not None and owes and not run.counts:
        tell_stay(site, run, stay, StayEvent.DEPARTED)
    return answer


def standing(site: Site, run: LaneRun) -> AtLane | None:
    """Return the car that was refused at a lane and may stand there still."""
    last = run.last
    lasting = timedelta(seconds=rules_now(site).paid_s)
    if last is None or last.admitted or site.clock() - last.at > lasting:
        return None
    return last


def _stuck(site: Site, run: LaneRun) -> Stay | None:
    """Return the stay of the car that was let through a moment ago, where the barrier kept silent.

    It is what a person opens for, unless the lane has read another car since. Loops tell by themselves.
    """
    if run.counts:
        return None
    since = site.clock() - timedelta(seconds=rules_now(site).paid_s)
    last = run.last
    found = [
        stay
        for stay in site.parking.stays.values()
        if stay.opened_at == run.id
        and stay.granted_at is not None
        and stay.granted_at >= since
        and (last is None or last.vehicle.digest in (stay.plate, stay.ticket))
    ]
    return max(found, key=lambda one: one.changed, default=None)


def _seen(waiting: AtLane | None) -> str:
    return waiting.vehicle.read.picture if waiting is not None else ""


async def _let_through(
    site: Site,
    run: LaneRun,
    waiting: AtLane,
    what: Happening,
    puts: tuple[Record, ...],
) -> Stay | None:
    """Write down what becomes of the stay of the car that is let through; None where it has none.

    In the vehicle's turn: it may have paid meanwhile, or somebody else has let it through.
    """
    shown = waiting.vehicle
    async with vehicle_turn(site, shown) as held:
        if standing(site, run) != waiting:
            return None
        now = site.clock()
        asked = asked_of(
            site,
            run,
            way=waiting.way,
            kind=shown.kind,
            digest=shown.digest,
            read=replace(shown.read, at=now),
            office=shown.office,
        )
        async with asked_turn(site, asked, held):
            stay = await _written(site, run, asked, shown, what, puts)
        run.last = replace(waiting, admitted=True)
        if shown.read.plate:
            run.let_through(normal_plate(shown.read.plate), now)
        return stay


async def _written(
    site: Site,
    run: LaneRun,
    asked: Asked,
    shown: Shown,
    what: Happening,
    puts: tuple[Record, ...],
) -> Stay | None:
    if asked.near or not asked.tracked:
        return None
    if asked.way is Way.EXIT:
        return await _owing(site, run, asked.stay, what, puts) if asked.stay is not None else None
    kind = StayKind.CARD if asked.card is not None else StayKind.TEMPORARY
    begun = await begin(site, run, asked, replace(BY_HAND, kind=kind), shown)
    await site.books.record(*begun.records, *_named(puts, begun.stay.id))
    take_over(site, *begun.records)
    return begun.stay


async def _owing(
    site: Site, run: LaneRun, asked: Stay, what: Happening, puts: tuple[Record, ...]
) -> Stay | None:
    """Let out who has not paid; with loops it owes once it has passed, else at once."""
    stay = site.parking.stays.get(asked.id)
    if stay is None:
        return None
    if run.counts:
        gone = await leaving(site, run, stay)
        await site.books.record(gone, *_named(puts, gone.id))
        hold(site, gone)
        return gone
    cost = cost_of_stay(site, stay, site.clock())
    return await owe_stay(
        site,
        left(site, run, stay),
        cost,
        actor=what.actor,
        reason=what.reason,
        puts=_named(puts, stay.id),
    )


def _named(puts: tuple[Record, ...], stay: StayId) -> tuple[Record, ...]:
    command, passage = puts
    return command, replace(passage, stay=stay)  # type: ignore[type-var]
