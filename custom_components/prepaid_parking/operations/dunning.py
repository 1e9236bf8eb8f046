"""Asking: before a bill is due, after it was, and for the fee that was announced.

A fact each time; the automations of the house make messages of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from ..core.bill import Bill, BillLine, dunned, dunning_level, reminders
from ..core.chart import SiteAccount
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, RecurringId
from ..core.ledger import Act, Reference
from ..core.recurring_charge import RecurringCharge
from .bill_book import keep_in_mind, named, rules_of
from .bill_parts import Counts, parts_of
from .bill_paying import pay_all
from .bills import drawn_up
from .booking import keep, tell
from .facts import WalletEvent
from .issuing import Issue, issue_all
from .payers import Payers
from .recurring import Due, due_reminder, fixed_of
from .site import Site
from .unheard import unheard
from .wallet_run import WalletRun

RECURRING: Final = "recurring"
FEE: Final = "dunning"
"""What the sources of bills begin with: what made them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dunned:
    """A bill that has come to a dunning level."""

    run: WalletRun
    bill: Bill
    level: int


async def remind_of(
    site: Site, charges: Iterable[RecurringCharge], today: date, payers: Payers
) -> None:
    """Tell payers of what is due soon, while there is time to pay it in."""
    coming: list[tuple[RecurringCharge, Due]] = []
    counts: Counts = {}
    for charge in charges:
        reminder = due_reminder(site, charge, today, payers)
        if reminder is not None:
            due, count = reminder
            coming.append((replace(charge, reminded=count), due))
    if not coming or not await keep(site, *(after for after, _ in coming)):
        return
    for after, due in coming:
        site.billing.recurring[after.id] = after
        for part in parts_of(site, due, payers, counts):
            total = sum(line.amount_minor for line in part.lines)
            tell(site, part.run, WalletEvent.BILL_DUE, None, total, after.name)


async def ask_again(site: Site, runs: Sequence[WalletRun], today: date) -> None:
    """Try to be paid, and ask again for what is still open: a reminder, or the next dunning level."""
    await pay_all(site, runs)
    reminded: list[tuple[WalletRun, Bill]] = []
    late: list[Dunned] = []
    owed = [(one, bill) for one in runs for bill in one.bills.values() if bill.number]
    for run, bill in owed:
        rules = rules_of(site, bill.category)
        days = [*(-day for day in rules.remind_days), *_retries(site, bill)]
        count, level = reminders(bill, days, today), dunning_level(bill, rules, today)
        after = replace(bill, reminded=max(count, bill.reminded))
        if count > bill.reminded:
            reminded.append((run, after))
        if level > bill.dunned:
            late.append(Dunned(run=run, bill=dunned(after, level, today), level=level))
    if reminded and await keep(site, *(bill for _, bill in reminded)):
        for run, bill in reminded:
            keep_in_mind(run, bill)
            tell(site, run, WalletEvent.BILL_DUE, None, bill.open_minor, bill.number)
    if late:
        await _dun(site, late, today)


async def _dun(site: Site, late: Sequence[Dunned], today: date) -> None:
    """Ask again, for the fee of the level that is reached; a fee is a bill of its own, without fees.

    What was issued does not change. Levels that passed while the hub was off are not charged for.
    """
    fees = [fee for one in late if (fee := await _fee(site, one, today)) is not None]
    if fees:
        for answer in await issue_all(site, fees):
            if isinstance(answer, CoreError):
                raise answer
    acts = [
        Act(
            kind=EntryKind.BILL_DUNNED,
            event=f"bill/{one.bill.id}/dunned/{one.level}",
            occurred=site.clock(),
            actor=SYSTEM,
            detail=named(one.bill) | {"level": one.level, "open": one.bill.open_minor},
            puts=(one.bill,),
        )
        for one in late
    ]
    try:
        await site.books.commit_all(acts)
    except StoreError:
        unheard(site, acts)
        raise
    for one in late:
        keep_in_mind(one.run, one.bill)
        bill = one.bill
        tell(
            site,
            one.run,
            WalletEvent.BILL_OVERDUE,
            None,
            bill.open_minor,
            bill.number,
            level=one.level,
        )


async def _fee(site: Site, late: Dunned, today: date) -> Issue | None:
    """Draw up the bill over a level's fee; None where it costs nothing."""
    bill, rules = late.bill, rules_of(site, late.bill.category)
    fee = rules.dunning[late.level - 1].fee_minor
    if not fee or bill.source.startswith(FEE):
        return None
    source = f"{FEE}/{bill.id}/{late.level}"
    line = BillLine(
        text=bill.number,
        amount_minor=fee,
        income=SiteAccount.REVENUE_FEES,
        trace={"rule": "dunning", "bill": bill.number, "level": late.level},
    )
    return Issue(
        run=late.run,
        draft=await drawn_up(site, late.run, bill.category, (line,), source=source),
        on=today,
        due=today + timedelta(days=rules.due_days),
        reference=Reference(scope="bill", key=source, content={"source": source}),
    )


def _retries(site: Site, bill: Bill) -> Sequence[int]:
    """Return so many days after its due day a bill of something recurring is asked for again."""
    kind, _, rest = bill.source.partition("/")
    charge = site.billing.recurring.get(RecurringId(rest.partition("/")[0]))
    fixed = fixed_of(site, charge) if kind == RECURRING and charge is not None else None
    return fixed.retries if fixed is not None else ()
