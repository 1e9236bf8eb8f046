"""Journeys: loops at the way out, on Modbus: who passes, who turns back, and who slips through."""

from collections.abc import AsyncIterator

import pytest

from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.brokers import Mosquitto

from .conftest import Hub
from .gateways import WatchedGateway
from .parking import OTHER, STRANGER, CarPark, watched_park_of

PASS_S = 5


@pytest.fixture
async def park(
    hub: Hub, broker: Mosquitto, modbus_line: ModbusLine
) -> AsyncIterator[CarPark[WatchedGateway]]:
    """A car park for everybody, at 5.00 for each hour that has begun, with loops on the way out."""
    async with watched_park_of(hub, broker, modbus_line) as park:
        await park.temporaries(pass_seconds=PASS_S)
        yield park


async def said(park: CarPark[WatchedGateway], kind: str, within: float = 10) -> None:
    """Wait until the way out has told something."""

    async def so() -> bool:
        return kind in [str(one.kind) for one in park.answers("l2")]

    await park.hub.until(so, within)


async def test_a_stay_ends_when_its_car_has_passed_and_not_before(
    park: CarPark[WatchedGateway],
) -> None:
    """A car that stands under the raised arm is still inside, and its place is taken."""
    await park.customer("12")
    await park.come()
    await park.way_out.drive_up()
    assert await park.go() == "card"
    assert await park.states() == ["leaving"]
    await park.way_out.drive_through()
    await park.become("left")
    assert (park.way_out.pulses, await park.balance()) == (1, "7.00")


async def test_who_turns_back_at_the_exit_has_paid_and_pays_no_second_time(
    park: CarPark[WatchedGateway],
) -> None:
    """The purse was left in the office: the way back to it costs nothing."""
    await park.customer("12")
    await park.come()
    await park.way_out.drive_up()
    assert await park.go() == "card"
    await park.way_out.back_away()
    await said(park, "backed_out", within=PASS_S + 10)
    await park.become("inside")
    assert await park.balance() == "7.00"
    await park.way_out.drive_up()
    assert await park.go() == "paid"
    await park.way_out.drive_through()
    await park.become("left")
    assert (await park.balance(), park.way_out.pulses) == ("7.00", 2)


async def test_who_slips_out_behind_another_is_noticed_and_the_other_is_not_billed_for_it(
    park: CarPark[WatchedGateway],
) -> None:
    """The one who paid is charged for one car; a person looks for the one who did not."""
    await park.customer("12")
    await park.come()
    await park.come(STRANGER)
    await park.way_out.drive_up()
    assert await park.go() == "card"
    await park.way_out.drive_through(another=True)
    await park.way_out.drive_through()
    await said(park, "tailgated")
    await park.suspected("tailgated")
    await park.become("left", "inside")
    assert (park.way_out.pulses, await park.balance()) == (1, "7.00")


async def test_who_breaks_through_owes_what_stood_on_the_display(
    park: CarPark[WatchedGateway],
) -> None:
    """Whoever lifts the arm by hand is asked for the money, and nobody else is."""
    await park.come(STRANGER)
    await park.way_out.drive_up()
    assert await park.go(STRANGER) == "to_pay"
    await park.way_out.drive_through()
    await said(park, "forced")
    await park.suspected("forced")
    listed = await park.hub.call("list_unpaid_exits")
    assert (listed["count"], listed["total"]) == (1, "5.00")
    assert park.way_out.pulses == 0


async def test_a_read_without_a_car_before_the_arm_opens_and_costs_nothing(
    park: CarPark[WatchedGateway],
) -> None:
    """The camera sees a resident drive by in the street: nobody pays for that, nothing opens."""
    await park.customer("12")
    await park.come()
    assert await park.go() == "no_car"
    assert (await park.states(), await park.balance()) == (["inside"], "12.00")
    await park.way_out.drive_up()
    assert await park.go() == "card"
    assert park.way_out.pulses == 1


async def test_a_payment_opens_for_the_car_before_the_arm_and_the_next_one_waits(
    park: CarPark[WatchedGateway],
) -> None:
    """The notice of the first car's payment comes twice, the second time with the next car there."""
    await park.come(STRANGER)
    await park.come(OTHER)
    await park.way_out.drive_up()
    assert await park.go(STRANGER) == "to_pay"
    paid = {"plate": STRANGER, "amount": "5", "channel": "terminal", "reference": "slip 1"}
    await park.hub.call("pay_stay", **paid)
    await park.way_out.opened(1)
    await park.way_out.drive_through(another=True)
    assert await park.go(OTHER) == "to_pay"
    await park.hub.call("pay_stay", **paid)
    await park.nothing_more()
    await park.become("left", "inside")
    assert park.way_out.pulses == 1
