"""What a named person may say of a supply; every word is an entry with a name and a reason."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, DeviceFault
from custom_components.prepaid_parking.core.supply import RestoreMode, Supply, SupplyState
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.supply import (
    confirm_restore,
    cut_supply,
    release_lockout,
    restore_supply,
    set_lockout,
    set_protection,
    try_again,
)
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, World


async def flat(world: World) -> MeterRun:
    """A meter with a relay and money."""
    wallet = await world.wallet("100")
    return await world.meter(wallet, relay=True)


async def test_every_word_is_an_entry_with_a_name_and_a_reason(world: World) -> None:
    """Who shut whose power off, and why, must be found a year later."""
    run = await flat(world)
    meter, site = run.meter.id, world.site
    await cut_supply(site, meter=meter, reason="leak", actor=MANAGER)
    await restore_supply(site, meter=meter, reason="mended", actor=MANAGER)
    await set_protection(site, meter=meter, protected=True, reason="oxygen", actor=MANAGER)
    await set_lockout(site, meter=meter, reason="works", actor=MANAGER)
    await release_lockout(site, meter=meter, reason="done", actor=MANAGER)
    entries = (await world.books.entries())[-5:]
    assert [(one.kind, one.reason, one.actor) for one in entries] == [
        (EntryKind.HOLD_SET, "leak", "user:manager"),
        (EntryKind.HOLD_RELEASED, "mended", "user:manager"),
        (EntryKind.PROTECTION_SET, "oxygen", "user:manager"),
        (EntryKind.LOCKOUT_SET, "works", "user:manager"),
        (EntryKind.LOCKOUT_RELEASED, "done", "user:manager"),
    ]
    await world.restart()
    supply = world.run(meter).supply
    assert (supply.protected, supply.protected_reason, supply.lockout_by) == (True, "oxygen", "")
    assert supply.hold_on is True


type Say = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize(
    ("say", "fields", "key"),
    [
        (cut_supply, {"meter": "m1"}, "supply_protected"),
        (restore_supply, {"meter": "m2"}, "supply_locked_out"),
        (cut_supply, {"meter": "m3"}, "meter_has_no_relay"),
        (restore_supply, {"meter": "m3"}, "meter_has_no_relay"),
        (release_lockout, {"meter": "m1"}, "supply_not_locked_out"),
        (set_lockout, {"meter": "m1", "reason": ""}, "reason_missing"),
        (cut_supply, {"meter": "m9"}, "unknown_meter"),
    ],
)
async def test_what_may_not_be_said_is_refused_with_its_reason(
    world: World, say: Say, fields: dict[str, str], key: str
) -> None:
    """A protected flat is not cut because somebody clicked in the wrong row."""
    guarded, locked = await flat(world), await flat(world)
    await world.meter()
    site = world.site
    await set_protection(
        site, meter=guarded.meter.id, protected=True, reason="oxygen", actor=MANAGER
    )
    await set_lockout(site, meter=locked.meter.id, reason="flooded", actor=MANAGER)
    before = await world.books.load(Supply)
    with pytest.raises(CoreError) as refused:
        await say(site, **({"reason": "r", "actor": MANAGER} | fields))
    assert refused.value.key == key
    assert await world.books.load(Supply) == before


@pytest.mark.parametrize("say", [cut_supply, restore_supply])
async def test_in_an_emergency_nothing_is_switched(world: World, say: Say) -> None:
    """The fire brigade decides what has current."""
    run = await flat(world)
    world.site.emergency = True
    with pytest.raises(CoreError, match="emergency_on"):
        await say(world.site, meter=run.meter.id, reason="r", actor=MANAGER)


@pytest.mark.parametrize("say", [cut_supply, restore_supply, set_protection])
async def test_an_end_lies_in_the_future(world: World, say: Say) -> None:
    """A hold that is over when it begins would be a surprise for somebody."""
    run = await flat(world)
    fields: dict[str, Any] = {"reason": "r", "actor": MANAGER, "until": world.clock.now}
    if say is set_protection:
        fields["protected"] = True
    with pytest.raises(CoreError, match="time_is_past"):
        await say(world.site, meter=run.meter.id, **fields)


async def test_only_what_waits_for_a_word_is_confirmed(world: World) -> None:
    """A confirmation in advance is none: nobody has looked."""
    run = await flat(world)
    with pytest.raises(CoreError, match="supply_not_armed"):
        await confirm_restore(world.site, meter=run.meter.id, actor=MANAGER)


async def test_a_protection_ends_by_itself_or_by_word(world: World) -> None:
    """Protected for the winter, cut like anybody in spring."""
    await world.policy(grace_hours=0)
    wallet = await world.wallet("1")
    run = await world.meter(wallet, relay=True)
    relay = world.relays[run.meter.id]
    until = world.clock.now + 2 * DAY
    await set_protection(
        world.site, meter=run.meter.id, protected=True, reason="frost", actor=MANAGER, until=until
    )
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.wait(DAY, 10 * MINUTE)
    assert relay.on
    await world.wait(DAY + HOUR, 10 * MINUTE)
    assert not relay.on


async def test_a_hold_is_durable_before_the_relay_moves(world: World) -> None:
    """Shut off for a leak, then a power cut: after the restart it is shut off."""
    run = await flat(world)
    await cut_supply(world.site, meter=run.meter.id, reason="leak", actor=MANAGER)
    await world.restart()
    await world.wait(5 * SECOND, SECOND)
    assert not world.relays[run.meter.id].on
    assert world.run(run.meter.id).state is SupplyState.HELD


async def test_a_person_can_have_a_command_tried_again_now(world: World) -> None:
    """The electrician has tightened the wire and does not want to wait an hour."""
    await world.policy(grace_hours=0)
    wallet = await world.wallet("1")
    run = await world.meter(wallet, relay=True, restore=RestoreMode.AUTO)
    relay = world.relays[run.meter.id]
    relay.moves = False
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.wait(20 * MINUTE, 10 * SECOND)
    tries = len(relay.written)
    relay.moves = True
    try_again(world.site, meter=run.meter.id)
    await world.work()
    assert len(relay.written) == tries + 1
    await world.wait(10 * SECOND, SECOND)
    assert run.state is SupplyState.OFF


async def test_a_clock_set_back_while_a_command_is_out_holds_its_proof_up_for_a_few_looks(
    world: World,
) -> None:
    """The flat is dark and the site says "cutting" for an hour: whoever asks is told nonsense."""
    run = await flat(world)
    await cut_supply(world.site, meter=run.meter.id, reason="leak", actor=MANAGER)
    await world.work()
    assert world.relays[run.meter.id].written
    world.clock.now -= HOUR
    for _ in range(3):
        await world.tick()
        await world.look(run.meter.id)
    assert (run.command, run.supply.verified, run.state) == (None, False, SupplyState.HELD)


@pytest.mark.parametrize("fault", [None, DeviceFault.REFUSED])
async def test_a_clock_set_back_does_not_put_off_the_next_try(
    world: World, fault: DeviceFault | None
) -> None:
    """A paid flat whose relay lost one command must not stay dark until the clock has caught up."""
    run = await flat(world)
    relay, meter = world.relays[run.meter.id], run.meter.id
    await cut_supply(world.site, meter=meter, reason="leak", actor=MANAGER)
    await world.work()
    await world.read(meter, after=10 * SECOND)
    assert not relay.on
    relay.moves, relay.refuses = False, fault
    await restore_supply(world.site, meter=meter, reason="mended", actor=MANAGER)
    await world.work()
    await world.tick()
    world.clock.now -= HOUR
    relay.moves, relay.refuses = True, None
    for _ in range(10):
        await world.tick()
        await world.look(meter)
    assert (run.command, run.supply.verified, relay.on) == (None, True, True)
