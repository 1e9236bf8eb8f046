"""Bills by hand: written, issued, taken back by a credit note, given up.

The entry, the bill and its number are one act. A bill is one wallet's, of a category that its purpose
may owe, and it never moves to another.
"""

from dataclasses import replace
from datetime import date

from ..core.bill import (
    SERIES,
    Bill,
    BillingRules,
    BillLine,
    next_in,
    series_of,
    voided,
    written,
    written_off,
)
from ..core.bill_postings import void_postings, write_off_postings
from ..core.category import Category, check_purpose
from ..core.chart import Bucket, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, BillId, EntryId
from ..core.ledger import Act, Receipt, Reference
from ..core.permit import PERMIT
from .bill_book import (
    committed,
    ensure_series,
    find_bill,
    keep_in_mind,
    local_day,
    named,
    ruled,
    traced,
    trusted,
)
from .bill_paying import unpayable
from .booking import closed, open_run, referenced, tell
from .facts import WalletEvent
from .issuing import Issue, dates
from .shared_bills import issue_for
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun


@in_turn
async def create_bill(
    site: Site,
    *,
    wallet: str,
    category: Category,
    lines: tuple[BillLine, ...],
    actor: Actor,
    draft: bool = False,
    issued_on: date | None = None,
    due_on: date | None = None,
    period: tuple[date, date] | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Bill]:
    """Write a bill by hand, and issue it unless it is to stay a draft."""
    await trusted(site)
    run = site.wallet(wallet)
    check_purpose(category, run.wallet.purpose, wallet)
    content = {
        "wallet": wallet,
        "category": category,
        "lines": [[line.text, line.amount_minor, line.tax_minor, line.income] for line in lines],
        "draft": draft,
        "dates": [str(day) for day in (issued_on, due_on, *(period or ()))],
    }
    key = referenced("create_bill", reference, content)
    bill = await drawn_up(site, run, category, lines, period=period)
    if draft:
        receipt = await _draft(site, run, bill, actor, reason, key)
    else:
        on, due = await dates(site, category, issued_on, due_on)
        issue = Issue(
            run=run, draft=bill, on=on, due=due, actor=actor, reason=reason, reference=key
        )
        receipt = await issue_for(site, issue, closed(run))
    return receipt, await find_bill(site, str(receipt.detail["bill"]))


@in_turn
async def issue_bill(
    site: Site,
    *,
    bill: str,
    actor: Actor,
    issued_on: date | None = None,
    due_on: date | None = None,
    reason: str = "",
) -> tuple[Receipt, Bill]:
    """Issue a draft; a bill that is issued already is refused, so it is issued once."""
    await trusted(site)
    draft = await find_bill(site, bill)
    run = open_run(site, draft.wallet)
    on, due = await dates(site, draft.category, issued_on, due_on)
    issue = Issue(run=run, draft=draft, on=on, due=due, actor=actor, reason=reason)
    receipt = await issue_for(site, issue)
    return receipt, await find_bill(site, draft.id)


@in_turn
async def void_bill(
    site: Site, *, bill: str, reason: str, actor: Actor, reference: str = ""
) -> tuple[Receipt, Bill]:
    """Take a bill back by a credit note: what it asked for is reversed, what was paid goes back.

    The credit note has a number of its own series. A draft had none and leaves none.
    """
    await trusted(site)
    found = await find_bill(site, bill)
    run = site.wallet(found.wallet)
    act = replace(
        voiding(site, found),
        actor=actor,
        reason=reason,
        reference=referenced("void_bill", reference, {"bill": found.id}),
    )
    refusal = unvoidable(found, run) or _of_permit(found)
    if found.number and refusal is None:
        act = await credit_note(site, run, found, act)
    receipt = await committed(site, act, refusal)
    if not receipt.repeated:
        is_void(site, run, found, act, receipt)
    return receipt, await find_bill(site, found.id) if found.number else found


def voiding(site: Site, bill: Bill) -> Act:
    """Return the act that a bill is taken back by; of a draft nothing is left."""
    return Act(
        kind=EntryKind.BILL_VOIDED,
        event=f"bill/{bill.id}/void",
        occurred=site.clock(),
        actor=SYSTEM,
        detail=named(bill),
        drops=(bill,),
    )


def is_void(site: Site, run: WalletRun, bill: Bill, act: Act, receipt: Receipt) -> None:
    """Take over that a bill was taken back."""
    for move in act.moves:
        site.billing.series[move.installation.removeprefix(SERIES)] = move.to_register
    run.bills.pop(bill.id, None)
    run.booked(receipt)
    tell(site, run, WalletEvent.BILL_VOIDED, receipt, bill.total_minor, bill.number)
    site.wake_wallet(run)


