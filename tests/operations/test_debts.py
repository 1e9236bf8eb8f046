"""Debts at work: recovered bit by bit from top-ups of their own purpose, and from nothing else."""

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import freeze, refund
from custom_components.prepaid_parking.operations.debts import (
    debts_of,
    pay_debt,
    record_debt,
    set_recovery,
    write_off_debt,
)
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import holds, is_sound, of_site
from tests.operations.world import DAY, HOUR, KWH, MANAGER, World


async def owe(
    world: World, wallet: WalletRun, minor: int, category: Category = Category.UTILITY, **more: Any
) -> Any:
    """Write a debt down."""
    told: dict[str, Any] = {"reason": "old bill", "actor": MANAGER} | more
    return await record_debt(
        world.site,
        wallet=wallet.wallet.id,
        category=category,
        amount_minor=minor,
        **told,
    )


async def test_a_fifth_of_a_hundred_pays_the_debt_and_eighty_are_credit(world: World) -> None:
    """What the desk says: 100 in, 20 for the debt, 80 to live on; all in the one entry."""
    wallet = await world.wallet()
    await owe(world, wallet, 50_000)
    receipt = await world.pay(wallet, "100", reference="r1")
    assert receipt.detail["recovered"] == {"utility": 2_000}
    assert await holds(world, wallet) == {Bucket.CASH: 8_000, Bucket.DEBT_UTILITY: -48_000}
    again = await world.pay(wallet, "100", reference="r1")
    assert (again.repeated, again.detail) == (True, receipt.detail)
    assert debts_of(world.site, wallet) == [
        {"category": "utility", "owed": "480.00", "share": "20", "day_cap": None}
    ]
    assert wallet.available_minor == 8_000
    await world.restart()
    await is_sound(world)
    assert world.wallet_now(wallet).recoveries == wallet.recoveries


async def test_a_daily_cap_is_per_local_day(world: World) -> None:
    """Two top-ups on one day are one day; the next day it goes on, also after a restart."""
    wallet = await world.wallet()
    await owe(world, wallet, 50_000, share_bp=5_000, day_cap_minor=3_000)
    for money in ("40", "40"):
        await world.pay(wallet, money)
    assert (await holds(world, wallet))[Bucket.DEBT_UTILITY] == -47_000
    await world.restart()
    wallet = world.wallet_now(wallet)
    await world.pay(wallet, "40")
    assert (await holds(world, wallet))[Bucket.DEBT_UTILITY] == -47_000
    world.clock.now += DAY
    await world.pay(wallet, "40")
    assert (await holds(world, wallet))[Bucket.DEBT_UTILITY] == -45_000


@pytest.mark.parametrize(
    ("purpose", "category"),
    [
        (Purpose.UTILITY, Category.RENT),
        (Purpose.UTILITY, Category.PROPERTY),
        (Purpose.UTILITY, Category.PARKING),
        (Purpose.PARKING, Category.UTILITY),
        (Purpose.PROPERTY, Category.UTILITY),
    ],
)
async def test_a_debt_of_another_purpose_is_refused(
    world: World, purpose: Purpose, category: Category
) -> None:
    """Who owes rent keeps every cent of the light money."""
    wallet = await world.wallet("100", purpose=purpose)
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await owe(world, wallet, 1_000, category)
    for act in (pay_debt, write_off_debt):
        with pytest.raises(CoreError, match="more_than_owed"):
            await act(
                world.site,
                wallet=wallet.wallet.id,
                category=category,
                reason="x",
                actor=MANAGER,
            )
    assert await holds(world, wallet) == {Bucket.CASH: 10_000}


async def test_a_property_wallet_pays_its_debts_in_their_order(world: World) -> None:
    """Fee, rent and service have an account and a share each."""
    wallet = await world.wallet(purpose=Purpose.PROPERTY)
    for category in (Category.SERVICE, Category.RENT, Category.PROPERTY):
        await owe(world, wallet, 10_000, category, share_bp=5_000)
    await world.pay(wallet, "100")
    assert await holds(world, wallet) == {
        Bucket.DEBT_PROPERTY: -5_000,
        Bucket.DEBT_RENT: -5_000,
        Bucket.DEBT_SERVICE: -10_000,
    }
    assert await of_site(world, SiteAccount.REVENUE_RENT) == 10_000


async def test_arrears_become_a_debt_that_is_paid_bit_by_bit(world: World) -> None:
    """The light comes on at once, and what was used is still owed."""
    wallet = await world.wallet("1")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await world.keeper.stop()
    assert world.text(wallet.posted_minor) == "-7.00"
    with pytest.raises(CoreError, match="more_than_arrears"):
        await owe(world, wallet, 701, arrears=True)
    await owe(world, wallet, 700, arrears=True, reference="a1")
    assert await holds(world, wallet) == {Bucket.DEBT_UTILITY: -700}
    assert (await owe(world, wallet, 700, arrears=True, reference="a1")).repeated
    await is_sound(world)


