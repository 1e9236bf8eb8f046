"""What Alipay says of orders and refunds, in the words of the site.

Amounts are texts in yuan with at most two digits; times are Beijing's. In answers and notices the
same things have other names (`send_pay_date`, `gmt_payment`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
import re
from typing import Final

from ...core.money import Currency
from ...core.pay_channel import (
    ChannelError,
    ChannelFault,
    Notice,
    Outcome,
    RefundOutcome,
    RefundSeen,
    Seen,
)
from .told import Told

BEIJING: Final = timezone(timedelta(hours=8), "CST")
"""Without a clock change since 1991: no table of zones is read."""
CURRENCY: Final = "CNY"
YUAN: Final = Currency.of(CURRENCY)
OUTCOMES: Final = {
    "WAIT_BUYER_PAY": Outcome.WAITING,
    "TRADE_SUCCESS": Outcome.PAID,
    "TRADE_FINISHED": Outcome.PAID,
    "TRADE_CLOSED": Outcome.CLOSED,
}
REFUNDS: Final = {
    "REFUND_SUCCESS": RefundOutcome.DONE,
    "REFUND_PROCESSING": RefundOutcome.PENDING,
    "REFUND_FAIL": RefundOutcome.FAILED,
}
_AMOUNT: Final = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?", re.ASCII)


def seen(told: Told, merchant: str, paid_at: str) -> Seen:
    """Read an order; `paid_at` is what its time of payment is called here.

    A closed trade with such a time was paid and has been given back whole: paid it was.
    """
    outcome = OUTCOMES.get(told.text("trade_status"))
    if outcome is None:
        raise told.odd("trade_status")
    was_paid = told.has(paid_at)
    if outcome is Outcome.CLOSED and was_paid:
        outcome = Outcome.PAID
    return Seen(
        out_no=told.text("out_trade_no"),
        outcome=outcome,
        provider_ref=told.text("trade_no"),
        amount_minor=fen(told, "total_amount"),
        currency=told.text_or("trans_currency", CURRENCY),
        merchant=merchant,
        paid_at=moment(told, paid_at) if was_paid else None,
    )


def refund_seen(told: Told, refund_no: str, out_no: str) -> RefundSeen:
    """Read a refund that was asked about; where nothing is said of it, it was never heard of.

    An amount without a state meant success in older days and means failure in newer ones: it is
    neither, and asked about again.
    """
    if not told.has("refund_status") and not told.has("refund_amount"):
        return RefundSeen(refund_no=refund_no, out_no=out_no, outcome=RefundOutcome.MISSING)
    state = told.text_or("refund_status", "REFUND_PROCESSING")
    if state not in REFUNDS:
        raise told.odd("refund_status")
    if told.text("out_request_no") != refund_no or told.text("out_trade_no") != out_no:
        raise ChannelError(ChannelFault.UNTRUSTED, "another_order")
    return RefundSeen(
        refund_no=refund_no,
        out_no=out_no,
        outcome=REFUNDS[state],
        provider_ref=told.text_or("trade_no"),
        amount_minor=fen(told, "refund_amount"),
    )


def notice(fields: Mapping[str, str]) -> Notice:
    """Read a notice whose signature is right.

    One about a refund says only what all refunds of the order come to: it is a reason to ask about
    the refund that it names, and says nothing of a payment.
    """
    told = Told(fields, ChannelFault.UNTRUSTED)
    sent_at, event = moment(told, "notify_time"), told.text("notify_id")
    if told.has("refund_fee") or told.has("gmt_refund"):
        refund = RefundSeen(
            refund_no=told.text_or("out_biz_no"),
            out_no=told.text("out_trade_no"),
            outcome=RefundOutcome.PENDING,
            provider_ref=told.text_or("trade_no"),
        )
        return Notice(event_id=event, sent_at=sent_at, refund=refund)
    if not told.has("trade_status"):
        return Notice(event_id=event, sent_at=sent_at)
    payment = seen(told, told.text("seller_id"), "gmt_payment")
    return Notice(event_id=event, sent_at=sent_at, payment=payment)


def fen(told: Told, name: str) -> int:
    """Read an amount above nothing: plain digits, for `1e9` is a number only to computers."""
    text = told.text(name)
    if not _AMOUNT.fullmatch(text) or not YUAN.parse(text):
        raise told.odd(name)
    return YUAN.parse(text)


def moment(told: Told, name: str) -> datetime:
    """Read a time of Beijing."""
    text = told.text(name)
    try:
        if not _MOMENT.fullmatch(text):
            raise told.odd(name)
        return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    except ValueError as err:
        raise told.odd(name) from err
