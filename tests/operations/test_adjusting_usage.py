"""Corrections of units: the register stays, another quantity is charged, to the last fraction of a cent."""

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.core.shares import ShareBy
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.wallet import WalletKind
from custom_components.prepaid_parking.operations import rerating
from custom_components.prepaid_parking.operations.adjusting_usage import adjust_usage
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import unbind_meter
from custom_components.prepaid_parking.operations.price_corrections import rerate
from custom_components.prepaid_parking.operations.reports import statement
from custom_components.prepaid_parking.operations.usage import close_windows
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, promise
from tests.operations.test_shares import share
from tests.operations.world import FLAT, HOUR, KWH, MANAGER, World

TIERS = {
    "tariff": "home",
    "quantity": "energy",
    "period": "month",
    "tiers": [{"up_to": "10", "price": "1.00"}, {"price": "2.00"}],
}


async def correct(world: World, entry: int, quantity: int, reference: str = "") -> Any:
    """Charge another quantity than an entry did."""
    return await adjust_usage(
        world.site,
        entry=entry,
        quantity=quantity,
        reason="the pipe had burst",
        actor=MANAGER,
        reference=reference,
    )


async def use(world: World, run: MeterRun, quantity: int) -> int:
    """Let a meter count and post it; returns the entry."""
    await world.read(run.meter.id, quantity, 2 * HOUR)
    await close_windows(world.site, [run])
    entries = await world.books.entries(kinds=[EntryKind.USAGE], newest_first=True, limit=1)
    return int(entries[0].id)


async def test_ten_kilowatt_hours_were_seven_and_a_half(world: World) -> None:
    """Two kilowatt-hours and a half come back; both entries stay, the second names the first."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    entry = await use(world, run, 10 * KWH)
    receipts = [await correct(world, entry, KWH * 15 // 2, "k1") for _ in range(2)]
    assert [one.repeated for one in receipts] == [False, True]
    assert world.text(wallet.available_minor) == "94.00"
    (correction,) = await world.books.entries(kinds=[EntryKind.RERATING])
    assert (correction.reverses, correction.reason) == (entry, "the pipe had burst")
    with pytest.raises(ConflictError):
        await correct(world, entry, KWH, "k1")
    told: Any = await statement(world.site, wallet=wallet.wallet.id)
    (meter,) = told["usage"]
    assert (meter["quantity"], meter["cost"]) == ("7.5", "6.00")
    await correct(world, entry, 9 * KWH)
    assert world.text(wallet.available_minor) == "92.80"
    await correct(world, entry, 0)
    assert world.text(wallet.available_minor) == "100.00"
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "99.20"
    await world.restart()
    await world.look(run.meter.id)
    assert world.text(world.wallet_now(wallet).available_minor) == "99.20"
    await is_sound(world)


async def test_what_came_later_is_counted_from_where_the_entry_ends_now(
    make_world: MakeWorld,
) -> None:
    """Eight instead of twelve leave two of the cheap tier for what is used from here on."""
    world = await make_world(tariffs=(TIERS,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    entry = await use(world, run, 12 * KWH)
    assert world.text(wallet.available_minor) == "86.00"
    await correct(world, entry, 8 * KWH)
    assert world.text(wallet.available_minor) == "92.00"
    await world.read(run.meter.id, 4 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "86.00"
    await is_sound(world)


async def test_a_tenant_who_has_left_their_meter_gets_it_back_too(world: World) -> None:
    """The binding has ended, the wallet is still open: the difference is theirs."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    entry = await use(world, run, 10 * KWH)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    await correct(world, entry, 5 * KWH)
    assert world.text(wallet.available_minor) == "96.00"
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_closed"):
        await correct(world, entry, KWH)


async def test_what_is_no_usage_is_refused_in_words(world: World) -> None:
    """A payment has no kilowatt-hours."""
    wallet = await world.wallet()
    paid = await world.pay(wallet, "10")
    with pytest.raises(CoreError, match="entry_not_usage"):
        await correct(world, paid.entry, KWH)
    with pytest.raises(CoreError, match="entry_unknown"):
        await correct(world, 99, KWH)
    with pytest.raises(CoreError, match="quantity_negative"):
        await correct(world, paid.entry, -1)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    used=st.lists(st.integers(KWH, 5 * KWH), min_size=1, max_size=3),
    changes=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5 * KWH)), max_size=4),
)
async def test_the_sum_is_the_price_of_what_stands(
    make_world: MakeWorld, used: list[int], changes: list[tuple[int, int]]
) -> None:
    """However often what is corrected: posted and carried together are price times quantity, exactly."""
    world = await make_world(tariffs=(FLAT | {"price": "0.731377"},))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    entries = [(await use(world, run, quantity), quantity) for quantity in used]
    stands = dict(entries)
    for number, quantity in changes:
        entry = entries[number % len(entries)][0]
        if entry in stands:
            await correct(world, entry, quantity)
            stands[entry] = quantity
    assert run.window is not None
    assert run.cursor is not None
    spent = 10_000 - wallet.posted_minor
    whole = 731_377 * sum(stands.values())
    assert spent * run.window.denominator + run.cursor.carry == whole
    await is_sound(world)


