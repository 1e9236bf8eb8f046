"""Permits as they stand: which ones a card has, whether they are paid, and which holds now."""

from datetime import datetime

from ..core.errors import CoreError
from ..core.identity import BillId, CardId, PermitId, WalletId
from ..core.permit import Permit, PermitKind
from ..core.rights import covers
from .site import Site


async def load(site: Site) -> None:
    """Take up the permits that are not over."""
    site.parking.permits, site.parking.card_permits = {}, {}
    for permit in await site.books.load(Permit, over=False):
        keep_permit(site, permit)


def keep_permit(site: Site, permit: Permit) -> None:
    """Take over a permit as it was written; one that is over is the books' alone."""
    parking = site.parking
    if permit.over:
        parking.permits.pop(permit.id, None)
        parking.card_permits.get(permit.card, {}).pop(permit.id, None)
        return
    before = parking.permits.get(permit.id)
    if before is not None and before.card != permit.card:
        parking.card_permits[before.card].pop(permit.id, None)
    parking.permits[permit.id] = permit
    parking.card_permits.setdefault(permit.card, {})[permit.id] = None


def permits_of(site: Site, card: CardId) -> list[Permit]:
    """Return the permits of a card that are not over, in the order they were sold in."""
    known = site.parking.card_permits.get(card, {})
    return sorted((site.parking.permits[one] for one in known), key=lambda one: one.no)


async def find_permit(site: Site, asked: str) -> Permit:
    """Return a permit, also one that is over, or refuse in words."""
    there = site.parking.permits.get(PermitId(asked))
    if there is not None:
        return there
    over = await site.books.load(Permit, id=asked)
    if not over:
        raise CoreError("unknown_permit", permit=asked)
    return over[0]


def is_unpaid(site: Site, bill: BillId | None, wallet: WalletId) -> bool:
    """Tell whether something of a bill is still open."""
    return bill is not None and bill in site.wallets[wallet].bills


def in_hours(site: Site, permit: Permit, at: datetime) -> bool:
    """Tell whether an instant lies in a permit's hours."""
    rights = permit.rights
    return covers(rights.windows, at, site.zone, site.holidays, rights.calendar)


def best_permit(site: Site, card: CardId, zone: str, at: datetime) -> Permit | None:
    """Return the permit that a car of a card comes in by: one of this local day and zone, or none.

    One that is paid goes before one that is not, one within its hours before one outside of them, the
    rental of a space before a package, one for any number of visits before one that they use up.
    """
    day = at.astimezone(site.zone).date()
    fitting = [
        one
        for one in permits_of(site, card)
        if one.covers(day) and (not one.rights.zones or zone in one.rights.zones)
    ]
    return min(
        fitting,
        key=lambda one: (
            is_unpaid(site, one.bill, one.wallet),
            not in_hours(site, one, at),
            one.kind is not PermitKind.RENTAL,
            one.left is not None,
            one.last,
            one.no,
        ),
        default=None,
    )
