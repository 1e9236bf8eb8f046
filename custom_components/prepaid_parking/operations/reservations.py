"""Reserved spaces: a space, or a place of a zone, that is kept for a card or a plate for a time."""

from datetime import datetime

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, CardId, ReservationId, SpaceId
from ..core.ledger import Act, Receipt
from ..core.permit import PermitKind
from ..core.plate import masked_plate, normal_plate
from ..core.space import Space, Tenure
from ..core.visiting import Reservation, most_at_once
from ..core.wallet import CredentialKind
from .booking import referenced
from .occupancy import count
from .plates import FIELD
from .site import Site
from .turn import in_turn
from .visit_book import cancelled, check_times, made


@in_turn
async def reserve_space(
    site: Site,
    *,
    from_at: datetime,
    to_at: datetime,
    actor: Actor,
    space: str = "",
    zone: str = "",
    card: str = "",
    plate: str = "",
    note: str = "",
    reference: str = "",
) -> tuple[Receipt, Reservation]:
    """Keep a space, or one place of a zone, from one instant to another for a card or a plate.

    Refused where it is kept for somebody else in that time, or all places of the zone are.
    """
    check_times(site, from_at, to_at)
    if bool(card) == bool(plate):
        raise CoreError("reservation_holder")
    if card and CardId(card.lower()) not in site.cards:
        raise CoreError("unknown_card", card=card)
    kept = _space(site, space) if space else None
    value = normal_plate(plate)
    if plate and not value:
        raise CoreError("plate_missing")
    number = await site.books.next_number("reservation")
    one = Reservation(
        id=ReservationId(f"rs{number}"),
        no=number,
        from_at=from_at,
        to_at=to_at,
        made_at=site.clock(),
        space=kept.id if kept is not None else None,
        zone=kept.zone if kept is not None else zone,
        card=CardId(card.lower()) if card else None,
        digest=site.privacy.blind(CredentialKind.PLATE, value) if value else b"",
        masked=masked_plate(value) if value else "",
        subject=await site.privacy.put_subject({FIELD: value}) if value else "",
        note=note,
    )
    content = {
        "times": [from_at.isoformat(), to_at.isoformat()],
        "space": space,
        "zone": zone,
        "card": card,
        "plate": one.digest.hex(),
    }
    act = Act(
        kind=EntryKind.RESERVED,
        event=f"reservation/{one.id}/made",
        occurred=one.made_at,
        actor=actor,
        reason=note,
        reference=referenced("reserve_space", reference, content),
        detail={"reservation": one.id, "space": one.space or "", "zone": one.zone},
        puts=(one,),
    )
    known = site.parking.reservations
    return await made(site, "reservation", act, one, one.id, known, _refusal(site, one, kept))


@in_turn
async def cancel_reservation(
    site: Site, *, reservation: str, actor: Actor, reason: str = ""
) -> Receipt:
    """Give a reserved place back."""
    key, known = ReservationId(reservation.lower()), site.parking.reservations
    if key not in known:
        raise CoreError("unknown_reservation", reservation=reservation)
    return await cancelled(site, key, known, EntryKind.RESERVED, "reservation", actor, reason)


def _space(site: Site, asked: str) -> Space:
    """Return a space that may be kept for somebody, by its id or its name."""
    spaces = site.parking.spaces
    space = spaces.get(SpaceId(asked.lower())) or next(
        (one for one in spaces.values() if one.name == asked and one.closed_at is None), None
    )
    if space is None or space.closed_at is not None:
        raise CoreError("unknown_space", space=asked)
    if space.tenure is Tenure.OWNED:
        raise CoreError("space_is_owned", space=space.name)
    return space


def _refusal(site: Site, one: Reservation, space: Space | None) -> CoreError | None:
    """Say why a place cannot be kept in that time."""
    others = [
        known
        for known in site.parking.reservations.values()
        if known.from_at < one.to_at and one.from_at < known.to_at
    ]
    if space is None:
        return _zone_full(site, one, [known for known in others if known.zone == one.zone])
    times = [(known.from_at, known.to_at) for known in others if known.space == space.id]
    if most_at_once(times) >= space.capacity:
        return CoreError("space_reserved", space=space.name)
    if _is_let(site, one, space):
        return CoreError("space_is_let", space=space.name)
    return None


def _zone_full(site: Site, one: Reservation, others: list[Reservation]) -> CoreError | None:
    """Refuse a place of a zone where none is left; where nobody counts places, none runs out."""
    lines = [line for line in count(site).lines if line.tenure is Tenure.TEMPORARY and line.places]
    if not lines:
        return None
    places = sum(line.places for line in lines if line.zone == one.zone)
    if not places:
        return CoreError("zone_without_places", zone=one.zone)
    # A rented space that is kept for somebody takes no place of the temporaries.
    spaces = site.parking.spaces
    times = [
        (known.from_at, known.to_at)
        for known in others
        if known.space is None or spaces[known.space].tenure is Tenure.TEMPORARY
    ]
    if most_at_once(times) >= places:
        return CoreError("zone_reserved", zone=one.zone, places=places)
    return None


def _is_let(site: Site, one: Reservation, space: Space) -> bool:
    """Tell whether somebody rents the space on one of these days; who rents it may keep it."""
    first, last = (at.astimezone(site.zone).date() for at in (one.from_at, one.to_at))
    return any(
        permit.kind is PermitKind.RENTAL
        and permit.space == space.id
        and permit.card != one.card
        and permit.first <= last
        and first <= permit.last
        and permit.ended_on is None
        for permit in site.parking.permits.values()
    )
