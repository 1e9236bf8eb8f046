"""Points at work: earned with the top-up, spent for bonus, ended by the clock, taken back with a refund."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import refund
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.points import (
    points_of,
    points_view,
    set_points,
    spend_points,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import holds, is_sound, of_site
from tests.operations.world import DAY, HOUR, MANAGER, World


async def rule(world: World, **changes: Any) -> None:
    """One point for each 1.00, a hundred points buy 1.00, good for thirty days."""
    usual = {"points": 1, "per_minor": 100, "spend_points": 100, "worth_minor": 100}
    await set_points(world.site, changes=usual | {"expires_days": 30} | changes, actor=MANAGER)


async def spend(world: World, wallet: WalletRun, points: int, reference: str = "") -> Any:
    """Turn points into bonus."""
    return await spend_points(
        world.site, wallet=wallet.wallet.id, points=points, actor=MANAGER, reference=reference
    )


async def give_back(world: World, wallet: WalletRun, minor: int) -> None:
    """Pay cash out."""
    await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=minor, reason="left", actor=MANAGER
    )


async def test_a_top_up_earns_points_that_buy_bonus(world: World) -> None:
    """Points are no money: they stand in an account of their own, and are spent once."""
    await rule(world)
    wallet = await world.wallet("500")
    assert await holds(world, wallet) == {Bucket.CASH: 50_000, Bucket.POINTS: 500}
    first = await spend(world, wallet, 300, reference="s1")
    assert (await spend(world, wallet, 300, reference="s1")).entry == first.entry
    assert await holds(world, wallet) == {
        Bucket.CASH: 50_000,
        Bucket.BONUS: 300,
        Bucket.POINTS: 200,
    }
    assert await of_site(world, SiteAccount.POINTS) == -200
    with pytest.raises(ConflictError):
        await spend(world, wallet, 200, reference="s1")
    await world.restart()
    await is_sound(world)


@pytest.mark.parametrize(
    ("points", "key"),
    [
        (0, "amount_not_positive"),
        (-100, "amount_not_positive"),
        (50, "points_not_whole"),
        (600, "not_enough_points"),
    ],
)
async def test_points_that_are_not_there_buy_nothing(world: World, points: int, key: str) -> None:
    """Refused in words, and nothing moves."""
    await rule(world)
    wallet = await world.wallet("500")
    with pytest.raises(CoreError, match=key):
        await spend(world, wallet, points)
    assert (await holds(world, wallet))[Bucket.POINTS] == 500


async def test_without_a_rule_there_are_no_points(world: World) -> None:
    """A site that wants none has none."""
    wallet = await world.wallet("500")
    assert Bucket.POINTS not in await holds(world, wallet)
    with pytest.raises(CoreError, match="points_buy_nothing"):
        await spend(world, wallet, 100)
    assert points_view(world.site) is None


async def test_points_expire_by_lots_also_over_a_restart(world: World) -> None:
    """What was earned first ends first; the second look takes nothing more."""
    await rule(world)
    wallet = await world.wallet("100")
    await world.tick(20 * DAY)
    await world.pay(wallet, "50")
    await world.tick(10 * DAY)
    assert (await holds(world, wallet))[Bucket.POINTS] == 50
    await world.restart()
    for _ in range(2):
        await world.tick(HOUR)
    wallet = world.wallet_now(wallet)
    told: Any = points_of(world.site, wallet)
    assert (told["usable"], len(told["lots"])) == (50, 1)
    assert len(await world.books.entries(kinds=[EntryKind.POINTS_EXPIRED])) == 1
    await is_sound(world)
    await world.tick(20 * DAY)
    assert Bucket.POINTS not in await holds(world, wallet)


async def test_expired_points_buy_nothing_before_anybody_has_looked(world: World) -> None:
    """The minute after the end is after the end."""
    await rule(world)
    wallet = await world.wallet("100")
    world.clock.now += timedelta(days=30)
    with pytest.raises(CoreError, match="not_enough_points"):
        await spend(world, wallet, 100)


async def test_a_refund_takes_the_points_of_what_is_refunded(world: World) -> None:
    """Whoever tops up and takes it back has earned nothing; what was used keeps its points."""
    await rule(world)
    wallet = await world.wallet("500")
    await give_back(world, wallet, 20_000)
    assert await holds(world, wallet) == {Bucket.CASH: 30_000, Bucket.POINTS: 300}
    await spend(world, wallet, 200)
    await give_back(world, wallet, 30_000)
    assert await holds(world, wallet) == {Bucket.BONUS: 200}
    await is_sound(world)


async def test_points_are_for_whom_and_how_the_rule_says(world: World) -> None:
    """Parking earns none here; a rule that ends leaves what was earned."""
    await rule(world, purposes=(Purpose.UTILITY,))
    parking = await world.wallet("100", purpose=Purpose.PARKING)
    assert Bucket.POINTS not in await holds(world, parking)
    wallet = await world.wallet("100")
    await set_points(world.site, changes={"points": 0}, actor=MANAGER)
    await world.pay(wallet, "100")
    await spend(world, wallet, 100)
    assert (await holds(world, wallet))[Bucket.BONUS] == 100
    for changes, key in (({"per_minor": 0}, "points_negative"), ({"id": "x"}, "unknown_field")):
        with pytest.raises(CoreError, match=key):
            await set_points(world.site, changes=changes, actor=MANAGER)
    view = points_view(world.site)
    assert view is not None
    assert (view["version"], view["points"], view["worth"]) == (2, 0, "1.00")


moves = st.lists(
    st.tuples(st.sampled_from(["pay", "spend", "refund", "wait"]), st.integers(1, 20)), max_size=14
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
async def test_points_are_never_cash(make_world: MakeWorld, moves: list[tuple[str, int]]) -> None:
    """Earned, spent, ended and taken back in whatever order: every point is somewhere, no cent is made."""
    world = await make_world()
    await rule(world, points=3, per_minor=10)
    wallet, paid, back = await world.wallet(), 0, 0
    for what, number in moves:
        if what == "pay":
            await world.pay(wallet, world.text(number * 37))
            paid += number * 37
        elif what == "spend":
            if number * 100 <= int(str(points_of(world.site, wallet)["usable"])):
                await spend(world, wallet, number * 100)
        elif what == "refund":
            minor = min(number * 50, refundable_minor(wallet))
            if minor:
                await give_back(world, wallet, minor)
                back += minor
        else:
            await world.tick(number * DAY)
        assert refundable_minor(wallet) <= paid - back
        await is_sound(world)
