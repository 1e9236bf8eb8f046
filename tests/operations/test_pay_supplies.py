"""What money by phone does to supplies: it obeys silence, fire and grace as any other money."""

import pytest

from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.pay_channel import RowKind, SettlementRow
from custom_components.prepaid_parking.core.pay_order import PayOrder
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.operations.emergency import begin_emergency, end_emergency
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import create_order
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.provider import SIGNED, connect
from tests.operations.refunding import RefundingProvider, of, payment_row
from tests.operations.test_settlement import reconcile
from tests.operations.test_watching import flat, use_up
from tests.operations.world import HOUR, KWH, MANAGER, MINUTE, SECOND, World

STEP = 5 * SECOND


async def pays(
    world: World, provider: RefundingProvider, wallet: WalletRun, minor: int
) -> PayOrder:
    """Have somebody pay by phone, and the provider tell of it twice."""
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=minor, actor=MANAGER
    )
    seen = provider.pay(order.out_no, minor)
    for _ in range(2):
        await hear(world.site, "ch1", SIGNED, provider.notice(seen, world.clock.now))
    await world.work()
    return order


async def charge_back(world: World, provider: RefundingProvider, order: PayOrder) -> None:
    """Have the payer's bank take a payment back, as the file of the day says."""
    seen, day = provider.orders[order.out_no], world.clock.now.date()
    taken = SettlementRow(
        kind=RowKind.DISPUTE,
        out_no="",
        provider_ref=seen.provider_ref,
        amount_minor=-seen.amount_minor,
        at=world.clock.now,
        word="adjustment",
    )
    provider.files[day] = [payment_row(seen), taken]
    await reconcile(world, day)
    await world.work()


async def test_what_is_paid_for_comes_on_only_after_a_look(
    world: World, provider: RefundingProvider
) -> None:
    """The notice is there before the meter is: nobody knows yet who has switched what off."""
    wallet, run, relay = await flat(world)
    await use_up(world, run)
    assert [on for _, on in relay.written] == [False]
    await world.restart()
    connect(world.site, provider)
    await pays(world, provider, world.wallet_now(wallet), 50_00)
    await world.wait(MINUTE, STEP, reading=False)
    assert world.wallet_now(wallet).available_minor > 0
    assert [on for _, on in relay.written] == [False]
    await world.wait(MINUTE, STEP)
    assert [on for _, on in relay.written] == [False, True]
    assert relay.on


async def test_a_bank_that_takes_money_back_cuts_no_meter_that_is_silent(
    world: World, provider: RefundingProvider
) -> None:
    """What was used since may have been paid for long ago: without a reading nobody knows."""
    wallet, run, relay = await flat(world)
    order = await pays(world, provider, wallet, 50_00)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    world.clock.now += MINUTE
    await charge_back(world, provider, order)
    await world.wait(10 * MINUTE, STEP, reading=False)
    assert wallet.available_minor < 0
    assert relay.written == []
    assert run.decision is not None
    assert run.decision.why is Why.STALE
    await world.wait(MINUTE, STEP)
    assert not relay.on


async def test_a_fire_takes_what_is_paid_and_switches_nothing(
    world: World, provider: RefundingProvider
) -> None:
    """Whoever pays from the street must not have the wires under the fire brigade come alive."""
    wallet, run, relay = await flat(world)
    await use_up(world, run)
    await begin_emergency(world.site, reason="smoke", actor=MANAGER)
    await pays(world, provider, wallet, 50_00)
    await world.wait(10 * MINUTE, STEP)
    assert wallet.available_minor > 0
    assert [on for _, on in relay.written] == [False]
    await end_emergency(world.site, reason="over", actor=MANAGER)
    await world.wait(MINUTE, STEP)
    assert [on for _, on in relay.written] == [False, True]


@pytest.mark.parametrize("commodity", [Commodity.GAS, Commodity.STEAM])
async def test_what_is_never_opened_from_afar_is_not_opened_by_a_phone(
    world: World, provider: RefundingProvider, commodity: Commodity
) -> None:
    """A tap may stand open in the kitchen; whoever pays is perhaps not there."""
    wallet, run, relay = await flat(world, commodity=commodity)
    await use_up(world, run)
    await pays(world, provider, wallet, 50_00)
    await world.wait(10 * MINUTE, STEP)
    assert wallet.available_minor > 0
    assert [on for _, on in relay.written] == [False]


async def test_a_payment_that_does_not_reach_begins_no_grace_anew(
    world: World, provider: RefundingProvider
) -> None:
    """A cent by phone every evening must not keep a debt alight for ever."""
    wallet, run, relay = await flat(world, grace=2)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    crossed = wallet.watch.crossed_at
    for _ in range(3):
        await world.wait(30 * MINUTE, 4 * MINUTE)
        await pays(world, provider, wallet, 1)
    assert relay.on
    assert wallet.watch.crossed_at == crossed
    assert wallet.watch.grace_spent_s > 80 * 60
    await world.wait(40 * MINUTE, 4 * MINUTE)
    assert not relay.on


async def test_a_bank_that_takes_money_back_begins_a_grace_of_its_own(
    world: World, provider: RefundingProvider
) -> None:
    """Whoever had all but used up a grace and paid is warned anew before it gets dark."""
    wallet, run, relay = await flat(world, grace=1)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await world.wait(50 * MINUTE, 4 * MINUTE)
    assert wallet.watch.grace_spent_s > 40 * 60
    order = await pays(world, provider, wallet, 50_00)
    await world.wait(MINUTE, STEP)
    assert wallet.watch.grace_spent_s == 0
    world.facts.clear()
    await charge_back(world, provider, order)
    await world.wait(50 * MINUTE, 4 * MINUTE)
    assert relay.on
    assert WalletEvent.GRACE in world.events(wallet)
    await world.wait(15 * MINUTE, 4 * MINUTE)
    assert not relay.on
