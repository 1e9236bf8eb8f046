"""What WeChat Pay says of orders and refunds, in the words of the site.

Source: pay.weixin.qq.com/doc/v3/merchant (query of orders, query of refunds, notices of both). What
is not among the words that are documented there is not understood, and not guessed.
"""

from datetime import UTC, datetime
from typing import Final

from ...core.money import MOST_MINOR
from ...core.pay_channel import Outcome, RefundOutcome, RefundSeen, Seen
from .told import Told

CURRENCY: Final = "CNY"
OUTCOMES: Final = {
    "SUCCESS": Outcome.PAID,
    "REFUND": Outcome.PAID,
    "NOTPAY": Outcome.WAITING,
    "ACCEPT": Outcome.WAITING,
    "USERPAYING": Outcome.WAITING,
    "PAYERROR": Outcome.WAITING,
    "CLOSED": Outcome.CLOSED,
    "REVOKED": Outcome.CLOSED,
}
"""After an attempt that failed (`PAYERROR`) the payer may try again until the order is closed."""
REFUNDS: Final = {
    "SUCCESS": RefundOutcome.DONE,
    "PROCESSING": RefundOutcome.PENDING,
    "CLOSED": RefundOutcome.FAILED,
    "ABNORMAL": RefundOutcome.PENDING,
}
"""`ABNORMAL` is no end: the payer's card is dead, the money has left the merchant and waits for a
person, who sends it elsewhere from the console. Who took it for failed would pay it out twice."""
STUCK: Final = "ABNORMAL"


def seen(told: Told) -> Seen:
    """Read an order; one that is paid must say how much, to whom, when and under which number."""
    outcome = OUTCOMES.get(told.text("trade_state"))
    if outcome is None:
        raise told.odd("trade_state")
    out_no = told.text("out_trade_no")
    if outcome is not Outcome.PAID:
        return Seen(out_no=out_no, outcome=outcome, merchant=told.text_or("mchid"))
    amount = told.part("amount")
    return Seen(
        out_no=out_no,
        outcome=outcome,
        provider_ref=told.text("transaction_id"),
        amount_minor=fen(amount, "total"),
        currency=amount.text_or("currency", CURRENCY),
        merchant=told.text("mchid"),
        paid_at=moment(told, "success_time"),
    )


def refund_seen(told: Told, state: str = "status") -> RefundSeen:
    """Read a refund; `state` is what its state is called here: in a notice it is `refund_status`."""
    outcome = REFUNDS.get(told.text(state))
    if outcome is None:
        raise told.odd(state)
    return RefundSeen(
        refund_no=told.text("out_refund_no"),
        outcome=outcome,
        out_no=told.text("out_trade_no"),
        provider_ref=told.text("refund_id"),
        amount_minor=fen(told.part("amount"), "refund"),
        stuck=told.text(state) == STUCK,
    )


def fen(told: Told, name: str) -> int:
    """Read an amount: whole fen, more than nothing, and no more than the books can hold."""
    found = told.whole(name)
    if not 0 < found <= MOST_MINOR:
        raise told.odd(name)
    return found


def moment(told: Told, name: str) -> datetime:
    """Read a time: RFC 3339 with its offset."""
    try:
        found = datetime.fromisoformat(told.text(name))
        if found.tzinfo is None:
            raise told.odd(name)
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as err:
        raise told.odd(name) from err
