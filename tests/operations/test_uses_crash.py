"""The hub dies at each single write of a use: nothing is taken for nothing, nothing runs unpaid."""

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.use import Use, UseState
from custom_components.prepaid_parking.core.use_point import PointKind
from custom_components.prepaid_parking.operations.packages import sell_package
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.shop import HOURLY, WASHER, WASHES, Shop
from tests.operations.world import MANAGER, MINUTE, SECOND

WRITES = range(1, 16)
"""More writes than a use makes: the last of them never happen, and the use goes through."""


async def set_up(make_world: MakeWorld, kind: PointKind) -> Shop:
    """A shop with a washer and a customer with 50 washes and 50.00."""
    shop = Shop(await make_world())
    await shop.open(WASHES, HOURLY)
    metered = kind is PointKind.METERED
    await shop.point(
        kind,
        tariff="hourly" if metered else "washes",
        minutes=0 if metered else 5,
        switch=WASHER,
        deposit_minor=1_000 if metered else 0,
    )
    run = await shop.customer("150")
    await sell_package(shop.world.site, wallet=run.wallet.id, tariff="washes", actor=MANAGER)
    return shop


async def lives(shop: Shop) -> None:
    """Ten minutes of a life, in which trouble is nobody's end."""
    try:
        await shop.tap()
    except CoreError, StoreError:
        return
    await shop.world.wait(2 * MINUTE, SECOND * 20)
    if shop.world.site.using.uses:
        use = next(iter(shop.world.site.using.uses.values())).use
        if not use.timed:
            try:
                await shop.end(use.id)
            except CoreError, StoreError:
                return
    await shop.world.wait(5 * MINUTE, SECOND * 20)


@pytest.mark.parametrize("kind", [PointKind.TIMED, PointKind.METERED])
@pytest.mark.parametrize("at", WRITES)
async def test_it_is_paid_once_or_not_at_all_and_the_machine_is_off(
    make_world: MakeWorld, kind: PointKind, at: int
) -> None:
    """Whatever was not written did not happen: the sums are right, and nothing runs for ever."""
    shop = await set_up(make_world, kind)
    Dying(shop.world, at)
    await lives(shop)
    shop.world.clock.now += MINUTE
    await shop.restart()
    for use in [run.use for run in shop.world.site.using.uses.values() if not run.use.timed]:
        await shop.end(use.id)
    await shop.world.wait(10 * MINUTE, SECOND * 10)
    run = shop.world.site.wallet("w1")
    uses = await shop.world.books.load(Use)
    assert {use.state for use in uses} <= {UseState.ENDED}
    assert shop.things.on[WASHER] is False
    assert not shop.world.site.using.uses
    cash, held, _ = await shop.books(run)
    left = sum(one.left for one in shop.world.site.using.packages.values())
    if kind is PointKind.TIMED:
        given = [use for use in uses if use.end != "not_started"]
        assert (left, cash) == (50 - len(given), 5_000)
    else:
        assert (left, cash) == (50, 5_000 - sum(use.amount_minor for use in uses))
        assert len(uses) <= 1
    assert held == 0
    assert sum((await shop.world.books.balances()).values()) == 0
    assert not (await shop.world.books.verify()).problem
