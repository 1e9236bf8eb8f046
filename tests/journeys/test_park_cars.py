"""Journeys: who may drive in and out by what was bought, over a real broker."""

from collections.abc import AsyncIterator

import pytest

from tests.brokers import Mosquitto

from .conftest import Hub
from .parking import OTHER, PLATE, STRANGER, THIRD, CarPark, car_park_of


@pytest.fixture
async def park(hub: Hub, broker: Mosquitto) -> AsyncIterator[CarPark]:
    """A car park behind a broker."""
    async with car_park_of(hub, broker) as park:
        yield park


async def test_a_car_with_a_card_pays_as_it_leaves_and_waits_for_nobody(park: CarPark) -> None:
    """A resident who has money is charged once, in the act that opens the barrier."""
    await park.temporaries()
    await park.customer("12")
    assert await park.come() == "card"
    assert await park.balance() == "12.00"
    assert await park.go() == "card"
    assert await park.balance() == "7.00"
    assert await park.states() == ["left"]
    assert (park.way_in.pulses, park.way_out.pulses) == (1, 1)


async def test_an_empty_wallet_stays_closed_and_says_what_to_pay(park: CarPark) -> None:
    """A driver without money must learn the amount at the barrier, and can pay it there and then."""
    await park.temporaries()
    wallet, _ = await park.customer()
    assert await park.come() == "card"
    told = await park.read(park.way_out, PLATE)
    assert (told.kind, told.reason, told.due_minor) == ("refused", "to_pay", 500)
    assert park.way_out.pulses == 0
    await park.hub.call("top_up", wallet=wallet, amount="5", channel="cash")
    assert await park.go() == "card"
    assert await park.balance() == "0.00"
    assert (await park.states(), park.way_out.pulses) == (["left"], 1)


async def test_a_card_whose_package_is_over_is_told_so_and_may_leave(park: CarPark) -> None:
    """Who forgot to renew is kept out with the reason; who was inside at the end is not kept in."""
    await park.rules()
    _, card = await park.customer()
    await park.hub.call("set_parking_package", package="month", name="Month", price="0")
    sold = await park.hub.call("sell_parking_package", card=card, package="month")
    assert await park.come() == "package"
    await park.hub.call("end_permit", permit=sold["permit"], reason="moves away")
    assert await park.go() == "package"
    assert await park.come() == "expired"
    assert await park.states() == ["left"]
    assert (park.way_in.pulses, park.way_out.pulses) == (1, 1)


async def test_a_card_whose_package_nobody_has_paid_stays_out_until_it_is_paid(
    park: CarPark,
) -> None:
    """The office sold a month on account: the barrier is what reminds, and money opens it at once."""
    await park.rules()
    wallet, card = await park.customer()
    await park.hub.call("set_parking_package", package="month", name="Month", price="300.00")
    sold = await park.hub.call("sell_parking_package", card=card, package="month")
    assert await park.come() == "bill_unpaid"
    await park.hub.call("top_up", wallet=wallet, amount="300", channel="cash")

    async def settled() -> bool:
        return str((await park.hub.call("get_bill", bill=sold["bill"]))["open"]) == "0.00"

    await park.hub.until(settled)
    assert await park.come() == "package"
    assert await park.balance(wallet) == "0.00"
    assert park.way_in.pulses == 1


async def test_two_cars_stand_in_a_tandem_space_and_the_third_stays_out(park: CarPark) -> None:
    """The owners of a tandem space have room for two: a third car would block somebody's place."""
    wallet, card = await park.customer("0", [PLATE, OTHER, THIRD])
    space = await park.hub.call(
        "add_space", name="B1-023", location="underground", tenure="owned", grade="tandem",
        owner=wallet,
    )  # fmt: skip
    await park.hub.call("set_card", card=card, space=space["space"])
    assert [await park.come(plate) for plate in (PLATE, OTHER, THIRD)] == [
        "owner", "owner", "still_inside",
    ]  # fmt: skip
    assert await park.go(OTHER) == "owner"
    assert await park.come(THIRD) == "owner"
    assert await park.states() == ["inside", "left", "inside"]
    assert park.way_in.pulses == 3


async def test_the_third_car_of_a_group_of_two_pays_like_a_stranger(park: CarPark) -> None:
    """A firm with three cars and two rights pays for the one that came last, and for no other."""
    await park.temporaries()
    await park.customer("0", [PLATE, OTHER, THIRD])
    await park.hub.call(
        "set_parking_package", package="pair", name="Two of three", price="0", months=1, at_once=2
    )
    await park.hub.call("sell_parking_package", card="c1", package="pair")
    answers = [await park.come(plate) for plate in (PLATE, OTHER, THIRD)]
    assert answers == ["package", "package", "overflow"]
    assert [await park.go(plate) for plate in (PLATE, OTHER)] == ["package", "package"]
    told = await park.read(park.way_out, THIRD)
    assert (told.reason, told.due_minor) == ("to_pay", 500)
    assert park.way_out.pulses == 2


async def test_a_stranger_stays_out_where_nobody_sells_time(park: CarPark) -> None:
    """Residents' places are theirs: without a price for strangers nobody unknown gets in."""
    assert await park.come(STRANGER) == "unknown"
    assert park.way_in.pulses == 0
    assert await park.states() == []


async def test_a_second_entry_without_an_exit_is_one_question_and_no_bill(park: CarPark) -> None:
    """The exit camera missed the car yesterday: its driver must not pay for the night at home."""
    await park.temporaries()
    await park.customer("100")
    assert await park.come() == "card"
    await park.restart()
    assert await park.come() == "card"
    await park.suspected("second_entry")
    assert await park.states() == ["closed", "inside"]
    assert await park.balance() == "100.00"


async def test_a_plate_one_sign_off_charges_nobody(park: CarPark) -> None:
    """A stranger's plate that looks like a customer's must not be paid by the customer."""
    await park.temporaries(fuzzy=True)
    wallet, _ = await park.customer("100")
    misread = PLATE[:-1] + "6"
    assert await park.come(misread) == "card"
    await park.suspected("near_match")
    assert await park.go(misread) in ("nothing_due", "free")
    assert await park.balance(wallet) == "100.00"
