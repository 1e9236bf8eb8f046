"""A space changes hands, or what its price goes by: who had it pays to the day before.

Days that are over and not billed are billed by how the space was. What was billed ahead of the change
is taken back by a credit note and asked for anew up to the day before it; the days from there on are
billed to whoever has them, and what the parts come to adds up to the whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..core.bill import Bill, BillState
from ..core.errors import CoreError
from ..core.ledger import Act, Receipt
from ..core.local_day import DAY
from ..core.space import Space
from ..core.space_bill import SOURCE, is_billed, unbilled_from
from ..core.wallet import Purpose
from .bill_book import local_day
from .bill_paying import pay_all
from .bills import credit_note, is_void, unvoidable, voiding
from .issuing import Issue, issue_all
from .payers import Payers
from .site import Site
from .space_billing import bill_days, bills_of, dues_of, issue_of
from .wallet_run import WalletRun

STANDS: Final = (BillState.DRAFT, BillState.VOID, BillState.WRITTEN_OFF)
"""What nobody is asked for any more, or not yet, is not divided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A bill that is taken back: its wallet, and the act that does it."""

    run: WalletRun
    bill: Bill
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a change of a space comes to: the space after it, what is taken back, what is asked for anew."""

    after: Space
    back: tuple[TakenBack, ...] = ()
    anew: tuple[Issue, ...] = ()


def changes_hands(before: Space, after: Space) -> bool:
    """Tell whether somebody else is billed for a space from now on, or nobody."""
    return is_billed(before) and (not is_billed(after) or after.wallet != before.wallet)


async def bill_before(site: Site, before: Space, after: Space, since: date) -> None:
    """Bill the days that are over by how a space was, before any of that changes.

    Where the owner's wallet is closed, nobody can be asked for them any more.
    """
    begin, today = unbilled_from(before), local_day(site)
    if begin is None:
        return
    if changes_hands(before, after):
        if site.wallet(before.wallet).wallet.closed_at is None:
            await bill_days(site, before, since - DAY)
    elif not _alike(site, before, after, today - DAY):
        await bill_days(site, before, today - DAY)


async def handed_over(
    site: Site, before: Space, after: Space, since: date, ahead: int = 0
) -> Handover:
    """Return what is to be written where a space changes; `before` is how it stands in the books.

    `ahead` are the bills that are taken back in the same go before these.
    """
    today = local_day(site)
    if not is_billed(after) and not changes_hands(before, after):
        return Handover(after=after)
    if is_billed(after) and not is_billed(before):
        if before.billed_to is not None and since < before.billed_to:
            raise CoreError("space_owned_until", space=before.name, day=before.billed_to)
        return Handover(after=replace(after, first=since, billed_to=None))
    if not changes_hands(before, after):
        begin = unbilled_from(before)
        if begin is not None and begin < today and not _alike(site, before, after, today - DAY):
            after = replace(after, billed_to=today)
        return Handover(after=after)
    if before.first is not None and since < before.first:
        raise CoreError("space_owned_since", space=before.name, day=before.first)
    bills = await _ahead_of(site, before, since)
    stands = [bill.to_day for run, bill in bills if unvoidable(bill, run) is not None]
    since = max([since, *(day for day in stands if day is not None)])
    cut = [(run, bill) for run, bill in bills if bill.to_day is not None and bill.to_day > since]
    back = [
        TakenBack(
            run=run,
            bill=bill,
            act=await credit_note(site, run, bill, voiding(site, bill), ahead + number),
        )
        for number, (run, bill) in enumerate(cut)
    ]
    taken = before.taken_back + bool(back)
    # Whoever owns it next begins no sooner than the one before ended.
    begins = (since, None) if is_billed(after) else (None, since)
    anew = await _anew(site, replace(before, taken_back=taken), back, since) if back else ()
    return Handover(
        after=replace(after, first=begins[0], billed_to=begins[1], taken_back=taken),
        back=tuple(back),
        anew=anew,
    )


async def write(site: Site, acts: Sequence[Act], changes: Iterable[Handover]) -> list[Receipt]:
    """Write acts and all that goes with them in one go, or nothing of it; returns the acts' answers."""
    changes = list(changes)
    back = [one for change in changes for one in change.back]
    issues = [issue for change in changes for issue in change.anew]
    if back:
        # All else is refused where the last credit note was: it counts on its number.
        after = back[-1].act.moves[0].made
        acts = [replace(act, moves=(*act.moves, after)) for act in acts]
        issues = [replace(one, moves=(after,)) for one in issues]
    answers = await issue_all(site, issues, [*(one.act for one in back), *acts], together=True)
    receipts: list[Receipt] = []
    for answer in answers:
        if isinstance(answer, CoreError):
            site.billing.doubtful = True
            raise answer
        receipts.append(answer)
    for one, receipt in zip(back, receipts, strict=False):
        is_void(site, one.run, one.bill, one.act, receipt)
    for change in changes:
        site.parking.spaces[change.after.id] = change.after
    await pay_all(site, {id(issue.run): issue.run for issue in issues}.values())
    return receipts[len(back) : len(back) + len(acts)]


def _alike(site: Site, before: Space, after: Space, last: date) -> bool:
    """Tell whether the days up to one that are not billed cost the same by how a space was and will be."""
    was, will = (
        [(due.days, due.parts) for due in dues_of(site, space, last, last)]
        for space in (before, after)
    )
    return was == will


async def _ahead_of(site: Site, space: Space, since: date) -> list[tuple[WalletRun, Bill]]:
    """Return an owner's bills of a space that are for days from a day on, the oldest first."""
    payers, prefix = Payers(site), f"{SOURCE}/{space.id}/"
    runs = {
        run.wallet.id: run
        for purpose in Purpose
        if (run := payers.beside(space.wallet, purpose)) is not None
    }
    own = site.wallet(space.wallet)
    runs[own.wallet.id] = own
    for wallet in site.parking.asked.get(space.id, ()):
        other = site.wallets[wallet]
        if own.wallet.subject and other.wallet.subject == own.wallet.subject:
            runs[wallet] = other
    found = [
        (run, bill)
        for run in runs.values()
        for bill in await site.books.load(Bill, wallet=run.wallet.id)
        if bill.source.startswith(prefix)
        and bill.state not in STANDS
        and bill.to_day is not None
        and bill.to_day > since
    ]
    return sorted(found, key=lambda pair: pair[1].no)


async def _anew(
    site: Site, space: Space, back: Sequence[TakenBack], since: date
) -> tuple[Issue, ...]:
    """Draw up what is left to ask of who had a space, for the days up to the day before the change."""
    first = min(one.bill.from_day for one in back if one.bill.from_day is not None)
    if first >= since:
        return ()
    today, payers = local_day(site), Payers(site)
    asked_on = max((one.bill.due_on for one in back if one.bill.due_on is not None), default=today)
    dues = dues_of(site, replace(space, billed_to=first), since - DAY, since - DAY)
    return tuple(
        [
            await issue_of(site, bill, today, asked_on=asked_on)
            for due in dues
            for bill in bills_of(due, payers)
        ]
    )
