"""A refund at its provider: asked for under our number, looked at, told of, until its end is booked.

The provider is asked while nothing is held up: no lock, no turn. Only what came of it is taken up one
after another. Before a question goes out it is written down that it did: after a crash it is looked
for, and asked again under the same number.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, RefundId
from ..core.ledger import Act
from ..core.pay_channel import ChannelError, ChannelFault, RefundAsked, RefundOutcome, RefundSeen
from ..core.pay_refund import (
    PayRefund,
    RefundState,
    after_look,
    after_told,
    asking,
    later,
    next_look,
    refused,
)
from .booking import book
from .pay_book import ChannelRun
from .pay_refund_holding import done_act, told_of
from .pay_refund_returning import give_back
from .saying import said
from .settling_facts import RefundFact
from .site import Site

MOST_AT_ONCE: Final = 20
"""Questions that go out together: a provider counts them, and so does a small hub."""
PURSUE: Final = "pursue_refund"
CHANNEL_GONE: Final = "channel_gone"
LATER: Final = ("FREQUENCY", "RATE", "SYSTEM", "NOT_ENOUGH", "BALANCE")
"""Beginnings of a provider's words for "not now": too many questions, or too little of the site's
money there today. They are asked again under the same number."""

type Rule = Callable[[PayRefund], PayRefund]


async def take_up(site: Site) -> None:
    """Take up every refund that is not over, as the books have it."""
    for state in RefundState:
        if not state.over:
            site.settling.hold(*await site.books.load(PayRefund, state=state))
    site.settling.doubtful = False


async def pursue_refunds(site: Site, now: datetime) -> None:
    """Ask about refunds whose time has come: a chore, which waits for nobody."""
    if site.settling.doubtful:
        await take_up(site)
    due = [
        one.id
        for one in site.settling.refunds.values()
        if one.is_asked and one.next_at is not None and one.next_at <= now
    ]
    for refund in due[:MOST_AT_ONCE]:
        if refund not in site.settling.asking:
            site.spawn(_pursued(site, refund))


async def pursue(site: Site, refund: RefundId) -> PayRefund:
    """Take a refund one step further at its provider; nobody asks twice at the same time."""
    if site.settling.doubtful:
        await take_up(site)
    book_, known = site.settling, site.settling.refunds.get(refund)
    if known is None or refund in book_.asking or not known.is_asked:
        return await find_refund(site, refund)
    book_.asking.add(refund)
    try:
        run = site.paying.channels.get(known.channel)
        if run is None:
            return await change(site, refund, lambda one: _gone(one, site.clock()))
        if known.state is RefundState.HELD:
            # On books that a restore has set back it may have been taken back since.
            return await _ask(site, run, known) if site.books.writable else known
        return await _look(site, run, known)
    finally:
        book_.asking.discard(refund)


async def refund_heard(site: Site, channel: str, seen: RefundSeen) -> None:
    """Take up what a provider told of a refund by itself; one that is not ours is passed over.

    What is told again, late or in the wrong order changes nothing: its number has one end.
    """
    found = await site.books.load(PayRefund, refund_no=seen.refund_no)
    for refund in found:
        if refund.channel == channel and _fits(refund, seen):
            await change(site, refund.id, lambda one: after_told(one, seen, site.clock()))


async def find_refund(site: Site, refund: str) -> PayRefund:
    """Return a refund by its id or its number at the provider, or refuse in words."""
    known = site.settling.refunds.get(RefundId(refund))
    return known if known is not None else await written_refund(site, refund)


async def written_refund(site: Site, refund: str) -> PayRefund:
    """Return a refund as the books have it: what they say goes where an answer of theirs was lost."""
    found = await site.books.load(PayRefund, id=refund)
    found = found or await site.books.load(PayRefund, refund_no=refund)
    if not refund or not found:
        raise CoreError("unknown_refund", refund=refund)
    return found[0]


async def change(
    site: Site, refund: RefundId, rule: Rule, *, actor: Actor = SYSTEM, reason: str = ""
) -> PayRefund:
    """Change a refund by a rule; where that ends it, its money moves in the same act."""
    return await asyncio.shield(_changed(site, refund, rule, actor, reason))


async def _changed(
    site: Site, refund: RefundId, rule: Rule, actor: Actor, reason: str
) -> PayRefund:
    async with site.paying.turn_of(f"refund/{refund}"):
        known = await written_refund(site, refund)
        after = rule(known)
        if after == known:
            site.settling.hold(known)
            return known
        if after.state is RefundState.DONE and known.state is not RefundState.DONE:
            await book(site, done_act(site, after, actor, reason))
        elif after.state is RefundState.FAILED and known.state is not RefundState.REQUESTED:
            await give_back(site, known, after, actor, reason)
        elif actor is not SYSTEM:
            await book(site, _said(site, after, actor, reason))
        else:
            await site.books.record(after)
            site.books_written()
        site.settling.hold(after)
    if (after.state, after.stuck) != (known.state, known.stuck):
        tell_refund(site, after)
    return after


def tell_refund(site: Site, refund: PayRefund) -> None:
    """Say where a refund stands now."""
    site.tell(
        RefundFact(
            state=refund.state,
            at=site.clock(),
            refund=refund.id,
            order=refund.order,
            channel=refund.channel,
            amount_minor=refund.amount_minor,
            wallet=refund.wallet,
            stuck=refund.stuck,
            reason=refund.fault,
        )
    )


async def _pursued(site: Site, refund: RefundId) -> None:
    """Pursue a refund in the background: that the books are shut is said, and it is tried again."""
    with said(site, PURSUE, refund):
        await pursue(site, refund)


async def _ask(site: Site, run: ChannelRun, before: PayRefund) -> PayRefund:
    """Ask for a refund. What the answer means depends on whether an earlier question is still out."""
    refund = await change(site, before.id, lambda one: asking(one, site.clock()))
    asked = RefundAsked(
        refund_no=refund.refund_no,
        out_no=refund.out_no,
        amount_minor=refund.amount_minor,
        total_minor=refund.total_minor,
        reason=refund.reason,
        provider_ref=refund.payment_ref,
    )
    try:
        seen = await run.port.refund(asked)
    except ChannelError as err:
        return await _unanswered(site, run, before, err)
    return await _heard(site, refund, seen)


async def _unanswered(
    site: Site, run: ChannelRun, before: PayRefund, err: ChannelError
) -> PayRefund:
    code = err.code or err.fault
    match err.fault:
        case ChannelFault.UNREACHABLE:
            return await change(
                site, before.id, lambda one: _still(one, before, later(before, site.clock(), code))
            )
        case ChannelFault.REFUSED if code.upper().startswith(LATER):
            return await change(
                site, before.id, lambda one: _still(one, before, later(before, site.clock(), code))
            )
        case ChannelFault.REFUSED:
            return await _refused(site, run, before, code)
        case _:
            return await change(site, before.id, lambda one: after_look(one, None, site.clock()))


async def _refused(site: Site, run: ChannelRun, before: PayRefund, code: str) -> PayRefund:
    """Let what is held go, unless an earlier question has made a refund of that number after all."""
    if before.unsure:
        try:
            seen = await run.port.query_refund(before.refund_no, before.out_no)
        except ChannelError:
            return await change(site, before.id, lambda one: after_look(one, None, site.clock()))
        if seen.outcome is not RefundOutcome.MISSING:
            return await _heard(site, before, seen)
    return await change(
        site, before.id, lambda one: _still(one, before, refused(before, site.clock(), code))
    )


async def _look(site: Site, run: ChannelRun, refund: PayRefund) -> PayRefund:
    try:
        seen = await run.port.query_refund(refund.refund_no, refund.out_no)
    except ChannelError:
        return await change(site, refund.id, lambda one: after_look(one, None, site.clock()))
    return await _heard(site, refund, seen)


async def _heard(site: Site, refund: PayRefund, seen: RefundSeen) -> PayRefund:
    """Take up an answer; one about another amount is no answer to this question."""
    said = seen if _fits(refund, seen) else None
    return await change(site, refund.id, lambda one: after_look(one, said, site.clock()))


def _said(site: Site, refund: PayRefund, actor: Actor, reason: str) -> Act:
    """Write down what a person did about a refund that moves nothing yet."""
    return Act(
        kind=EntryKind.REFUND_ASKED,
        event=f"refund/{refund.id}/{refund.state}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        detail=told_of(refund),
        puts=(refund,),
    )


def _fits(refund: PayRefund, seen: RefundSeen) -> bool:
    """Tell whether an answer is about this refund and as much of it as was asked for."""
    return (
        seen.refund_no == refund.refund_no
        and seen.out_no in {"", refund.out_no}
        and seen.amount_minor in {0, refund.amount_minor}
    )


def _gone(refund: PayRefund, now: datetime) -> PayRefund:
    """Return a refund whose channel is not set up any more: nobody can be asked."""
    return replace(
        refund,
        stuck=True,
        fault=CHANNEL_GONE,
        next_at=next_look(refund, now),
        tries=refund.tries + 1,
    )


def _still(known: PayRefund, before: PayRefund, after: PayRefund) -> PayRefund:
    """Return what a refusal makes of a refund, unless a notice has told more meanwhile."""
    told = known.state.over or known.provider_ref or known.stuck
    return known if told and not before.stuck else after
