"""Cards, permits and packages as people read them: plain data, money in decimal text.

A card in one view is five blocks: customer, space, fee, package and bill.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from ..core.bill import Bill, BillState
from ..core.identity import SpaceId
from ..core.levies import Levy
from ..core.money import price_text
from ..core.permit import PERMIT, ParkingPackage, Permit
from ..core.rights import Rights
from ..core.space import Space
from ..core.space_bill import SOURCE
from ..core.wallet import Card, CardState, Credential
from ..core.written_parts import write_percent
from ..core.written_rates import write_days
from .bill_book import local_day
from .changing_cards import credentials_known
from .fee_items import hits, valid_now
from .parking_packages import version_of
from .permits import is_unpaid, permits_of
from .reports import Report
from .site import Site
from .space_views import space_view

LAST_PAID: Final = 5
"""So many paid bills are shown; the others are found by list_bills."""


async def card_view(site: Site, card: Card) -> Report:
    """Describe a card with all that hangs on it."""
    space = site.parking.spaces.get(SpaceId(card.space)) if card.space else None
    permits = permits_of(site, card.id)
    return {
        "card": card.id,
        "customer": customer_view(site, card),
        "space": space_view(site, space) if space is not None else None,
        "fee": _fees(site, space) if space is not None else [],
        "package": [permit_view(site, one) for one in permits],
        "bill": await _bills(site, card, space, permits),
    }


def customer_view(site: Site, card: Card) -> Report:
    """Describe whose a card is, what it is recognised by, and when it holds."""
    run = site.wallets[card.wallet]
    return {
        "wallet": run.wallet.id,
        "unit": run.wallet.unit,
        "available": site.currency.text(run.available_minor),
        "state": card.state,
        "reason": card.reason or None,
        "replaced_by": card.replaced_by or None,
        "valid_from": card.valid_from.isoformat() if card.valid_from is not None else None,
        "valid_until": card.valid_until.isoformat() if card.valid_until is not None else None,
        "lanes": list(card.lanes),
        "at_once": card.at_once,
        "credentials": [
            {"kind": one.kind, "masked": one.masked or None}
            for one in credentials_known(site, card.id)
        ],
    }


def brief_view(site: Site, card: Card, credentials: Sequence[Credential]) -> Report:
    """Describe a card in a list."""
    run, permits = site.wallets[card.wallet].wallet, permits_of(site, card.id)
    return {
        "card": card.id,
        "wallet": run.id,
        "unit": run.unit,
        "state": card.state,
        "space": card.space or None,
        "credentials": [one.masked or one.kind for one in credentials],
        "permits": [
            {
                "permit": one.id,
                "package": one.package,
                "state": permit_state(site, one),
                "last": one.last.isoformat(),
            }
            for one in permits
        ],
    }


def permit_view(site: Site, permit: Permit) -> Report:
    """Describe a permit: how it stands, how long it lasts, and what comes after it."""
    today, state = local_day(site), permit_state(site, permit)
    open_ended = permit.suspended_on is not None or permit.ended_on is not None
    return {
        "permit": permit.id,
        "kind": permit.kind,
        "package": permit.package,
        "version": permit.version or None,
        "space": permit.space,
        "state": state,
        "first": permit.first.isoformat(),
        "last": permit.last.isoformat(),
        "days_left": None if open_ended else max(0, (permit.last - today).days + 1),
        "visits_left": permit.left,
        "price": site.currency.text(permit.price_minor),
        "bill": permit.bill,
        "suspended_on": _day(permit.suspended_on),
        "rested": permit.rested,
        "renews": permit.renews,
        "renewed": permit.renewed,
        "renew_until": _day(_renew_until(site, permit)),
        "ended_on": _day(permit.ended_on),
        "refunded": site.currency.text(permit.refunded_minor),
        "rights": rights_view(permit.rights),
    }


def permit_state(site: Site, permit: Permit) -> str:
    """Name how a permit stands today."""
    today = local_day(site)
    if permit.ended_on is not None and permit.ended_on <= today:
        return "ended"
    if permit.last < today and permit.suspended_on is None:
        return "expired"
    if permit.left == 0:
        return "used_up"
    if is_unpaid(site, permit.bill, permit.wallet):
        return "unpaid"
    if permit.suspended_on is not None and permit.suspended_on <= today:
        return "suspended"
    return "active" if permit.first <= today else "coming"


def package_view(site: Site, package: ParkingPackage) -> Report:
    """Describe a version of a package as it is sold."""
    wanted = package.spaces
    return {
        "package": package.id,
        "version": package.version,
        "valid_from": package.valid_from.isoformat(),
        "name": package.name,
        "price": site.currency.text(package.price_minor),
        "tax": _tax(package.levies),
        "months": package.months,
        "days": package.days,
        "items": list(package.items),
        "spaces": {
            "locations": list(wanted.locations),
            "tenures": list(wanted.tenures),
            "grades": list(wanted.grades),
            "zones": list(wanted.zones),
            "uses": list(wanted.uses),
        },
        "needs_space": package.needs_space,
        "rights": rights_view(package.rights),
        "renew_days": package.renew_days,
        "remind_days": list(package.remind_days),
        "ended": package.ended,
    }


def rights_view(rights: Rights) -> Report:
    """Describe what is covered."""
    return {
        "at_once": rights.at_once,
        "visits": rights.visits,
        "zones": list(rights.zones),
        "windows": [
            {
                "days": write_days(one.weekdays),
                "from": f"{one.start:%H:%M}",
                "to": f"{one.end:%H:%M}",
            }
            for one in rights.windows
        ],
        "overtime": rights.overtime or None,
        "calendar": rights.calendar or None,
    }


def _fees(site: Site, space: Space) -> list[Report]:
    """Return the fee items that hit a space today."""
    items = [valid_now(site, versions) for versions in site.parking.fee_items.values()]
    return [
        {
            "item": item.id,
            "name": item.name,
            "category": item.category,
            "price": price_text(item.price_micro),
            "every": item.every,
            "by": item.by,
        }
        for item in items
        if hits(item, space)
    ]


async def _bills(site: Site, card: Card, space: Space | None, permits: list[Permit]) -> Report:
    """Return what is open for a card's permits and space, and what was paid for them last."""
    sources = tuple(f"{PERMIT}/{one.id}" for one in permits)
    if space is not None and space.wallet:
        sources += (f"{SOURCE}/{space.id}/",)
    wallets = dict.fromkeys([card.wallet, *(one.wallet for one in permits)])
    found = [
        bill
        for wallet in wallets
        for bill in await site.books.load(Bill, wallet=wallet)
        if bill.number and _is_of(bill, sources)
    ]
    found.sort(key=lambda bill: bill.no)
    paid = [bill for bill in found if bill.state is BillState.PAID]
    return {
        "open": [_bill(site, bill) for bill in found if bill.open_minor],
        "paid": [_bill(site, bill) for bill in reversed(paid[-LAST_PAID:])],
    }


