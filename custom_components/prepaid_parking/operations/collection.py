"""How much of what was due has been collected: by category, of the bills that were due in a time.

A bill that was taken back was never due; what was given up was, and is not collected.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from ..core.bill import Bill
from ..core.category import Category
from ..core.collected import Collected, total
from .site import Site


async def collection(site: Site, first: date, last: date) -> Mapping[Category, Collected]:
    """Return what came of the bills that were due on these local days, both included."""
    bills = await site.books.between(Bill, "due_on", first.isoformat(), last.isoformat())
    by_category: defaultdict[Category, list[Bill]] = defaultdict(list)
    for bill in bills:
        if bill.number and not bill.credit_note:
            by_category[bill.category].append(bill)
    return {category: _sum(by_category[category]) for category in Category if by_category[category]}


async def look_at_collection(site: Site, now: datetime) -> None:
    """Keep in mind what was collected of this month's bills that are due by now: a chore."""
    today = now.astimezone(site.zone).date()
    found = await collection(site, today.replace(day=1), today)
    site.billing.collected = total(found.values())


def _sum(bills: Iterable[Bill]) -> Collected:
    return total(
        Collected(
            bills=1,
            due_minor=bill.total_minor,
            paid_minor=bill.paid_minor,
            written_off_minor=bill.written_off_minor,
        )
        for bill in bills
    )
