"""Deposits in the books: held, claimed, released, and never anybody's to spend meanwhile."""

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.identity import DepositId
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import deduct, freeze, refund
from custom_components.prepaid_parking.operations.deposits import (
    claim_deposit,
    deposits_of,
    find_deposit,
    hold_deposit,
    release_deposit,
)
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import MANAGER, World


async def guest(world: World, money: str) -> WalletRun:
    """Open a wallet that deposits may be held from."""
    return await world.wallet(money, purpose=Purpose.PROPERTY)


async def hold(world: World, run: WalletRun, minor: int, reference: str = "") -> str:
    """Hold a part of a wallet's money; return the deposit's id."""
    receipt = await hold_deposit(
        world.site,
        wallet=run.wallet.id,
        amount_minor=minor,
        reason="room 12",
        actor=MANAGER,
        reference=reference,
    )
    return str(receipt.detail["deposit"])


async def claim(world: World, deposit: str, minor: int, **fields: object) -> None:
    """Keep a part of it."""
    told = {"reason": "lamp", "actor": MANAGER} | fields
    await claim_deposit(world.site, deposit=deposit, amount_minor=minor, **told)  # type: ignore[arg-type]


async def release(world: World, deposit: str, minor: int | None = None, **fields: object) -> None:
    """Give a part of it back."""
    told = {"actor": MANAGER} | fields
    await release_deposit(world.site, deposit=deposit, amount_minor=minor, **told)  # type: ignore[arg-type]


async def in_books(world: World, run: WalletRun) -> tuple[int, int]:
    """What the books say a wallet has in cash and held."""
    balances = await world.books.balances()
    no = run.wallet.no
    return (
        balances.get(wallet_account(no), 0),
        balances.get(wallet_account(no, Bucket.HELD), 0),
    )


async def test_300_held_80_claimed_220_released_is_balanced(world: World) -> None:
    """The guest who broke a lamp of 80 takes 220 home; the books know where the 80 went."""
    run = await guest(world, "500")
    deposit = await hold(world, run, 30_000)
    assert await in_books(world, run) == (20_000, 30_000)
    await claim(world, deposit, 8_000, photo="media/damage/12.jpg", tax_percent_micro=6_000_000)
    await release(world, deposit)
    assert await in_books(world, run) == (42_000, 0)
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.REVENUE_DEPOSITS)] == 8_000 - 453
    assert balances[site_account(SiteAccount.TAX)] == 453
    assert sum(balances.values()) == 0
    (entry,) = await world.books.entries(kinds=(EntryKind.DEPOSIT_CLAIMED,))
    assert (entry.reason, entry.detail["photo"]) == ("lamp", "media/damage/12.jpg")
    assert world.events(run)[-3:] == [
        WalletEvent.DEPOSIT_HELD,
        WalletEvent.DEPOSIT_CLAIMED,
        WalletEvent.DEPOSIT_RELEASED,
    ]
    assert await deposits_of(world.site) == []
    (ended,) = await deposits_of(world.site, run.wallet.id, ended=True)
    assert (ended.released_minor, ended.claimed_minor) == (22_000, 8_000)


async def test_held_money_is_nobodys_to_spend(world: World) -> None:
    """What secures the flat must not be drunk up by the meter, the desk or another deposit."""
    run = await guest(world, "100")
    await hold(world, run, 9_000)
    assert run.available_minor == 1_000
    for act in (deduct, refund):
        with pytest.raises(CoreError, match="not_enough_money"):
            await act(
                world.site, wallet=run.wallet.id, amount_minor=1_001, reason="key", actor=MANAGER
            )
    with pytest.raises(CoreError, match="not_enough_money"):
        await hold(world, run, 1_001)
    await hold(world, run, 1_000)
    assert run.available_minor == 0


async def test_money_for_light_secures_no_room(world: World) -> None:
    """What is claimed for a lamp must never have been paid for power."""
    run = await world.wallet("100")
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await hold(world, run, 100)


