"""Permits end before their time: what is not used of them is given back to the day.

A bill never changes in what it asks for. Where something is given back, it is taken back whole by a
credit note, what was paid for it goes back as it was paid, and the used part is billed anew: all of it
in one step of the books.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..core.bill import Bill, BillLine
from ..core.bill_parts import cut_line
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from ..core.local_day import DAY
from ..core.permit import Permit, used_part
from ..core.priced import tiled
from .bill_book import committed, find_bill, local_day, trusted
from .bill_paying import pay_open
from .bills import credit_note, drawn_up, is_void, unvoidable, voiding
from .booking import referenced
from .changing_permits import over
from .coming_back import came_back
from .issuing import Issue, issue_all
from .permits import find_permit, keep_permit
from .repeats import answered_before
from .site import Site
from .turn import in_turn
from .vehicle_turn import alone_with
from .wallet_run import WalletRun

USED: Final = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What ending a permit gives back: its bill, and the lines of the part that was used."""

    bill: Bill
    used: tuple[BillLine, ...]

    @property
    def minor(self) -> int:
        """What comes back: never more than was paid."""
        return max(0, self.bill.paid_minor - sum(line.amount_minor for line in self.used))


@in_turn
@alone_with("permit")
async def end_permit(
    site: Site,
    *,
    permit: str,
    reason: str,
    actor: Actor,
    refund: bool = True,
    day: date | None = None,
    reference: str = "",
) -> tuple[Receipt, Permit]:
    """End a permit before its time, from a local day on (today), and give back what is not used of it.

    Of days those are counted that lie before, of visits those that were made. Without `refund` its
    bill stays as it is.
    """
    await trusted(site)
    content = {
        "permit": permit,
        "refund": refund,
        "day": day.isoformat() if day is not None else "",
    }
    act = Act(
        kind=EntryKind.PERMIT_ENDED,
        event=f"permit/{permit}/ended",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("end_permit", reference, content),
    )
    before = await answered_before(site, act)
    known = await find_permit(site, permit)
    if before is not None:
        # The hub may have died before the used part was paid.
        await pay_open(site, site.wallet(known.wallet))
        return before, known
    last_day = _last_day(site, known, day)
    run, back = site.wallet(known.wallet), await _back(site, known, last_day) if refund else None
    after = replace(
        known,
        ended_on=last_day,
        renews=False,
        refunded_minor=0 if back is None else back.minor,
    )
    act = replace(act, detail=_told(after, back), puts=(after,))
    if back is None:
        receipt = await committed(site, act)
        keep_permit(site, after)
        return receipt, after
    return await _given_back(site, run, after, back, act)


async def _given_back(
    site: Site, run: WalletRun, permit: Permit, back: Back, act: Act
) -> tuple[Receipt, Permit]:
    """Take the bill back and bill the used part anew, together with the end of the permit."""
    refusal = unvoidable(back.bill, run)
    if refusal is not None:
        raise refusal
    note = replace(voiding(site, back.bill), actor=act.actor, reason=act.reason)
    note = await credit_note(site, run, back.bill, note)
    layered = came_back(run, note.postings)
    note = replace(note, puts=(*note.puts, *layered.puts(run)))
    issues = await _anew(site, run, permit, back, act)
    if issues:
        permit = replace(permit, bill=issues[0].draft.id)
    # All else is refused where the credit note was: it counts on its number.
    after = (note.moves[0].made,)
    act = replace(act, moves=after, puts=(permit,))
    issues = [replace(one, moves=after) for one in issues]
    receipts: list[Receipt] = []
    for answer in await issue_all(site, issues, [note, act], together=True):
        if isinstance(answer, CoreError):
            site.billing.doubtful = True
            raise answer
        receipts.append(answer)
    layered.taken_over(run)
    is_void(site, run, back.bill, note, receipts[0])
    keep_permit(site, permit)
    await pay_open(site, run)
    return receipts[1], permit


async def _anew(site: Site, run: WalletRun, permit: Permit, back: Back, act: Act) -> list[Issue]:
    """Draw up the bill of the used part; none where nothing was used."""
    if not back.used:
        return []
    assert permit.ended_on is not None
    today = local_day(site)
    draft = await drawn_up(
        site,
        run,
        back.bill.category,
        back.used,
        source=f"{permit.source}/{USED}",
        period=(permit.first, max(permit.ended_on, permit.first + DAY)),
    )
    due = max(today, back.bill.due_on or today)
    return [Issue(run=run, draft=draft, on=today, due=due, actor=act.actor, reason=act.reason)]


async def _back(site: Site, permit: Permit, day: date) -> Back | None:
    """Return what ending a permit changes of its bill; None where there is nothing to give back.

    Of a bill that was given up, what is used is not asked for again.
    """
    if permit.bill is None:
        return None
    bill = await find_bill(site, permit.bill)
    used, whole = used_part(permit, day)
    if bill.credit_note or used >= whole:
        return None
    lines = [_used(line, used, whole) for line in bill.lines]
    back = Back(bill=bill, used=tuple(line for line in lines if line is not None))
    return None if bill.written_off_minor and not back.minor else back


def _used(line: BillLine, used: int, whole: int) -> BillLine | None:
    """Return the used part of a line, by cumulative rounding: what is used and what is not make it up."""
    amounts = [
        tiled(line.amount_minor, 0, used, whole),
        tiled(line.amount_minor, used, whole, whole),
    ]
    part, _ = cut_line(line, amounts, [{"used": used, "of": whole}, {}])
    return part


def _last_day(site: Site, permit: Permit, day: date | None) -> date:
    """Return the first day on which a permit is to hold no more, or refuse in words."""
    if refusal := over(permit):
        raise refusal
    today = local_day(site)
    asked = day or max(today, permit.first)
    if not max(today, permit.first) <= asked <= permit.last + DAY:
        raise CoreError("permit_day_outside", day=asked, permit=permit.id)
    return asked


def _told(permit: Permit, back: Back | None) -> Mapping[str, object]:
    return {
        "wallet": permit.wallet,
        "permit": permit.id,
        "card": permit.card,
        "day": str(permit.ended_on),
        "bill": "" if back is None else back.bill.id,
        "refunded": permit.refunded_minor,
    }
