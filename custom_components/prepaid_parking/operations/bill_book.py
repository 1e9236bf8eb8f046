"""The bills a site has in mind: those with something open, and how far their numbers have come."""

from dataclasses import replace
from datetime import date, datetime

from ..core.bill import SERIES, Bill, BillingRules
from ..core.category import Category
from ..core.errors import CoreError
from ..core.identity import InstallationId, SpaceId, WalletId
from ..core.ledger import Act, Receipt
from ..core.metering import Cursor
from ..core.recurring_charge import RecurringCharge
from ..core.space import Space
from ..core.space_bill import SOURCE
from . import permits
from .booking import book
from .site import Site
from .wallet_run import WalletRun


async def load(site: Site) -> None:
    """Take up open bills and drafts, what recurs, the rules of billing, each series' last number."""
    site.billing.rules = {rules.category: rules for rules in await site.books.load(BillingRules)}
    site.billing.series = {
        cursor.installation.removeprefix(SERIES): cursor.register
        for cursor in await site.books.load(Cursor)
        if cursor.installation.startswith(SERIES)
    }
    site.billing.recurring = {one.id: one for one in await site.books.load(RecurringCharge)}
    for run in site.wallets.values():
        run.bills = {}
    site.parking.asked = {}
    for bill in await site.books.load(Bill, closed_at=None):
        site.wallets[bill.wallet].bills[bill.id] = bill
        note_asked(site, bill)
    site.billing.doubtful = False


async def trusted(site: Site) -> None:
    """Look at the books again where a write failed: some of it may be written after all."""
    if site.billing.doubtful:
        site.parking.spaces = {one.id: one for one in await site.books.load(Space)}
        await permits.load(site)
        await load(site)


async def committed(site: Site, act: Act, refusal: CoreError | None = None) -> Receipt:
    """Write an act about a bill; refused, it moves nothing but is still answered if it was done before."""
    if refusal is not None:
        act = replace(act, postings=(), moves=(), puts=(), drops=(), floors=(), reverses=None)
    return await book(site, act, refusal)


async def ensure_series(site: Site, series: str, at: datetime) -> int:
    """Return the last number of a series, beginning it where it is the first of its year."""
    if series not in site.billing.series:
        begin = Cursor(installation=InstallationId(SERIES + series), register=0, at=at)
        await site.books.record(begin)
        site.billing.series[series] = 0
    return site.billing.series[series]


async def find_bill(site: Site, asked: str) -> Bill:
    """Return a bill by its id or by the number on the paper, or refuse in words."""
    found = await site.books.load(Bill, id=asked) or await site.books.load(Bill, number=asked)
    if not asked or not found:
        raise CoreError("unknown_bill", bill=asked)
    return found[0]


async def all_bills(
    site: Site, wallet: WalletId | None = None, *, closed: bool = False
) -> list[Bill]:
    """Return the bills of one wallet or of all that have something open, or (`closed`) all of them."""
    if closed:
        like = {} if wallet is None else {"wallet": wallet}
        found = await site.books.load(Bill, **like)
    else:
        runs = site.wallets.values() if wallet is None else [site.wallets[wallet]]
        found = [bill for run in runs for bill in run.bills.values()]
    return sorted(found, key=lambda bill: bill.no)


def keep_in_mind(run: WalletRun, bill: Bill) -> None:
    """Take over a bill as it was written; one with nothing open is the books' alone."""
    if bill.closed_at is None:
        run.bills[bill.id] = bill
    else:
        run.bills.pop(bill.id, None)


def note_asked(site: Site, bill: Bill) -> None:
    """Remember who was billed for a space, so that a lane need not look through everybody's bills."""
    kind, _, rest = bill.source.partition("/")
    if kind == SOURCE:
        space = SpaceId(rest.partition("/")[0])
        site.parking.asked.setdefault(space, set()).add(bill.wallet)


def rules_of(site: Site, category: Category) -> BillingRules:
    """Return how bills of a category are asked for."""
    return site.billing.rules_of(category)


def local_day(site: Site) -> date:
    """Return the site's local day."""
    return site.clock().astimezone(site.zone).date()


def named(bill: Bill) -> dict[str, object]:
    """Return what every entry about a bill says of it; its buyer by the id, which tells nobody."""
    buyer = {"buyer": bill.buyer} if bill.buyer else {}
    return {"wallet": bill.wallet, "bill": bill.id, "number": bill.number, **buyer}


def traced(bill: Bill) -> dict[str, object]:
    """Return what is asked for, and by which rule, as it is kept in the books."""
    return named(bill) | {
        "category": bill.category,
        "due": _day(bill.due_on),
        "from": _day(bill.from_day),
        "to": _day(bill.to_day),
        "lines": [
            {
                "text": line.text,
                "amount": line.amount_minor,
                "tax": line.tax_minor,
                "income": line.income.name.lower(),
                "trace": dict(line.trace),
            }
            for line in bill.lines
        ],
    }


def ruled(rules: BillingRules) -> dict[str, object]:
    """Return how bills of a category are asked for, as it is kept in the books."""
    return {
        "category": rules.category,
        "due_days": rules.due_days,
        "automatic": rules.automatic,
        "part": rules.part,
        "remind_days": list(rules.remind_days),
        "dunning": [[step.days, step.fee_minor] for step in rules.dunning],
        "top_up_tax": rules.top_up_tax_bp,
        "invoices": rules.invoice_maker,
    }


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
