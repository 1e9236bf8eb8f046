"""Spaces and fee items as people read them: plain data, money in decimal text."""

from datetime import date, timedelta
from decimal import Decimal

from ..core.fee_item import FeeItem
from ..core.levies import Levy
from ..core.money import price_text
from ..core.space import Space, SpaceFilter
from ..core.space_bill import SOURCE, next_due
from ..core.unit import area_text
from .bill_book import local_day
from .fee_items import Hits, hits, valid_now
from .reports import Report
from .site import Site
from .space_billing import space_unpaid


def space_view(site: Site, space: Space) -> Report:
    """Describe a space: what it is, whose it is, and how far it is billed."""
    return {
        "space": space.id,
        "name": space.name,
        "location": space.location,
        "tenure": space.tenure,
        "grade": space.grade,
        "capacity": space.capacity,
        "zone": space.zone,
        "use": space.use,
        "area": area_text(space.area_cm2),
        "unit": space.unit or None,
        "owner": space.wallet or None,
        "every": space.every,
        "day": space.day,
        "first": space.first.isoformat() if space.first is not None else None,
        "billed_to": space.billed_to.isoformat() if space.billed_to is not None else None,
        "unpaid": space_unpaid(site, space),
        "exposed": space.exposed,
        "closed_at": space.closed_at.isoformat() if space.closed_at is not None else None,
    }


def whole_view(site: Site, space: Space) -> Report:
    """Describe a space with what hangs on it: cards, fee items, open bills, and the next one."""
    money = site.currency.text
    items = [valid_now(site, versions) for versions in site.parking.fee_items.values()]
    due = next_due(space, site.parking.fee_items.values(), _far(site), site.currency)
    bills = [
        bill
        for wallet in sorted(site.parking.asked.get(space.id, ()))
        for bill in site.wallets[wallet].bills.values()
        if bill.source.startswith(f"{SOURCE}/{space.id}/") and bill.open_minor
    ]
    return {
        **space_view(site, space),
        "cards": [card.id for card in site.cards.values() if card.space == space.id],
        "fee_items": [
            {"item": item.id, "name": item.name, "price": price_text(item.price_micro)}
            for item in items
            if hits(item, space)
        ],
        "bills": [
            {
                "bill": bill.id,
                "number": bill.number,
                "category": bill.category,
                "due_on": bill.due_on.isoformat() if bill.due_on is not None else None,
                "open": money(bill.open_minor),
            }
            for bill in bills
        ],
        "next": None
        if due is None
        else {
            "from": due.days.first.isoformat(),
            "to": due.days.last.isoformat(),
            "amount": money(sum(line.amount_minor for line in due.lines)),
        },
    }


def _far(site: Site) -> date:
    """Return a day that any next period of a space begins before."""
    return local_day(site) + timedelta(days=2 * 366)


def item_view(item: FeeItem, count: Hits, words: str) -> Report:
    """Describe a version of a fee item, and what it hits; `words` are its filter in words."""
    return {
        "item": item.id,
        "version": item.version,
        "valid_from": item.valid_from.isoformat(),
        "name": item.name,
        "category": item.category,
        "price": price_text(item.price_micro),
        "every": item.every,
        "by": item.by,
        "tax": next((_share(one) for one in item.levies), None),
        "filter": filter_view(item.filter),
        "applies_to": words,
        "ended": item.ended,
        "spaces": count.spaces,
        "billed": count.billed,
        "without_area": count.without_area,
    }


def _share(levy: Levy) -> str:
    """Write a share of millionths in per cent, without needless zeros."""
    return f"{Decimal(levy.share_micro).scaleb(-4).normalize():f}"


def filter_view(wanted: SpaceFilter) -> Report:
    """Describe a filter; what it does not ask for is not named."""
    asked: dict[str, list[str]] = {
        "locations": [str(one) for one in wanted.locations],
        "tenures": [str(one) for one in wanted.tenures],
        "grades": [str(one) for one in wanted.grades],
        "zones": list(wanted.zones),
        "uses": list(wanted.uses),
    }
    return {name: values for name, values in asked.items() if values}
