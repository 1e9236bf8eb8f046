"""The match of a provider's rows: whatever they say, clearing stands for what the provider holds."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.difference import DifferenceKind
from custom_components.prepaid_parking.core.identity import DifferenceId, OrderId, RefundId
from custom_components.prepaid_parking.core.pay_channel import RowKind, SettlementRow
from custom_components.prepaid_parking.core.settlement_calendar import (
    BEIJING,
    due_days,
    is_given_up,
    paid_on,
)
from custom_components.prepaid_parking.core.settlement_match import match_rows
from custom_components.prepaid_parking.core.settlement_rows import (
    HeldSide,
    OrderSide,
    RefundSide,
    keyed,
    net_minor,
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


def there(minor: int, fee: int = 0, no: str = "f1") -> SettlementRow:
    """The row of a refund that went."""
    return SettlementRow(
        kind=RowKind.REFUND,
        out_no="o1",
        provider_ref="r1",
        amount_minor=minor,
        fee_minor=fee,
        refund_no=no,
        at=NOON,
    )


def back(minor: int, fee: int = 0) -> SettlementRow:
    """The row of a refund that came back."""
    return SettlementRow(
        kind=RowKind.OTHER,
        out_no="",
        provider_ref="r1",
        amount_minor=minor,
        fee_minor=fee,
        at=NOON,
        word="refund_failure",
    )


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
    rows = [there(minor, out_fee), back(minor, back_fee)]
    if back_first:
        rows.reverse()
    matches = match_rows(rows, {}, {"f1": refund, "r1": refund}, {}, frozenset())
    assert [one.problem for one in matches] == [None, None]
    assert sum(one.moves.total_minor for one in matches) == out_fee + back_fee
    assert sum(one.moves.total_minor + net_minor(one.row) for one in matches) == 0


@given(
    minor=MONEY,
    fees=st.tuples(st.integers(-100, 100), st.integers(-100, 100)),
    back_first=st.booleans(),
    ours=st.booleans(),
    files=st.sampled_from([1, 2]),
)
def test_both_ways_of_a_refund_are_one_story_in_however_many_files(
    minor: int, fees: tuple[int, int], back_first: bool, ours: bool, files: int
) -> None:
    """What an earlier file has held is held no more, and clearing and suspense are where they were."""
    refund = RefundSide(
        id=RefundId("rf1"), refund_no="f1", provider_ref="r1", amount_minor=minor, is_done=False
    )
    refunds = {"f1": refund, "r1": refund} if ours else {}
    rows = [there(minor, fees[0], "f1" if ours else ""), back(minor, fees[1])]
    if back_first:
        rows.reverse()
    first = match_rows(rows[:1] if files == 2 else rows, {}, refunds, {}, ())
    held = [
        HeldSide(
            id=DifferenceId("df1"),
            provider_ref=one.row.provider_ref,
            held_minor=-one.moves.suspense_minor,
        )
        for one in first
        if one.problem is not None
    ]
    then = match_rows(rows, {}, refunds, {}, {one.key for one in first}, held)
    both = (*first, *then)
    assert [one.row for one in both] == rows
    assert [one.explains for one in both] == [None, "df1" if files == 2 else None]
    assert both[-1].problem is None
    assert len(held) == files - 1
    assert sum(one.moves.suspense_minor for one in both) == 0
    assert sum(one.moves.total_minor + net_minor(one.row) for one in both) == 0


def test_another_refunds_way_back_explains_nothing() -> None:
    """Two payers of one amount on one day: the money of one is not the money of the other."""
    held = [
        HeldSide(id=DifferenceId("df1"), provider_ref="r2", held_minor=-500),
        HeldSide(id=DifferenceId("df2"), provider_ref="r1", held_minor=-499),
        HeldSide(id=DifferenceId("df3"), provider_ref="r1", held_minor=500),
    ]
    (one,) = match_rows([back(500)], {}, {}, {}, (), held)
    assert (one.problem, one.explains) == (DifferenceKind.OTHER_ROW, None)


def test_one_difference_is_explained_once() -> None:
    """A second way back is somebody's money."""
    held = [HeldSide(id=DifferenceId("df1"), provider_ref="r1", held_minor=-500)]
    found = match_rows([back(500), back(500, 1)], {}, {}, {}, (), held)
    assert [one.explains for one in found] == ["df1", None]
    assert [one.problem for one in found] == [None, DifferenceKind.OTHER_ROW]


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
