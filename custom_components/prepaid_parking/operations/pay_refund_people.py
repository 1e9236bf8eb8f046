"""What only people can do about a refund: name a bank account, allow it, say that it was paid, take it back.

One person names the account, a second one allows it: nobody alone sends the site's money anywhere.
"""

import asyncio
from collections.abc import Mapping
import contextlib
from functools import partial

from ..core.entry_kind import EntryKind
from ..core.errors import StoreError
from ..core.identity import Actor
from ..core.ledger import Act, Reference
from ..core.pay_refund import (
    PayRefund,
    RefundState,
    RefundStep,
    allowed,
    named,
    paid_by_bank,
    taken_back,
)
from .pay_refund_steps import Rule, change, find_refund
from .pay_refunds import checked, take_out
from .site import Site


async def settle_refund(
    site: Site,
    *,
    refund: str,
    step: RefundStep,
    actor: Actor,
    account: Mapping[str, str] | None = None,
    reason: str = "",
) -> PayRefund:
    """Do what only people can about a refund: name a bank account, allow it, say that it was paid."""
    known = await find_refund(site, refund)
    match step:
        case RefundStep.NAME_ACCOUNT:
            return await _name(site, known, account or {}, actor, reason)
        case RefundStep.ALLOW:
            return await _allow(site, known, actor, reason)
        case RefundStep.PAID:
            rule = partial(paid_by_bank, now=site.clock())
            return await _ended(site, known, rule, actor, reason)
        case RefundStep.TAKE_BACK:
            rule = partial(taken_back, now=site.clock())
            return await _ended(site, known, rule, actor, reason)


async def _name(
    site: Site, refund: PayRefund, account: Mapping[str, str], actor: Actor, reason: str
) -> PayRefund:
    """Name the bank account that a stuck refund is to go to; one named before is forgotten."""
    subject, used = await site.privacy.put_subject(checked(account)), False
    try:
        rule = partial(named, subject=subject, actor=actor)
        after = await change(site, refund.id, rule, actor=actor, reason=reason)
        used = after.subject == subject
    finally:
        await _forget(site, refund.subject if used else subject)
    return after


async def _allow(site: Site, refund: PayRefund, actor: Actor, reason: str) -> PayRefund:
    """Let a second person allow a refund to a bank account; what is not held yet is held now."""
    if refund.state is not RefundState.REQUESTED:
        return await change(
            site, refund.id, partial(allowed, actor=actor), actor=actor, reason=reason
        )
    act = Act(
        kind=EntryKind.REFUND_HELD,
        event="",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=Reference(scope="refund_allow", key=refund.id, content={"refund": refund.id}),
    )
    async with site.paying.turn_of(f"refund/{refund.id}"):
        known = await find_refund(site, refund.id)
        after = allowed(known, actor)
        await asyncio.shield(take_out(site, after, act, known.amount_minor, agreed=True))
    return await find_refund(site, refund.id)


async def _ended(site: Site, refund: PayRefund, rule: Rule, actor: Actor, reason: str) -> PayRefund:
    """End a refund by a person's word; the account is forgotten once nobody pays to it any more."""
    after = await change(site, refund.id, rule, actor=actor, reason=reason)
    if after.state is RefundState.FAILED:
        await _forget(site, after.subject)
    return after


async def _forget(site: Site, subject: str) -> None:
    if subject:
        with contextlib.suppress(StoreError):
            await site.privacy.forget_subject(subject)
