"""The match of a provider's rows: whatever they say, clearing stands for what the provider holds."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.difference import DifferenceKind
from custom_components.prepaid_parking.core.identity import OrderId, RefundId
from custom_components.prepaid_parking.core.pay_channel import RowKind, SettlementRow
from custom_components.prepaid_parking.core.settlement_match import (
    BEIJING,
    OrderSide,
    RefundSide,
    due_days,
    is_given_up,
    keyed,
    match_rows,
    net_minor,
    paid_on,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
MONEY = st.integers(1, 10_000)
ROW = st.builds(
    SettlementRow,
    kind=st.sampled_from(RowKind),
    out_no=st.sampled_from(["o1", "o2", "", "x"]),
    provider_ref=st.sampled_from(["p1", "p2", "p3", "r1"]),
    amount_minor=MONEY,
    fee_minor=st.integers(-100, 100),
    refund_no=st.sampled_from(["", "f1", "f2"]),
    at=st.just(NOON),
    word=st.sampled_from(["", "stripe_fee", "adjustment"]),
)


def order(no: str, ref: str, paid: int, entry: int, wallet: str) -> OrderSide:
    """An order as the books have it."""
    return OrderSide(
        id=OrderId(f"po{no}"),
        out_no=f"o{no}",
        wallet=wallet,
        paid_minor=paid,
        entry_minor=entry,
        provider_ref=ref,
        paid_at=NOON,
    )


ORDERS = st.builds(order, st.just("1"), st.just("p1"), MONEY, MONEY, st.sampled_from(["", "w1"]))
REFUND = st.builds(
    RefundSide,
    id=st.just(RefundId("rf1")),
    refund_no=st.just("f1"),
    provider_ref=st.just("r1"),
    amount_minor=MONEY,
    is_done=st.booleans(),
)


@given(rows=st.lists(ROW, max_size=8), known=ORDERS, refund=REFUND)
def test_what_was_booked_and_what_is_booked_now_is_what_the_provider_holds(
    rows: list[SettlementRow], known: OrderSide, refund: RefundSide
) -> None:
    """If it were not, clearing would never come to zero, and nobody would know by whose fault."""
    matches = match_rows(
        rows, {"o1": known}, {"f1": refund, "r1": refund}, {"p1": known}, frozenset()
    )
    assert [one.row for one in matches] == rows
    for one in matches:
        booked = 0
        fits = one.order is not None and one.row.provider_ref == one.order.provider_ref
        if one.row.kind is RowKind.PAYMENT and fits and "#" not in one.key:
            booked = known.entry_minor
        elif one.row.kind is RowKind.REFUND and one.refund is not None and refund.is_done:
            booked = -refund.amount_minor
        assert one.moves.total_minor - booked == -net_minor(one.row)
        if one.problem is None:
            assert one.moves.suspense_minor == one.moves.wallet_minor == 0


@given(
    minor=MONEY,
    out_fee=st.integers(-100, 100),
    back_fee=st.integers(-100, 100),
    back_first=st.booleans(),
)
def test_a_refund_that_went_and_came_back_leaves_clearing_where_it_was(
    minor: int, out_fee: int, back_fee: int, back_first: bool
) -> None:
    """Only the fees are lost; nobody has to explain money that the provider holds as before."""
    refund = RefundSide(
        id=RefundId("rf1"), refund_no="f1", provider_ref="r1", amount_minor=minor, is_done=False
    )
    there = SettlementRow(
        kind=RowKind.REFUND,
        out_no="o1",
        provider_ref="r1",
        amount_minor=minor,
        fee_minor=out_fee,
        refund_no="f1",
        at=NOON,
    )
    back = SettlementRow(
        kind=RowKind.OTHER,
        out_no="",
        provider_ref="r1",
        amount_minor=minor,
        fee_minor=back_fee,
        at=NOON,
        word="refund_failure",
    )
    rows = [back, there] if back_first else [there, back]
    matches = match_rows(rows, {}, {"f1": refund, "r1": refund}, {}, frozenset())
    assert [one.problem for one in matches] == [None, None]
    assert sum(one.moves.total_minor for one in matches) == out_fee + back_fee
    assert sum(one.moves.total_minor + net_minor(one.row) for one in matches) == 0


@given(rows=st.lists(ROW, max_size=8), more=st.lists(ROW, max_size=4), known=ORDERS)
def test_a_longer_file_has_the_rows_of_the_shorter_one(
    rows: list[SettlementRow], more: list[SettlementRow], known: OrderSide
) -> None:
    """A row whose name changed with its neighbours would be booked twice."""
    before = {key for key, _ in keyed(rows)}
    assert len(before) == len(rows)
    after = match_rows([*rows, *more], {"o1": known}, {}, {"p1": known}, before)
    assert [one.row for one in after] == more


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 7, 3, 1, 59, tzinfo=UTC), [date(2026, 7, 1)]),
        (datetime(2026, 7, 3, 2, 0, tzinfo=UTC), [date(2026, 7, 1), date(2026, 7, 2)]),
        (datetime(2026, 7, 1, 2, 0, tzinfo=UTC), []),
    ],
)
def test_a_file_is_due_at_ten_the_next_morning_in_beijing(now: datetime, due: list[date]) -> None:
    """Asked for earlier, it is refused, every day, for every site."""
    assert due_days(Channel.WECHAT, date(2026, 6, 30), now) == due


def test_a_day_is_given_up_after_two_weeks() -> None:
    """Else one broken day would keep all later ones away."""
    day, now = date(2026, 7, 1), datetime(2026, 7, 14, 15, 59, tzinfo=UTC)
    assert not is_given_up(Channel.ALIPAY, day, now)
    assert is_given_up(Channel.ALIPAY, day, now + timedelta(minutes=1))


def test_a_payment_just_before_midnight_is_the_next_files_affair() -> None:
    """Two clocks never agree to the minute."""
    late = order("1", "p1", 100, 100, "")
    midnight = datetime(2026, 7, 1, 16, tzinfo=UTC)
    for minutes, day in ((-16, date(2026, 7, 1)), (-15, date(2026, 7, 2)), (5, date(2026, 7, 2))):
        one = OrderSide(
            **{name: getattr(late, name) for name in OrderSide.__slots__ if name != "paid_at"},
            paid_at=midnight + timedelta(minutes=minutes),
        )
        assert paid_on(day, BEIJING, [one]) == [one]


def test_a_second_payment_of_an_order_is_not_its_first() -> None:
    """Credited once more, the payer who clicked twice would have paid for nothing."""
    known = order("1", "p1", 100, 100, "w1")
    row = SettlementRow(kind=RowKind.PAYMENT, out_no="o1", provider_ref="p9", amount_minor=100)
    (one,) = match_rows([row], {"o1": known}, {}, {"p1": known}, ())
    assert (one.problem, one.moves.suspense_minor) == (DifferenceKind.ROW_TWICE, -100)
