"""Refunds of what payers have paid: asked for, allowed, held, and seen to their end.

To the channel the money came by, or, where the provider does not take it back any more, to a named
bank account: one person names it, a second one allows it, and somebody says that it was paid.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..core.chart import Channel
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, RefundId
from ..core.ledger import Act, Reference
from ..core.page import WHOLE_LIST, Page, Part
from ..core.pay_channel import RefundSeen
from ..core.pay_notice import Unmatched
from ..core.pay_order import PayOrder
from ..core.pay_refund import (
    PayRefund,
    RefundWay,
    held,
    rest_minor,
)
from .booking import book, book_sealed, referenced
from .pages import latest, numbered
from .pay_finding import find_order
from .pay_refund_holding import Taken, taken, told_of
from .pay_refund_sources import drawn_up_of, of_what
from .pay_refund_steps import find_refund, pursue, refund_heard, take_up, tell_refund
from .pay_refund_suspense import of_one_payment, out_of_suspense, payment_of
from .repeats import answered_before
from .risk import Asked, Asking, guard, judge
from .site import Site
from .stay_book import alone

__all__ = ["all_refunds", "find_refund", "refund_order"]

REFUND_ORDER: Final = "refund_order"
"""The kind under which a refund waits that a rule wants confirmed."""
ACCOUNT: Final = ("holder", "account", "bank")
"""What names a bank account; the bank may be left out."""


async def load(site: Site) -> None:
    """Take up every refund that is not over, and hear what providers say of them."""
    await take_up(site)

    async def heard(channel: str, seen: RefundSeen) -> None:
        await refund_heard(site, channel, seen)

    site.paying.refund_heard = heard


async def refund_order(
    site: Site,
    *,
    actor: Actor,
    order: str = "",
    payment: str = "",
    amount_minor: int | None = None,
    account: Mapping[str, str] | None = None,
    reason: str = "",
    reference: str = "",
    agreed: bool = False,
) -> PayRefund:
    """Give back what was paid by an order, or a payment that has no place, all that may go or a part.

    Asked for twice it goes once. A rule may want it confirmed first, unless it was (`agreed`). Held, then
    the provider is asked. With a bank account nothing moves until a second person has allowed it; past
    the provider's time limit there is no other way.
    """
    paid = await of_what(site, order, payment)
    what = "order" if isinstance(paid, PayOrder) else "payment"
    content: dict[str, object] = {what: paid.id, "amount": amount_minor}
    if account is not None:
        written = "\n".join(checked(account).values())
        content["account"] = site.privacy.blind("bank_account", written).hex()
    key = referenced("refund_order", reference, content)
    begun = await asyncio.shield(
        _begin(site, paid, key, actor, amount_minor, account, reason, agreed=agreed)
    )
    return await pursue(site, begun)


async def all_refunds(
    site: Site, *, order: str = "", open_only: bool = False, part: Part = WHOLE_LIST
) -> tuple[list[PayRefund], int]:
    """Return refunds, the latest first, and how many there are."""
    if open_only and not order:
        known = site.settling.refunds.values()
        return latest(known, part), len(known)
    like = {"order": (await find_order(site, order)).id} if order else {}
    count = await site.books.count(PayRefund, Page(like=like))
    return await numbered(site, PayRefund, part, like), count


async def account_of(site: Site, refund: PayRefund) -> Mapping[str, str]:
    """Return the bank account a refund goes to, for whoever pays it; none once it was forgotten."""
    if not refund.subject:
        return {}
    return await site.privacy.get_subject(refund.subject)


async def _begin(
    site: Site,
    paid: PayOrder | Unmatched,
    key: Reference,
    actor: Actor,
    amount_minor: int | None,
    account: Mapping[str, str] | None,
    reason: str,
    *,
    agreed: bool,
) -> RefundId:
    act = Act(
        kind=EntryKind.REFUND_HELD if account is None else EntryKind.REFUND_ASKED,
        event="",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
    )
    known = await answered_before(site, act)
    if known is not None:
        return RefundId(str(known.detail["refund"]))
    way = RefundWay.CHANNEL if account is None else RefundWay.BANK
    refund = await drawn_up_of(site, paid, actor, way, reason)
    if account is not None:
        return await _ask_second(site, refund, act, amount_minor, account)
    return await take_out(site, refund, act, amount_minor, agreed=agreed)


async def take_out(
    site: Site,
    refund: PayRefund,
    act: Act,
    amount_minor: int | None,
    *,
    agreed: bool,
) -> RefundId:
    """Take the money out and write the refund down, in one act, while nobody else moves it."""
    if refund.stay:
        async with alone(site, refund.stay):
            return await _hold(site, refund, act, amount_minor, agreed=agreed)
    if refund.of_suspense:
        async with site.paying.turn_of((await payment_of(site, refund)).id):
            return await _hold(site, refund, act, amount_minor, agreed=agreed)
    async with site.turn:
        return await _hold(site, refund, act, amount_minor, agreed=agreed)


async def _hold(
    site: Site,
    refund: PayRefund,
    act: Act,
    amount_minor: int | None,
    *,
    agreed: bool,
) -> RefundId:
    took = await _taken(site, refund, amount_minor)
    guarded = took.run is not None or took.held is not None
    if took.refusal is None and guarded and not agreed:
        await _guard(site, refund, act, amount_minor, took.amount_minor)
    after = held(replace(refund, amount_minor=took.amount_minor), site.clock())
    after = replace(after, held_minor=took.held_minor)
    receipt = await book(
        site,
        replace(
            act,
            event=f"refund/{refund.id}/held",
            postings=took.postings,
            floors=took.floors,
            detail={**told_of(after), **(took.detail or {})},
            puts=(after, *took.puts),
        ),
        took.refusal,
    )
    if receipt.repeated:
        return RefundId(str(receipt.detail["refund"]))
    site.settling.hold(after)
    took.taken_over(site, receipt, after)
    tell_refund(site, after)
    return after.id


async def _taken(site: Site, refund: PayRefund, amount_minor: int | None) -> Taken:
    """Draw up what a refund takes out, never more than is left of its payment."""
    rest = await _rest(site, refund)
    if not refund.of_suspense:
        return await taken(site, refund, amount_minor, rest)
    if not site.books.writable:
        return Taken(amount_minor=0, refusal=CoreError("ledger_closed"))
    return await out_of_suspense(site, refund, amount_minor, rest)


async def _rest(site: Site, refund: PayRefund) -> int:
    """Return what may still go back of a payment, beside other refunds of it."""
    others = await site.books.load(PayRefund, order=refund.order)
    return rest_minor(refund.total_minor, (one for one in others if of_one_payment(one, refund)))


async def _guard(
    site: Site, refund: PayRefund, act: Act, asked_minor: int | None, amount_minor: int
) -> None:
    """Hold or refuse a refund that a rule is for; whoever calls has the site's turn."""
    assert act.reference is not None
    asking = _asking(refund, act, amount_minor, refund.kind)
    paid = "payment" if refund.of_suspense else "order"
    data = {
        paid: (await payment_of(site, refund)).id if refund.of_suspense else refund.order,
        "amount_minor": "" if asked_minor is None else str(asked_minor),
        "reason": act.reason,
    }
    await guard(site, asking, kind=REFUND_ORDER, data=data, reference=act.reference.key)


