"""From the provider's books to the arm that goes up and the light that comes back, over real sockets."""

from collections.abc import AsyncIterator
from time import monotonic

from aiohttp import ClientSession
from homeassistant.core_config import async_process_ha_core_config
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from tests.brokers import Mosquitto
from tests.hub.pay_forms import add_channel, alipay_form
from tests.hub.test_notices import Counter
from tests.journeys.conftest import Hub, bound_meter
from tests.journeys.parking import OPENS_WITHIN_S, STRANGER, CarPark, car_park_of
from tests.links.pay import alipay_peer


@pytest.fixture
async def provider() -> AsyncIterator[FakeAlipay]:
    """A provider with one merchant."""
    async with alipay_peer.fake() as fake:
        yield fake


@pytest.fixture
async def counter(hub: Hub, server: str, provider: FakeAlipay) -> AsyncIterator[Counter]:
    """The merchant's channel at a hub that the provider reaches."""
    await async_process_ha_core_config(hub.hass, {"external_url": server.rstrip("/")})
    made = await add_channel(hub, "alipay", alipay_form(provider))
    async with ClientSession() as web:
        yield Counter(hub, "alipay", provider, made.data["channel"], "", web)


async def order_for_stay(counter: Counter) -> str:
    """Ask for what the car at the exit owes; returns the number of the order at the provider."""
    (stay,) = (await counter.hub.call("list_stays"))["stays"]
    order = await counter.hub.call("create_order", stay=stay["stay"], channel=counter.key)
    assert (order["amount"], order["state"]) == ("5.00", "pending")
    return str(order["out_no"])


@pytest.fixture
async def park(hub: Hub, broker: Mosquitto) -> AsyncIterator[CarPark]:
    """A car park for everybody, at 5.00 for each hour that has begun."""
    async with car_park_of(hub, broker) as park:
        await park.temporaries()
        yield park


async def test_who_pays_at_the_barrier_is_let_out_once_within_two_seconds(
    park: CarPark, counter: Counter
) -> None:
    """Behind whoever pays with the phone there is a queue; a second notice must not open for it."""
    await park.come(STRANGER)
    assert await park.go(STRANGER) == "to_pay"
    out_no = await order_for_stay(counter)
    counter.fake.faults.notice_duplicate = 3
    await counter.scan(out_no)
    began = monotonic()
    await counter.fake.pay(out_no)
    await park.way_out.opened(1, within=OPENS_WITHIN_S)
    assert monotonic() - began < OPENS_WITHIN_S
    await counter.fake.told()
    assert {one.text for one in counter.fake.answers} == {"success"}
    await park.nothing_more()
    assert park.way_out.pulses == 1
    assert await park.states() == ["left"]


async def test_who_paid_before_walking_to_the_car_drives_out(
    park: CarPark, counter: Counter
) -> None:
    """The payment is known at the lane when the car comes; nothing is asked for again."""
    await park.come(STRANGER)
    out_no = await order_for_stay(counter)
    await counter.pay(out_no)
    assert park.way_out.pulses == 0
    assert await park.go(STRANGER) == "paid"
    assert park.way_out.pulses == 1


async def test_a_forged_payment_opens_nothing(park: CarPark, counter: Counter) -> None:
    """Whoever writes to the hub what a provider would write stays before the closed barrier."""
    await park.come(STRANGER)
    await park.go(STRANGER)
    out_no = await order_for_stay(counter)
    await counter.scan(out_no)
    counter.fake.faults.notice_lost = True
    counter.fake.books.find(out_no).reference = "2026112322001"
    forged = counter.letter(out_no)
    body = forged.body.replace(b"WAIT_BUYER_PAY", b"TRADE_SUCCESS")
    status, _, _ = await counter.post(forged.headers, body, forged.url)
    assert status == 400
    await park.nothing_more()
    assert park.way_out.pulses == 0
    assert await park.states() == ["inside"]


async def test_the_light_comes_back_by_a_payment_from_the_sofa(
    hub: Hub, counter: Counter, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """At midnight nobody sits at the desk: who has paid must not sit in the dark until morning."""
    await hub.call("set_policy", policy="standard", grace_hours=0)
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="1.00", channel="cash")
    modbus_device.add(kwh=2)

    async def supplied(on: bool) -> bool:
        return modbus_device.contacts.closed is on

    await hub.until(lambda: supplied(False), within=20)
    order = await hub.call("create_order", wallet="w1", channel=counter.key, amount="20.00")
    await counter.pay(order["out_no"])
    await hub.until(lambda: supplied(True), within=10)
