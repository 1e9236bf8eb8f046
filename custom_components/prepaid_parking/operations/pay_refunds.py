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
from ..core.identity import Actor, OrderId, RefundId
from ..core.ledger import Act, Reference
from ..core.page import WHOLE_LIST, Page, Part
from ..core.pay_channel import RefundSeen
from ..core.pay_order import IN_PARTS, OrderState, PayOrder
from ..core.pay_refund import (
    PayRefund,
    RefundState,
    RefundWay,
    held,
    rest_minor,
    too_late,
)
from .booking import book, book_sealed, referenced
from .pages import latest, numbered
from .pay_finding import find_order, new_out_no
from .pay_refund_holding import owner_of_aim, taken, told_of
from .pay_refund_steps import find_refund, pursue, refund_heard, take_up, tell_refund
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
    order: str,
    actor: Actor,
    amount_minor: int | None = None,
    account: Mapping[str, str] | None = None,
    reason: str = "",
    reference: str = "",
    agreed: bool = False,
) -> PayRefund:
    """Give back what was paid by an order, all that may go or a part; asked for twice it goes once.

    A rule may want it confirmed first, unless it was (`agreed`). Held, then the provider is asked. With a bank account nothing moves until a second person
    has allowed it; past the provider's time limit there is no other way.
    """
    found = await find_order(site, order)
    content: dict[str, object] = {"order": found.id, "amount": amount_minor}
    if account is not None:
        written = "\n".join(checked(account).values())
        content["account"] = site.privacy.blind("bank_account", written).hex()
    key = referenced("refund_order", reference, content)
    begun = await asyncio.shield(
        _begin(site, found.id, key, actor, amount_minor, account, reason, agreed=agreed)
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
    order: OrderId,
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
    found = await find_order(site, order)
    refund = await _drawn_up(site, found, actor, account, reason)
    if account is not None:
        return await _ask_second(site, found, refund, act, amount_minor, account)
    return await take_out(site, found, refund, act, amount_minor, agreed=agreed)


async def _drawn_up(
    site: Site, order: PayOrder, actor: Actor, account: Mapping[str, str] | None, reason: str
) -> PayRefund:
    """Return a refund of an order that is in the books, by a way that is still open."""
    if order.state is not OrderState.CREDITED:
        raise CoreError("refund_not_credited", order=order.id)
    if order.fault == IN_PARTS:
        raise CoreError("refund_in_parts", order=order.id)
    now = site.clock()
    limit = too_late(order.kind, order.paid_at or order.created_at, now)
    if account is None and limit is not None:
        raise CoreError("refund_too_late", order=order.id, days=limit.days)
    if account is None and order.channel not in site.paying.channels:
        raise CoreError("unknown_channel", channel=order.channel)
    wallet, stay = await owner_of_aim(site, order.aim)
    number = await site.books.next_number("refund")
    return PayRefund(
        id=RefundId(f"rf{number}"),
        no=number,
        refund_no=new_out_no(site),
        order=order.id,
        out_no=order.out_no,
        payment_ref=order.provider_ref,
        channel=order.channel,
        kind=order.kind,
        amount_minor=0,
        total_minor=order.paid_minor,
        state=RefundState.REQUESTED,
        created_at=now,
        asked_by=str(actor),
        reason=reason,
        way=RefundWay.CHANNEL if account is None else RefundWay.BANK,
        wallet=wallet,
        stay=stay,
    )


async def take_out(
    site: Site,
    order: PayOrder,
    refund: PayRefund,
    act: Act,
    amount_minor: int | None,
    *,
    agreed: bool,
) -> RefundId:
    """Take the money out and write the refund down, in one act, while nobody else moves it."""
    if refund.stay:
        async with alone(site, refund.stay):
            return await _hold(site, order, refund, act, amount_minor, agreed=agreed)
    async with site.turn:
        return await _hold(site, order, refund, act, amount_minor, agreed=agreed)


async def _hold(
    site: Site,
    order: PayOrder,
    refund: PayRefund,
    act: Act,
    amount_minor: int | None,
    *,
    agreed: bool,
) -> RefundId:
    others = await site.books.load(PayRefund, order=order.id)
    rest = rest_minor(order.paid_minor, (one for one in others if one.id != refund.id))
    took = await taken(site, refund, amount_minor, rest)
    if took.refusal is None and took.run is not None and not agreed:
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


async def _guard(
    site: Site, refund: PayRefund, act: Act, asked_minor: int | None, amount_minor: int
) -> None:
    """Hold or refuse a refund that a rule is for; whoever calls has the site's turn."""
    assert act.reference is not None
    asking = _asking(refund, act, amount_minor, refund.kind)
    data = {
        "order": refund.order,
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
    order: PayOrder,
    refund: PayRefund,
    act: Act,
    amount_minor: int | None,
    account: Mapping[str, str],
) -> RefundId:
    """Write a refund to a bank account down: nothing moves before a second person has allowed it."""
    others = await site.books.load(PayRefund, order=order.id)
    rest = rest_minor(order.paid_minor, others)
    amount = rest if amount_minor is None else amount_minor
    if not 0 < amount <= rest:
        raise CoreError("refund_more_than_rest", rest=site.currency.text(max(0, rest)))
    if refund.wallet:
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
