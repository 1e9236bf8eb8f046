"""The lanes: a vehicle is recognised, answered once, and let through; all else is said with its reason.

What happens is written down first, then the barrier gets one pulse. A pulse without an answer is
"not confirmed" and never sent again. Cars at different lanes never wait for each other; only those
of one card do, and those of one plate.
"""

from dataclasses import replace
import secrets
from typing import Final

from ..core.access import Arrival, PlateRead, is_over, same_arrival, still_there
from ..core.admission import Asked, Decision, Reason, Way, decide
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor
from ..core.lane import forgone
from ..core.plate import masked_plate, normal_plate
from ..core.stay import StayState
from ..core.wallet import CredentialKind
from .admitting import SILENT, Opening, opened, settle
from .asking import asked_of
from .cards import block_card, issue_card
from .lane_facts import PassageKind
from .lane_run import LaneRun, Shown
from .listed import office_digest
from .passing import Answer
from .site import Site
from .stay_book import tracks, way_of
from .suspecting import suspect
from .turning_back import never_in
from .vehicle_turn import asked_turn, vehicle_turn

__all__ = [
    "Answer",
    "answer_again",
    "block_card",
    "issue_card",
    "issue_ticket",
    "plate_read",
    "present",
    "way_of",
]

NOT_OF_NOW: Final = frozenset({Reason.REPLAYED, Reason.TOO_OLD, Reason.FROM_FUTURE})
"""Reads that are written down and answer nobody: no car of now stands behind them."""
TICKET_BYTES: Final = 5
"""Eight signs that nobody guesses at a barrier."""


async def plate_read(site: Site, *, lane: str, read: PlateRead, actor: Actor = SYSTEM) -> Answer:
    """Answer a plate at a lane: once per car, whatever the number of reads."""
    run, plate = site.lane(lane), normal_plate(read.plate)
    digest = site.privacy.blind(CredentialKind.PLATE, plate)
    vehicle = Shown(
        kind=CredentialKind.PLATE,
        digest=digest,
        read=read,
        masked=masked_plate(plate),
        office=office_digest(site, CredentialKind.PLATE, plate),
    )
    async with vehicle_turn(site, vehicle) as held:
        asked = _asked(site, run, vehicle)
        _come_back(site, run, asked, digest, plate)
        if _stands_again(asked) and not _is_answered(run, plate, read):
            asked = await _anew(site, run, vehicle, asked)
        decision = decide(asked)
        arrival = _arrival(site, run, asked, decision, plate, read)
        if arrival is None:
            _still_here(site, run, vehicle)
            return _repeated(vehicle)
        async with asked_turn(site, asked, held):
            ready = await settle(site, run, asked, decision, vehicle, actor)
        if arrival.admitted and not _opens(ready) and arrival in run.recent:
            run.recent[run.recent.index(arrival)] = replace(arrival, admitted=False)
    suspect(site, run, asked, decision, vehicle, ready)
    return await _opened(site, run, ready, plate)


async def present(
    site: Site, *, lane: str, kind: CredentialKind, value: str, actor: Actor = SYSTEM
) -> Answer:
    """Answer a tag, a code or a ticket that a driver shows at a lane."""
    run, value = site.lane(lane), value.strip()
    if not value:
        raise CoreError("credential_missing")
    digest = site.privacy.blind(kind, value)
    read = PlateRead(plate="", at=site.clock())
    office = office_digest(site, kind, value)
    shown = Shown(kind=kind, digest=digest, read=read, office=office)
    return await answer_again(site, run, shown, actor)


async def issue_ticket(site: Site, *, lane: str, actor: Actor = SYSTEM) -> tuple[Answer, str]:
    """Let a vehicle without a readable plate in on a ticket; its code lets it out again.

    The code is given out once and kept as a blind index only.
    """
    run = site.lane(lane)
    if run.direction == Way.EXIT:
        raise CoreError("no_ticket_at_exit", lane=run.name)
    if not tracks(site):
        raise CoreError("no_exit_reads", lane=run.id)
    code = secrets.token_hex(TICKET_BYTES)[:8].upper()
    digest = site.privacy.blind(CredentialKind.CODE, code)
    read = PlateRead(plate="", at=site.clock())
    vehicle = Shown(kind=CredentialKind.CODE, digest=digest, read=read)
    answer = await answer_again(site, run, vehicle, actor, way=Way.ENTRY)
    return answer, code if answer.stay is not None else ""


async def answer_again(
    site: Site, run: LaneRun, vehicle: Shown, actor: Actor, *, way: Way | None = None
) -> Answer:
    """Answer a vehicle that is known to stand there now: shown, corrected by a person, or paid for."""
    read = vehicle.read
    async with vehicle_turn(site, vehicle) as held:
        asked = _asked(site, run, vehicle, way)
        if _stands_again(asked):
            asked = await _anew(site, run, vehicle, asked, way)
        decision = decide(asked)
        async with asked_turn(site, asked, held):
            ready = await settle(site, run, asked, decision, vehicle, actor)
        if _opens(ready) and read.plate:
            run.let_through(normal_plate(read.plate), read.at)
    suspect(site, run, asked, decision, vehicle, ready)
    return await _opened(site, run, ready, normal_plate(read.plate))


