"""Uses that wait for a person: said while it is so, and not a minute longer."""

from decimal import Decimal

import pytest

from custom_components.prepaid_parking.core.use_point import Basis, PointKind
from custom_components.prepaid_parking.operations.use_troubles import use_troubles
from tests.operations.shop import HOURLY, WASHER, Shop
from tests.operations.test_sessions import PER_KM
from tests.operations.world import MINUTE, SECOND, World


@pytest.fixture
async def shop(world: World) -> Shop:
    """A shop that sells by the hour and by the kilometre."""
    shop = Shop(world)
    await shop.open(HOURLY, PER_KM)
    return shop


def kinds(shop: Shop) -> list[str]:
    """What is the matter now."""
    return [str(one.kind) for one in use_troubles(shop.world.site)]


async def test_a_counter_that_is_silent_is_said_until_it_counts_again(shop: Shop) -> None:
    """Who looks after the bicycles hears of a dead sensor, and no more once it is back."""
    shop.things.counts["sensor.bike"] = Decimal(100)
    await shop.point(PointKind.METERED, tariff="per_km", basis=Basis.COUNTER, counter="sensor.bike")
    began = await shop.start(await shop.customer("50"))
    assert kinds(shop) == []
    del shop.things.counts["sensor.bike"]
    await shop.world.tick(2 * MINUTE)
    assert kinds(shop) == ["use_counter_silent"]
    shop.things.counts["sensor.bike"] = Decimal(101)
    await shop.world.tick()
    assert kinds(shop) == []
    shop.things.counts["sensor.bike"] = Decimal(50)
    await shop.world.tick()
    assert kinds(shop) == ["use_counter_backwards"]
    await shop.end(began.use.id, counted=300)
    assert kinds(shop) == []


async def test_a_machine_that_does_not_go_off_is_said_until_it_is_off(shop: Shop) -> None:
    """Water may be running: said after a few tries, and gone when the plug shows off."""
    await shop.point(PointKind.METERED, tariff="hourly", switch=WASHER)
    began = await shop.start(await shop.customer("50"))
    shop.things.moves = False
    await shop.end(began.use.id)
    for _ in range(15):
        await shop.world.tick(SECOND)
    assert kinds(shop) == ["use_stuck"]
    shop.things.moves = True
    shop.things.set(WASHER, on=False)
    await shop.world.work()
    assert kinds(shop) == []


async def test_a_use_that_cannot_end_is_said(shop: Shop) -> None:
    """In an emergency nothing is switched: minutes after its end somebody has to know."""
    await shop.point(PointKind.METERED, tariff="hourly", switch=WASHER, minutes=5)
    await shop.start(await shop.customer("50"))
    shop.world.site.emergency = True
    await shop.world.wait(6 * MINUTE, MINUTE / 2)
    assert kinds(shop) == []
    await shop.world.wait(3 * MINUTE, MINUTE / 2)
    assert kinds(shop) == ["use_overdue"]
    shop.world.site.emergency = False
    await shop.world.wait(MINUTE, SECOND)
    assert kinds(shop) == []
