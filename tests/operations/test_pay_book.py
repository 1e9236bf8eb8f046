"""What is in mind of orders: found by their wallet as they are found one by one."""

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.identity import OrderId
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.operations.pay_book import PayBook
from tests.operations.world import NOON


def order(number: int, state: OrderState) -> PayOrder:
    """The nth order, for one of three wallets."""
    return PayOrder(
        id=OrderId(f"po{number}"),
        no=number,
        out_no=f"pp{number}",
        channel="ch1",
        kind=Channel.WECHAT,
        aim=Aim(kind=AimKind.WALLET, id=f"w{number % 3}"),
        amount_minor=100,
        state=state,
        created_at=NOON,
        expires_at=NOON,
    )


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(OrderState))))
def test_what_is_asked_of_a_wallet_is_what_is_open_for_it(
    told: list[tuple[int, OrderState]],
) -> None:
    """A limit that forgot one order would let ten of them through; one that keeps a paid one, none."""
    book = PayBook()
    for number, state in told:
        book.hold(order(number, state))
        for wallet in range(3):
            aim = Aim(kind=AimKind.WALLET, id=f"w{wallet}")
            listed = [one for one in book.orders.values() if one.aim == aim]
            assert sorted(book.asked_of(aim), key=lambda one: one.no) == sorted(
                listed, key=lambda one: one.no
            )
        assert all(book.aims.values())
