"""Money without small coins, and money with a thousand of them: what is said is what is moved."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.desk_reports import shift_view
from custom_components.prepaid_parking.operations.pay_orders import find_order
from custom_components.prepaid_parking.operations.pay_views import order_view
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.settling_views import day_view, refund_view
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider, paid_order, payment_row, refund_row
from tests.operations.test_desk import a_shift, now, pay
from tests.operations.test_pay_refunds import back
from tests.operations.test_settlement import TODAY
from tests.operations.test_vouchers import batch_of, numbers, redeem


@pytest.mark.parametrize(
    ("currency", "order", "part", "fee", "slip", "drawer"),
    [
        ("JPY", "12345", "345", "62", "5000", "10000"),
        ("KWD", "12.345", "0.345", "0.062", "5.000", "10.000"),
    ],
)
async def test_amounts_are_those_of_the_currency(
    make_world: MakeWorld,
    currency: str,
    order: str,
    part: str,
    fee: str,
    slip: str,
    drawer: str,
) -> None:
    """A hundredfold yen or a tenth of a dinar is somebody's month."""
    world, provider = await make_world(currency=currency, tariffs=()), RefundingProvider()
    provider.currency = currency
    connect(world.site, provider)
    wallet = await world.wallet(purpose=Purpose.PARKING)
    made = await paid_order(world, provider, wallet, 12_345)
    assert provider.asked[0].amount_minor == 12_345
    view: dict[str, Any] = order_view(world.site, await find_order(world.site, made.id))
    assert (view["amount"], view["paid"]) == (order, order)
    provider.becomes = RefundOutcome.DONE
    refund = await back(world, made.id, 345)
    assert refund_view(world.site, refund)["amount"] == part
    assert provider.refund_asked[0].amount_minor == 345
    (gone,) = provider.refunds.values()
    paid = provider.orders[made.out_no]
    provider.files = {TODAY: [payment_row(paid, fee=62), refund_row(gone)]}
    (day,) = await reconcile_payments(world.site, first=TODAY, last=TODAY)
    told: dict[str, Any] = day_view(world.site, day)
    assert (told["rows"], told["differences"]) == (2, [])
    assert world.text(-await of_site(world, SiteAccount.PROVIDER_FEES)) == fee
    assert await of_site(world, SiteAccount.CLEARING_WECHAT) == -12_345 + 345 + 62
    batch = await batch_of(world)
    assert world.text(batch.amount_minor) == slip
    await redeem(world, wallet, (await numbers(world, batch))[0])
    assert wallet.posted_minor == 12_000 + 5_000
    shift = await a_shift(world)
    await pay(world, wallet, 345)
    seen: dict[str, Any] = shift_view(world.site, await now(world, shift))
    assert (seen["float"], seen["cash_taken"]) == (drawer, part)
    await is_sound(world)
