"""Asking: before a bill is due, after it was, and for the fee that was announced.

A fact each time; the automations of the house make messages of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from ..core.bill import Bill, BillLine, dunned, dunning_level, reminders
from ..core.chart import SiteAccount
from ..core.identity import SYSTEM, RecurringId
from ..core.ledger import Act, EntryKind, Reference
from ..core.recurring_charge import RecurringCharge
from .bill_book import committed, keep_in_mind, named, rules_of
from .bill_paying import pay_open
from .bills import drawn_up
from .booking import keep
from .facts import WalletEvent, WalletFact
from .issuing import Issue, issue_all
from .payers import Payers
from .recurring import due_reminder, fixed_of
from .site import Site, WalletRun

RECURRING: Final = "recurring"
FEE: Final = "dunning"
"""What the sources of bills begin with: what made them."""


async def remind_of(site: Site, charge: RecurringCharge, today: date, payers: Payers) -> None:
    """Tell the payer of what is due soon, while there is time to pay it in."""
    coming = due_reminder(site, charge, today, payers)
    if coming is None:
        return
    due, count = coming
    assert due.run is not None
    after = replace(charge, reminded=count)
    if await keep(site, after):
        site.recurring[charge.id] = after
        total = sum(line.amount_minor for line in due.lines)
        _tell(site, due.run, WalletEvent.BILL_DUE, total, charge.name)


async def ask_again(site: Site, run: WalletRun, today: date) -> None:
    """Try to be paid, and ask again for what is still open: a reminder, or the next dunning level."""
    await pay_open(site, run)
    for bill in [one for one in run.bills.values() if one.number]:
        rules = rules_of(site, bill.category)
        days = [*(-day for day in rules.remind_days), *_retries(site, bill)]
        count, level = reminders(bill, days, today), dunning_level(bill, rules, today)
        if count > bill.reminded:
            reminded = replace(bill, reminded=count)
            if await keep(site, reminded):
                keep_in_mind(run, reminded)
                _tell(site, run, WalletEvent.BILL_DUE, bill.open_minor, bill.number)
        if level > bill.dunned:
            await _dun(site, run, run.bills[bill.id], level, today)


async def _dun(site: Site, run: WalletRun, bill: Bill, level: int, today: date) -> None:
    """Ask again, for the fee of the level that is reached; a fee is a bill of its own, without fees.

    What was issued does not change. Levels that passed while the hub was off are not charged for.
    """
    rules = rules_of(site, bill.category)
    fee = rules.dunning[level - 1].fee_minor
    source = f"{FEE}/{bill.id}/{level}"
    if fee and not bill.source.startswith(FEE):
        line = BillLine(
            text=bill.number,
            amount_minor=fee,
            income=SiteAccount.REVENUE_FEES,
            trace={"rule": "dunning", "bill": bill.number, "level": level},
        )
        issue = Issue(
            run=run,
            draft=await drawn_up(site, run, bill.category, (line,), source=source),
            on=today,
            due=today + timedelta(days=rules.due_days),
            reference=Reference(scope="bill", key=source, content={"source": source}),
        )
        await issue_all(site, [issue])
    after = dunned(bill, level, today)
    act = Act(
        kind=EntryKind.BILL_DUNNED,
        event=f"bill/{bill.id}/dunned/{level}",
        occurred=site.clock(),
        actor=SYSTEM,
        detail=named(bill) | {"level": level, "open": bill.open_minor},
        puts=(after,),
    )
    await committed(site, act)
    keep_in_mind(run, after)
    _tell(site, run, WalletEvent.BILL_OVERDUE, bill.open_minor, bill.number, level)


def _retries(site: Site, bill: Bill) -> Sequence[int]:
    """Return so many days after its due day a bill of something recurring is asked for again."""
    kind, _, rest = bill.source.partition("/")
    charge = site.recurring.get(RecurringId(rest.partition("/")[0]))
    fixed = fixed_of(site, charge) if kind == RECURRING and charge is not None else None
    return fixed.retries if fixed is not None else ()


def _tell(
    site: Site,
    run: WalletRun,
    event: WalletEvent,
    amount_minor: int,
    reference: str,
    level: int = 0,
) -> None:
    site.tell(
        WalletFact(
            event=event,
            wallet=run.wallet.id,
            unit=run.wallet.unit,
            at=site.clock(),
            available_minor=run.available_minor,
            amount_minor=amount_minor,
            reference=reference,
            level=level,
        )
    )
