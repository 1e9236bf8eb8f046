"""Passing while the books cannot be written: who has a right and owes nothing is not shut in or out.

It is the one pulse that is not written down first. What has a price stays closed, and so does a lane
whose fail policy says so; a lane that fails open lets everybody pass. What was let pass is written
down as soon as the books are back; a hub that dies before that forgets it.
"""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ..core.admission import Asked, Decision, Way
from ..core.errors import DeviceError
from ..core.identity import StayId
from ..core.lane import FailPolicy, Grant, granted
from ..core.stay import Stay, StayKind, StayState
from .lane_facts import PassageKind
from .lane_run import LaneRun, Shown
from .parking_book import Unwritten
from .passing import Answer, Happening, answered, barrier_of, passage_of
from .site import Site
from .stay_book import hold, numbered, open_stay

BY_RIGHT: Final = frozenset(
    {StayKind.OWNER, StayKind.RENTER, StayKind.PACKAGE, StayKind.FREE, StayKind.EMERGENCY}
)


def pass_without_books(
    site: Site, run: LaneRun, asked: Asked, decision: Decision, shown: Shown, what: Happening
) -> Coroutine[Any, Any, Answer] | None:
    """Return how a vehicle passes that may, also unwritten; None where it may not."""
    if run.fail is FailPolicy.CLOSED or decision.charge_minor or asked.near:
        return None
    by_right = asked.way is Way.EXIT or decision.kind in BY_RIGHT
    if not by_right and run.fail is not FailPolicy.OPEN:
        return None
    return _pass(site, run, asked, decision, shown, what)


async def write_up(site: Site, now: datetime) -> None:  # noqa: ARG001
    """Write down what was let pass meanwhile, in its order; a chore."""
    waiting = site.parking.unwritten
    while waiting:
        one = waiting[0]
        passage = replace(one.passage, id=await site.books.next_number("passage"))
        stays = [await numbered(site, stay) for stay in await _stays(site, one)]
        await site.books.record(*stays, replace(passage, stay=stays[0].id if stays else ""))
        hold(site, *stays)
        waiting.pop(0)
        site.books_written()


async def _pass(
    site: Site, run: LaneRun, asked: Asked, decision: Decision, shown: Shown, what: Happening
) -> Answer:
    now = site.clock()
    begins = ends = None
    if asked.way is Way.ENTRY and asked.tracked:
        begins = Stay(
            id=StayId(""),
            no=0,
            kind=decision.kind or StayKind.TEMPORARY,
            state=StayState.INSIDE,
            entered_at=now,
            entry_lane=run.id,
            plate=shown.plate,
            ticket=shown.ticket,
            masked=shown.masked,
            vehicle=asked.vehicle,
            zone=run.zone,
            card=asked.card.id if asked.card is not None else None,
            wallet=asked.card.wallet if asked.card is not None else None,
            permit=asked.permit.id if asked.permit is not None else None,
        )
    elif asked.way is Way.EXIT:
        ends = Stay(
            id=asked.stay.id if asked.stay is not None else StayId(""),
            no=0,
            kind=StayKind.FREE,
            state=StayState.LEFT,
            entered_at=now,
            plate=shown.digest,
            exit_lane=run.id,
            left_at=now,
        )
    if run.counts:
        run.crossing = granted(run.crossing, Grant(at=now))
    waiting = Unwritten(passage=passage_of(site, run, what, 0), begins=begins, ends=ends)
    site.parking.unwritten.append(waiting)
    try:
        await barrier_of(run).pulse()
    except DeviceError:
        what = replace(what, kind=PassageKind.NOT_CONFIRMED)
        if waiting in site.parking.unwritten:
            site.parking.unwritten[site.parking.unwritten.index(waiting)] = _unseen(waiting, now)
    return answered(site, run, what)


def _unseen(waiting: Unwritten, at: datetime) -> Unwritten:
    """Return a passage whose barrier did not answer: whether the car went through nobody knows."""
    begins, ends = waiting.begins, waiting.ends
    if begins is not None:
        begins = replace(begins, state=StayState.ARRIVING, granted_at=at)
    if ends is not None:
        ends = replace(ends, state=StayState.LEAVING, granted_at=at, left_at=None)
    passage = replace(waiting.passage, kind=PassageKind.NOT_CONFIRMED)
    return Unwritten(passage=passage, begins=begins, ends=ends)


async def _stays(site: Site, one: Unwritten) -> list[Stay]:
    """Return the stays that a passage began or ended, as they are to be."""
    if one.begins is not None:
        number = await site.books.next_number("stay")
        return [replace(one.begins, id=StayId(f"st{number}"), no=number)]
    ends = one.ends
    if ends is None:
        return []
    stay = site.parking.stays.get(ends.id) or open_stay(site, ends.plate)
    if stay is None:
        return []
    return [
        replace(
            stay,
            state=ends.state,
            exit_lane=ends.exit_lane,
            granted_at=ends.granted_at or stay.granted_at,
            left_at=ends.left_at,
        )
    ]
