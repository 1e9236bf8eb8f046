"""Load limits over real books: too much is off, on again a counted number of times, then a person."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.load_limit import LoadCause, LoadLimit, LoadTrips
from custom_components.prepaid_parking.core.metering import Origin
from custom_components.prepaid_parking.core.supply import CutBy, RestoreMode, SupplyState
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.load_limits import set_load_limit
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.supply import restore_supply, set_protection
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import HOUR, KWH, MANAGER, MINUTE, SECOND, RelayDevice, World

TEN = 10 * SECOND


async def limited(
    world: World, scope: str = "meter/m1", money: str = "100", **more: Any
) -> tuple[WalletRun, MeterRun, RelayDevice]:
    """A room that may draw 800 W: off after 20 s above it, on after 5 minutes, twice."""
    await world.policy(grace_hours=0)
    wallet = await world.wallet(money)
    run = await world.meter(wallet, relay=True, restore=more.pop("restore", RestoreMode.AUTO))
    settings = {"limit_w": 800, "delay_s": 20, "retries": 2, "wait_s": 300, "reset_s": 3600}
    limit = LoadLimit(scope=scope, **(settings | more))
    await set_load_limit(world.site, limit=limit, actor=MANAGER)
    return wallet, run, world.relays[run.meter.id]


async def draw(world: World, run: MeterRun, power: float, times: int, **more: Any) -> None:
    """Read a power every ten seconds; what is off draws nothing."""
    for _ in range(times):
        world.clock.now += TEN
        drawn = power if world.relays[run.meter.id].on else 0.0
        await world.look(run.meter.id, values={"power": drawn}, **more)
        await world.keeper.tick()
        await world.work()


def why(run: MeterRun) -> Why | None:
    """Why a supply stands as it does."""
    return run.decision.why if run.decision is not None else None


async def test_an_overload_of_before_a_silence_trips_nothing_after_it(world: World) -> None:
    """It was too much, then the line was dead for an hour: nobody knows what the room draws now."""
    await world.policy(no_cut_weekdays=())
    _, run, relay = await limited(world)
    await set_protection(
        world.site, meter=run.meter.id, protected=True, reason="works", actor=MANAGER
    )
    await draw(world, run, 900, 4)
    assert relay.on
    world.clock.now += HOUR
    await set_protection(
        world.site, meter=run.meter.id, protected=False, reason="done", actor=MANAGER
    )
    await world.keeper.tick()
    await world.work()
    await world.look(run.meter.id)  # It answers, and does not say what it draws.
    await world.work()
    assert relay.on


async def test_too_much_for_too_long_is_off_and_comes_on_again(world: World) -> None:
    """Row 57: three readings above the limit, off; five minutes later on, by itself."""
    wallet, run, relay = await limited(world)
    await draw(world, run, 900, 2)
    assert relay.on
    await draw(world, run, 900, 2)
    assert not relay.on
    assert (run.state, run.supply.cut_by, why(run)) == (
        SupplyState.OFF,
        CutBy.LOAD,
        Why.OVERLOAD,
    )
    assert world.events(wallet)[-1] is WalletEvent.OVERLOADED
    await draw(world, run, 0, 26)
    assert not relay.on
    await draw(world, run, 0, 6)
    assert relay.on
    assert [on for _, on in relay.written] == [False, True]
    (trips,) = await world.books.load(LoadTrips)
    assert (trips.trips, trips.power_w, trips.tripped_at) == (1, 900, None)


async def test_after_so_many_trips_it_waits_for_a_person(world: World) -> None:
    """A heater that nobody unplugs is not switched on for ever; neither money nor a restart does."""
    wallet, run, relay = await limited(world)
    await draw(world, run, 900, 200)
    assert [on for _, on in relay.written] == [False, True, False, True, False]
    assert (run.state, why(run)) == (SupplyState.HELD, Why.OVERLOAD_LOCKED)
    await world.pay(wallet, "100")
    await world.restart()
    run = world.run(run.meter.id)
    await draw(world, run, 0, 60)
    assert not relay.on
    await restore_supply(world.site, meter=run.meter.id, reason="unplugged", actor=MANAGER)
    await draw(world, run, 100, 3)
    assert relay.on
    await draw(world, run, 900, 4)
    assert not relay.on
    assert run.load is not None
    assert run.load.trips is not None
    assert run.load.trips.trips == 1


async def test_a_trip_is_counted_through_a_restart(world: World) -> None:
    """Killed while it waits: it waits on, and the count goes on."""
    _, run, relay = await limited(world)
    await draw(world, run, 900, 4)
    await world.restart()
    run = world.run(run.meter.id)
    await draw(world, run, 0, 20)
    assert not relay.on
    await draw(world, run, 0, 15)
    assert relay.on
    await draw(world, run, 900, 5)
    assert run.load is not None
    assert run.load.trips is not None
    assert run.load.trips.trips == 2


async def test_a_moment_above_the_limit_is_nothing(world: World) -> None:
    """A kettle is no heater."""
    _, run, relay = await limited(world)
    for power in (900, 900, 100) * 5:
        await draw(world, run, power, 1)
    assert relay.on


async def test_a_jump_is_off_at_once(world: World) -> None:
    """An immersion heater is forbidden whatever it draws in all."""
    _, run, relay = await limited(world, limit_w=0, jump_w=500)
    await draw(world, run, 100, 3)
    await draw(world, run, 640, 1)
    assert not relay.on
    assert run.load is not None
    assert run.load.trips is not None
    assert run.load.trips.cause is LoadCause.JUMP


@pytest.mark.parametrize("scope", ["tariff/home", "policy/standard"])
async def test_a_limit_holds_for_all_meters_of_a_tariff_or_a_policy(
    world: World, scope: str
) -> None:
    """P12: the student tariff is for lamps and laptops; a meter's own limit outranks it."""
    _, run, relay = await limited(world, scope)
    strong = await world.meter(await world.wallet("100"), relay=True)
    await set_load_limit(
        world.site, limit=LoadLimit(scope=f"meter/{strong.meter.id}", limit_w=3000), actor=MANAGER
    )
    await draw(world, run, 900, 4)
    await draw(world, strong, 900, 10)
    assert not relay.on
    assert world.relays[strong.meter.id].on