def _is_of(bill: Bill, sources: tuple[str, ...]) -> bool:
    return any(
        bill.source.startswith(one if one.endswith("/") else f"{one}/") or bill.source == one
        for one in sources
    )


def _bill(site: Site, bill: Bill) -> Report:
    money = site.currency.text
    return {
        "bill": bill.id,
        "number": bill.number,
        "category": bill.category,
        "from": _day(bill.from_day),
        "to": _day(bill.to_day - timedelta(days=1) if bill.to_day is not None else None),
        "due_on": _day(bill.due_on),
        "total": money(bill.total_minor),
        "open": money(bill.open_minor),
    }


def _renew_until(site: Site, permit: Permit) -> date | None:
    """Return the last day on which a permit may be renewed without a gap."""
    if permit.package is None or permit.renewed is not None or permit.ended_on is not None:
        return None
    package = version_of(site, permit.package, permit.version)
    return permit.last + timedelta(days=package.renew_days)


def _tax(levies: tuple[Levy, ...]) -> str | None:
    return next((write_percent(one.share_micro) for one in levies), None)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def found_cards(site: Site, *, wallet: str, state: CardState | None, space: str) -> list[Card]:
    """Return the cards that fit, in the order they were issued in."""
    fitting = (
        card
        for card in site.cards.values()
        if (not wallet or card.wallet == wallet)
        and (state is None or card.state is state)
        and (not space or card.space == space)
    )
    return sorted(fitting, key=lambda card: card.no)
