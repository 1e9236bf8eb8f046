"""The exemption quota of special wallets: no cut until it is used, alarmed, repaid first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.policy import WalletState
from custom_components.prepaid_parking.core.quota import QuotaPeriod, QuotaUse
from custom_components.prepaid_parking.core.wallet import WalletKind
from custom_components.prepaid_parking.operations.cashier import deduct
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.pace import near
from custom_components.prepaid_parking.operations.quota import mark_of
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.watching import policy_for, state_of
from tests.operations.world import HOUR, KWH, MANAGER, MINUTE, SECOND, RelayDevice, World

CUBIC_METRE = 1_000_000
"""In millilitres, as a register counts them."""
MONTHLY: dict[str, Any] = {
    "grace_hours": 0,
    "exempt_quota_minor": 5000,
    "exempt_period": QuotaPeriod.MONTH,
}


async def ward(
    world: World, money: str = "1", **policy: Any
) -> tuple[WalletRun, MeterRun, RelayDevice]:
    """A hospital's meter at 0.80 a kilowatt-hour."""
    await world.policy(**(policy or MONTHLY))
    wallet = await world.wallet(money, kind=WalletKind.SPECIAL)
    run = await world.meter(wallet, relay=True, max_rate=200 * KWH)
    return wallet, run, world.relays[run.meter.id]


async def use(world: World, run: MeterRun, kwh: float) -> None:
    """Use so much within an hour, and see it through."""
    await world.read(run.meter.id, round(kwh * KWH), HOUR)
    await world.wait(6 * SECOND, SECOND)


def the_mark(world: World, wallet: WalletRun) -> str:
    """The balance below which it is treated as empty."""
    return world.text(mark_of(wallet, policy_for(world.site, wallet)))


async def test_balance_zero_quota_fifty_is_not_cut_until_it_is_used(world: World) -> None:
    """Row 27: the ward goes on, an alarm is raised, at the end of the quota it is empty."""
    wallet, run, relay = await ward(world)
    await use(world, run, 60)  # -47.00
    assert (relay.on, state_of(world.site, wallet)) == (True, WalletState.EXEMPT)
    assert WalletEvent.QUOTA_BEGUN in world.events(wallet)
    assert WalletEvent.GRACE not in world.events(wallet)
    await use(world, run, 3.75)  # -50.00
    assert relay.on
    assert world.events(wallet)[-1] is WalletEvent.QUOTA_USED_UP
    await use(world, run, 1)
    assert not relay.on
    assert world.events(wallet).count(WalletEvent.QUOTA_BEGUN) == 1
    assert world.events(wallet).count(WalletEvent.QUOTA_USED_UP) == 1


async def test_the_next_money_repays_it_first_and_does_not_grant_it_again(world: World) -> None:
    """Thirty drawn and repaid: twenty are left of July's fifty, on the first of August fifty again."""
    wallet, run, relay = await ward(world)
    await use(world, run, 38.75)  # -30.00
    assert the_mark(world, wallet) == "-50.00"
    await world.pay(wallet, "30")
    await world.work()
    assert the_mark(world, wallet) == "-20.00"
    await use(world, run, 25)  # -20.00
    assert relay.on
    await use(world, run, 1)
    assert not relay.on
    world.clock.now = datetime(2026, 8, 1, 0, 1, tzinfo=UTC)
    await world.wait(10 * SECOND, SECOND)
    assert relay.on
    assert the_mark(world, wallet) == "-50.00"


async def test_a_restart_grants_nothing_anew(world: World) -> None:
    """Killed in the middle of the month: what was drawn was drawn."""
    wallet, run, relay = await ward(world)
    await use(world, run, 38.75)
    await world.pay(wallet, "30")
    await world.work()
    await world.restart()
    wallet, run = world.wallet_now(wallet), world.run(run.meter.id)
    await world.look(run.meter.id)
    assert the_mark(world, wallet) == "-20.00"
    await use(world, run, 26.25)
    assert not relay.on


async def test_what_was_used_while_the_hub_was_down_is_drawn_too(world: World) -> None:
    """The meter counted on."""
    wallet, run, _ = await ward(world)
    await use(world, run, 10)
    world.registers[run.meter.id] += 20 * KWH
    world.clock.now += 2 * HOUR
    await world.restart()
    await world.look(run.meter.id)
    again = world.wallet_now(wallet)
    assert again.quota is not None
    assert again.quota.use.used == -again.available_minor == 2300


async def test_a_quota_without_a_period_is_there_again_when_it_is_repaid(world: World) -> None:
    """The simple rule: so much may be owed, whenever."""
    wallet, run, relay = await ward(world, grace_hours=0, exempt_quota_minor=5000)
    await use(world, run, 60)
    await world.pay(wallet, "47")
    await use(world, run, 60)
    assert relay.on
    assert the_mark(world, wallet) == "-50.00"


