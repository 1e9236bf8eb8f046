"""What a lane finds strange is handed to a person, after the barrier: nobody is billed for a guess."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from ..core.admission import Asked, Decision, Reason, Way
from ..core.errors import StoreError
from ..core.identity import LaneId, StayId
from ..core.review import Seen, Suspicion
from ..core.stay import StayState
from .admitting import Opening
from .lane_run import LaneRun, Shown
from .parking_rules import rules_now
from .passing import Answer
from .pictures import name_picture, pictures_of
from .plates import FIELD
from .reviews import open_review
from .site import Site

POOR_READS: Final = 5
"""So many reads in a row that the camera is not sure of: it is dirty, blinded, or turned away."""
OPENING_UP: Final = frozenset({StayState.ARRIVING, StayState.LEAVING})
"""Nobody saw the car pass: that it stands there again is no wonder."""
MOST_SIGHTED: Final = 4096


def suspect(
    site: Site,
    run: LaneRun,
    asked: Asked,
    decision: Decision,
    shown: Shown,
    ready: Opening | Answer,
) -> None:
    """Ask a person about a read that does not fit; it is written down beside the work."""
    if decision.reason is Reason.LOW_SCORE:
        run.poor += 1
        if run.poor == POOR_READS:
            _ask(site, Suspicion.LOW_SCORE, (), _seen(site, run, shown), shown=shown)
        return
    if decision.reason in (Reason.REPLAYED, Reason.TOO_OLD, Reason.FROM_FUTURE):
        return
    run.poor = 0
    stay = ready.stay.id if isinstance(ready, Opening) and ready.stay is not None else None
    _travel(site, run, asked, shown, stay)
    if not decision.review or not isinstance(ready, Opening):
        return
    why, before = Suspicion(decision.review), asked.stay
    if why is Suspicion.SECOND_ENTRY and before is not None and before.state in OPENING_UP:
        return
    stays = tuple(one for one in (before.id if before is not None else None, stay) if one)
    reads = [_seen(site, run, shown)]
    if before is not None and before.entry_lane is not None and asked.way is Way.ENTRY:
        first = Seen(lane=before.entry_lane, at=before.entered_at, masked=before.masked)
        reads.insert(0, replace(first, subject=before.subject))
    _ask(site, why, stays, *reads, shown=shown)


def _travel(site: Site, run: LaneRun, asked: Asked, shown: Shown, stay: StayId | None) -> None:
    """Find a plate that two lanes see within less time than a car needs from one to the other."""
    if not shown.plate or asked.near:
        return
    now, sighted = site.clock(), site.parking.sighted
    lane, at = sighted.get(shown.plate, (run.id, now))
    needed = timedelta(seconds=rules_now(site).travel_s)
    if lane != run.id and timedelta() <= now - at < needed:
        there = Seen(lane=LaneId(lane), at=at, masked=shown.masked)
        about = asked.stay.id if asked.stay is not None else stay
        stays = (about,) if about is not None else ()
        _ask(site, Suspicion.IMPOSSIBLE_TRAVEL, stays, there, _seen(site, run, shown), shown=shown)
    sighted.pop(shown.plate, None)
    sighted[shown.plate] = (run.id, now)
    while len(sighted) > MOST_SIGHTED:
        sighted.pop(next(iter(sighted)))


def _seen(site: Site, run: LaneRun, shown: Shown) -> Seen:
    read = shown.read
    return Seen(
        lane=run.id,
        at=read.at,
        score=read.score,
        masked=shown.masked,
        picture=name_picture(site, run, read.picture),
    )


def _ask(site: Site, why: Suspicion, stays: tuple[StayId, ...], *reads: Seen, shown: Shown) -> None:
    site.spawn(_asked(site, why, stays, reads, shown))


async def _asked(
    site: Site, why: Suspicion, stays: tuple[StayId, ...], reads: tuple[Seen, ...], shown: Shown
) -> None:
    """Open the review with the whole plate sealed: who looks at it has to read it."""
    try:
        plate = shown.read.plate
        subject, seal = site.privacy.sealed({FIELD: plate}) if plate else ("", ())
        *others, last = [await _with_picture(site, one, stays) for one in reads]
        seen = (*others, replace(last, subject=subject))
        await open_review(site, why, stays=stays, reads=seen, sealed=seal)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)


async def _with_picture(site: Site, seen: Seen, stays: tuple[StayId, ...]) -> Seen:
    """Return an earlier read with what was kept of it, where anything was: let in after being asked."""
    if seen.picture:
        return seen
    for stay in stays:
        for passage in await pictures_of(site, stay):
            if passage.lane == seen.lane:
                return replace(seen, picture=passage.picture)
    return seen
