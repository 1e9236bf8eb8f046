"""A meter's own relay as the switch of a point: sold by the use, and under all the rules of supplies."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.supply import (
    CommandOutcome,
    CutMode,
    RestoreMode,
    SupplyState,
)
from custom_components.prepaid_parking.core.use import UseEnd, UseState
from custom_components.prepaid_parking.core.use_point import PointKind
from custom_components.prepaid_parking.operations.facts import SupplyTrouble
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.moving import HandOver, move_in
from custom_components.prepaid_parking.operations.office import bind_meter
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.respites import hold_site
from custom_components.prepaid_parking.operations.sessions import find_use
from custom_components.prepaid_parking.operations.supply import (
    cut_supply,
    restore_supply,
    set_lockout,
    set_protection,
    set_supply_rules,
)
from custom_components.prepaid_parking.operations.use_points import close_use_point
from tests.operations.shop import HOURLY, Shop
from tests.operations.test_shares import unit
from tests.operations.world import HOUR, MANAGER, MINUTE, SECOND, RelayDevice, World


@pytest.fixture
async def shop(world: World) -> Shop:
    """A shop that sells by the hour."""
    shop = Shop(world)
    await shop.open(HOURLY)
    return shop


async def washer(shop: Shop, **fields: Any) -> tuple[MeterRun, RelayDevice]:
    """Set the washer up behind a meter with a relay; nobody's wallet pays for the meter."""
    run = await shop.world.meter(relay=True)
    told: dict[str, Any] = {"tariff": "hourly", "switch": f"meter/{run.meter.id}"} | fields
    await shop.point(PointKind.METERED, **told)
    await looks(shop, run)
    return run, shop.world.relays[run.meter.id]


def levels(relay: RelayDevice) -> list[bool]:
    """Return what a relay was told, in order."""
    return [on for _, on in relay.written]


async def looks(shop: Shop, run: MeterRun, times: int = 3) -> None:
    """Let the meter be read, and what follows be done."""
    for _ in range(times):
        await shop.world.look(run.meter.id)
        await shop.world.tick()
        await shop.world.work()


async def test_it_is_off_until_somebody_uses_it_and_off_again_afterwards(shop: Shop) -> None:
    """On when the relay says so and not sooner; off at the end, read back, each once."""
    run, relay = await washer(shop)
    assert (relay.on, run.state) == (False, SupplyState.OFF)
    customer = await shop.customer("50")
    began = await shop.start(customer)
    assert began.use.state is UseState.STARTING
    await looks(shop, run)
    use = shop.world.site.using.uses[began.use.id].use
    assert (relay.on, run.state, use.state) == (True, SupplyState.ON, UseState.RUNNING)
    for _ in range(30):
        await shop.world.wait(MINUTE, 10 * SECOND)
        await looks(shop, run, 1)
    await shop.end(began.use.id)
    await looks(shop, run)
    done = await find_use(shop.world.site, began.use.id)
    assert (relay.on, run.state, done.state) == (False, SupplyState.OFF, UseState.ENDED)
    assert levels(relay) == [False, True, False]
    log = await shop.world.books.commands(shop.world.clock() - HOUR)
    assert {line.outcome for line in log} == {CommandOutcome.VERIFIED}
    assert [line.reason for line in log] == ["not_in_use", "in_use", "not_in_use"]


async def test_a_relay_that_does_not_close_is_paid_back(shop: Shop) -> None:
    """The read-back is the proof: a machine that never ran costs nothing, and its deposit is free."""
    run, relay = await washer(shop, deposit_minor=2_000)
    relay.moves = False
    customer = await shop.customer("50")
    began = await shop.start(customer)
    for _ in range(8):
        await shop.world.wait(10 * SECOND, SECOND)
        await looks(shop, run, 1)
    done = await find_use(shop.world.site, began.use.id)
    assert (done.end, done.amount_minor) == (UseEnd.NOT_STARTED, 0)
    assert await shop.books(customer) == (5_000, 0, 0)


async def test_after_a_crash_nobody_washes_for_nothing(shop: Shop) -> None:
    """The hub dies while it runs and comes back: the use goes on; ended, the relay is off."""
    run, _ = await washer(shop)
    began = await shop.start(await shop.customer("50"))
    await looks(shop, run)
    meter = run.meter.id
    await shop.world.restart()
    run, relay = shop.world.run(meter), shop.world.relays[meter]
    await looks(shop, run)
    assert (relay.on, run.state) == (True, SupplyState.ON)
    await shop.end(began.use.id)
    await looks(shop, run)
    assert (relay.on, run.state) == (False, SupplyState.OFF)