async def test_a_debt_is_paid_from_cash_at_once_where_that_is_wanted(world: World) -> None:
    """Never more than is owed, never more than is there, and a frozen wallet pays nothing by choice."""
    wallet = await world.wallet("100")
    await owe(world, wallet, 15_000)
    name = wallet.wallet.id

    async def pay(minor: int | None, reference: str = "") -> Any:
        return await pay_debt(
            world.site,
            wallet=name,
            category=Category.UTILITY,
            amount_minor=minor,
            actor=MANAGER,
            reference=reference,
        )

    with pytest.raises(CoreError, match="more_than_owed"):
        await pay(15_001)
    with pytest.raises(CoreError, match="not_enough_money"):
        await pay(None)
    await pay(10_000, reference="p1")
    assert (await pay(10_000, reference="p1")).repeated
    assert await holds(world, wallet) == {Bucket.DEBT_UTILITY: -5_000}
    await freeze(world.site, wallet=name, reason="court", actor=MANAGER)
    await world.pay(wallet, "100")
    with pytest.raises(CoreError, match="wallet_frozen"):
        await pay(1)
    assert WalletEvent.DEBT_PAID in world.events(wallet)
    await is_sound(world)


async def test_a_debt_that_is_given_up_is_borne_by_the_site(world: World) -> None:
    """In part or whole, with the reason; what is gone cannot be given up again."""
    wallet = await world.wallet()
    await owe(world, wallet, 15_000)
    for minor, reference in ((5_000, "w1"), (5_000, "w1"), (None, "w2"), (None, "w2")):
        await write_off_debt(
            world.site,
            wallet=wallet.wallet.id,
            category=Category.UTILITY,
            amount_minor=minor,
            reason="hardship",
            actor=MANAGER,
            reference=reference,
        )
    assert await holds(world, wallet) == {}
    assert await of_site(world, SiteAccount.WRITE_OFF) == -15_000
    with pytest.raises(CoreError, match="more_than_owed"):
        await write_off_debt(
            world.site,
            wallet=wallet.wallet.id,
            category=Category.UTILITY,
            reason="again",
            actor=MANAGER,
        )


async def test_what_is_owed_is_not_paid_out(world: World) -> None:
    """Nobody leaves with the cash and without the debt."""
    wallet = await world.wallet("100")
    await owe(world, wallet, 4_000)
    with pytest.raises(CoreError, match="more_than_refundable"):
        await refund(
            world.site,
            wallet=wallet.wallet.id,
            amount_minor=6_001,
            reason="left",
            actor=MANAGER,
        )
    await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=6_000, reason="left", actor=MANAGER
    )
    assert await holds(world, wallet) == {Bucket.CASH: 4_000, Bucket.DEBT_UTILITY: -4_000}


async def test_how_a_debt_is_recovered_can_be_changed(world: World) -> None:
    """A tenant in need pays a tenth instead of a fifth."""
    wallet = await world.wallet()
    await owe(world, wallet, 50_000, day_cap_minor=100)
    await set_recovery(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.UTILITY,
        share_bp=1_000,
        actor=MANAGER,
    )
    await world.pay(wallet, "100")
    assert (await holds(world, wallet))[Bucket.DEBT_UTILITY] == -49_000
    with pytest.raises(CoreError, match="share_out_of_range"):
        await set_recovery(
            world.site,
            wallet=wallet.wallet.id,
            category=Category.UTILITY,
            share_bp=10_001,
            actor=MANAGER,
        )
    await owe(world, wallet, 1, reference="x")
    with pytest.raises(ConflictError):
        await owe(world, wallet, 2, reference="x")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    owed=st.integers(1, 20_000),
    share=st.integers(0, 10_000),
    tops=st.lists(st.integers(1, 9_000), max_size=8),
)
async def test_every_cent_is_credit_or_debt_paid(
    make_world: MakeWorld, owed: int, share: int, tops: list[int]
) -> None:
    """The debt falls by exactly what the top-ups did not bring, and never turns round."""
    world = await make_world()
    wallet = await world.wallet()
    await owe(world, wallet, owed, share_bp=share)
    for minor in tops:
        await world.pay(wallet, world.text(minor))
    held = await holds(world, wallet)
    left = -held.get(Bucket.DEBT_UTILITY, 0)
    assert 0 <= left <= owed
    assert held.get(Bucket.CASH, 0) == sum(tops) - (owed - left) >= 0
    await is_sound(world)