@in_turn
async def write_off_bill(
    site: Site, *, bill: str, reason: str, actor: Actor, reference: str = ""
) -> tuple[Receipt, Bill]:
    """Give up what is open of a bill that nobody will pay."""
    await trusted(site)
    found = await find_bill(site, bill)
    run = site.wallet(found.wallet)
    refusal = unpayable(found, found.open_minor)
    act = Act(
        kind=EntryKind.BILL_WRITTEN_OFF,
        event=f"bill/{found.id}/written_off",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("write_off_bill", reference, {"bill": found.id}),
        postings=write_off_postings(found, run.wallet.no),
        detail=named(found),
        puts=(written_off(found, site.clock()),),
    )
    receipt = await committed(site, act, refusal)
    if not receipt.repeated:
        run.bills.pop(found.id, None)
        run.booked(receipt)
    return receipt, await find_bill(site, found.id)


@in_turn
async def set_billing(
    site: Site, *, rules: BillingRules, actor: Actor, reason: str = ""
) -> Receipt:
    """Say how bills of a category are asked for from now on."""
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.BILLING_SET,
            event=f"billing/{rules.category}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail=ruled(rules),
            puts=(rules,),
        )
    )
    site.billing.rules[rules.category] = rules
    return receipt


async def drawn_up(
    site: Site,
    run: WalletRun,
    category: Category,
    lines: tuple[BillLine, ...],
    *,
    source: str = "",
    period: tuple[date, date] | None = None,
) -> Bill:
    """Return a new draft, not yet written down."""
    number = await site.books.next_number("bill")
    begin, end = period or (None, None)
    return Bill(
        id=BillId(f"b{number}"),
        no=number,
        wallet=run.wallet.id,
        category=category,
        lines=lines,
        drafted_at=site.clock(),
        source=source,
        from_day=begin,
        to_day=end,
    )


async def _draft(
    site: Site, run: WalletRun, bill: Bill, actor: Actor, reason: str, key: Reference
) -> Receipt:
    act = Act(
        kind=EntryKind.BILL_DRAFTED,
        event=f"bill/{bill.id}/drafted",
        occurred=bill.drafted_at,
        actor=actor,
        reason=reason,
        reference=key,
        detail=traced(bill),
        puts=(bill,),
    )
    receipt = await committed(site, act, closed(run))
    if not receipt.repeated:
        keep_in_mind(run, bill)
    return receipt


async def credit_note(site: Site, run: WalletRun, bill: Bill, act: Act, ahead: int = 0) -> Act:
    """Make the act that voids an issued bill: its reversal, under a number of its own.

    Its number comes after those that are written `ahead` of it in the same go.
    """
    series = series_of(local_day(site), credit_note=True)
    last = await ensure_series(site, series, act.occurred) + ahead
    after = voided(bill, written(series, last + 1), act.occurred)
    return replace(
        act,
        postings=void_postings(bill, run.wallet.no),
        reverses=await _entry_of(site, run, bill),
        moves=(next_in(series, last, act.occurred),),
        detail=named(bill) | {"credit_note": after.credit_note},
        puts=(after,),
        drops=(),
    )


async def _entry_of(site: Site, run: WalletRun, bill: Bill) -> EntryId:
    """Return the entry that issued a bill."""
    found = await site.books.entries(
        account=wallet_account(run.wallet.no, Bucket.BILLED),
        since=bill.drafted_at,
        kinds=(EntryKind.BILL_ISSUED,),
        limit=1_000_000,
    )
    return next(entry.id for entry in found if entry.detail["bill"] == bill.id)


def unvoidable(bill: Bill, run: WalletRun) -> CoreError | None:
    """Refuse to take back what is taken back already, held, or paid by a wallet that is closed."""
    if bill.credit_note:
        return CoreError("bill_is_void", bill=bill.number)
    if bill.deposit_minor and bill.closed_at is not None:
        return CoreError("bill_deposit_held", bill=bill.number)
    return closed(run) if bill.paid_minor else None


def _of_permit(bill: Bill) -> CoreError | None:
    """Refuse to take back what a permit holds by: ending that gives back what is not used of it."""
    kind, _, permit = bill.source.partition("/")
    if kind != PERMIT or "/" in permit:
        return None
    return CoreError("bill_of_permit", bill=bill.number, permit=permit)