def _asking(refund: PayRefund, act: Act, amount_minor: int, channel: Channel) -> Asking:
    return Asking(
        what=Asked.REFUND,
        actor=act.actor,
        amount_minor=amount_minor,
        wallet=refund.wallet,
        channel=channel,
    )


async def _ask_second(
    site: Site,
    refund: PayRefund,
    act: Act,
    amount_minor: int | None,
    account: Mapping[str, str],
) -> RefundId:
    """Write a refund to a bank account down: nothing moves before a second person has allowed it."""
    rest = await _rest(site, refund)
    if refund.of_suspense:
        rest = min(rest, (await payment_of(site, refund)).left_minor)
    amount = rest if amount_minor is None else amount_minor
    if not 0 < amount <= rest:
        raise CoreError("refund_more_than_rest", rest=site.currency.text(max(0, rest)))
    if not refund.stay:
        # A second person has to allow it anyway: what a rule refuses or freezes is not even asked for.
        await judge(site, _asking(refund, act, amount, Channel.TRANSFER))
    subject = await site.privacy.put_subject(checked(account))
    refund = replace(refund, amount_minor=amount, subject=subject)
    receipt = await book_sealed(
        site,
        replace(
            act,
            kind=EntryKind.REFUND_ASKED,
            event=f"refund/{refund.id}/asked",
            detail=told_of(refund),
            puts=(refund,),
        ),
        subject,
    )
    if not receipt.repeated:
        site.settling.hold(refund)
        tell_refund(site, refund)
    return RefundId(str(receipt.detail["refund"]))


def checked(account: Mapping[str, str]) -> dict[str, str]:
    """Return a bank account as it is sealed; holder and number are needed."""
    given = {name: account.get(name, "").strip() for name in ACCOUNT}
    if not given["holder"] or not given["account"]:
        raise CoreError("refund_account_incomplete")
    return {name: text for name, text in given.items() if text}
