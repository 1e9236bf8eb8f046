"""A bill by hand that a shared wallet owes: each member gets their own part of it, at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..core.bill import Bill
from ..core.bill_parts import Days
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import BillId
from ..core.ledger import Act, Receipt, Reference
from .bill_parts import Counts, Part, counted, shared_out
from .bill_paying import pay_all
from .issuing import Issue, issue_all, issue_one
from .payers import Payers
from .repeats import answered_before
from .site import Site

SHARED: Final = "shared"
"""What the source of such bills begins with; all parts have the same one."""


async def issue_for(site: Site, issue: Issue, refusal: CoreError | None = None) -> Receipt:
    """Issue a bill to its wallet, or its parts to the members of a shared one.

    Answers with the first part's entry. The draft becomes that part: a draft asks nobody for anything.
    """
    counts: Counts = {}
    parts = [] if refusal is not None else _parts(site, issue, counts)
    if len(parts) < 2 and all(part.run is issue.run for part in parts):
        return await issue_one(site, issue, refusal)
    if issue.reference is not None:
        asked = Act(
            kind=EntryKind.BILL_ISSUED,
            event=f"bill/{SHARED}/{issue.draft.id}",
            occurred=site.clock(),
            actor=issue.actor,
            reference=issue.reference,
        )
        known = await answered_before(site, asked)
        if known is not None:
            return known
    issues = await _issues(site, issue, parts, counts)
    answers = await issue_all(site, issues, together=True)
    for answer in answers:
        if isinstance(answer, CoreError):
            raise answer
    if parts[0].run is not issue.run:
        issue.run.bills.pop(issue.draft.id, None)
    await pay_all(site, [part.run for part in parts])
    first = answers[0]
    assert isinstance(first, Receipt)
    return first


async def parts_issued(site: Site, bill: Bill) -> list[Bill]:
    """Return all parts of what a shared wallet was billed by hand, in their order; none of another bill."""
    if not bill.source.startswith(SHARED + "/"):
        return []
    return sorted(await site.books.load(Bill, source=bill.source), key=lambda one: one.no)


def _parts(site: Site, issue: Issue, counts: Counts) -> list[Part]:
    draft, day = issue.draft, Days(first=issue.on, last=issue.on)
    return shared_out(site, issue.run, draft.category, draft.lines, Payers(site), counts, day)


async def _issues(site: Site, issue: Issue, parts: Sequence[Part], counts: Counts) -> list[Issue]:
    """Draw up the parts; the first stands for the request, the last one remembers the odd cents."""
    source = f"{SHARED}/{issue.draft.id}"
    found: list[Issue] = []
    for part in parts:
        wallet, draft = part.run.wallet.id, issue.draft
        if found:
            number = await site.books.next_number("bill")
            draft = replace(draft, id=BillId(f"b{number}"), no=number)
        key = f"{source}/{wallet}"
        given = issue.reference if not found else None
        found.append(
            replace(
                issue,
                run=part.run,
                draft=replace(draft, wallet=wallet, lines=part.lines, source=source),
                reference=given or Reference(scope="bill", key=key, content={"source": key}),
                event=key,
            )
        )
    remembered = counted(issue.run, counts)
    return [*found[:-1], replace(found[-1], puts=remembered)]
