"""Orders only go forward: whatever is doubled, late or in the wrong order, money is taken up once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.identity import OrderId
from custom_components.prepaid_parking.core.pay_channel import Offered, Outcome, Seen
from custom_components.prepaid_parking.core.pay_order import (
    LOOKED_FOR,
    Aim,
    AimKind,
    OrderState,
    PayOrder,
    after_look,
    begun,
    next_look,
    paid,
)

NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
OFFERED: Final = Offered(qr="weixin://pay")
SECOND: Final = timedelta(seconds=1)
ORDER: Final = PayOrder(
    id=OrderId("po1"),
    no=1,
    out_no="01J00000000000000000000001",
    channel="ch1",
    kind=Channel.WECHAT,
    aim=Aim(kind=AimKind.WALLET, id="w1"),
    amount_minor=50_00,
    state=OrderState.CREATED,
    created_at=NOON,
    expires_at=NOON + timedelta(minutes=15),
)
RANK: Final = {
    OrderState.CREATED: 0,
    OrderState.PENDING: 1,
    OrderState.CLOSED: 2,
    OrderState.EXPIRED: 3,
    OrderState.PAID: 4,
    OrderState.CREDITED: 5,
}
"""What comes later in an order's life; from each a payment may still lead to PAID."""


def seen(outcome: Outcome, amount: int = 50_00, ref: str = "4200001") -> Seen:
    """What the provider says of it."""
    is_paid = outcome is Outcome.PAID
    return Seen(
        out_no=ORDER.out_no,
        outcome=outcome,
        provider_ref=ref if is_paid else "",
        amount_minor=amount if is_paid else 0,
        paid_at=NOON if is_paid else None,
    )


looks = st.tuples(
    st.none() | st.sampled_from(Outcome).map(seen),
    st.integers(0, 3 * 24 * 3600).map(lambda seconds: NOON + seconds * SECOND),
)


@given(st.lists(looks, max_size=20), st.sampled_from(OrderState))
def test_an_order_never_goes_back(
    told: list[tuple[Seen | None, datetime]], state: OrderState
) -> None:
    """Who has paid and is asked to pay again because of a late answer pays twice."""
    order = replace(ORDER, state=state)
    for answer, now in told:
        after = after_look(order, answer, now)
        assert RANK[after.state] >= RANK[order.state]
        order = begun(after, OFFERED)
    if any(answer is not None and answer.outcome is Outcome.PAID for answer, _ in told):
        assert order.state in {OrderState.PAID, OrderState.CREDITED}


@given(st.lists(st.sampled_from([("4200001", 50_00), ("4200002", 49_00)]), min_size=1, max_size=5))
def test_the_first_payment_counts_and_no_other(payments: list[tuple[str, int]]) -> None:
    """A second payment of one order is another affair: it is not put into the first one's place."""
    order = begun(ORDER, OFFERED)
    for ref, amount in payments:
        order = paid(order, seen(Outcome.PAID, amount, ref))
    assert (order.provider_ref, order.paid_minor) == payments[0]
    assert order.next_at is None


def test_an_order_is_looked_at_soon_then_seldom_and_at_its_end() -> None:
    """A payer stands there for the first minute; the end must not be slept through."""
    order, now, pauses = begun(ORDER, OFFERED), NOON, list[float]()
    while now < ORDER.expires_at:
        at = next_look(order, now)
        pauses.append((at - now).total_seconds())
        order, now = after_look(order, seen(Outcome.WAITING), now), at
    assert pauses == [5, 15, 30, 60, 120, 300, 300, 70]
    assert now == ORDER.expires_at


def test_a_payment_that_comes_after_the_end_is_taken_up() -> None:
    """The money is there: its order was closed a second too late."""
    order = after_look(begun(ORDER, OFFERED), seen(Outcome.CLOSED), ORDER.expires_at)
    assert order.state is OrderState.CLOSED
    assert order.next_at is not None
    late = after_look(order, seen(Outcome.PAID), ORDER.expires_at + timedelta(hours=20))
    assert (late.state, late.paid_minor) == (OrderState.PAID, 50_00)


def test_an_order_is_given_up_a_day_after_its_end_and_not_without_an_answer() -> None:
    """While the internet is away for a week nobody knows whether it was paid."""
    after = ORDER.expires_at + LOOKED_FOR
    silent = after_look(begun(ORDER, OFFERED), None, after + timedelta(days=6))
    assert silent.state is OrderState.PENDING
    assert silent.next_at is not None
    over = after_look(silent, seen(Outcome.WAITING), after + timedelta(days=7))
    assert (over.state, over.next_at) == (OrderState.EXPIRED, None)


def test_an_order_the_provider_has_never_heard_of_stays_as_it_was() -> None:
    """It may only not have come through yet: it is asked about again, not made anew."""
    order = after_look(ORDER, seen(Outcome.MISSING), NOON + 5 * SECOND)
    assert (order.state, order.looks) == (OrderState.CREATED, 1)


def test_an_order_is_open_only_while_somebody_may_be_paying_it() -> None:
    """A page offers to pay what is open, and nothing else."""
    assert [state for state in OrderState if state.open] == [
        OrderState.CREATED,
        OrderState.PENDING,
    ]
