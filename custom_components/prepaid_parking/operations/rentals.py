"""Spaces are let for a time: one bill for each rental, and paying it releases that rental alone."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from ..core.bill import INCOME, BillLine
from ..core.bill_parts import Days
from ..core.category import Category
from ..core.errors import CoreError
from ..core.identity import Actor, PermitId
from ..core.ledger import Receipt
from ..core.permit import Permit, PermitKind
from ..core.rights import Rights
from ..core.space import Space, Tenure
from ..core.space_bill import category_of, item_lines
from ..core.wallet import Card, CardState, Purpose
from .bill_book import local_day, trusted
from .booking import referenced
from .credentials import wallet_of
from .selling_permits import Sale, customer, sold, sold_before
from .site import Site
from .spaces import open_space
from .turn import in_turn

LONGEST: Final = timedelta(days=10 * 366)
"""Nobody lets a space for longer; a year with a digit too many is found here."""
CATEGORIES: Final = (Category.RENT, Category.PARKING)
"""What the fee items of a rental may be for; rent goes first."""


@in_turn
async def rent_space(
    site: Site,
    *,
    space: str,
    first: date,
    last: date,
    actor: Actor,
    card: str = "",
    wallet: str = "",
    price_minor: int | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Permit]:
    """Let a space to a card from a local day to another, both included.

    It costs the price that is named, out of the card's wallet; else what the fee items for rent ask
    of the space, out of the customer's wallet for that purpose.
    """
    await trusted(site)
    content = {
        "space": space,
        "card": card,
        "wallet": wallet,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "price": price_minor,
    }
    key = referenced("rent_space", reference, content)
    if known := await sold_before(site, actor, key):
        return known
    let, holder = open_space(site, space), _holder(site, card, wallet)
    if let.tenure is not Tenure.RENTED:
        raise CoreError("space_not_for_rent", space=let.name)
    if first < local_day(site):
        raise CoreError("permit_in_past", day=first)
    if not first <= last <= first + LONGEST:
        raise CoreError("rental_days", first=first, last=last)
    await _check_free(site, let, first, last)
    category, lines = _asked(site, let, Days(first=first, last=last), price_minor, holder)
    run = wallet_of(site, holder, category.purpose)
    number = await site.books.next_number("permit")
    permit = Permit(
        id=PermitId(f"pm{number}"),
        no=number,
        kind=PermitKind.RENTAL,
        card=holder.id,
        wallet=run.wallet.id,
        first=first,
        last=last,
        price_minor=sum(line.amount_minor for line in lines),
        sold_at=site.clock(),
        space=let.id,
        rights=Rights(at_once=let.capacity),
    )
    sale = Sale(run=run, permit=permit, category=category, lines=tuple(lines))
    return await sold(site, sale, actor, key, reason)


async def _check_free(site: Site, space: Space, first: date, last: date) -> None:
    """Refuse days on which a space is let already."""
    for other in await site.books.load(Permit, space=space.id):
        if other.kind is not PermitKind.RENTAL:
            continue
        until = other.last if other.ended_on is None else other.ended_on - timedelta(days=1)
        if first <= until and other.first <= last:
            raise CoreError(
                "space_is_rented", space=space.name, permit=other.id, first=other.first, last=until
            )


def _holder(site: Site, card: str, wallet: str) -> Card:
    """Return the card that the space is let to: the one that is named, or a wallet's only one."""
    if card:
        known = customer(site, card)
        if wallet and known.wallet != wallet:
            raise CoreError("card_of_other_wallet", card=card, wallet=wallet)
        return known
    run = site.wallet(wallet)
    cards = [
        one
        for one in site.cards.values()
        if one.wallet == run.wallet.id and one.state is CardState.ACTIVE
    ]
    if len(cards) != 1:
        raise CoreError("which_card", wallet=wallet, count=len(cards))
    return cards[0]


def _asked(
    site: Site, space: Space, days: Days, price_minor: int | None, card: Card
) -> tuple[Category, Sequence[BillLine]]:
    """Return what a rental costs: the price that was agreed on, or what fee items ask for the days."""
    if price_minor is not None and price_minor < 0:
        raise CoreError("amount_not_positive", amount=price_minor)
    if price_minor is not None:
        rent = site.wallets[card.wallet].wallet.purpose is Purpose.PROPERTY
        category = Category.RENT if rent else Category.PARKING
        trace = {
            "rule": "rental",
            "space": space.id,
            "from": days.first.isoformat(),
            "to": days.last.isoformat(),
        }
        line = BillLine(
            text=space.name, amount_minor=price_minor, income=INCOME[category], trace=trace
        )
        return category, [line] if price_minor else []
    for category in CATEGORIES:
        lines = [
            line
            for versions in site.parking.fee_items.values()
            for item, line in item_lines(versions, space, days, site.currency)
            if item.category is category
        ]
        if lines:
            return category_of(lines, category.purpose), lines
    raise CoreError("rental_without_price", space=space.name)
