"""Points of use: set up in the books, found by name, and busy while somebody uses them."""

from dataclasses import replace

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, PointId
from ..core.ledger import Act, Receipt
from ..core.use import UseState
from ..core.use_point import Basis, PointKind, UsePoint, check_point
from .booking import referenced
from .in_use import is_meter, meter_of
from .reconciling import OPERATIONS_USED
from .site import Site
from .sold import counted_at, duration_at
from .turn import in_turn
from .use_switch import check_meter, not_free


async def load(site: Site) -> None:
    """Take up the points that are in use."""
    site.using.points = {one.id: one for one in await site.books.load(UsePoint, closed_at=None)}


@in_turn
async def set_use_point(
    site: Site, *, point: UsePoint, actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Set up a point of use, or change the one of that name; uses that run go on as they began."""
    check_point(point)
    known = next((one for one in site.using.points.values() if one.name == point.name), None)
    now = site.clock()
    if point.tariff is not None:
        (duration_at if point.kind is PointKind.METERED else counted_at)(site, point.tariff, now)
    _check_things(site, point)
    if point.lane is not None:
        site.lane(point.lane)
    if known is not None:
        point = replace(point, id=known.id, no=known.no)
    else:
        number = await site.books.next_number("point")
        point = replace(point, id=PointId(f"p{number}"), no=number)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.POINT_SET,
            event=f"point/{point.id}/set",
            occurred=now,
            actor=actor,
            reason=reason,
            reference=referenced("set_use_point", reference, _content(point)),
            detail={"point": point.id, "name": point.name},
            puts=(point,),
        )
    )
    if not receipt.repeated:
        before = site.using.points.get(point.id, point)
        site.using.points[point.id] = point
        _decide_anew(site, before, point)
    return receipt


@in_turn
async def close_use_point(site: Site, *, point: str, actor: Actor, reason: str) -> Receipt:
    """Take a point out of use; one that somebody is using has to be ended first."""
    known = known_point(site, point)
    refusal = busy_with(site, known)
    if refusal is not None:
        raise refusal
    shut = replace(known, closed_at=site.clock())
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.POINT_SET,
            event=f"point/{known.id}/closed",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"point": known.id, "name": known.name},
            puts=(shut,),
        )
    )
    site.using.points.pop(known.id)
    _decide_anew(site, known)
    return receipt


def known_point(site: Site, point: str) -> UsePoint:
    """Return a point by its id or its name, or refuse in words."""
    known = site.using.points.get(PointId(point.lower()))
    if known is not None:
        return known
    for one in site.using.points.values():
        if one.name == point:
            return one
    raise CoreError("unknown_point", point=point)


def busy_with(site: Site, point: UsePoint) -> CoreError | None:
    """Refuse a point that somebody is using, or whose switch is not off yet, or may not be switched."""
    if site.emergency and point.switch:
        return CoreError("emergency_on")
    if (refusal := not_free(site, point.switch, OPERATIONS_USED)) is not None:
        return refusal
    for run in site.using.uses.values():
        if run.use.state is UseState.ENDED:
            continue
        if run.use.point == point.id or (point.switch and run.use.switch == point.switch):
            return CoreError("point_busy", point=point.name, use=run.use.id)
    return None


def _decide_anew(site: Site, *points: UsePoint) -> None:
    """Let the supplies that are, or were, the switches of points be decided."""
    found = (meter_of(site, point.switch) for point in points)
    site.wake(run for run in found if run is not None)


def _check_things(site: Site, point: UsePoint) -> None:
    things = site.using.things
    if is_meter(point.switch):
        check_meter(site, point)
    elif point.switch:
        things.check_switch(point.switch)
    if point.basis is Basis.COUNTER and point.counter:
        things.check_counter(point.counter)
    if point.proof is not None:
        things.check_number(point.proof.entity)


def _content(point: UsePoint) -> dict[str, object]:
    """Return what was asked for, as an idempotency key sees it."""
    proof = point.proof
    return {
        "name": point.name,
        "purpose": point.purpose,
        "kind": point.kind,
        "tariff": point.tariff,
        "numbers": [
            point.uses,
            point.amount_minor,
            point.minutes,
            point.deposit_minor,
            point.most_minor,
        ],
        "things": [point.switch, point.lane, point.basis, point.counter, point.outage],
        "proof": None if proof is None else [proof.entity, proof.above, proof.within_s],
    }
