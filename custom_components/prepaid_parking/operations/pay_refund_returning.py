"""A refund that failed: what was held for it goes back where it came from, in one act with its end."""

from dataclasses import replace
from typing import Final

from ..core.chart import SiteAccount, channel_account, site_account
from ..core.entry_kind import EntryKind
from ..core.identity import Actor
from ..core.ledger import Act, Posting
from ..core.pay_refund import PayRefund, RefundState
from .booking import book, closed
from .differences import came_back_to_nobody
from .pay_refund_holding import REFUNDS, holding_entry, stay_again, told_of
from .pay_refund_suspense import in_suspense_again, payment_of
from .pay_settling import take_over
from .reversal import way_back
from .site import Site
from .stay_book import alone, hold

SUSPENSE: Final = site_account(SiteAccount.SUSPENSE)


async def give_back(
    site: Site, before: PayRefund, after: PayRefund, actor: Actor, reason: str
) -> None:
    """Bring what was held back where it came from; after its end, out of what the provider has again."""
    if before.stay:
        async with alone(site, before.stay):
            await _given_back(site, before, after, actor, reason)
    elif before.of_suspense:
        async with site.paying.turn_of((await payment_of(site, before)).id):
            await _given_back(site, before, after, actor, reason)
    else:
        async with site.turn:
            await _given_back(site, before, after, actor, reason)


async def _given_back(
    site: Site, before: PayRefund, after: PayRefund, actor: Actor, reason: str
) -> None:
    held = await holding_entry(site, before)
    back = way_back(site, held)
    source = channel_account(before.kind) if before.state is RefundState.DONE else REFUNDS
    stay = await stay_again(site, before)
    lying = await in_suspense_again(site, before) if before.of_suspense else None
    act = Act(
        kind=EntryKind.REFUND_FAILED,
        event=f"refund/{before.id}/failed",
        occurred=site.clock(),
        actor=actor,
        reason=reason or after.fault,
        reverses=held.id,
        detail=told_of(after),
    )
    if any(closed(run) for run in back.runs):
        amount = before.amount_minor
        posting = Posting(source=source, target=SUSPENSE, amount_minor=amount)
        lost = await came_back_to_nobody(site, after)
        await book(site, replace(act, postings=(posting,), puts=(after, lost)))
        site.settling.hold(lost)
        return
    moves = tuple(
        replace(leg, source=source) if leg.source == REFUNDS else leg for leg in back.postings
    )
    puts = (after, *back.puts, *(one for one in (stay, lying) if one is not None))
    receipt = await book(site, replace(act, postings=moves, puts=puts))
    if stay is not None:
        hold(site, stay)
    if lying is not None:
        take_over(site, lying)
    back.taken_over(site, receipt, before.refund_no)
