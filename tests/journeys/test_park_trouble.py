"""Journeys: the broker, the disk and the hub fail while cars come and go, and there is a fire."""

import asyncio
from collections.abc import AsyncIterator

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.prepaid_parking.const import DOMAIN
from tests.brokers import Mosquitto

from .accounts import is_sound
from .conftest import Hub, subscribed
from .parking import OTHER, PLATE, STRANGER, THIRD, CarPark, car_park_of
from .test_disk import SmallDisk, small_disk

__all__ = ["small_disk"]

CARS = 20


@pytest.fixture
async def park(hub: Hub, broker: Mosquitto) -> AsyncIterator[CarPark]:
    """A car park for everybody, at 5.00 for each hour that has begun."""
    async with car_park_of(hub, broker) as park:
        await park.temporaries()
        yield park


async def gone(park: CarPark, broker: Mosquitto) -> None:
    """Let the broker go away, and the devices notice."""
    broker.stop()
    await park.way_out.camera.disconnected.wait()


async def back(park: CarPark, broker: Mosquitto) -> None:
    """Let the broker come back, and everybody find it."""
    broker.start()
    for gateway in (park.way_in, park.way_out):
        for device in gateway.devices:
            await asyncio.wait_for(device.connected.wait(), 10)
    await subscribed(park.hub, park.line_id)


async def test_a_broker_that_restarts_while_a_car_is_inside_costs_it_nothing(
    park: CarPark, broker: Mosquitto
) -> None:
    """The switch in the cellar was reset: whoever came before it leaves after it, and pays once."""
    await park.customer("12")
    assert await park.come() == "card"
    await gone(park, broker)
    await back(park, broker)
    assert await park.states() == ["inside"]
    assert await park.go() == "card"
    assert await park.balance() == "7.00"
    assert (park.way_in.pulses, park.way_out.pulses) == (1, 1)


async def test_an_opening_that_the_broker_never_got_is_not_delivered_later(
    park: CarPark, broker: Mosquitto
) -> None:
    """A pulse that comes when the broker is back would open for the next car, or hit this one."""
    await park.customer("12")
    await park.come()
    await gone(park, broker)
    told = await park.hub.call("plate_read", lane="l2", plate=PLATE)
    assert (told["kind"], told["fee"]) == ("not_confirmed", "5.00")
    await back(park, broker)
    await park.nothing_more()
    assert park.way_out.pulses == 0
    await park.hub.call("release_barrier", lane="l2", reason="barrier had no connection")
    assert park.way_out.pulses == 1
    assert await park.balance() == "7.00"
    assert (await park.hub.call("list_unpaid_exits"))["count"] == 0


async def test_who_was_charged_and_not_let_out_is_let_out_at_the_next_look(
    park: CarPark, broker: Mosquitto
) -> None:
    """The network failed between the money and the arm: nobody pays twice, or is kept inside."""
    await park.customer("12")
    await park.come()
    await gone(park, broker)
    told = await park.hub.call("plate_read", lane="l2", plate=PLATE)
    assert told["kind"] == "not_confirmed"
    await back(park, broker)
    await park.restart()
    assert await park.go() == "paid"
    assert (park.way_out.pulses, await park.balance()) == (1, "7.00")
    assert await park.states() == ["left"]


async def test_twenty_cars_that_are_inside_at_a_restart_leave_after_it(park: CarPark) -> None:
    """An update at noon: everybody inside is still inside, owes the same, and gets out once."""
    plates = [f"粤B{number:05}" for number in range(10_007, 10_007 + CARS * 11, 11)]
    assert {await park.come(plate) for plate in plates} == {"temporary"}
    await park.hub.call("pay_stay", plate=plates[0], channel="cash", reference="before")
    await park.restart()
    assert await park.states() == ["inside"] * CARS
    assert (await park.hub.call("get_occupancy"))["inside"] == CARS
    assert await park.go(plates[0]) == "paid"
    for plate in plates[1:]:
        assert await park.go(plate) == "to_pay"
        await park.hub.call("pay_stay", lane="l2", channel="terminal", reference=plate)
    await park.way_out.opened(CARS)
    assert await park.states() == ["left"] * CARS
    assert (park.way_in.pulses, park.way_out.pulses) == (CARS, CARS)
    await is_sound(park.hub.data.books)


async def test_a_full_disk_at_the_exit_takes_no_money_and_keeps_no_resident_in(
    small_disk: SmallDisk, park: CarPark
) -> None:
    """What cannot be written down is not charged; who owes nothing gets home all the same."""
    await park.customer("12")
    await park.hub.call("set_parking_package", package="month", name="Month", price="0")
    for plate in (OTHER, THIRD):
        _, card = await park.customer("0", [plate])
        await park.hub.call("sell_parking_package", card=card, package="month")
    assert (await park.come(), await park.come(OTHER)) == ("card", "package")
    await asyncio.to_thread(small_disk.fill)
    assert await park.go() == "ledger_closed"
    assert park.way_out.pulses == 0
    assert await park.go(OTHER) == "package"
    await park.way_out.opened(1)
    assert (await park.come(THIRD), await park.go(THIRD)) == ("package", "package")
    await asyncio.to_thread(small_disk.clear)
    assert await park.go() == "card"
    assert await park.balance() == "7.00"

    async def written() -> bool:
        return await park.states() == ["left", "left", "left"]

    await park.hub.until(written)
    assert (park.way_in.pulses, park.way_out.pulses) == (3, 3)
    await is_sound(park.hub.data.books)


async def test_in_a_fire_everybody_leaves_and_nobody_is_charged(
    hub: Hub, broker: Mosquitto, hass_admin_user: MockUser
) -> None:
    """People drive out through smoke: no arm waits for money, also after the hub has restarted."""
    async with car_park_of(hub, broker, fire="gate-out") as park:
        await park.temporaries()
        await park.customer("12")
        assert (await park.come(), await park.come(STRANGER)) == ("card", "temporary")
        await park.way_out.barrier.set_input(1, on=True)
        await park.way_out.opened(1)
        await park.way_in.opened(3)
        assert await park.go() == "emergency"
        await park.restart()
        assert await park.go(STRANGER) == "emergency"
        assert await park.balance() == "12.00"
        assert (await hub.call("list_unpaid_exits"))["count"] == 0
        with pytest.raises(HomeAssistantError):
            await hub.call("end_emergency", reason="an automation thinks it is over")
        await park.way_out.barrier.set_input(1, on=False)
        lanes = hub.data.site.lanes.values()

        async def clear() -> bool:
            return not any(run.inputs.get("fire_alarm") for run in lanes)

        await hub.until(clear)
        who = Context(user_id=hass_admin_user.id)
        ended = {"reason": "false alarm"}
        await hub.hass.services.async_call(
            DOMAIN, "end_emergency", ended, blocking=True, return_response=True, context=who
        )
        assert await park.come(OTHER) == "temporary"
        assert await park.go(OTHER) == "to_pay"
