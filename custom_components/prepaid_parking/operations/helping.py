"""Who answers a driver's call: a plate is put right, or the barrier is released, by a named person."""

from dataclasses import replace

from ..core.access import PlateRead
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor
from ..core.ledger import Act, Receipt
from ..core.plate import masked_plate, normal_plate
from ..core.stay import Stay, StayState
from ..core.wallet import CredentialKind
from .booking import book_sealed
from .gate import answer_again
from .lane_facts import PassageKind
from .lane_run import LaneRun, Shown
from .passing import Answer, Happening, recorded
from .pictures import name_picture
from .plates import FIELD
from .releasing import release_barrier, standing
from .site import Site
from .stay_book import alone, hold, numbered, stay_of, stays_at


async def help_call(site: Site, *, lane: str, picture: str = "", actor: Actor = SYSTEM) -> Answer:
    """Call an attendant to a lane: whoever stands there pressed the button."""
    run = site.lane(lane)
    return await recorded(
        site, run, _happening(site, run, PassageKind.ASKED, "help_call", actor, picture)
    )


async def answer_help(
    site: Site,
    *,
    lane: str,
    reason: str,
    actor: Actor,
    plate: str | None = None,
    release: bool = False,
    picture: str = "",
) -> Answer:
    """Answer a call: read the plate for the camera, release the barrier, or only note what was said.

    With both, the plate is answered first, by the rules; the barrier is released where they keep it
    shut.
    """
    run = site.lane(lane)
    if not reason:
        raise CoreError("reason_missing")
    if plate is not None:
        if not normal_plate(plate):
            raise CoreError("plate_missing")
        answer = await answer_again(site, run, _shown(site, plate, picture), actor)
        if answer.kind is not PassageKind.REFUSED and answer.kind is not PassageKind.ASKED:
            return answer
        if not release:
            return answer
    if release:
        return await release_barrier(site, lane=run.id, reason=reason, actor=actor, picture=picture)
    what = _happening(site, run, PassageKind.RECORDED, reason, actor, picture)
    return await recorded(site, run, what)


async def correct_plate(
    site: Site, *, stay: str, plate: str, reason: str, actor: Actor
) -> tuple[Receipt, Stay]:
    """Put the plate of an open stay right, which a camera misread at the entry."""
    text = normal_plate(plate)
    if not reason:
        raise CoreError("reason_missing")
    if not text:
        raise CoreError("plate_missing")
    digest = site.privacy.blind(CredentialKind.PLATE, text)
    async with alone(site, stay_of(site, stay).id):
        known = stay_of(site, stay)
        for other in stays_at(site, digest):
            if other.id != known.id and other.state is not StayState.UNPAID:
                raise CoreError("vehicle_inside", stay=other.id)
        sealed = await site.privacy.put_subject({FIELD: text})
        right = replace(known, plate=digest, masked=masked_plate(text), subject=sealed)
        written = await numbered(site, right)
        act = Act(
            kind=EntryKind.STAY_CORRECTED,
            event=f"stay/{written.id}/plate/{written.changed}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"stay": written.id, "plate": written.masked},
            puts=(written,),
        )
        receipt = await book_sealed(site, act, sealed)
        hold(site, written)
    return receipt, written


def _shown(site: Site, plate: str, picture: str) -> Shown:
    text = normal_plate(plate)
    return Shown(
        kind=CredentialKind.PLATE,
        digest=site.privacy.blind(CredentialKind.PLATE, text),
        read=PlateRead(plate=text, at=site.clock(), picture=picture),
        masked=masked_plate(text),
    )


def _happening(
    site: Site, run: LaneRun, kind: PassageKind, reason: str, actor: Actor, picture: str
) -> Happening:
    """Return what is noted of a call: about the car that was refused there, where one was."""
    waiting = standing(site, run)
    seen = waiting.vehicle.read.picture if waiting is not None else ""
    asks = kind is PassageKind.ASKED
    return Happening(
        kind=kind,
        reason=reason,
        actor=actor,
        masked=waiting.vehicle.masked if waiting is not None else "",
        stay=waiting.stay if waiting is not None else None,
        due_minor=waiting.due_minor if waiting is not None else 0,
        picture=picture or (name_picture(site, run, seen) if asks else seen),
    )
