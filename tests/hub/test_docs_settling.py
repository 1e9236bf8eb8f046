"""The examples of refunds and settlement, on a running hub: they work as they are printed."""

from datetime import date, datetime
from typing import Final

import pytest

from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from tests.hub.test_docs import SETTLING, differences, examples
from tests.hub.test_docs_paying import OF_CHANCE, evened
from tests.journeys.conftest import Hub
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider
from tests.operations.test_settlement import stranger

pytestmark = pytest.mark.usefixtures("noon")

CHANCE: Final = OF_CHANCE | {"refund_no", "done_at", "opened_at", "booked"}
A_SUNDAY: Final = date(2026, 11, 22)


async def paid(hub: Hub, provider: RefundingProvider) -> None:
    """A payer has filled the wallet of a flat."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("create_order", wallet="w1", channel="ch1", amount="50.00")
    provider.pay(provider.asked[0].out_no, 5000)
    await hub.call("get_order", order="po1", look=True)


async def in_the_meantime(hub: Hub, provider: RefundingProvider, name: str) -> None:
    """What happens at the provider between two examples."""
    if name == "settle_refund":
        (number,) = provider.refunds
        stuck = provider.end(number, RefundOutcome.PENDING, stuck=True)
        await hub.data.site.paying.refund_heard("ch1", stuck)
    if name == "reconcile_payments":
        at = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
        provider.files[A_SUNDAY] = [stranger(ref="4200000099", at=at)]


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, provider = examples(), RefundingProvider()
    provider.currency = hub.data.site.currency.code
    connect(hub.data.site, provider)
    await paid(hub, provider)
    for name in SETTLING.split():
        await in_the_meantime(hub, provider, name)
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(evened(told, answer, CHANCE), answer), name