async def test_a_deposit_outlives_a_restart(world: World) -> None:
    """A hotel's guest stays longer than its hub runs."""
    run = await guest(world, "100")
    deposit = await hold(world, run, 5_000)
    await claim(world, deposit, 1_000)
    await world.restart()
    (kept,) = world.site.using.deposits.values()
    assert (kept.id, kept.held_minor) == (deposit, 4_000)
    assert world.wallet_now(run).available_minor == 5_000
    await release(world, deposit)
    assert world.wallet_now(run).available_minor == 9_000


async def test_each_step_repeated_is_one(world: World) -> None:
    """A clerk who clicks twice, a script that does not know whether it arrived."""
    run = await guest(world, "100")
    first, second = [await hold(world, run, 5_000, "h") for _ in range(2)]
    assert first == second
    for _ in range(2):
        await claim(world, first, 1_000, reference="c")
        await release(world, first, 2_000, reference="r")
        await release(world, first, reference="rest")
    assert await in_books(world, run) == (9_000, 0)
    with pytest.raises(ConflictError):
        await claim(world, first, 1_001, reference="c")
    with pytest.raises(ConflictError):
        await hold(world, run, 5_001, "h")
    assert world.events(run).count(WalletEvent.DEPOSIT_RELEASED) == 2


async def test_more_than_is_held_is_refused(world: World) -> None:
    """The lamp cannot cost more than was put down for it, whoever else has put something down."""
    run = await guest(world, "100")
    deposit, other = await hold(world, run, 1_000), await hold(world, run, 5_000)
    for attempt in (claim(world, deposit, 1_001), release(world, deposit, 1_001)):
        with pytest.raises(CoreError, match="deposit_exceeded"):
            await attempt
    for nothing in (0, -1):
        for wrong in (claim(world, deposit, nothing), release(world, deposit, nothing)):
            with pytest.raises(CoreError, match="amount_not_positive"):
                await wrong
    await release(world, deposit)
    for late in (claim(world, deposit, 1), release(world, deposit)):
        with pytest.raises(CoreError, match="deposit_ended"):
            await late
    with pytest.raises(CoreError, match="unknown_deposit"):
        await release(world, "h99")
    assert (await find_deposit(world.site, DepositId(other))).held_minor == 5_000


async def test_a_frozen_wallet_gets_its_deposit_back_and_gives_nothing(world: World) -> None:
    """Freezing stops what goes out; what comes back to the customer is not that."""
    run = await guest(world, "100")
    deposit = await hold(world, run, 5_000)
    await freeze(world.site, wallet=run.wallet.id, reason="bank", actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await claim(world, deposit, 1_000)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await hold(world, run, 1_000)
    await release(world, deposit)
    assert await in_books(world, run) == (10_000, 0)


STEP = st.tuples(
    st.sampled_from(("hold", "claim", "release", "deduct", "pay", "restart")),
    st.integers(0, 3),
    st.integers(1, 6_000),
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEP, max_size=25))
async def test_no_sequence_makes_or_loses_a_cent(
    make_world: MakeWorld, steps: list[tuple[str, int, int]]
) -> None:
    """Whatever is clicked in whatever order: cash and held are what was paid in less what was taken."""
    world = await make_world()
    run, deposits = await guest(world, "100"), ["h99"]
    paid, out = 10_000, 0
    for kind, which, minor in steps:
        deposit = deposits[which % len(deposits)]
        try:
            match kind:
                case "hold":
                    deposits.append(await hold(world, run, minor))
                case "claim":
                    await claim(world, deposit, minor)
                    out += minor
                case "release":
                    await release(world, deposit, minor)
                case "deduct":
                    await deduct(
                        world.site,
                        wallet=run.wallet.id,
                        amount_minor=minor,
                        reason="key",
                        actor=MANAGER,
                    )
                    out += minor
                case "pay":
                    await world.pay(run, world.text(minor))
                    paid += minor
                case _:
                    await world.restart()
                    run = world.wallet_now(run)
        except CoreError:
            continue
        cash, held = await in_books(world, run)
        assert cash >= 0
        assert held == sum(one.held_minor for one in world.site.using.deposits.values())
        assert cash + held == paid - out
        assert sum((await world.books.balances()).values()) == 0
    assert not (await world.books.verify()).problem
