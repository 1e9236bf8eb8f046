"""Journeys: the last day of a permit passes, and the next read is answered by what is then true."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.operations.lane_facts import Passed
from tests.brokers import Mosquitto

from .clock import Clock
from .conftest import Hub
from .gateways import ShellyGateway
from .parking import PLATE, VISITORS, CarPark, car_park_of


class Month:
    """A card park with a card that has a month, and the clock of its site."""

    def __init__(self, park: CarPark, clock: Clock, last: str) -> None:
        """Know the last day."""
        self.park, self.clock = park, clock
        self.last = datetime.fromisoformat(last).date()

    async def on(self, days: int, hour: int, minute: int = 0) -> None:
        """Let it be a time of so many days after the last one."""
        zone = ZoneInfo(self.park.hub.hass.config.time_zone)
        day = self.last + timedelta(days=days)
        await self.clock.is_now(datetime.combine(day, time(hour, minute), zone))

    async def read(self, gateway: ShellyGateway) -> Passed:
        """Let the car be read by the clock of the site."""
        return await self.park.read(gateway, PLATE, at=self.clock.now())

    async def come(self) -> str:
        """Let the car drive in; return why, or why not."""
        return (await self.read(self.park.way_in)).reason

    async def go(self) -> Passed:
        """Let the car drive out."""
        return await self.read(self.park.way_out)


@pytest.fixture
async def park(hub: Hub, broker: Mosquitto) -> AsyncIterator[CarPark]:
    """A car park behind a broker."""
    async with car_park_of(hub, broker) as park:
        yield park


async def month(park: CarPark, money: str = "0", *, renews: bool = False, **package: Any) -> Month:
    """Sell a month from today on: it is years ahead, so that nothing lies in the site's past."""
    clock = Clock(park.hub, datetime(2031, 3, 3, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
    _, card = await park.customer(money)
    told = {"name": "Month", "price": "0"} | package
    await park.hub.call("set_parking_package", package="month", **told)
    sold = await park.hub.call("sell_parking_package", card=card, package="month", renews=renews)
    return Month(park, clock, str(sold["last"]))


async def test_the_day_after_its_last_a_permit_opens_nothing_and_a_new_one_does(
    park: CarPark,
) -> None:
    """Nobody ended it: the day did. Who forgot to renew is told so, and buys at the desk meanwhile."""
    await park.rules()
    has = await month(park)
    await has.on(0, 23, 50)
    assert (await has.come(), (await has.go()).reason) == ("package", "package")
    await has.on(1, 0, 1)
    assert await has.come() == "expired"
    explained = await park.hub.call("explain_access", lane="l1", plate=PLATE)
    assert (explained["admit"], explained["reason"]) == (False, "expired")
    assert park.way_in.pulses == 1
    await park.hub.call("sell_parking_package", card="c1", package="month")
    assert await has.come() == "package"
    assert (await park.states(), park.way_in.pulses) == (["left", "inside"], 2)


async def test_the_day_after_its_last_a_card_is_its_own_payer_where_all_may_come(
    park: CarPark,
) -> None:
    """The month was for nothing more: the next stay has a price, which the wallet pays at the exit."""
    await park.temporaries()
    has = await month(park, "20")
    await has.on(0, 22)
    assert await has.come() == "package"
    await has.on(0, 23, 50)
    assert ((await has.go()).fee_minor, await park.balance()) == (0, "20.00")
    await has.on(1, 8)
    assert await has.come() == "card"
    await has.on(1, 9, 30)
    left = await has.go()
    assert (left.kind, left.fee_minor, await park.balance()) == ("admitted", 1000, "10.00")


async def test_who_is_inside_over_the_last_midnight_pays_from_there_on(park: CarPark) -> None:
    """In by right at nine in the evening, out at half past one: two hours that have begun are without it."""
    await park.temporaries()
    has = await month(park, "20")
    await has.on(0, 21)
    assert await has.come() == "package"
    await has.on(1, 1, 30)
    left = await has.go()
    assert (left.kind, left.fee_minor, await park.balance()) == ("admitted", 1000, "10.00")
    assert await park.states() == ["left"]
    assert await has.come() == "card"


async def test_a_month_that_renews_itself_knows_no_last_midnight(park: CarPark) -> None:
    """Renewed and paid before its end: the car that stands over night has a right on both sides."""
    await park.hub.call("publish_tariff", **VISITORS)
    await park.rules(temporaries=False, tariffs=[{"tariff": "visitors"}])
    has = await month(park, "100", price="30.00", renews=True)
    paid = await park.balance()
    await has.on(0, 21)
    assert await has.come() == "package"
    await has.on(1, 1, 30)
    left = await has.go()
    assert (left.reason, left.fee_minor) == ("package", 0)
    assert await has.come() == "package"
    assert (paid, await park.balance()) == ("70.00", "40.00")