async def test_a_limited_meter_is_read_in_full(world: World) -> None:
    """The power must come with every reading, not once a minute."""
    hurried: list[bool] = []
    world.site.hurry = lambda run: hurried.append(run.load_limited)
    _, run, _ = await limited(world)
    await draw(world, run, 100, 1)
    none = LoadLimit(scope="meter/m1", limit_w=0)
    await set_load_limit(world.site, limit=none, actor=MANAGER)
    await draw(world, run, 100, 1)
    assert hurried == [True, False]


async def test_taking_the_limit_away_brings_the_light_back(world: World) -> None:
    """The contract was raised: nobody has to walk to the room."""
    _, run, relay = await limited(world, retries=0)
    await draw(world, run, 900, 4)
    assert why(run) is Why.OVERLOAD_LOCKED
    await set_load_limit(world.site, limit=LoadLimit(scope="meter/m1", limit_w=0), actor=MANAGER)
    await draw(world, run, 900, 3)
    assert relay.on


async def test_an_old_or_stored_power_trips_nothing(world: World) -> None:
    """What was drawn yesterday is no load of now."""
    _, run, relay = await limited(world, delay_s=0)
    await draw(world, run, 900, 3, origin=Origin.BACKFILL)
    await draw(world, run, 900, 3, origin=Origin.RETAINED)
    assert relay.on


async def test_phases_are_added_up_where_the_whole_is_not_told(world: World) -> None:
    """Some meters tell each phase only."""
    _, run, relay = await limited(world, delay_s=0)
    world.clock.now += TEN
    each = {f"power_l{phase}": 300.0 for phase in (1, 2, 3)}
    await world.look(run.meter.id, values=each)
    assert relay.written[-1][1] is False


async def test_a_protected_supply_is_not_tripped(world: World) -> None:
    """Somebody breathes by that socket, heater or not; and nothing is counted against them."""
    _, run, relay = await limited(world)
    await set_protection(
        world.site, meter=run.meter.id, protected=True, reason="oxygen", actor=MANAGER
    )
    await draw(world, run, 900, 10)
    assert relay.on
    assert why(run) is Why.PROTECTED
    assert await world.books.load(LoadTrips) == []


async def test_switched_on_by_hand_it_trips_again(world: World) -> None:
    """The button on the meter counts like any other try."""
    _, run, relay = await limited(world)
    await draw(world, run, 900, 4)
    relay.on = True
    await draw(world, run, 900, 5)
    assert not relay.on
    assert run.load is not None
    assert run.load.trips is not None
    assert run.load.trips.trips == 2


async def test_empty_while_it_waits_it_is_off_for_money_as_well(world: World) -> None:
    """Both reasons have to end: five minutes and a payment."""
    wallet, run, relay = await limited(world, money="1")
    await draw(world, run, 900, 4)
    world.registers[run.meter.id] += 5 * KWH
    await world.read(run.meter.id, 0, TEN)
    await world.wait(6 * MINUTE, TEN)
    assert (relay.on, run.supply.cut_by) == (False, CutBy.BALANCE)
    await world.pay(wallet, "50")
    await world.wait(MINUTE, TEN)
    assert relay.on


async def test_a_trip_that_cannot_be_written_down_is_not_made(world: World) -> None:
    """What cannot be found in the log afterwards is not done."""
    _, run, relay = await limited(world)
    with world.full_disk():
        await draw(world, run, 900, 6)
        assert relay.written == []
    await draw(world, run, 900, 3)
    assert not relay.on


async def test_a_relay_that_never_tripped_is_left_alone_when_the_wait_is_over(
    world: World,
) -> None:
    """Stuck while it was too much, and then the heater was unplugged: nothing is left to do."""
    _, run, relay = await limited(world)
    relay.moves = False
    await draw(world, run, 900, 6)
    assert relay.on
    await draw(world, run, 100, 40)
    relay.moves = True
    await draw(world, run, 100, 10)
    assert (relay.on, run.state) == (True, SupplyState.ON)
    assert run.load is not None
    assert run.load.trips is not None
    assert run.load.trips.tripped_at is None


async def test_a_limit_is_an_entry_and_belongs_to_something(world: World) -> None:
    """Who limited whom; a slip of the pen limits nobody."""
    await limited(world)
    entry = (await world.books.entries())[-1]
    assert (entry.kind, entry.detail["limit_w"]) == (EntryKind.LOAD_LIMIT_SET, 800)
    for scope in ("meter/m9", "tariff/none", "policy/none", "site/x", "m1"):
        with pytest.raises(CoreError, match="unknown_scope"):
            await set_load_limit(world.site, limit=LoadLimit(scope=scope, limit_w=1), actor=MANAGER)
    await world.restart()
    assert world.site.supplying.limits["meter/m1"].limit_w == 800


async def test_hours_without_a_trip_forgive(world: World) -> None:
    """Two trips on two days are each the first."""
    _, run, relay = await limited(world)
    await draw(world, run, 900, 4)
    await draw(world, run, 0, 40)
    await world.wait(HOUR, MINUTE)
    assert relay.on
    await draw(world, run, 900, 5)
    assert run.load is not None
    assert run.load.trips is not None
    assert run.load.trips.trips == 1
