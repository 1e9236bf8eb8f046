"""Promotions at work: the bonus comes in the top-up's own entry, pays like cash, and goes back by rule."""

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Bucket, Channel, SiteAccount
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.core.wallet import Purpose, Spending, WalletKind
from custom_components.prepaid_parking.operations.cashier import deduct, refund, update_wallet
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.promotions import promotion_list, set_promotion
from custom_components.prepaid_parking.operations.reports import wallet_view
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import holds, is_sound, of_site, promise
from tests.operations.world import DAY, HOUR, KWH, MANAGER, World


async def take(world: World, wallet: WalletRun, minor: int, reference: str = "") -> None:
    """Take money by hand."""
    await deduct(
        world.site,
        wallet=wallet.wallet.id,
        amount_minor=minor,
        reason="key",
        actor=MANAGER,
        reference=reference,
    )


async def give_back(world: World, wallet: WalletRun, minor: int, reference: str = "") -> Any:
    """Pay money out."""
    return await refund(
        world.site,
        wallet=wallet.wallet.id,
        amount_minor=minor,
        reason="moves out",
        actor=MANAGER,
        reference=reference,
    )


async def test_five_hundred_bring_a_hundred_in_the_same_entry(world: World) -> None:
    """Killed between the two, the customer would have paid for a gift that never came."""
    await promise(world)
    wallet = await world.wallet()
    receipt = await world.pay(wallet, "500", reference="r1")
    assert await holds(world, wallet) == {Bucket.CASH: 50_000, Bucket.BONUS: 10_000}
    assert await of_site(world, SiteAccount.PROMOTION) == -10_000
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    assert (entry.id, len(entry.postings)) == (receipt.entry, 2)
    assert receipt.detail["promotion"] == {"promotion": "autumn", "version": 1}
    view: Any = wallet_view(world.site, wallet)
    assert (view["balance"], view["buckets"]["cash"], view["buckets"]["bonus"]) == (
        "600.00",
        "500.00",
        "100.00",
    )
    await world.restart()
    await is_sound(world)
    assert world.wallet_now(wallet).layers == wallet.layers != ()


async def test_a_payment_announced_again_brings_no_second_bonus(world: World) -> None:
    """Also when the promotion has ended meanwhile: the answer is that of the first time."""
    await promise(world)
    wallet = await world.wallet()
    first = await world.pay(wallet, "500", reference="r1")
    await promise(world, until_at=world.clock.now + HOUR)
    world.clock.now += DAY
    again = await world.pay(wallet, "500", reference="r1")
    assert (again.entry, again.repeated, again.detail) == (first.entry, True, first.detail)
    with pytest.raises(ConflictError):
        await world.pay(wallet, "501", reference="r1")
    await world.pay(wallet, "500", reference="r2")
    assert await holds(world, wallet) == {Bucket.CASH: 100_000, Bucket.BONUS: 10_000}
    await is_sound(world)


@pytest.mark.parametrize(
    ("spending", "cash", "bonus"),
    [(Spending.BONUS_FIRST, 50_000, 5_000), (Spending.CASH_FIRST, 45_000, 10_000)],
)
async def test_a_wallet_spends_in_the_order_it_declares(
    world: World, spending: Spending, cash: int, bonus: int
) -> None:
    """The manager says whose money goes first, and both pay."""
    await promise(world)
    wallet = await world.wallet()
    await update_wallet(
        world.site, wallet=wallet.wallet.id, changes={"spending": spending}, actor=MANAGER
    )
    await world.pay(wallet, "500")
    await take(world, wallet, 5_000)
    assert await holds(world, wallet) == {Bucket.CASH: cash, Bucket.BONUS: bonus}
    await take(world, wallet, 55_000)
    assert await holds(world, wallet) == {}
    with pytest.raises(CoreError, match="not_enough_money"):
        await take(world, wallet, 1)


async def test_a_deduction_repeated_is_answered_whatever_pays_now(world: World) -> None:
    """The first time the bonus paid; the second time there is none, and it is the same deduction."""
    await promise(world)
    wallet = await world.wallet()
    await world.pay(wallet, "500")
    await take(world, wallet, 9_000, reference="d1")
    await take(world, wallet, 1_000)
    await take(world, wallet, 9_000, reference="d1")
    assert await holds(world, wallet) == {Bucket.CASH: 50_000}


@pytest.mark.parametrize(
    ("back", "most", "taken"),
    [
        (Back.CASH_FIRST, 45_000, 10_000),
        (Back.BONUS_FIRST, 50_000, 5_000),
        (Back.RATIO, 45_833, 9_167),
        (Back.FORFEIT, 50_000, 5_000),
    ],
)
@pytest.mark.parametrize("spending", Spending)
async def test_a_refund_after_spending_fifty_follows_the_rule(
    world: World, back: Back, spending: Spending, most: int, taken: int
) -> None:
    """500 with 100 on top, 50 spent: what is paid out depends on the promotion, not on the clerk."""
    if back is Back.FORFEIT and spending is Spending.CASH_FIRST:
        most, taken = 45_000, 10_000
    await promise(world, back=back)
    wallet = await world.wallet(kind=WalletKind.INDIVIDUAL)
    await update_wallet(
        world.site, wallet=wallet.wallet.id, changes={"spending": spending}, actor=MANAGER
    )
    await world.pay(wallet, "500")
    await take(world, wallet, 5_000)
    assert refundable_minor(wallet) == most
    with pytest.raises(CoreError, match="more_than_refundable"):
        await give_back(world, wallet, most + 1)
    receipt = await give_back(world, wallet, most, reference="f1")
    assert receipt.detail["bonus_taken_back"] == taken
    assert await holds(world, wallet) == {}
    assert await of_site(world, SiteAccount.CASH) == most - 50_000
    assert (await give_back(world, wallet, most, reference="f1")).repeated
    await world.restart()
    await is_sound(world)


