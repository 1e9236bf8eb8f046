"""A payer's bank takes a payment back: from the payer's window to the wallet, over real sockets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import ServiceValidationError
import pytest

from tests.hub.pay_forms import add_channel, fake_stripe, stripe_form
from tests.hub.test_notices import Counter
from tests.journeys.conftest import Hub


@pytest.fixture
async def counter(hub: Hub, server: str) -> AsyncIterator[Counter]:
    """A flat's wallet, and a pretended Stripe that the hub asks."""
    await async_process_ha_core_config(hub.hass, {"external_url": server.rstrip("/")})
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    async with fake_stripe() as fake, ClientSession() as web:
        made = await add_channel(hub, "stripe", stripe_form(fake))
        key = made.data["channel"]
        fake.notify_url = f"{server}api/prepaid_parking/notice/{key}"
        yield Counter(hub, "stripe", fake, key, fake.notify_url, web)


async def test_a_manager_tries_a_chargeback_in_the_payers_window(counter: Counter) -> None:
    """Where it is first met with real money, somebody refunds the payer of a payment that is gone."""
    hub, today = counter.hub, datetime.now(UTC).date()
    out_no = await counter.order()
    await counter.pay(out_no)
    await counter.credited("12.50")
    await hub.call("deduct", wallet="w1", amount="5.00", reason="a key")
    async with counter.web.post(f"{counter.fake.base_url}/window/{out_no}/dispute") as page:
        assert page.status == 200
    days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}
    for taken in (1, 0):
        told = await hub.call("reconcile_payments", **days)
        assert {day["fault"] for day in told["days"]} == {""}
        found = [one for day in told["days"] for one in day["differences"]]
        backs = [one for one in found if one["kind"] == "chargeback"]
        assert [(one["wallet"], one["order"]) for one in backs] == [("w1", "po1")] * taken
    assert await counter.balance() == "-5.00"
    await hub.call("top_up", wallet="w1", amount="50.00", reference="r1")
    with pytest.raises(ServiceValidationError, match="frozen"):
        await hub.call("refund", wallet="w1", amount="1.00", reason="moved out")
