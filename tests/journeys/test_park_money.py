"""Journeys: the money of a stay, from the desk to the arm that goes up, over a real broker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from tests.brokers import Mosquitto

from .clock import Clock
from .conftest import Hub
from .parking import OPENS_WITHIN_S, OTHER, PLATE, STRANGER, CarPark, car_park_of


@pytest.fixture
async def park(hub: Hub, broker: Mosquitto) -> AsyncIterator[CarPark]:
    """A car park for everybody, at 5.00 for each hour that has begun."""
    async with car_park_of(hub, broker) as park:
        await park.temporaries()
        yield park


async def test_a_visitor_who_paid_at_the_desk_drives_out(park: CarPark) -> None:
    """A stranger needs nothing but money: no app, no card, no second payment at the barrier."""
    assert await park.come(STRANGER) == "temporary"
    paid = await park.hub.call("pay_stay", plate=STRANGER, channel="cash", reference="slip 1")
    assert (paid["amount"], paid["due"]) == ("5.00", "0.00")
    assert park.way_out.pulses == 0
    assert await park.go(STRANGER) == "paid"
    assert await park.states() == ["left"]
    assert park.way_out.pulses == 1


async def test_the_arm_goes_up_for_who_waits_within_two_seconds_of_the_payment(
    park: CarPark,
) -> None:
    """Whoever pays with the phone at the closed barrier has a queue behind."""
    await park.come(STRANGER)
    assert await park.go(STRANGER) == "to_pay"
    began = monotonic()
    await park.hub.call("pay_stay", lane="l2", channel="terminal", reference="slip 1")
    await park.way_out.opened(1, within=OPENS_WITHIN_S)
    assert monotonic() - began < OPENS_WITHIN_S
    assert await park.states() == ["left"]


async def test_a_payment_told_twice_at_once_and_later_is_taken_and_opens_once(
    park: CarPark,
) -> None:
    """Payment platforms repeat their notices: the second must neither cost nor open for the next car."""
    await park.come(STRANGER)
    await park.come(OTHER)
    await park.go(STRANGER)

    async def notice() -> None:
        told = {"plate": STRANGER, "amount": "5", "channel": "terminal", "reference": "slip 1"}
        await park.hub.call("pay_stay", **told)

    await asyncio.gather(notice(), notice(), notice())
    await park.way_out.opened(1)
    assert await park.go(OTHER) == "to_pay"
    await notice()
    await park.nothing_more()
    assert park.way_out.pulses == 1
    told = await park.hub.call("get_stay", plate=STRANGER)
    assert (told["state"], told["bill"]["paid"], told["bill"]["held"]) == ("left", "5.00", "0.00")


async def test_a_payment_for_who_has_driven_on_opens_for_nobody_else(park: CarPark) -> None:
    """The payer went back to the shop: the stranger who stands there now has not paid."""
    await park.come(STRANGER)
    await park.come(OTHER)
    assert await park.go(STRANGER) == "to_pay"
    assert await park.go(OTHER) == "to_pay"
    await park.hub.call("pay_stay", plate=STRANGER, channel="terminal", reference="slip 1")
    await park.nothing_more()
    assert park.way_out.pulses == 0
    assert await park.go(STRANGER) == "paid"
    assert park.way_out.pulses == 1


async def test_a_payment_that_comes_late_opens_at_the_next_look_and_once(park: CarPark) -> None:
    """The bank took a minute: the arm must not go up by itself when nobody knows who stands there."""
    clock = Clock(park.hub, datetime.now(UTC))
    await park.come(STRANGER)
    assert await park.go(STRANGER) == "to_pay"
    clock.ahead(timedelta(minutes=3))
    await park.hub.call("pay_stay", plate=STRANGER, channel="terminal", reference="slip 1")
    await park.nothing_more(0.5)
    assert park.way_out.pulses == 0
    told = await park.read(park.way_out, STRANGER, at=clock.now())
    assert (told.kind, told.reason) == ("admitted", "paid")
    assert (park.way_out.pulses, await park.states()) == (1, ["left"])


async def test_a_stranger_misread_at_the_exit_is_asked_and_corrected_and_pays_once(
    park: CarPark,
) -> None:
    """Mud on the plate: the camera's guess charges nobody, a person's look lets the car out."""
    await park.come(STRANGER)
    misread = STRANGER[:-1] + "6"
    told = await park.read(park.way_out, misread)
    assert (told.kind, told.reason) == ("asked", "near_match")
    await park.hub.call("pay_stay", plate=STRANGER, channel="cash", reference="at the window")
    went = await park.hub.call("answer_help", lane="l2", plate=STRANGER, reason="mud on the plate")
    assert (went["kind"], went["reason"]) == ("admitted", "paid")
    assert (await park.states(), park.way_out.pulses) == (["left"], 1)


async def test_a_resident_misread_at_the_entry_leaves_unbilled_and_a_person_looks(
    park: CarPark,
) -> None:
    """The first look made a stranger of a neighbour: the package covers it, the ghost is nobody's debt."""
    _, card = await park.customer("100")
    await park.hub.call("set_parking_package", package="month", name="Month", price="0")
    await park.hub.call("sell_parking_package", card=card, package="month")
    assert await park.come(PLATE[:-1] + "6") == "temporary"
    await park.way_in.camera.see(PLATE)
    await park.nothing_more(0.5)
    assert park.way_in.pulses == 1
    assert await park.go() == "package"
    assert await park.balance() == "100.00"
    assert park.way_out.pulses == 1
    await park.suspected("no_entry")


