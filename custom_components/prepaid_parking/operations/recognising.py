"""Whom a lane sees: the card, the open stay, the invitation and the rules that belong to what was read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..core.access import PlateRead
from ..core.asked import Way
from ..core.plate import normal_plate
from ..core.stay import Stay, StayKind
from ..core.vehicle import VehicleRule
from ..core.visiting import Invitation, Reservation
from ..core.wallet import Card, CredentialKind, Purpose
from .near_plates import near_card, near_stay
from .occupancy import in_force
from .site import Site
from .stay_book import free_stays, open_stay, stays_of_card

NOBODY: Final[tuple[None, None]] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of whoever stands at a lane; `near` says that it is known one sign off only."""

    card: Card | None = None
    stay: Stay | None = None
    near: bool = False
    rule: VehicleRule | None = None
    invitation: Invitation | None = None
    reservation: Reservation | None = None


def recognised(
    site: Site,
    *,
    way: Way,
    kind: CredentialKind,
    digest: bytes,
    read: PlateRead,
    at: datetime,
    fuzzy: bool,
    lane: str,
) -> Found:
    """Find what belongs to a credential; a plate that nobody knows is looked for one sign off.

    At an entry only where the site lets such plates in (`fuzzy`); at an exit always: the car did come
    in, under the plate that the other camera read.
    """
    card, stay = parking_card(site, digest), open_stay(site, digest)
    rule, invitation = _ruled(site, digest, at), _invited(site, digest, lane, at)
    near = False
    if way is Way.EXIT and stay is None and card is not None:
        stay = _begun_otherwise(site, card, kind, normal_plate(read.plate))
    reservation = _reserved(site, digest, card, at)
    known = any(one is not None for one in (card, stay, rule, invitation, reservation))
    if not known and kind is CredentialKind.PLATE and (fuzzy or way is Way.EXIT):
        card, stay = _near(site, way, normal_plate(read.plate))
        near = (card, stay) != NOBODY
    if way is Way.EXIT and card is None and stay is not None and stay.card is not None:
        card = site.cards.get(stay.card)
    return Found(
        card=card,
        stay=stay,
        near=near,
        rule=rule,
        invitation=invitation,
        reservation=reservation,
    )


def parking_card(site: Site, digest: bytes) -> Card | None:
    """Return the card of a credential; a lane knows parking cards only: no other money pays there."""
    credential = site.credentials.get(digest)
    card = site.cards.get(credential.card) if credential is not None else None
    payer = site.wallets.get(card.wallet) if card is not None else None
    return card if payer is not None and payer.wallet.purpose is Purpose.PARKING else None


def _begun_otherwise(site: Site, card: Card, kind: CredentialKind, plate: str) -> Stay | None:
    """Return the stay of a card's vehicle that came in by something else than what is read now.

    Which one it is must be beyond doubt where it is paid for: the card's only one, for a tag or a
    code. For a plate it is one that began as a guess, free, under a plate that belongs to nobody.
    """
    if kind is not CredentialKind.PLATE:
        stays = stays_of_card(site, card.id)
        return stays[0] if len(stays) == 1 else None
    ruled = {rule.digest for rule in site.parking.vehicle_rules.values()}

    def guessed(stay: Stay) -> bool:
        mine = stay.kind is StayKind.FREE and stay.card in (None, card.id)
        return mine and stay.plate not in site.credentials and stay.plate not in ruled

    # A permit's car that has just left is read again and again: 600 plates are not tried for nothing.
    if not any(guessed(one) for one in free_stays(site)):
        return None
    stay = near_stay(site, plate)
    return stay if stay is not None and guessed(stay) else None


def _near(site: Site, way: Way, plate: str) -> tuple[Card | None, Stay | None]:
    stay = near_stay(site, plate) if way is Way.EXIT else None
    if stay is not None:
        return (site.cards.get(stay.card) if stay.card is not None else None), stay
    return near_card(site, plate), None


def _ruled(site: Site, digest: bytes, at: datetime) -> VehicleRule | None:
    """Return the rule for a plate: the one that holds, else the latest that did."""
    rules = [one for one in site.parking.vehicle_rules.values() if one.digest == digest]
    return max(rules, key=lambda one: (one.holds(at), one.no), default=None)


def _invited(site: Site, digest: bytes, lane: str, at: datetime) -> Invitation | None:
    """Return the invitation that is nearest to holding: the one that ends last of those that began.

    One whose visits are used up, or that is for other lanes, hides none that holds.
    """
    invitations = [one for one in site.parking.invitations.values() if one.digest == digest]

    def nearness(one: Invitation) -> tuple[bool, bool, bool, datetime]:
        here = not one.lanes or lane in one.lanes
        return one.from_at <= at, one.left != 0, here, one.to_at

    return max(invitations, key=nearness, default=None)


def _reserved(site: Site, digest: bytes, card: Card | None, at: datetime) -> Reservation | None:
    for one in site.parking.reservations.values():
        holder = one.digest == digest or (card is not None and one.card == card.id)
        if holder and in_force(one, at):
            return one
    return None