async def _opened(site: Site, run: LaneRun, ready: Opening | Answer, plate: str) -> Answer:
    """Open for whoever may pass; a stay whose barrier kept silent is answered anew in half a minute.

    It costs nothing more then. A passage without a stay would be charged a second time.
    """
    if not isinstance(ready, Opening):
        return ready
    answer = await opened(site, run, ready)
    if answer.kind is PassageKind.NOT_CONFIRMED and ready.stay is not None:
        run.recent[:] = [
            replace(seen, unsure=True) if seen.admitted and seen.plate == plate else seen
            for seen in run.recent
        ]
    return answer


def _asked(site: Site, run: LaneRun, vehicle: Shown, way: Way | None = None) -> Asked:
    return asked_of(
        site,
        run,
        way=way_of(site, run, vehicle.digest) if way is None else way,
        kind=vehicle.kind,
        digest=vehicle.digest,
        read=vehicle.read,
        office=vehicle.office,
    )


def _stands_again(asked: Asked) -> bool:
    """Tell whether a car that was let in stands before the entry again: nobody saw it come in."""
    stay = asked.stay
    if stay is None or asked.near or asked.way is not Way.ENTRY:
        return False
    let_in = stay.granted_at if stay.state is StayState.ARRIVING else None
    return let_in is not None and asked.at > let_in and decide(asked).reason not in SILENT


def _is_answered(run: LaneRun, plate: str, read: PlateRead) -> bool:
    """Tell whether a car was let in at this lane a moment ago, and stands there still."""
    seen = same_arrival(
        run.recent, plate, read.at, read.event_id, known=True, both_ways=run.both_ways
    )
    return seen is not None and seen.admitted


async def _anew(
    site: Site, run: LaneRun, vehicle: Shown, asked: Asked, way: Way | None = None
) -> Asked:
    """Take back what a car was let in with before, so that it is answered as if it had not come yet.

    Else it would pay for one way in twice, and find the place taken that it stands before.
    """
    assert asked.stay is not None
    lane = site.lanes.get(asked.stay.entry_lane) if asked.stay.entry_lane is not None else None
    if lane is not None:
        lane.crossing = forgone(lane.crossing, asked.stay.id)
    await never_in(site, asked.stay)
    return _asked(site, run, vehicle, way)


def _come_back(site: Site, run: LaneRun, asked: Asked, digest: bytes, plate: str) -> None:
    """Let a car arrive anew that has passed another lane since: a taxi is back within half a minute.

    What this camera had read before that is no car of now, however late it is delivered.
    """
    lane, at = site.parking.sighted.get(digest, (run.id, asked.at))
    inside = asked.stay is not None and asked.stay.state.inside
    other_side = asked.tracked and inside is (asked.way is Way.EXIT)
    if lane != run.id and asked.at > at and other_side:
        run.recent[:] = [seen for seen in run.recent if seen.plate != plate]


def _arrival(
    site: Site, run: LaneRun, asked: Asked, decision: Decision, plate: str, read: PlateRead
) -> Arrival | None:
    """Return the arrival that a read begins; None where its car was answered already.

    A refusal is not final: a clearer read or a payment may have come. But a stranger one sign off a
    car that was just refused is that car, misread. A look that answered nobody is not an answer: the
    first one after it is, also a refusal.
    """
    now = site.clock()
    run.recent[:] = [seen for seen in run.recent if not is_over(seen, now)]
    registered = asked.card is not None or asked.listed is not None
    known = (registered or asked.stay is not None) and not asked.near
    seen = same_arrival(
        run.recent, plate, read.at, read.event_id, known=known, both_ways=run.both_ways
    )
    if seen is None and _was_granted(run, asked):
        return None
    of_now = decision.reason not in NOT_OF_NOW
    if seen is not None:
        stranger = not known and plate != seen.plate and not seen.silent
        answers = decision.admits or (seen.silent and decision.reason not in SILENT)
        if seen.admitted or not answers or stranger:
            if of_now:
                here = still_there(seen, plate, read.at, both_ways=run.both_ways)
                run.recent[run.recent.index(seen)] = here
            return None
        run.recent.remove(seen)
    arrival = Arrival(
        plate=plate,
        at=read.at,
        event_id=read.event_id,
        admitted=decision.admits,
        silent=decision.reason in SILENT,
        watched=run.counts,
    )
    if of_now:
        run.recent.append(arrival)
    return arrival


def _was_granted(run: LaneRun, asked: Asked) -> bool:
    """Tell whether the books know that this very read was answered: it is delivered again."""
    stay = asked.stay
    return (
        stay is not None
        and stay.granted_at is not None
        and run.id == (stay.exit_lane or stay.entry_lane)
        and asked.at <= stay.granted_at
    )


def _still_here(site: Site, run: LaneRun, vehicle: Shown) -> None:
    """Note that the car last answered stands there still: a payment may come for it."""
    if run.last is not None and run.last.vehicle.digest == vehicle.digest:
        run.last = replace(run.last, at=site.clock())


def _opens(ready: Opening | Answer) -> bool:
    return isinstance(ready, Opening)


def _repeated(vehicle: Shown) -> Answer:
    return Answer(
        kind=PassageKind.RECORDED, reason="same_arrival", masked=vehicle.masked, repeated=True
    )