async def test_a_hand_that_switches_it_on_is_answered(shop: Shop) -> None:
    """Whoever presses the button on the meter washes for nothing, for one look."""
    run, relay = await washer(shop)
    relay.on = True
    await looks(shop, run)
    assert relay.on is False


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("lockout", "use_supply_not_free_locked_out"),
        ("hold", "use_supply_not_free_held"),
        ("protection", "use_supply_not_free_protected"),
        ("site", "use_supply_not_free_site_held"),
        ("never", "use_supply_not_free_by_hand"),
        ("others", "use_supply_not_free_off"),
        ("emergency", "emergency_on"),
    ],
)
async def test_who_may_not_be_switched_is_not_sold(shop: Shop, rule: str, key: str) -> None:
    """Every rule of supplies holds here as well; refused before anybody pays, and said why."""
    run, relay = await washer(shop)
    site, meter = shop.world.site, run.meter.id
    match rule:
        case "lockout":
            await set_lockout(site, meter=meter, reason="repair", actor=MANAGER)
        case "hold":
            await cut_supply(site, meter=meter, reason="flood", actor=MANAGER)
        case "protection":
            await set_protection(site, meter=meter, protected=True, reason="ill", actor=MANAGER)
        case "site":
            await hold_site(site, reason="feast", actor=MANAGER)
        case "never":
            await set_supply_rules(site, meter=meter, cut=CutMode.NEVER, actor=MANAGER)
        case "others":
            await shop.start(await shop.customer("50", tag="t0"))
            await looks(shop, run)
            relay.on = False
            await looks(shop, run)
        case "emergency":
            site.emergency = True
    relay.written.clear()
    customer = await shop.customer("50")
    with pytest.raises(CoreError) as refused:
        await shop.start(customer)
    assert refused.value.key == key
    await looks(shop, run)
    assert (await shop.books(customer))[0] == 5_000
    assert True not in levels(relay)


async def test_a_tenants_supply_is_never_the_switch_of_a_use(shop: Shop) -> None:
    """The wall: a wash that is not paid must not be able to put out the light of a flat."""
    world = shop.world
    bound = await world.meter(await world.wallet("50"), relay=True)
    with pytest.raises(CoreError, match="use_meter_is_bound"):
        await shop.point(PointKind.METERED, tariff="hourly", switch=f"meter/{bound.meter.id}")
    run, relay = await washer(shop)
    payer = await world.wallet("50")
    with pytest.raises(CoreError, match="meter_is_use_switch"):
        await bind_meter(
            world.site, meter=run.meter.id, wallet=payer.wallet.id, tariff="home", actor=MANAGER
        )
    flat = await unit(world, "Laundry")
    await update_meter_place(world.site, meter=run.meter.id, unit=flat.id, actor=MANAGER)
    await move_in(
        world.site,
        HandOver(unit=flat.id, wallet=payer.wallet.id, tariff="home", actor=MANAGER),
    )
    assert run.binding is None
    assert relay.on is False


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"relay": False}, "meter_has_no_relay"),
        ({"relay": True, "restore": RestoreMode.ARMED}, "use_supply_not_free_by_hand"),
        ({"relay": True, "commodity": Commodity.GAS}, "use_supply_not_free_by_hand"),
    ],
)
async def test_what_does_not_come_back_by_itself_is_not_sold(
    shop: Shop, fields: dict[str, Any], key: str
) -> None:
    """Gas is never opened remotely, and what waits for a look on the spot cannot be bought by card."""
    run = await shop.world.meter(**fields)
    with pytest.raises(CoreError, match=key):
        await shop.point(PointKind.METERED, tariff="hourly", switch=f"meter/{run.meter.id}")


async def test_a_machine_that_does_not_go_off_is_told_once(shop: Shop) -> None:
    """A welded relay is a fault of the supply, and stuck for whoever looks after the machines."""
    run, relay = await washer(shop)
    began = await shop.start(await shop.customer("50"))
    await looks(shop, run)
    relay.moves = False
    await shop.end(began.use.id)
    for _ in range(12):
        await shop.world.wait(10 * SECOND, SECOND)
        await looks(shop, run, 1)
    assert [fact.fault for fact in shop.world.heard(SupplyTrouble)] == [True]
    assert shop.told().count(("stuck", "still_on")) == 1
    assert run.state is SupplyState.FAULT


async def test_a_point_that_is_closed_lets_its_meter_be(shop: Shop) -> None:
    """Nobody uses it any more: the relay stays as it is, for a person to say what it is for now."""
    run, relay = await washer(shop)
    await close_use_point(shop.world.site, point="Washer", reason="sold", actor=MANAGER)
    await looks(shop, run)
    assert (relay.on, run.state) == (False, SupplyState.OFF)
    await restore_supply(shop.world.site, meter=run.meter.id, reason="repair", actor=MANAGER)
    await looks(shop, run)
    assert (relay.on, run.state) == (True, SupplyState.ON)