async def test_what_was_taken_back_whole_can_be_charged_again(world: World) -> None:
    """Nothing was used, and then it was three after all: the last word of a person counts."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    entry = await use(world, run, 10 * KWH)
    await correct(world, entry, 0)
    await correct(world, entry, 3 * KWH)
    assert world.text(wallet.available_minor) == "97.60"


async def test_bonus_that_comes_back_is_not_refunded_as_cash(world: World) -> None:
    """Use by the gift, another top-up, a correction: the gift would go out of the door as cash."""
    await promise(world, top_up=10_000, bonus=5_000, back=Back.FORFEIT)
    wallet = await world.wallet("100")
    run = await world.meter(wallet, max_rate=100 * KWH)
    entry = await use(world, run, 50 * KWH)  # 40.00 of bonus
    await world.pay(wallet, "10")
    assert (wallet.bonus_minor, refundable_minor(wallet)) == (1_000, 11_000)
    await correct(world, entry, 25 * KWH)
    assert (wallet.bonus_minor, refundable_minor(wallet)) == (3_000, 11_000)
    layers = wallet.layers
    await world.restart()
    wallet = world.wallet_now(wallet)
    assert (wallet.layers, refundable_minor(wallet)) == (layers, 11_000)
    await is_sound(world)


@pytest.mark.parametrize("at_once", [1, 100])
async def test_bonus_that_many_corrections_bring_back_is_not_refunded_as_cash(
    world: World, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """A corrected price brings back charge by charge what the gift had paid: together or one by one."""
    monkeypatch.setattr(rerating, "AT_ONCE", at_once)
    await promise(world, top_up=10_000, bonus=5_000, back=Back.FORFEIT)
    since = world.clock.now
    wallet = await world.wallet("100")
    run = await world.meter(wallet, max_rate=100 * KWH)
    for _ in range(3):
        await use(world, run, 10 * KWH)
    await world.pay(wallet, "10")
    assert (wallet.bonus_minor, refundable_minor(wallet)) == (2_600, 11_000)
    half = read_tariff(FLAT | {"price": "0.40"}, version=2, valid_from=since)
    await rerate(world.site, tariff="home", since=since, version=half, actor=MANAGER)
    assert (wallet.bonus_minor, refundable_minor(wallet)) == (3_800, 11_000)
    await is_sound(world)


async def test_members_get_back_as_bonus_what_they_paid_as_bonus(world: World) -> None:
    """Two share the stairwell; the one who paid it with a gift must not get cash for it."""
    await promise(world, top_up=10_000, bonus=1_000, back=Back.FORFEIT)
    gifted, plain = await world.wallet("100"), await world.wallet("50")
    stairs = await world.wallet(unit="Stairs", kind=WalletKind.SHARED)
    await share(world, stairs, ShareBy.FIXED, (gifted.wallet.id, 1), (plain.wallet.id, 1))
    run = await world.meter(stairs, max_rate=100 * KWH)
    entry = await use(world, run, 30 * KWH)  # 12.00 each: 10.00 of bonus and 2.00 of cash
    assert (gifted.bonus_minor, gifted.posted_minor, plain.posted_minor) == (0, 9_800, 3_800)
    await correct(world, entry, 20 * KWH)  # 4.00 back to each: the cash, then 2.00 of bonus
    assert (gifted.bonus_minor, gifted.posted_minor, plain.posted_minor) == (200, 10_000, 4_200)
    await correct(world, entry, 0)  # 8.00 back to each: all of it bonus, where bonus paid
    assert (gifted.bonus_minor, gifted.posted_minor, plain.posted_minor) == (1_000, 10_000, 5_000)
    assert refundable_minor(gifted) == 10_000
    await correct(world, entry, 30 * KWH)
    assert (gifted.bonus_minor, gifted.posted_minor, plain.posted_minor) == (0, 9_800, 3_800)
    await is_sound(world)
