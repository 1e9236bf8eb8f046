"""What is made of a notice: money only by what is fresh, ours and new; nothing by what is another's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.identity import OrderId
from custom_components.prepaid_parking.core.pay_channel import (
    Notice,
    Outcome,
    RefundOutcome,
    RefundSeen,
    Seen,
)
from custom_components.prepaid_parking.core.pay_notice import FRESH, Made, Ours, judge
from custom_components.prepaid_parking.core.pay_order import (
    Aim,
    AimKind,
    OrderState,
    PayOrder,
    booked,
    paid,
)

NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
OURS: Final = Ours(channel="ch1", merchant="1900000001", currency="CNY")
SEEN: Final = Seen(
    out_no="pp1",
    outcome=Outcome.PAID,
    provider_ref="42",
    amount_minor=5000,
    currency="CNY",
    merchant=OURS.merchant,
    paid_at=NOON,
)
ORDER: Final = PayOrder(
    id=OrderId("po1"),
    no=1,
    out_no="pp1",
    channel="ch1",
    kind=Channel.WECHAT,
    aim=Aim(kind=AimKind.WALLET, id="w1"),
    amount_minor=5000,
    state=OrderState.PENDING,
    created_at=NOON,
    expires_at=NOON + timedelta(minutes=15),
)


def made(
    seen: Seen | None = SEEN,
    order: PayOrder | None = ORDER,
    *,
    sent: datetime | None = NOON,
    now: datetime = NOON,
    numbered: bool = True,
    refund: RefundSeen | None = None,
) -> Made:
    """What is made of a notice."""
    notice = Notice(event_id="e1", sent_at=sent, payment=seen, refund=refund)
    return judge(notice, order, OURS, now, numbered=numbered)


@pytest.mark.parametrize("state", OrderState)
def test_a_fresh_payment_is_booked_in_whatever_state_its_order_is(state: OrderState) -> None:
    """Who paid an order that was closed a second before has paid."""
    assert made(order=replace(ORDER, state=state)) is Made.BOOKED


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.CREDITED])
def test_a_payment_that_is_booked_is_a_repetition_however_old(state: OrderState) -> None:
    """A provider repeats for a day: each time it must hear that all is well."""
    order = booked(paid(ORDER, SEEN), state, "pay/wechat/1900000001/42")
    assert made(order=order, now=NOON + timedelta(days=1)) is Made.REPEATED
    assert made(replace(SEEN, provider_ref="43"), order) is Made.BOOKED


@given(st.timedeltas(-timedelta(days=400), timedelta(days=400)))
def test_only_a_fresh_notice_is_taken_at_its_word(age: timedelta) -> None:
    """A notice somebody kept, or a clock that is wrong, must not be what moves money."""
    expected = Made.BOOKED if abs(age) <= FRESH else Made.HINT
    assert made(now=NOON + age) is expected
    assert made(order=None, now=NOON + age) is expected
    assert made(sent=None, now=NOON + age) is Made.HINT


@given(st.booleans(), st.sampled_from([ORDER, None]))
def test_another_merchants_money_or_currency_is_never_ours(
    late: bool, order: PayOrder | None
) -> None:
    """A notice of a stranger's shop, rightly signed for it, would fill any wallet."""
    now = NOON + timedelta(days=late)
    assert made(replace(SEEN, merchant="1900000002"), order, now=now) is Made.OTHER_MERCHANT
    assert made(replace(SEEN, merchant=""), order, now=now) is Made.OTHER_MERCHANT
    assert made(replace(SEEN, currency="USD"), order, now=now) is Made.OTHER_CURRENCY
    assert made(replace(SEEN, currency=""), order, now=now) is Made.OTHER_CURRENCY


def test_a_payment_of_somebody_elses_order_is_only_noted() -> None:
    """A shop that shares the merchant's account has its own books."""
    assert made(order=None, numbered=False) is Made.NOTED
    assert made(order=None, numbered=True) is Made.BOOKED


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.CLOSED, Outcome.MISSING])
def test_what_tells_of_no_payment_is_a_reason_to_ask(outcome: Outcome) -> None:
    """A closed order is closed by what the provider answers, and only while anybody waits for it."""
    seen = Seen(out_no="pp1", outcome=outcome)
    assert made(seen) is Made.HINT
    assert made(seen, replace(ORDER, state=OrderState.CREDITED)) is Made.NOTED
    assert made(seen, None) is Made.NOTED


def test_a_refund_and_a_word_about_nothing_move_no_payment() -> None:
    """Whoever books a refund is somebody else."""
    refund = RefundSeen(refund_no="r1", outcome=RefundOutcome.DONE)
    assert made(None, None, refund=refund) is Made.REFUND
    assert made(None, None) is Made.NOTED
