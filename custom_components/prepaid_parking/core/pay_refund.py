"""Refunds: money on its way back to a payer, held by the site from the first word to the last.

What is to go back is taken out first and held, in one act with the record; then the provider is asked
under a number of ours that was stored before. A refund that nobody knows the outcome of is asked about
under that number until it is known, and never asked for under a second one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .chart import Channel
from .errors import CoreError
from .identity import Actor, ActorKind, OrderId, RefundId, is_user
from .pay_channel import RefundOutcome, RefundSeen

LADDER: Final = tuple(timedelta(seconds=pause) for pause in (5, 30, 120, 600, 3600, 21_600))
"""Pauses between looks; the last one goes on: refunds take days where a bank is asked."""
TAKEN_BACK: Final = "taken_back"
ON_ITS_WAY: Final = timedelta(hours=1)
"""So long a question that was not answered may still reach the provider."""
LIMITS: Final = {
    Channel.WECHAT: timedelta(days=365),
    Channel.ALIPAY: timedelta(days=365),
    Channel.STRIPE: timedelta(days=180),
}
"""So long a provider takes money back to the payer. Stripe sets no end itself; after half a year
cards and accounts are often gone, and what cannot arrive is a fee and a week of waiting."""


class RefundWay(StrEnum):
    """How the money goes back; the values are translation keys."""

    CHANNEL = "channel"
    """The way it came."""
    BANK = "bank"
    """To a named bank account, by a person, allowed by a second one."""


class RefundState(StrEnum):
    """Where a refund stands; the values are translation keys."""

    REQUESTED = "requested"
    """Written down; a second person has to allow it before anything moves."""
    HELD = "held"
    """The money is taken out and waits; the provider has not heard of it."""
    SENT = "sent"
    """The provider was asked, or the bank is."""
    DONE = "done"
    FAILED = "failed"
    """It did not go; the money is back where it came from."""

    @property
    def over(self) -> bool:
        """Whether nothing more is done about it."""
        return self in {RefundState.DONE, RefundState.FAILED}


class RefundStep(StrEnum):
    """What only people can do about a refund; the values are translation keys."""

    NAME_ACCOUNT = "name_account"
    ALLOW = "allow"
    PAID = "paid"
    TAKE_BACK = "take_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRefund:
    """One amount on its way back of one order, or of one payment without a place (`order` may be "").

    `refund_no` is its number at the provider, `out_no` and `payment_ref` name the payment there, of
    `total_minor`. `amount_minor` is what the payer gets; of it `held_minor` came in beyond a stay's
    price. One that is `stuck` has left the merchant and did not reach the payer.
    `unsure` says that the provider may have heard of it at `asked_at` without an answer of its own.
    `subject` holds the bank account, sealed. `asked_by` names the account, `allowed_by` is the second
    person.
    """

    id: RefundId
    no: int
    refund_no: str
    order: OrderId
    out_no: str
    payment_ref: str
    channel: str
    kind: Channel
    amount_minor: int
    total_minor: int
    state: RefundState
    created_at: datetime
    asked_by: str
    reason: str = ""
    way: RefundWay = RefundWay.CHANNEL
    wallet: str = ""
    stay: str = ""
    held_minor: int = 0
    provider_ref: str = ""
    stuck: bool = False
    unsure: bool = False
    asked_at: datetime | None = None
    next_at: datetime | None = None
    tries: int = 0
    fault: str = ""
    subject: str = ""
    allowed_by: str = ""
    done_at: datetime | None = None

    @property
    def of_suspense(self) -> bool:
        """Whether it goes back of money that never had a place: neither a wallet nor a stay had it."""
        return not self.wallet and not self.stay

    @property
    def counts(self) -> bool:
        """Whether it takes up a part of what may be refunded of its order."""
        return self.state is not RefundState.FAILED

    @property
    def is_asked(self) -> bool:
        """Whether the provider is asked about it."""
        return self.way is RefundWay.CHANNEL and not self.state.over


def rest_minor(paid_minor: int, refunds: Iterable[PayRefund]) -> int:
    """Return what may still go back of an order: never more than was paid."""
    return paid_minor - sum(one.amount_minor for one in refunds if one.counts)


def too_late(kind: Channel, paid_at: datetime, now: datetime) -> timedelta | None:
    """Return the time that a provider refunds within, where it is over."""
    limit = LIMITS.get(kind)
    return limit if limit is not None and now >= paid_at + limit else None


def held(refund: PayRefund, now: datetime) -> PayRefund:
    """Return a refund whose money is taken out; by the way it came it is asked for at once."""
    at = now if refund.way is RefundWay.CHANNEL else None
    return replace(refund, state=RefundState.HELD, next_at=at, tries=0)


def asking(refund: PayRefund, now: datetime) -> PayRefund:
    """Return a refund of which the provider may have heard from now on: written down before it is."""
    return replace(refund, state=RefundState.SENT, unsure=True, asked_at=now)


def after_look(refund: PayRefund, seen: RefundSeen | None, now: datetime) -> PayRefund:
    """Return a refund after the provider was asked, or told (None: it did not answer).

    What is done may still come back: banks refuse weeks later. What has failed stays so, for its
    money is back where it came from. One that is to be paid by bank is done here where the provider
    got it through after all; else nothing the provider says concerns it.
    """
    outcome = seen.outcome if seen is not None else None
    if refund.state in {RefundState.REQUESTED, RefundState.FAILED}:
        return refund
    if seen is not None and outcome is RefundOutcome.DONE and not refund.state.over:
        way = RefundWay.CHANNEL
        return done(replace(refund, provider_ref=seen.provider_ref, way=way), now)
    if refund.way is RefundWay.BANK:
        return refund
    if seen is not None and outcome is RefundOutcome.FAILED:
        return failed(replace(refund, provider_ref=seen.provider_ref or refund.provider_ref), now)
    if refund.state is RefundState.DONE:
        return refund
    after = replace(refund, tries=refund.tries + 1, next_at=next_look(refund, now))
    if seen is None:
        return after
    if seen.outcome is RefundOutcome.MISSING:
        return replace(after, state=RefundState.HELD, stuck=False)
    return replace(
        after,
        state=RefundState.SENT,
        provider_ref=seen.provider_ref or refund.provider_ref,
        stuck=seen.stuck,
        unsure=False,
        fault="",
    )


def after_told(refund: PayRefund, seen: RefundSeen, now: datetime) -> PayRefund:
    """Return a refund after the provider has told of it by itself: that postpones no look of ours.

    However often an old message is sent again, what is asked next is asked at its time.
    """
    after = after_look(refund, seen, now)
    if refund.next_at is None or after.next_at is None:
        return after
    return replace(after, tries=refund.tries, next_at=min(refund.next_at, after.next_at))


def later(refund: PayRefund, now: datetime, fault: str) -> PayRefund:
    """Return a refund, as it was before it was asked for, that is asked for once more later."""
    at = next_look(refund, now)
    return replace(refund, tries=refund.tries + 1, next_at=at, stuck=False, fault=fault)


def refused(before: PayRefund, now: datetime, fault: str) -> PayRefund:
    """Return a refund that the provider has said no to, and has no refund of that number.

    An earlier question that got no answer may still be on its way there: its money is not let go
    before that is out of the question.
    """
    asked = before.asked_at
    if before.unsure and asked is not None and now < asked + ON_ITS_WAY:
        return later(before, now, fault)
    return failed(before, now, fault)


def done(refund: PayRefund, now: datetime) -> PayRefund:
    """Return a refund that has arrived, or is as good as arrived."""
    return replace(refund, state=RefundState.DONE, stuck=False, next_at=None, done_at=now, fault="")


def failed(refund: PayRefund, now: datetime, fault: str = "") -> PayRefund:
    """Return a refund that did not go; its money goes back where it came from."""
    return replace(
        refund,
        state=RefundState.FAILED,
        stuck=False,
        next_at=None,
        done_at=now,
        fault=fault or refund.fault,
    )


def named(refund: PayRefund, subject: str, actor: Actor) -> PayRefund:
    """Return a stuck refund that is to go to a named bank account; a second person has to allow it.

    Only one that the provider has given up on: money on its way would arrive twice.
    """
    if refund.state.over or not (refund.stuck or refund.way is RefundWay.BANK):
        raise CoreError("refund_not_stuck", refund=refund.id)
    if refund.allowed_by:
        raise CoreError("refund_allowed_already", refund=refund.id)
    return replace(
        refund, way=RefundWay.BANK, subject=subject, asked_by=str(actor), next_at=None, fault=""
    )


def allowed(refund: PayRefund, actor: Actor) -> PayRefund:
    """Return a refund to a bank account that a second person has allowed: a user named it, another agrees.

    Whoever writes an automation could let it name an own account, and agree alone.
    """
    if refund.way is not RefundWay.BANK or refund.state.over or refund.allowed_by:
        raise CoreError("refund_nothing_to_allow", refund=refund.id)
    if actor.kind is not ActorKind.USER or str(actor) == refund.asked_by:
        raise CoreError("refund_same_person", refund=refund.id)
    if not is_user(refund.asked_by):
        raise CoreError("asked_by_nobody")
    return replace(refund, allowed_by=str(actor))


def paid_by_bank(refund: PayRefund, now: datetime) -> PayRefund:
    """Return a refund that somebody has paid by bank, after a second person had allowed it."""
    if refund.way is not RefundWay.BANK or refund.state.over or not refund.allowed_by:
        raise CoreError("refund_not_allowed", refund=refund.id)
    return done(refund, now)


def taken_back(refund: PayRefund, now: datetime) -> PayRefund:
    """Return a refund that is not to go after all, unless the provider has, or may have, heard of it."""
    if refund.state.over or refund.state is RefundState.SENT or refund.unsure:
        raise CoreError("refund_on_its_way", refund=refund.id)
    return failed(refund, now, TAKEN_BACK)


def next_look(refund: PayRefund, now: datetime) -> datetime:
    """Return when a refund is looked at next."""
    return now + LADDER[min(refund.tries, len(LADDER) - 1)]
