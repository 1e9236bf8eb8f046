"""Supplies come on one after another: a whole house at once trips the main."""

from datetime import datetime
from itertools import pairwise

import pytest

from custom_components.prepaid_parking.core.errors import DeviceFault
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.supply import set_lockout
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import HOUR, KWH, MANAGER, MINUTE, SECOND, World

ROOMS = 5


async def dark_house(world: World, rooms: int = ROOMS) -> list[tuple[WalletRun, MeterRun]]:
    """A house in which everybody has used up his money."""
    await world.policy(grace_hours=0)
    house = []
    for _ in range(rooms):
        wallet = await world.wallet("1")
        house.append((wallet, await world.meter(wallet, relay=True)))
    for _, run in house:
        world.registers[run.meter.id] += 2 * KWH
    await world.wait(HOUR, 10 * MINUTE)
    assert not any(world.relays[run.meter.id].on for _, run in house)
    return house


async def pay_all(world: World, house: list[tuple[WalletRun, MeterRun]]) -> None:
    """The company pays for all its rooms."""
    for wallet, _ in house:
        await world.pay(world.wallet_now(wallet), "50")
    await world.work()


def came_on(world: World, house: list[tuple[WalletRun, MeterRun]]) -> list[datetime]:
    """When each came on, in order."""
    return sorted(at for _, run in house for at, on in world.relays[run.meter.id].written if on)


async def test_a_batch_of_payments_brings_them_on_one_after_another(world: World) -> None:
    """Two seconds between any two, in the order in which they were paid."""
    house = await dark_house(world)
    await pay_all(world, house)
    waiting = [run.decision.why for _, run in house if run.decision is not None]
    assert waiting.count(Why.STAGGERED) == ROOMS - 1
    await world.wait(20 * SECOND, SECOND)
    times = came_on(world, house)
    assert [(at - times[0]).total_seconds() for at in times] == [0, 2, 4, 6, 8]


async def test_after_an_outage_too(world: World) -> None:
    """All paid while the hub was down: at its start they queue up like anywhere."""
    house = await dark_house(world)
    for wallet, run in house:
        run.relay = None
        await world.pay(wallet, "50")
    await world.restart()
    await world.wait(30 * SECOND, SECOND)
    times = came_on(world, house)
    assert len(times) == ROOMS
    assert all((b - a).total_seconds() >= 2 for a, b in pairwise(times))


@pytest.mark.parametrize("spacing", [0, 5])
async def test_the_manager_says_how_far_apart(world: World, spacing: int) -> None:
    """Nought is all at once: a site with small loads need not wait."""
    world.site.supplying.stagger.spacing_s = spacing
    house = await dark_house(world)
    await pay_all(world, house)
    await world.wait(40 * SECOND, SECOND)
    times = came_on(world, house)
    assert [(at - times[0]).total_seconds() for at in times] == [n * spacing for n in range(ROOMS)]


async def test_a_line_that_does_not_take_commands_holds_up_nobody(world: World) -> None:
    """Four on a dead line, paid first; the fifth has light within ten seconds."""
    house = await dark_house(world)
    for _, run in house[:4]:
        world.relays[run.meter.id].refuses = DeviceFault.OFFLINE
    await pay_all(world, house)
    await world.wait(10 * SECOND, SECOND)
    assert world.relays[house[4][1].meter.id].on
    for _, run in house[:4]:
        world.relays[run.meter.id].refuses = None
    await world.wait(20 * SECOND, SECOND)
    times = came_on(world, house)
    assert len(times) == ROOMS
    assert all((b - a).total_seconds() >= 2 for a, b in pairwise(times))


async def test_silent_relays_hold_up_a_healthy_one_for_a_few_seconds_only(world: World) -> None:
    """Who was never tried goes before who did not answer."""
    house = await dark_house(world)
    for _, run in house[:4]:
        relay = world.relays[run.meter.id]
        relay.moves, relay.answers = False, False
    await pay_all(world, house[:4])
    await world.wait(30 * SECOND, SECOND)
    await pay_all(world, house[4:])
    await world.wait(10 * SECOND, SECOND)
    assert world.relays[house[4][1].meter.id].on


async def test_who_no_longer_wants_to_come_on_loses_no_time_for_the_others(world: World) -> None:
    """Locked out while it waited: the next one has its turn."""
    house = await dark_house(world)
    await pay_all(world, house)
    second = next(run for _, run in house if not world.relays[run.meter.id].on)
    await set_lockout(world.site, meter=second.meter.id, reason="works", actor=MANAGER)
    await world.wait(20 * SECOND, SECOND)
    times = came_on(world, house)
    assert len(times) == ROOMS - 1
    assert (times[-1] - times[0]).total_seconds() <= 8
    assert not world.relays[second.meter.id].on


async def test_a_cut_never_waits_for_its_turn(world: World) -> None:
    """Only what draws an inrush is spaced out."""
    house = await dark_house(world)
    cuts = [at for _, run in house for at, on in world.relays[run.meter.id].written if not on]
    assert len(set(cuts)) < ROOMS