async def test_a_refund_of_a_part_takes_its_part_of_the_bonus(world: World) -> None:
    """A fifth of the cash, a fifth of the gift; with what is left the wallet goes on."""
    await promise(world, back=Back.RATIO)
    wallet = await world.wallet("20")
    await world.pay(wallet, "500")
    await give_back(world, wallet, 10_000)
    assert await holds(world, wallet) == {Bucket.CASH: 42_000, Bucket.BONUS: 8_000}
    await give_back(world, wallet, 42_000)
    assert await holds(world, wallet) == {}
    await is_sound(world)


async def test_what_a_meter_used_is_charged_before_a_refund(world: World) -> None:
    """The last kilowatt-hour counts as spent, by the rule."""
    await promise(world, back=Back.CASH_FIRST)
    wallet = await world.wallet()
    run = await world.meter(wallet)
    await world.pay(wallet, "500")
    await world.read(run.meter.id, 10 * KWH, HOUR)
    with pytest.raises(CoreError, match="more_than_refundable"):
        await give_back(world, wallet, 49_201)
    await give_back(world, wallet, 49_200)
    assert await holds(world, wallet) == {}
    await is_sound(world)


async def test_once_is_once_and_a_cap_holds_over_a_restart(world: World) -> None:
    """Who tops up in ten pieces, or waits for a restart, gets no more than was promised."""
    await promise(world, "welcome", once=True)
    first, second = await world.wallet(), await world.wallet()
    await world.pay(first, "500")
    await world.pay(first, "500")
    assert (await holds(world, first))[Bucket.BONUS] == 10_000
    await promise(world, "welcome", once=False, total_cap_minor=25_000)
    await world.restart()
    await world.pay(world.wallet_now(second), "500")
    await world.pay(world.wallet_now(second), "500")
    assert (await holds(world, second))[Bucket.BONUS] == 15_000
    (view,) = promotion_list(world.site)
    assert (view["given"], view["version"]) == ("250.00", 2)
    await is_sound(world)


@pytest.mark.parametrize(
    ("changes", "paid", "bonus"),
    [
        ({"channels": ("terminal",)}, {}, False),
        ({"channels": ("terminal",)}, {"channel": Channel.TERMINAL}, True),
        ({"purposes": (Purpose.PARKING,)}, {}, False),
        ({"kinds": (WalletKind.ENTERPRISE,)}, {}, False),
    ],
)
async def test_a_promotion_is_for_whom_it_says(
    world: World, changes: dict[str, Any], paid: dict[str, Any], *, bonus: bool
) -> None:
    """The poster at the card terminal speaks of card payments."""
    await promise(world, **changes)
    wallet = await world.wallet()
    await world.pay(wallet, "500", **paid)
    assert (Bucket.BONUS in await holds(world, wallet)) is bonus


async def test_a_promotion_that_makes_no_sense_is_refused(world: World) -> None:
    """Nothing is written of it."""
    for name, changes, key in (
        (" ", {}, "promotion_missing"),
        ("x", {}, "promotion_without_steps"),
        ("x", {"version": 7}, "unknown_field"),
    ):
        with pytest.raises(CoreError, match=key):
            await set_promotion(world.site, promotion=name, changes=changes, actor=MANAGER)
    assert world.site.extras.promotions == {}


async def test_a_refund_in_two_steps_is_the_same_refund(world: World) -> None:
    """The rule says that the bonus was spent, the books that cash was: what is left stays the customer's."""
    wallet = await world.wallet()
    await update_wallet(
        world.site,
        wallet=wallet.wallet.id,
        changes={"spending": Spending.CASH_FIRST},
        actor=MANAGER,
    )
    await promise(world, back=Back.BONUS_FIRST)
    await world.pay(wallet, "500")
    await take(world, wallet, 10_000)
    assert refundable_minor(wallet) == 50_000
    await give_back(world, wallet, 35_000)
    assert refundable_minor(wallet) == 15_000
    await give_back(world, wallet, 15_000)
    assert await holds(world, wallet) == {}
    await is_sound(world)


moves = st.lists(
    st.tuples(
        st.sampled_from(["pay", "take", "refund"]), st.integers(1, 3_000), st.sampled_from(Back)
    ),
    max_size=12,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, spending=st.sampled_from(Spending))
async def test_no_gift_becomes_cash(
    make_world: MakeWorld, moves: list[tuple[str, int, Back]], spending: Spending
) -> None:
    """Whatever is paid in, spent and asked back in whatever order: no more comes out than came in."""
    world = await make_world()
    wallet = await world.wallet()
    await update_wallet(
        world.site, wallet=wallet.wallet.id, changes={"spending": spending}, actor=MANAGER
    )
    paid = back = 0
    for what, minor, rule in moves:
        if what == "pay":
            await promise(world, top_up=500, bonus=300, back=rule)
            await world.pay(wallet, world.text(minor))
            paid += minor
        elif what == "take" and minor <= wallet.available_minor:
            await take(world, wallet, minor)
        elif what == "refund":
            most = refundable_minor(wallet)
            if minor <= most:
                await give_back(world, wallet, minor)
                assert refundable_minor(wallet) == most - minor
                back += minor
            else:
                with pytest.raises(CoreError, match=r"more_than_refundable|not_enough_money"):
                    await give_back(world, wallet, minor)
        assert 0 <= refundable_minor(wallet) <= paid - back
        await is_sound(world)
    if rest := refundable_minor(wallet):
        await give_back(world, wallet, rest)
    await is_sound(world)