async def test_who_is_let_out_by_hand_owes_and_is_found_again(park: CarPark) -> None:
    """The terminal is broken and people want home: the attendant opens, the office asks later."""
    await park.come(STRANGER)
    assert await park.go(STRANGER) == "to_pay"
    await park.hub.call("release_barrier", lane="l2", reason="terminal broken")
    assert park.way_out.pulses == 1
    listed = await park.hub.call("list_unpaid_exits")
    assert (listed["count"], listed["total"]) == (1, "5.00")
    await park.hub.call("pay_stay", plate=STRANGER, channel="cash", reference="later")
    assert (await park.hub.call("list_unpaid_exits"))["count"] == 0
    await park.nothing_more(0.3)
    assert park.way_out.pulses == 1


async def test_a_vehicle_without_a_plate_comes_and_goes_by_its_ticket(park: CarPark) -> None:
    """A new car without plates, or one covered in snow, must get out as everybody does."""
    ticket = await park.hub.call("issue_ticket", lane="l1")
    assert ticket["kind"] == "admitted"
    await park.way_in.opened(1)
    shown = await park.hub.call("present_credential", lane="l2", code=ticket["code"])
    assert (shown["reason"], shown["due"]) == ("to_pay", "5.00")
    assert park.way_out.pulses == 0
    await park.hub.call("pay_stay", code=ticket["code"], channel="terminal", reference="slip 7")
    await park.way_out.opened(1, within=OPENS_WITHIN_S)
    assert await park.states() == ["left"]


async def test_with_the_cameras_off_an_attendant_lets_cars_in_and_out_by_their_plates(
    park: CarPark,
) -> None:
    """A dead camera is an evening's work for one person, not a night in the car for forty."""
    await park.customer("12")
    for gateway in (park.way_in, park.way_out):
        await gateway.camera.stop()
    came = await park.hub.call("answer_help", lane="l1", plate=PLATE, reason="camera off")
    assert (came["kind"], came["reason"]) == ("admitted", "card")
    assert (await park.hub.call("help_call", lane="l2"))["kind"] == "asked"
    went = await park.hub.call(
        "answer_help", lane="l2", plate=PLATE, reason="camera off", release=True
    )
    assert (went["kind"], went["fee"]) == ("admitted", "5.00")
    assert await park.balance() == "7.00"
    assert (park.way_in.pulses, park.way_out.pulses) == (1, 1)
