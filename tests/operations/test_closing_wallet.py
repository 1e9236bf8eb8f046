"""Opening and closing: with the meter in one step, settled to the cent, and nothing left behind."""

from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.policy import WalletState
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.core.wallet import Binding, Purpose
from custom_components.prepaid_parking.operations.cashier import (
    close_wallet,
    deduct,
    freeze,
    open_wallet,
)
from custom_components.prepaid_parking.operations.debts import record_debt
from custom_components.prepaid_parking.operations.deposits import hold_deposit
from custom_components.prepaid_parking.operations.office import unbind_meter
from custom_components.prepaid_parking.operations.points import set_points
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.watching import state_of
from tests.operations.conftest import MakeWorld
from tests.operations.money import holds, is_sound, of_site, promise
from tests.operations.test_packages import laundry, sell
from tests.operations.world import FLAT, HOUR, KWH, MANAGER, World


async def close(world: World, wallet: WalletRun, reference: str = "c1") -> Any:
    """Settle a wallet and close it."""
    return await close_wallet(
        world.site, wallet=wallet.wallet.id, actor=MANAGER, reference=reference, reason="left"
    )


async def is_gone(world: World, wallet: WalletRun) -> None:
    """Nothing is left in a wallet, also after a restart."""
    assert await holds(world, wallet) == {}
    await world.restart()
    assert state_of(world.site, world.wallet_now(wallet)) is WalletState.CLOSED
    await is_sound(world)


@pytest.mark.parametrize(
    ("paid", "settled", "result", "till"),
    [("100", 9_200, "refund", -800), ("1", -700, "pay_up", -800), ("8", 0, "zero", -800)],
)
async def test_a_settlement_is_a_refund_a_payment_or_nothing(
    world: World, paid: str, settled: int, result: str, till: int
) -> None:
    """Used 8.00: who paid 100 gets 92, who paid 1 brings 7, who paid 8 shakes hands."""
    wallet = await world.wallet(paid)
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    receipts = [await close(world, wallet) for _ in range(2)]
    assert [one.repeated for one in receipts] == [False, True]
    for one in receipts:
        assert (one.detail["settled"], one.detail["result"]) == (settled, result)
    assert await of_site(world, SiteAccount.CASH) == till
    assert run.binding is None
    await is_gone(world, wallet)
    (binding,) = await world.books.load(Binding)
    assert binding.to_register == 1010 * KWH


