"""Somebody moves, and what their unit owes for a period is divided: each pays for the days they have it.

Who leaves is billed for their days as they go. What was billed ahead is taken back by a credit note
and asked for anew, in parts that add up to it: the days until the move, and those from there on.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from ..core.bill import Bill, BillState
from ..core.bill_parts import Days, by_days
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import UnitId
from ..core.ledger import Receipt, Reference
from ..core.local_day import DAY
from ..core.recurring_charge import RecurringCharge
from ..core.standing_cursor import first_day
from . import recurring
from .bill_book import local_day, trusted
from .bill_parts import Part
from .bill_paying import pay_all
from .billing import bill_until
from .bills import credit_note, drawn_up, is_void, unvoidable, voiding
from .issuing import Issue, issue_all
from .payers import Payers
from .saying import said
from .site import Site
from .wallet_run import WalletRun

MOVES: Final = (EntryKind.MOVED_IN, EntryKind.MOVED_OUT)
LATELY: Final = 100
"""Entries that lanes and desks may write while a move is under way, with much to spare."""
STANDS: Final = (BillState.DRAFT, BillState.VOID, BillState.WRITTEN_OFF)
"""What nobody is asked for any more, or not yet, is not divided."""


async def divide_by_days(site: Site, unit: UnitId, since: date) -> None:
    """Divide what a unit owes at the first day of whoever pays for it now; trouble is said, not raised.

    They have moved all the same. What could not be divided stands as it was billed until it can be.
    """
    site.billing.undivided[unit] = since
    with said(site, divide_by_days.__name__, unit):
        await bill_before(site, unit, since)
        await divide_from(site, unit, since)
        site.billing.undivided.pop(unit)


async def load(site: Site) -> None:
    """Find the moves that a hub may have died after, before what the unit owes was divided.

    They are among the last things in the books. What is divided already is not divided again.
    """
    lately = await site.books.entries(limit=LATELY, newest_first=True)
    for entry in lately:
        if entry.kind in MOVES and (unit := UnitId(str(entry.detail["unit"]))) in site.house.units:
            since = first_day(entry.occurred, site.zone)
            site.billing.undivided.setdefault(unit, since)


async def finish_dividing(site: Site, _now: datetime) -> None:
    """Divide what a stop of the hub, or a trouble, has left undivided."""
    if site.books.writable and site.clock_ok:
        for unit, since in list(site.billing.undivided.items()):
            await divide_by_days(site, unit, since)


async def bill_before(site: Site, unit: UnitId, since: date) -> None:
    """Bill whoever leaves for their days of what is not billed yet, up to the day before another's."""
    charges = _charges_of(site, unit)
    if charges:
        await trusted(site)
        await bill_until(site, charges, since - DAY)


async def divide_from(site: Site, unit: UnitId, since: date, *, vacant: bool = False) -> None:
    """Give the days from `since` on to whoever has them now, or to the owner where it gets `vacant`."""
    for charge in _charges_of(site, unit):
        fixed = recurring.fixed_of(site, charge)
        if fixed is not None and recurring.by_days(fixed):
            payers = Payers(site)
            coming = payers.of_owner(charge) if vacant else payers.of(charge, since)
            if coming is not None:
                await _divide(site, charge, since, payers, coming)


def _charges_of(site: Site, unit: UnitId) -> list[RecurringCharge]:
    if not site.books.writable:
        return []
    return [one for one in site.billing.recurring.values() if one.unit == unit]


async def _divide(
    site: Site, charge: RecurringCharge, since: date, payers: Payers, coming: WalletRun
) -> None:
    for run in payers.ever(charge):
        if run is coming:
            continue
        for bill in await site.books.load(Bill, wallet=run.wallet.id):
            if _is_divided(charge, bill, since) and unvoidable(bill, run) is None:
                await _anew(site, run, bill, _parts(run, coming, bill, since))


def _is_divided(charge: RecurringCharge, bill: Bill, since: date) -> bool:
    return (
        bill.source.startswith(f"{charge.scope}/")
        and bill.state not in STANDS
        and not bill.deposit_minor
        and bill.to_day is not None
        and bill.to_day > since
    )


def _parts(run: WalletRun, coming: WalletRun, bill: Bill, since: date) -> list[Part]:
    """Return who pays which of a bill's days: those before the move stay with who was billed."""
    assert bill.from_day is not None
    assert bill.to_day is not None
    last = bill.to_day - DAY
    if since <= bill.from_day:
        return [Part(run=coming, lines=bill.lines, days=Days(first=bill.from_day, last=last))]
    days = [Days(first=bill.from_day, last=since - DAY), Days(first=since, last=last)]
    return [
        Part(run=payer, lines=lines, days=stretch)
        for payer, lines, stretch in zip(
            (run, coming), by_days(bill.lines, days), days, strict=True
        )
        if lines
    ]


async def _anew(site: Site, run: WalletRun, bill: Bill, parts: list[Part]) -> None:
    """Take a bill back and issue its parts: all in one go, or nothing of it."""
    act = await credit_note(site, run, bill, voiding(site, bill))
    (step,) = act.moves
    today = local_day(site)
    issues = [await _issue(site, bill, part, today) for part in parts]
    # The parts are refused where the credit note was: they count on its number.
    issues = [replace(one, moves=(step.made,)) for one in issues]
    answers = await issue_all(site, issues, (act,), together=True)
    for answer in answers:
        if isinstance(answer, CoreError):
            site.billing.doubtful = True
            raise answer
    noted = answers[0]
    assert isinstance(noted, Receipt)
    is_void(site, run, bill, act, noted)
    await pay_all(site, {id(part.run): part.run for part in parts}.values())


async def _issue(site: Site, bill: Bill, part: Part, today: date) -> Issue:
    """Draw up a part; nobody is asked for it sooner than for the bill it comes of."""
    days = part.days
    key = f"{bill.source}/{part.run.wallet.id}/{days.first.isoformat()}/{bill.id}"
    draft = await drawn_up(
        site,
        part.run,
        bill.category,
        part.lines,
        source=bill.source,
        period=(days.first, days.last + DAY),
    )
    return Issue(
        run=part.run,
        draft=draft,
        on=today,
        due=max(bill.due_on or today, today),
        reference=Reference(scope="bill", key=key, content={"source": key}),
        event=key,
    )
