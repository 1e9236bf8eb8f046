"""Bills of owned spaces: one for each period and purpose, on its first day, once, whatever happens.

The bill and the day up to which the space is billed are one act. Who pays is the owner's wallet, or
the same customer's one wallet of the purpose that an item is for; money stays with its purpose.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from ..core.bill import BillLine
from ..core.errors import CoreError
from ..core.ledger import Reference
from ..core.local_day import DAY
from ..core.space import Space
from ..core.space_bill import (
    SOURCE,
    SpaceDue,
    category_of,
    is_billed,
    next_due,
    unbilled_from,
)
from ..core.wallet import Purpose
from .bill_book import local_day
from .bill_paying import pay_all
from .bills import drawn_up
from .gently import gently
from .issuing import Issue, issue_all
from .payers import Payers
from .site import Site
from .wallet_run import WalletRun

MOST_AT_ONCE: Final = 50
"""Bills written in one go: some ten milliseconds of work."""
SPACE: Final = "space"
"""Names this kind of a day's work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceBill:
    """What one wallet is asked for, for days of a space."""

    due: SpaceDue
    purpose: Purpose
    run: WalletRun
    lines: tuple[BillLine, ...]
    number: str = ""


@dataclass(slots=True)
class SpacesBilled:
    """What billing spaces came to: the bills, and the spaces that nobody pays for."""

    bills: list[SpaceBill] = field(default_factory=list)
    nobody_pays: list[Space] = field(default_factory=list)

    def add(self, more: SpacesBilled) -> None:
        """Take in what another part of the work came to."""
        self.bills += more.bills
        self.nobody_pays += more.nobody_pays


def space_unpaid(site: Site, space: Space) -> bool:
    """Tell whether whoever owns a space has a bill of it that was due before today and is still open.

    What an owner before owes is not held against the one after.
    """
    if not is_billed(space):
        return False
    today, prefix = local_day(site), f"{SOURCE}/{space.id}/"
    owner = site.wallet(space.wallet).wallet
    for wallet in site.parking.asked.get(space.id, ()):
        run = site.wallets[wallet]
        same = owner.subject and run.wallet.subject == owner.subject
        if (wallet == owner.id or same) and any(
            bill.source.startswith(prefix)
            and bill.open_minor
            and bill.due_on is not None
            and bill.due_on < today
            for bill in run.bills.values()
        ):
            return True
    return False


def work_of(site: Site, today: date) -> Iterator[str]:
    """Name the spaces that may have days to bill."""
    for space in site.parking.spaces.values():
        begin = unbilled_from(space)
        if begin is not None and begin <= today:
            yield space.id


def dues_of(site: Site, space: Space, until: date, last: date | None = None) -> Iterator[SpaceDue]:
    """Return, in order, what is to be billed of a space: periods that begin by a day, or days up to `last`."""
    items = list(site.parking.fee_items.values())
    while (due := next_due(space, items, until, site.currency, last)) is not None:
        yield due
        space = due.after


def bills_of(due: SpaceDue, payers: Payers) -> list[SpaceBill]:
    """Return the bills of days that are due; refuse where nobody pays for one of them: all of it waits."""
    found: list[SpaceBill] = []
    for purpose, lines in due.parts:
        run = payers.beside(due.space.wallet, purpose)
        if run is None:
            raise CoreError("space_nobody_pays", space=due.space.name, purpose=purpose)
        found.append(SpaceBill(due=due, purpose=purpose, run=run, lines=lines))
    return found


async def bill_spaces(
    site: Site, spaces: Iterable[Space], today: date, payers: Payers
) -> SpacesBilled:
    """Issue what is due of spaces, in groups; one that nobody pays for keeps no other waiting."""
    result, groups = SpacesBilled(), list[list[tuple[SpaceBill, Issue]]]()
    for space in spaces:
        why: CoreError | None = None
        for due in dues_of(site, space, today):
            try:
                bills = bills_of(due, payers)
            except CoreError as err:
                why = err
                result.nobody_pays.append(space)
                break
            groups.append(await _issues(site, bills, today))
        if why is not None or site.refusals:
            site.refused(bill_spaces.__name__, space.id, why)
    while groups:
        group = groups.pop(0)
        while groups and len(group) + len(groups[0]) <= MOST_AT_ONCE:
            group += groups.pop(0)
        result.bills += await _issue(site, group)
    return result


async def bill_days(site: Site, space: Space, last: date) -> None:
    """Bill what is not billed yet of days up to one, in the turn of whoever changes a space."""
    payers, today = Payers(site), local_day(site)
    for due in list(dues_of(site, space, last, last)):
        await _issue(site, await _issues(site, bills_of(due, payers), today))


async def foreseen(site: Site, until: date, payers: Payers) -> SpacesBilled:
    """Say what would be billed of spaces up to a day; nothing is written."""
    result = SpacesBilled()
    async for space in gently(list(site.parking.spaces.values())):
        for due in dues_of(site, space, until):
            try:
                result.bills += bills_of(due, payers)
            except CoreError:
                result.nobody_pays.append(space)
                break
    return result


async def issue_of(
    site: Site, bill: SpaceBill, today: date, *, asked_on: date | None = None
) -> Issue:
    """Draw up a bill of a space; nobody has to have paid it before the day it is made out."""
    due = bill.due
    key = f"{due.source}/{bill.purpose}/{due.space.taken_back}"
    draft = await drawn_up(
        site,
        bill.run,
        category_of(bill.lines, bill.purpose),
        bill.lines,
        source=f"{due.source}/{bill.purpose}",
        period=(due.days.first, due.days.last + DAY),
    )
    return Issue(
        run=bill.run,
        draft=draft,
        on=today,
        due=max(asked_on or due.days.first, today),
        reference=Reference(scope="bill", key=key, content={"source": key}),
        event=key,
    )


async def _issues(
    site: Site, bills: Sequence[SpaceBill], today: date
) -> list[tuple[SpaceBill, Issue]]:
    """Draw up the bills of days; with the last of them the days are billed."""
    found = [(bill, await issue_of(site, bill, today)) for bill in bills]
    last, issue = found[-1]
    found[-1] = (last, replace(issue, puts=(last.due.after,)))
    return found


async def _issue(site: Site, group: Sequence[tuple[SpaceBill, Issue]]) -> list[SpaceBill]:
    answers = await issue_all(site, [issue for _, issue in group], together=True)
    done: list[SpaceBill] = []
    for (bill, issue), answer in zip(group, answers, strict=True):
        if isinstance(answer, CoreError):
            raise answer
        if issue.puts:
            site.parking.spaces[bill.due.space.id] = bill.due.after
        done.append(replace(bill, number=str(answer.detail["number"])))
    await pay_all(site, {id(issue.run): issue.run for _, issue in group}.values())
    return done