async def test_a_fee_draws_on_it_like_use(world: World) -> None:
    """Whatever lowers the balance."""
    wallet, run, relay = await ward(world, "10")
    await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=1000, reason="fee", actor=MANAGER
    )
    await use(world, run, 62.5)
    assert relay.on
    await use(world, run, 1)
    assert not relay.on


async def test_a_balance_that_hovers_at_zero_alarms_once(world: World) -> None:
    """An alarm that rings with every cent is switched off."""
    wallet, run, _ = await ward(world)
    await use(world, run, 1.5)
    for _ in range(10):
        await world.pay(wallet, "0.80")
        await use(world, run, 1)
    assert world.events(wallet).count(WalletEvent.QUOTA_BEGUN) == 1


async def test_a_quota_of_water_is_not_used_up_by_power(world: World) -> None:
    """Twenty cubic metres are granted to the kitchen; its lamps count none of them."""
    water: dict[str, Any] = {
        "grace_hours": 0,
        "exempt_units": 20 * CUBIC_METRE,
        "exempt_of": Quantity.VOLUME,
        "exempt_period": QuotaPeriod.MONTH,
    }
    wallet, run, relay = await ward(world, "0.80", **water)
    for _ in range(25):
        await use(world, run, 1)
    assert wallet.quota is not None
    assert wallet.quota.use.used == 0
    assert state_of(world.site, wallet) is WalletState.EXEMPT
    assert relay.on


async def test_a_quota_in_units_counts_kilowatt_hours_whatever_they_cost(world: World) -> None:
    """Twenty kilowatt-hours a month for the lift, at any price."""
    units: dict[str, Any] = {
        "grace_hours": 0,
        "exempt_units": 20 * KWH,
        "exempt_period": QuotaPeriod.MONTH,
    }
    wallet, run, relay = await ward(world, "0.80", **units)
    await use(world, run, 1)  # paid
    for _ in range(19):
        await use(world, run, 1)
    assert relay.on
    assert state_of(world.site, wallet) is WalletState.EXEMPT
    await use(world, run, 1)
    assert world.events(wallet)[-1] is WalletEvent.QUOTA_USED_UP
    assert relay.on
    await use(world, run, 1)
    assert not relay.on
    await world.restart()
    wallet = world.wallet_now(wallet)
    await world.look(run.meter.id)
    assert wallet.quota is not None
    assert wallet.quota.use.used == 21 * KWH
    await world.pay(wallet, "0.80")
    await world.wait(10 * SECOND, SECOND)
    assert relay.on
    world.clock.now = datetime(2026, 8, 1, 0, 1, tzinfo=UTC)
    await world.wait(10 * SECOND, SECOND)
    await use(world, world.run(run.meter.id), 15)
    assert relay.on


async def test_a_wallet_that_lives_on_units_is_not_read_like_one_about_to_be_cut(
    world: World,
) -> None:
    """Its balance is always at its mark; a reading every second would be for nothing."""
    units: dict[str, Any] = {"exempt_units": 100 * KWH, "exempt_period": QuotaPeriod.MONTH}
    wallet, run, _ = await ward(world, "0.80", **units)
    for _ in range(20):
        await world.read(run.meter.id, KWH, MINUTE)
    assert wallet.available_minor < 0
    assert not near(world.site, wallet)
    for _ in range(77):
        await world.read(run.meter.id, KWH, MINUTE)
    assert near(world.site, wallet)


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"exempt_units": KWH}, "policy_quota_without_period"),
        (
            {
                "exempt_units": KWH,
                "exempt_quota_minor": 1,
                "exempt_period": QuotaPeriod.YEAR,
            },
            "policy_two_quotas",
        ),
        ({"exempt_units": -1}, "policy_negative"),
        ({"grace_hours": 168, "grace_minutes": 1}, "policy_grace_too_long"),
    ],
)
async def test_a_quota_that_cannot_be_meant_is_refused(
    world: World, policy: dict[str, Any], key: str
) -> None:
    """In money or in units; units need a month or a year; a grace is a week at most."""
    with pytest.raises(CoreError, match=key):
        await world.policy(**policy)


async def test_nobody_without_a_quota_has_a_record_of_one(world: World) -> None:
    """Twenty thousand wallets, ten hospitals."""
    wallet = await world.wallet("1")
    run = await world.meter(wallet, relay=True)
    await use(world, run, 5)
    assert wallet.quota is None
    assert await world.books.load(QuotaUse) == []
