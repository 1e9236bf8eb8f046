"""What Stripe says of sessions, refunds and movements, in the words of the site.

An account may be used by others than us: what does not carry our number is not ours.
"""

from datetime import datetime
from typing import Final

from ...core.pay_channel import (
    ChannelError,
    ChannelFault,
    Notice,
    Outcome,
    RefundOutcome,
    RefundSeen,
    RowKind,
    Seen,
    SettlementRow,
)
from .stripe_money import from_stripe
from .told import Told

REFUNDS: Final = {
    "succeeded": RefundOutcome.DONE,
    "pending": RefundOutcome.PENDING,
    "requires_action": RefundOutcome.PENDING,
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.FAILED,
}
STUCK: Final = "requires_action"
"""The payer has to say where the money can go."""
FAILED_INTENTS: Final = frozenset({"requires_payment_method", "canceled"})
"""A session that is complete and was to be paid by a bank later, which has said no."""
SESSION_FAILED: Final = "checkout.session.async_payment_failed"
SESSION_EVENTS: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.expired",
        SESSION_FAILED,
    }
)
REFUND_EVENTS: Final = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)
KINDS: Final = {
    "charge": RowKind.PAYMENT,
    "payment": RowKind.PAYMENT,
    "refund": RowKind.REFUND,
    "payment_refund": RowKind.REFUND,
    "payout": RowKind.PAYOUT,
    "payout_cancel": RowKind.PAYOUT,
    "payout_failure": RowKind.PAYOUT,
}


def session_seen(
    session: Told, merchant: str, *, failed: bool = False, paid_at: datetime | None = None
) -> Seen:
    """Read a session; `failed` tells of a payment that came to nothing after its end.

    A session has no time of payment: that of the charge counts, or of the event that tells of it.
    """
    intent = session.part("payment_intent") if _is_whole(session, "payment_intent") else None
    match session.text("status"), session.text("payment_status"):
        case "complete", "paid":
            outcome = Outcome.PAID
        case "open", "unpaid":
            outcome = Outcome.WAITING
        case "expired", "unpaid":
            outcome = Outcome.CLOSED
        case "complete", "unpaid":
            refused = intent is not None and intent.text("status") in FAILED_INTENTS
            outcome = Outcome.CLOSED if failed or refused else Outcome.WAITING
        case _:
            raise session.odd("payment_status")
    currency = session.text("currency").upper()
    amount = from_stripe(session.whole("amount_total"), currency, session.fault)
    if amount <= 0:
        raise session.odd("amount_total")
    is_paid = outcome is Outcome.PAID
    return Seen(
        out_no=our_number(session),
        outcome=outcome,
        provider_ref=intent_id(session) if is_paid else "",
        amount_minor=amount,
        currency=currency,
        merchant=merchant,
        paid_at=(charged_at(intent) or paid_at) if is_paid else None,
    )


def our_number(session: Told) -> str:
    """Return our number of a session that we have made, none of another one.

    The reference alone proves nothing: whoever opens a payment link of the account may write one
    into its address. What stands beside it is written by the account's owner only.
    """
    ours = session.part("metadata") if _is_whole(session, "metadata") else Told({}, session.fault)
    number = ours.text_or("out_no")
    return number if session.parts.get("client_reference_id") == number else ""


def intent_id(owner: Told) -> str:
    """Return the number of a payment, whether it was told whole or by its number."""
    if _is_whole(owner, "payment_intent"):
        return owner.part("payment_intent").text("id")
    return owner.text("payment_intent")


def refund_seen(refund: Told, currency: str) -> RefundSeen:
    """Read a refund that carries our number."""
    status = refund.text("status")
    if status not in REFUNDS:
        raise refund.odd("status")
    if refund.text("currency").upper() != currency:
        raise refund.odd("currency")
    ours = refund.part("metadata")
    return RefundSeen(
        refund_no=ours.text("refund_no"),
        out_no=ours.text("out_no"),
        outcome=REFUNDS[status],
        provider_ref=refund.text("id"),
        amount_minor=from_stripe(refund.whole("amount"), currency, refund.fault),
        stuck=status == STUCK,
    )


def notice(event: Told, sent_at: datetime, merchant: str, currency: str) -> Notice:
    """Read an event whose signature is right; one of another account names that."""
    name, kind = event.text("id"), event.text("type")
    told, owner = event.part("data").part("object"), event.text_or("account", merchant)
    if kind in SESSION_EVENTS and our_number(told):
        payment = session_seen(
            told, owner, failed=kind == SESSION_FAILED, paid_at=event.moment("created")
        )
        return Notice(event_id=name, sent_at=sent_at, payment=payment)
    if kind in REFUND_EVENTS and is_our_refund(told):
        return Notice(event_id=name, sent_at=sent_at, refund=refund_seen(told, currency))
    return Notice(event_id=name, sent_at=sent_at)


def is_our_refund(refund: Told) -> bool:
    """Tell whether a refund was asked for by us."""
    return _is_whole(refund, "metadata") and refund.part("metadata").has("refund_no")


def row(told: Told, currency: str) -> SettlementRow:
    """Read a movement of the account, in the currency that the account is kept in.

    What goes out is below zero; a refund and a payout are told by how much they are.
    """
    if told.text("currency").upper() != currency:
        raise ChannelError(ChannelFault.UNTRUSTED, "currency", told.text("currency"))
    word = told.text("type")
    kind = KINDS.get(word, RowKind.OTHER)
    amount, fee = (
        from_stripe(told.whole(name), currency, told.fault) for name in ("amount", "fee")
    )
    source = told.part("source") if _is_whole(told, "source") else Told({}, told.fault)
    if source.parts.get("object") == "dispute":
        kind = RowKind.DISPUTE
    is_order = kind in {RowKind.PAYMENT, RowKind.REFUND}
    if is_order and not _is_whole(told, "source"):
        raise told.odd("source")
    ours = source.part("metadata") if _is_whole(source, "metadata") else Told({}, told.fault)
    return SettlementRow(
        kind=kind,
        out_no=ours.text_or("out_no") if is_order else "",
        provider_ref=_reference(told, source, kind),
        amount_minor=-amount if kind in {RowKind.REFUND, RowKind.PAYOUT} else amount,
        fee_minor=fee,
        refund_no=ours.text_or("refund_no") if kind is RowKind.REFUND else "",
        at=told.moment("created"),
        word="" if is_order else word,
    )


def _reference(told: Told, source: Told, kind: RowKind) -> str:
    of_payment = kind in {RowKind.PAYMENT, RowKind.DISPUTE}
    if of_payment and source.has("payment_intent"):
        return intent_id(source)
    return source.text_or("id") or told.text("id")


def charged_at(intent: Told | None) -> datetime | None:
    """Return when a payment was made: when it was charged, where that was told."""
    if intent is None or not _is_whole(intent, "latest_charge"):
        return None
    return intent.part("latest_charge").moment("created")


def _is_whole(owner: Told, name: str) -> bool:
    """Tell whether an object was told itself, and not by its number."""
    return isinstance(owner.parts.get(name), dict)
