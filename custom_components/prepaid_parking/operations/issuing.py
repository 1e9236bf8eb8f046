"""Issuing bills: under numbers in their order, one act each, many in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from ..core.bill import Bill, issued, next_in, series_of, written
from ..core.bill_postings import issue_postings
from ..core.category import Category
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, Actor
from ..core.ledger import Act, CursorMove, Receipt, Record, Reference
from .bill_book import (
    committed,
    ensure_series,
    keep_in_mind,
    local_day,
    note_asked,
    rules_of,
    traced,
)
from .bill_paying import pay_open
from .booking import tell
from .facts import WalletEvent
from .months import check_day
from .shares import count
from .site import Site
from .unheard import unheard
from .wallet_run import WalletRun

NOON: Final = time(12)
"""A bill that is dated back was issued at noon of its day, in any zone the same day."""
BEFORE_THE_SITE: Final = timedelta(days=366)
"""How long before a site's first entry a bill may be dated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A draft that is to be issued: for whom, under which date, due when.

    `puts` are the records that change with it and `moves` what must stand where it is expected;
    `event` names what happened where its source alone does not.
    """

    run: WalletRun
    draft: Bill
    on: date
    due: date
    actor: Actor = SYSTEM
    reason: str = ""
    reference: Reference | None = None
    puts: tuple[Record, ...] = ()
    event: str = ""
    moves: tuple[CursorMove, ...] = ()


async def dates(
    site: Site, category: Category, issued_on: date | None, due_on: date | None
) -> tuple[date, date]:
    """Return the day of issue and the day a bill is due: not tomorrow, and not in a closed month.

    Nor long before the site was there: that is a typing error, under a number of a series of its own.
    """
    today = local_day(site)
    on = issued_on or today
    if on > today:
        raise CoreError("day_in_future", day=on)
    check_day(site, on)
    if on < today and on < (earliest := await _earliest(site)):
        raise CoreError("bill_too_early", day=on, earliest=earliest)
    due = due_on or on + timedelta(days=rules_of(site, category).due_days)
    if due < on:
        raise CoreError("bill_due_before_issue", day=due)
    return on, due


async def _earliest(site: Site) -> date:
    """Return the first day a bill may bear: what was billed elsewhere before the site began is taken over."""
    begun = await site.books.entries(limit=1)
    first = begun[0].occurred.astimezone(site.zone).date() if begun else local_day(site)
    return first - BEFORE_THE_SITE


async def issue_one(site: Site, issue: Issue, refusal: CoreError | None = None) -> Receipt:
    """Issue one bill and let its wallet pay it at once where it can."""
    if refusal is None:
        (answer,) = await issue_all(site, [issue])
        if isinstance(answer, CoreError):
            raise answer
    else:
        act, _ = await _act(site, issue, 0)
        answer = await committed(site, act, refusal)
    if not answer.repeated:
        await pay_open(site, issue.run)
    return answer


async def issue_all(
    site: Site, issues: Sequence[Issue], first: Sequence[Act] = (), *, together: bool = False
) -> list[Receipt | CoreError]:
    """Issue bills in one go, each standing alone, under numbers in their order.

    Where one is refused, the books refuse those after it in its series too, and they are issued the
    next time: a number is never left out. `first` are acts that are written before them; their
    answers come first as well. With `together` a crash leaves all of them or none.
    """
    ahead = dict[str, int]()
    written_down = list[tuple[Act, Bill]]()
    for issue in issues:
        series = series_of(issue.on)
        written_down.append(await _act(site, issue, ahead.get(series, 0)))
        ahead[series] = ahead.get(series, 0) + 1
    acts = [*first, *(act for act, _ in written_down)]
    try:
        answers = await site.books.commit_all(acts, together=together)
    except StoreError:
        unheard(site, acts)
        raise
    site.books_written()
    issued_now = answers[len(first) :]
    for issue, (_, bill), answer in zip(issues, written_down, issued_now, strict=True):
        if isinstance(answer, CoreError) or answer.repeated:
            site.billing.doubtful = True
            continue
        site.billing.series[series_of(issue.on)] += 1
        count(site, issue.puts)
        keep_in_mind(issue.run, bill)
        note_asked(site, bill)
        issue.run.booked(answer)
        tell(site, issue.run, WalletEvent.BILL_ISSUED, answer, bill.total_minor, bill.number)
    return answers


async def _act(site: Site, issue: Issue, ahead: int) -> tuple[Act, Bill]:
    """Write a bill down with the number that comes after those that are `ahead` of it."""
    at, series = site.clock(), series_of(issue.on)
    last = await ensure_series(site, series, at) + ahead
    numbered = issued(issue.draft, written(series, last + 1), issue.on, issue.due)
    bill = replace(numbered, buyer=issue.run.wallet.buyer)
    noon = datetime.combine(issue.on, NOON, site.zone).astimezone(UTC)
    act = Act(
        kind=EntryKind.BILL_ISSUED,
        event=f"bill/{issue.event or bill.source or bill.id}",
        occurred=at if issue.on == local_day(site) else noon,
        actor=issue.actor,
        reason=issue.reason,
        reference=issue.reference,
        postings=issue_postings(bill, issue.run.wallet.no),
        moves=(next_in(series, last, at), *issue.moves),
        detail=traced(bill),
        puts=(bill, *issue.puts),
    )
    return act, bill