async def test_a_closed_wallets_meter_can_be_paid_for_by_the_next_tenant(world: World) -> None:
    """From exactly the register on which the first one ended."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await close(world, wallet)
    receipt = await open_wallet(
        world.site,
        unit="Flat 1",
        purpose=Purpose.UTILITY,
        actor=MANAGER,
        meter=run.meter.id,
        tariff="home",
    )
    newcomer = world.site.wallet(str(receipt.detail["wallet"]))
    await world.pay(newcomer, "10")
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(newcomer.available_minor) == "9.20"
    await is_sound(world)


@pytest.mark.parametrize(
    ("used", "remainder", "rounding"),
    [
        ((KWH,), "1377/10000", 0),
        ((KWH, KWH, KWH), "4131/10000", 0),
        ((2 * KWH, 2 * KWH), "1377/2500", 1),
    ],
)
async def test_the_remainder_of_all_meters_is_rounded_once_and_named(
    make_world: MakeWorld, used: tuple[int, ...], remainder: str, rounding: int
) -> None:
    """0.731377 a kilowatt-hour leaves a fraction of a cent: booked once, and named as it was."""
    world = await make_world(tariffs=(FLAT | {"price": "0.731377"},))
    wallet = await world.wallet("100")
    for number, quantity in enumerate(used):
        run = await world.meter(wallet, serial=f"S{number}")
        await world.read(run.meter.id, quantity, HOUR)
    receipt = await close(world, wallet)
    assert (receipt.detail["remainder"], receipt.detail["rounding"]) == (remainder, rounding)
    assert await of_site(world, SiteAccount.ROUNDING) == rounding
    await is_gone(world, wallet)


async def test_a_meter_that_was_unbound_long_ago_counts_as_well(make_world: MakeWorld) -> None:
    """Its remainder was never charged, and is not forgotten."""
    world = await make_world(tariffs=(FLAT | {"price": "0.731377"},))
    wallet = await world.wallet("100")
    for number in range(2):
        run = await world.meter(wallet, serial=f"S{number}")
        await world.read(run.meter.id, KWH, HOUR)
        await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    receipt = await close(world, wallet)
    assert receipt.detail["remainder"] == "1377/5000"
    assert receipt.detail["rounding"] == 0
    await is_gone(world, wallet)


async def test_what_a_tax_left_below_a_cent_is_part_of_the_remainder(
    make_world: MakeWorld,
) -> None:
    """The tax office's fraction was used as well: it is rounded with the rest, once."""
    taxed = FLAT | {
        "price": "0.731377",
        "levies": [{"name": "VAT", "kind": "tax", "percent": "13"}],
    }
    world = await make_world(tariffs=(taxed,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, KWH, HOUR)
    receipt = await close(world, wallet)
    energy, tax = Fraction(1_377, 10_000), Fraction(73 * 13, 100) % 1
    assert Fraction(str(receipt.detail["remainder"])) == energy + tax
    assert receipt.detail["settled"] == 10_000 - 73 - 9 - 1
    await is_gone(world, wallet)


async def test_a_tax_that_is_contained_leaves_no_remainder_of_its_own(
    make_world: MakeWorld,
) -> None:
    """It is a part of what was charged already: to round it again would charge it twice."""
    contained = FLAT | {
        "price": "0.731377",
        "levies": [{"name": "VAT", "kind": "tax", "percent": "13", "included": True}],
    }
    world = await make_world(tariffs=(contained,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, KWH, HOUR)
    receipt = await close(world, wallet)
    assert Fraction(str(receipt.detail["remainder"])) == Fraction(1_377, 10_000)
    await is_gone(world, wallet)


async def test_uses_that_are_left_keep_a_wallet_open(world: World) -> None:
    """Fifty washes that were paid for must not end with a signature on another form."""
    wallet = await laundry(world)
    await sell(world, wallet)
    with pytest.raises(CoreError, match="wallet_has_uses"):
        await close(world, wallet)


async def test_everything_a_wallet_holds_is_dealt_with_in_the_one_entry(world: World) -> None:
    """Deposit back, debt paid, bonus and points ended by rule; the customer gets what is theirs."""
    await promise(world, back=Back.RATIO)
    await set_points(world.site, changes={"points": 1, "per_minor": 100}, actor=MANAGER)
    wallet = await world.wallet(purpose=Purpose.PROPERTY)
    await record_debt(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.RENT,
        amount_minor=3_000,
        share_bp=0,
        reason="old",
        actor=MANAGER,
    )
    await world.pay(wallet, "500")
    await hold_deposit(
        world.site, wallet=wallet.wallet.id, amount_minor=20_000, reason="key", actor=MANAGER
    )
    await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=5_000, reason="lamp", actor=MANAGER
    )
    receipt = await close(world, wallet)
    told = {name: receipt.detail[name] for name in ("settled", "bonus", "points", "released")}
    assert told == {"settled": 42_833, "bonus": 9_167, "points": 500, "released": 20_000}
    assert receipt.detail["debts"] == {"rent": 3_000}
    assert await of_site(world, SiteAccount.CASH) == 42_833 - 50_000
    assert world.site.using.deposits == {}
    await is_gone(world, wallet)


async def test_what_has_to_be_decided_first_is_said(world: World) -> None:
    """A frozen wallet is not settled."""
    wallet = await world.wallet("100")
    await freeze(world.site, wallet=wallet.wallet.id, reason="court", actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await close(world, wallet)
    assert await holds(world, wallet) == {Bucket.CASH: 10_000}


async def test_a_wallet_is_opened_with_its_meter_or_not_at_all(world: World) -> None:
    """A move in the rush: wallet, meter and first register are one entry, asked twice or not."""
    run = await world.meter()

    async def start(**fields: Any) -> Any:
        told: dict[str, Any] = {"unit": "Flat 1", "purpose": Purpose.UTILITY, "actor": MANAGER}
        told |= {"meter": run.meter.id, "tariff": "home", "from_register": 995 * KWH}
        return await open_wallet(world.site, **(told | fields))

    for fields, key in (
        ({"tariff": "none"}, "unknown_tariff"),
        ({"meter": "m9"}, "unknown_meter"),
        ({"from_register": 1001 * KWH}, "register_ahead"),
        ({"purpose": Purpose.PARKING}, "wallet_wrong_purpose"),
    ):
        with pytest.raises(CoreError, match=key):
            await start(**fields)
    assert (world.site.wallets, run.binding) == ({}, None)
    receipts = [await start(reference="o1") for _ in range(2)]
    assert [one.repeated for one in receipts] == [False, True]
    with pytest.raises(ConflictError):
        await start(reference="o1", from_register=996 * KWH)
    with pytest.raises(CoreError, match="meter_is_bound"):
        await start()
    wallet = world.site.wallet(str(receipts[0].detail["wallet"]))
    await world.pay(wallet, "100")
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "95.20"
    await world.restart()
    await is_sound(world)


async def test_a_customer_is_known_or_new(world: World) -> None:
    """The second wallet of a customer points at the same person; the data is kept once."""
    first = await world.wallet(person={"name": "Li Wei"})
    second = await world.wallet(customer=first.wallet.id, purpose=Purpose.PARKING)
    assert second.wallet.subject == first.wallet.subject
    nobody = await world.wallet()
    for fields, key in (
        ({"customer": nobody.wallet.id}, "wallet_without_customer"),
        ({"customer": first.wallet.id, "person": {"name": "Wang"}}, "customer_and_person"),
        ({"customer": "w99"}, "unknown_wallet"),
    ):
        with pytest.raises(CoreError, match=key):
            await world.wallet(**fields)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paid=st.integers(0, 5_000),
    used=st.lists(st.integers(0, 3 * KWH), max_size=3),
    debt=st.integers(0, 2_000),
)
async def test_a_closed_wallet_is_empty_and_nobody_lost_a_cent(
    make_world: MakeWorld, paid: int, used: list[int], debt: int
) -> None:
    """What was paid in is what was used, what was owed, what was paid out, to within one rounding."""
    world = await make_world(tariffs=(FLAT | {"price": "0.731377"},))
    wallet = await world.wallet(world.text(paid) if paid else "")
    for number, quantity in enumerate(used):
        run = await world.meter(wallet, serial=f"S{number}")
        await world.read(run.meter.id, quantity, HOUR)
    if debt:
        await record_debt(
            world.site,
            wallet=wallet.wallet.id,
            category=Category.UTILITY,
            amount_minor=debt,
            reason="old",
            actor=MANAGER,
        )
    receipt = await close(world, wallet)
    cost = Fraction(731_377, 10**4) * Fraction(sum(used), KWH)
    settled = receipt.detail["settled"]
    assert isinstance(settled, int)
    assert abs(paid - debt - settled - cost) <= Fraction(1, 2)
    await is_gone(world, wallet)
