"""Warning, cutting and restoring with relays that obey, refuse, pretend and lose their answers."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.errors import CoreError, DeviceFault
from custom_components.prepaid_parking.core.identity import WalletId
from custom_components.prepaid_parking.core.metering import Commodity, Sample
from custom_components.prepaid_parking.core.policy import ManualOn, WalletState
from custom_components.prepaid_parking.core.supply import (
    CommandLog,
    CommandOutcome,
    CutBy,
    RestoreMode,
    Supply,
    SupplyState,
)
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import deduct
from custom_components.prepaid_parking.operations.commanding import forget_commands
from custom_components.prepaid_parking.operations.facts import (
    SupplyChanged,
    SupplyTrouble,
    WalletEvent,
    WalletFact,
)
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.supply import (
    confirm_restore,
    cut_supply,
    restore_supply,
    set_lockout,
    set_protection,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.watching import cutoff_of, state_of
from tests.operations.world import (
    DAY,
    HOUR,
    KWH,
    MANAGER,
    MINUTE,
    SECOND,
    RelayDevice,
    World,
)

STEP = 5 * SECOND


async def flat(
    world: World, money: str = "1", *, grace: int = 0, **fields: object
) -> tuple[WalletRun, MeterRun, RelayDevice]:
    """A tenant with little money, a meter and a relay."""
    await world.policy(grace_hours=grace)
    wallet = await world.wallet(money)
    run = await world.meter(wallet, relay=True, **fields)  # type: ignore[arg-type]
    return wallet, run, world.relays[run.meter.id]


async def use_up(world: World, run: MeterRun, kwh: int = 2) -> None:
    """Use more than there is, and let the keeper see it through."""
    await world.read(run.meter.id, kwh * KWH, HOUR)
    await world.wait(6 * SECOND, SECOND)


def states(world: World) -> list[SupplyState]:
    """How the supply stood, one after the other."""
    return [fact.state for fact in world.heard(SupplyChanged)]


async def log(world: World) -> list[tuple[str, CommandOutcome]]:
    """The commands as they were written down."""
    return [(one.action, one.outcome) for one in await world.books.load(CommandLog)]


async def test_an_empty_wallet_is_cut_and_a_payment_restores(world: World) -> None:
    """The whole loop: warned, cut, read back, paid, on again, each step told and written down."""
    wallet, run, relay = await flat(world, "60")
    await world.read(run.meter.id, 74 * KWH, 10 * HOUR)
    await use_up(world, run)
    assert not relay.on
    assert run.supply.verified is False
    assert states(world) == [SupplyState.ON, SupplyState.CUTTING, SupplyState.OFF]
    await world.pay(wallet, "70")
    await world.wait(6 * SECOND, SECOND)
    assert relay.on
    assert states(world)[3:] == [SupplyState.RESTORING, SupplyState.ON]
    assert [switched for _, switched in relay.written] == [False, True]
    assert await log(world) == [
        ("off", CommandOutcome.VERIFIED),
        ("on", CommandOutcome.VERIFIED),
    ]
    assert world.events(wallet) == [
        WalletEvent.OPENED,
        WalletEvent.TOPPED_UP,
        WalletEvent.LOW,
        WalletEvent.GRACE,
        WalletEvent.GRACE_ENDED,
        WalletEvent.CUT_OFF,
        WalletEvent.TOPPED_UP,
        WalletEvent.RECOVERED,
        WalletEvent.RESTORED,
    ]


async def test_the_cut_leaves_with_the_reading_that_crosses(world: World) -> None:
    """Two seconds, not the next poll: the command is out when the reading has been taken."""
    _, run, relay = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    assert [switched for _, switched in relay.written] == [False]
    assert relay.written[0][0] == world.clock.now


async def test_a_grace_runs_through_a_restart_and_an_outage_does_not_end_it(world: World) -> None:
    """A hub that was down for a week must not cut in the minute it comes back."""
    wallet, run, relay = await flat(world, grace=24)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.wait(10 * HOUR, 4 * MINUTE)
    before = wallet.watch.grace_spent_s
    assert before > 9 * 3600
    world.clock.now += 7 * DAY
    await world.restart()
    await world.look(run.meter.id)
    again = world.wallet_now(wallet)
    assert before - 60 <= again.watch.grace_spent_s <= before
    assert relay.on
    await world.wait(13 * HOUR, 4 * MINUTE)
    assert relay.on
    assert state_of(world.site, again) is WalletState.GRACE
    await world.wait(2 * HOUR, 4 * MINUTE)
    assert not relay.on


async def test_no_grace_runs_while_nobody_can_pay(world: World) -> None:
    """The desk is closed and the pay page down: the clock of the threat stands still."""
    wallet, run, relay = await flat(world, grace=1)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    world.site.can_pay = False
    await world.wait(5 * HOUR, 4 * MINUTE)
    assert wallet.watch.grace_spent_s == 0
    world.site.can_pay = True
    await world.wait(65 * MINUTE, 4 * MINUTE)
    assert not relay.on


async def test_what_was_used_while_the_hub_was_down_is_charged_warned_of_and_then_cut(
    world: World,
) -> None:
    """The meter kept counting; grace begins when the hub is back, it does not end there."""
    wallet, run, relay = await flat(world, "60", grace=1)
    world.clock.now += 9 * HOUR
    world.registers[run.meter.id] += 80 * KWH
    await world.restart()
    world.facts.clear()
    await world.look(run.meter.id)
    again = world.wallet_now(wallet)
    assert world.text(again.available_minor) == "-4.00"
    assert world.events(again) == [WalletEvent.LOW, WalletEvent.GRACE]
    assert relay.on
    await world.wait(65 * MINUTE, 4 * MINUTE)
    assert not relay.on


async def test_no_cut_in_the_night_and_one_in_the_morning(world: World) -> None:
    """The calendar holds the cut back and lets it out at nine, without a reading too many."""
    wallet, run, relay = await flat(world)
    await world.policy(no_cut_hours=((time(12), time(9)),))
    await use_up(world, run)
    assert run.decision is not None
    assert run.decision.why is Why.NO_CUT_HOURS
    nine = datetime(2026, 7, 2, 9, tzinfo=world.clock.now.tzinfo)
    assert cutoff_of(world.site, wallet) == nine
    await world.wait(nine - world.clock.now - SECOND, MINUTE)
    assert relay.on
    await world.wait(2 * SECOND, SECOND)
    assert not relay.on


@pytest.mark.parametrize("what", ["stale", "silent", "clock", "emergency", "protected", "ledger"])
async def test_what_forbids_a_cut_forbids_it(world: World, what: str) -> None:
    """Silence is not evidence, and a fire is no time for a bill."""
    _, run, relay = await flat(world)
    site = world.site
    match what:
        case "clock":
            site.not_before = world.clock.now + DAY
        case "emergency":
            site.emergency = True
        case "protected":
            await set_protection(
                site, meter=run.meter.id, protected=True, reason="oxygen", actor=MANAGER
            )
        case "ledger":
            world.books.state = world.books.state.ROLLED_BACK
    await world.keeper.tick()
    if what == "silent":
        run.relay, run.seen = relay, None
        await world.look(run.meter.id, register=1002 * KWH, supplied=None)
    elif what == "stale":
        relay.refuses = DeviceFault.BUSY
        await world.read(run.meter.id, 2 * KWH, HOUR)
        world.clock.now += 31 * SECOND
        relay.refuses = None
        await world.tick()
    else:
        await world.read(run.meter.id, 2 * KWH, HOUR)
    assert relay.on
    assert relay.written == []
    if what == "ledger":
        world.books.state = world.books.state.OK


async def test_a_relay_that_acknowledges_and_does_not_move_is_a_fault(world: World) -> None:
    """Three tries, then after 1, 5, 15 and every 60 minutes; one repair, and off is never claimed."""
    _, run, relay = await flat(world)
    relay.moves = False
    began = world.clock.now + HOUR
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.wait(4 * HOUR, STEP)
    after = [int((at - began).total_seconds()) for at, _ in relay.written]
    assert after == [0, 5, 10, 70, 370, 1270, 4870, 8470, 12070]
    assert [fact.fault for fact in world.heard(SupplyTrouble)] == [True]
    assert SupplyState.OFF not in states(world)
    assert run.state is SupplyState.FAULT
    lines = await log(world)
    assert lines == [("off", CommandOutcome.FAILED)] * 8 + [("off", CommandOutcome.SENT)]
    relay.on = False  # somebody mended it
    await world.read(run.meter.id)
    await world.tick()
    assert [fact.fault for fact in world.heard(SupplyTrouble)] == [True, False]
    assert (run.state, run.supply.verified) == (SupplyState.OFF, False)


async def test_a_relay_is_operated_so_many_times_a_day_and_no_more(world: World) -> None:
    """Contacts weld: a relay that is fought over is left alone until tomorrow, with a repair."""
    _, run, relay = await flat(world)
    await world.policy(operations_per_day=4)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    for _ in range(60):
        await world.wait(10 * SECOND, STEP)
        if not relay.on:
            relay.on = True  # somebody switches it on again and again
    assert len(relay.written) == 4
    assert run.state is SupplyState.FAULT
    assert run.decision is not None
    assert run.decision.why is Why.TOO_MANY_OPERATIONS
    assert world.heard(SupplyTrouble)[-1].detail == "too_many_operations"
    await world.restart()
    await world.wait(MINUTE, STEP)
    assert len(relay.written) == 4
    await world.wait(13 * HOUR, 4 * MINUTE)
    assert len(relay.written) == 5
    assert not relay.on


@pytest.mark.parametrize("fault", [DeviceFault.REFUSED, DeviceFault.BUSY, DeviceFault.OFFLINE])
async def test_a_write_that_was_refused_is_done_as_soon_as_it_is_taken(
    world: World, fault: DeviceFault
) -> None:
    """Fifteen seconds of trouble on the bus must not buy an evening of power."""
    _, run, relay = await flat(world)
    relay.refuses = fault
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.wait(15 * SECOND, SECOND)
    assert relay.on
    relay.refuses = None
    await world.wait(4 * SECOND, SECOND)
    assert not relay.on
    assert run.state is SupplyState.OFF


async def test_a_lost_answer_to_a_cut_is_still_our_cut(world: World) -> None:
    """The relay moved, its answer did not arrive: whoever pays must get the light back."""
    wallet, run, relay = await flat(world)
    relay.answers = False
    await use_up(world, run)
    assert not relay.on
    assert (run.state, run.supply.cut_by, run.supply.verified) == (
        SupplyState.OFF,
        CutBy.BALANCE,
        False,
    )
    relay.answers = True
    await world.pay(wallet, "10")
    await world.wait(6 * SECOND, SECOND)
    assert relay.on


async def test_it_is_written_down_before_it_is_sent(world: World) -> None:
    """A cut that nobody can find in the log afterwards did not happen fairly."""
    _, run, relay = await flat(world)
    seen: list[CommandOutcome] = []
    switch = relay.switch

    async def look_first(on: bool) -> None:
        seen.extend(one.outcome for one in await world.books.load(CommandLog))
        await switch(on)

    relay.switch = look_first  # type: ignore[method-assign]
    await use_up(world, run)
    assert seen == [CommandOutcome.DECIDED]
    assert not relay.on


async def test_what_cannot_be_written_down_is_not_sent(world: World) -> None:
    """Disk full: no cut, metering goes on, and the cut comes when there is room."""
    wallet, run, relay = await flat(world)
    with world.full_disk():
        await world.read(run.meter.id, 2 * KWH, HOUR)
        await world.wait(30 * SECOND, SECOND)
        assert relay.written == []
        assert world.text(wallet.available_minor) == "-0.60"
        assert world.site.trouble
    await world.wait(10 * SECOND, SECOND)
    assert not relay.on
    assert world.site.trouble == ""
    assert world.text(wallet.posted_minor) == "-0.60"


async def test_a_retry_that_cannot_be_written_down_is_not_sent_either(world: World) -> None:
    """Each write has its line in the log."""
    _, run, relay = await flat(world)
    relay.moves = False
    await world.read(run.meter.id, 2 * KWH, HOUR)
    with world.full_disk():
        await world.wait(MINUTE, STEP)
        assert len(relay.written) == 1
    relay.moves = True
    await world.wait(10 * SECOND, SECOND)
    assert len(relay.written) == 2
    assert not relay.on


async def test_a_cut_that_was_sent_before_a_crash_is_still_ours(world: World) -> None:
    """Killed between the acknowledgement and the look: the payment restores all the same."""
    wallet, run, relay = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    assert not relay.on
    assert run.supply.verified is None
    await world.restart()
    await world.read(run.meter.id)
    again = world.run(run.meter.id)
    assert (again.state, again.supply.verified) == (SupplyState.OFF, False)
    assert await log(world) == [("off", CommandOutcome.VERIFIED)]
    await world.pay(world.wallet_now(wallet), "10")
    await world.wait(6 * SECOND, SECOND)
    assert relay.on


async def test_a_look_of_the_moment_of_sending_proves_nothing(world: World) -> None:
    """Paid while the relay was still moving: it is ours, and it comes on again."""
    wallet, run, relay = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    assert not relay.on
    await world.pay(wallet, "10")
    await world.look(run.meter.id, supplied=True)
    await world.wait(30 * SECOND, SECOND)
    assert relay.on
    assert run.state is SupplyState.ON


async def test_a_look_from_before_the_cut_does_not_undo_it(world: World) -> None:
    """Cut, then paid, and no look in between: what was seen before says nothing of the relay now."""
    wallet, run, relay = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.pay(wallet, "10")
    world.clock.now += 10 * MINUTE
    await world.work()
    await world.tick()
    assert (run.supply.cut_by, run.supply.verified) == (CutBy.BALANCE, None)
    await world.wait(10 * SECOND, SECOND)
    assert relay.on
    assert [switched for _, switched in relay.written] == [False, True]


async def test_a_cut_that_never_left_leaves_an_earlier_one_ours(world: World) -> None:
    """A valve that crawls was told to close, the hub died, a second cut is refused, and all is paid."""
    wallet, run, relay = await flat(world)
    run.latency_s = 60
    relay.moves = False
    await world.read(run.meter.id, 2 * KWH, HOUR)
    (line,) = await world.books.load(CommandLog)
    await world.books.record(replace(line, outcome=CommandOutcome.DECIDED))
    await world.restart()
    run, relay.refuses = world.run(run.meter.id), DeviceFault.BUSY
    run.latency_s = 60
    await world.wait(5 * SECOND, SECOND)
    assert run.command is not None
    await world.pay(world.wallet_now(wallet), "10")
    await world.wait(10 * SECOND, SECOND)
    assert run.command is None
    relay.on, relay.moves, relay.refuses = False, True, None  # the valve arrives
    await world.wait(10 * SECOND, SECOND)
    assert run.decision is not None
    assert run.decision.why is Why.NOT_CONFIRMED
    await confirm_restore(world.site, meter=run.meter.id, actor=MANAGER)
    await world.wait(2 * MINUTE, SECOND)
    assert (relay.on, run.state) == (True, SupplyState.ON)


async def test_a_cut_that_never_left_leaves_the_hand_that_switched_on_in_the_books(
    world: World,
) -> None:
    """The caretaker undid our cut, a second one never left: whoever switches off now is not us."""
    wallet, run, relay = await flat(world)
    await use_up(world, run)
    relay.on, relay.refuses = True, DeviceFault.BUSY
    await world.wait(3 * SECOND, SECOND)
    assert run.command is not None
    await world.pay(wallet, "10")
    await world.wait(3 * SECOND, SECOND)
    relay.on, relay.refuses = False, None
    await world.wait(MINUTE, STEP)
    assert (relay.on, run.state) == (False, SupplyState.HELD)


async def test_a_sent_cut_that_did_not_move_is_tried_again_after_a_crash(world: World) -> None:
    """A policy that keeps what people switch on must not take a stuck relay for a person."""
    _, run, relay = await flat(world)
    await world.policy(manual_on=ManualOn.KEEP)
    relay.moves = False
    await world.read(run.meter.id, 2 * KWH, HOUR)
    relay.moves = True
    await world.restart()
    await world.wait(30 * SECOND, SECOND)
    assert not relay.on


async def test_a_cut_that_was_only_decided_before_a_crash_is_not_claimed(world: World) -> None:
    """Nobody knows whether it was sent: it waits for a look, and then money brings it back."""
    wallet, run, relay = await flat(world)
    relay.refuses = DeviceFault.BUSY
    await world.read(run.meter.id, 2 * KWH, HOUR)
    (line,) = await world.books.load(CommandLog)
    await world.books.record(replace(line, outcome=CommandOutcome.DECIDED))
    relay.on, relay.refuses = False, None
    await world.restart()
    await world.pay(world.wallet_now(wallet), "10")
    await world.wait(10 * SECOND, SECOND)
    again = world.run(run.meter.id)
    assert not relay.on
    assert again.state is SupplyState.ARMED
    assert again.decision is not None
    assert again.decision.why is Why.NOT_CONFIRMED
    assert await log(world) == [("off", CommandOutcome.NOT_CONFIRMED)]
    await confirm_restore(world.site, meter=run.meter.id, actor=MANAGER)
    await world.wait(10 * SECOND, SECOND)
    assert (relay.on, again.state) == (True, SupplyState.ON)


async def test_nothing_is_commanded_at_first_contact(world: World) -> None:
    """Before a relay was seen nobody knows what a command would do."""
    _, run, relay = await flat(world)
    await use_up(world, run)
    relay.written.clear()
    await world.restart()
    again = world.run(run.meter.id)
    await world.look(run.meter.id, supplied=None)
    await world.tick()
    assert relay.written == []
    assert again.state is SupplyState.UNKNOWN


async def test_an_electricians_off_stays_off(world: World) -> None:
    """Off without us, then empty, then paid: nothing of that is a reason to switch on."""
    wallet, run, relay = await flat(world)
    relay.on = False
    await world.look(run.meter.id)
    assert run.state is SupplyState.HELD
    await use_up(world, run)
    await world.pay(wallet, "50")
    await world.wait(MINUTE, STEP)
    assert relay.written == []
    await restore_supply(world.site, meter=run.meter.id, reason="work done", actor=MANAGER)
    await world.wait(10 * SECOND, SECOND)
    assert relay.on
    assert run.supply.hold_on is None


@pytest.mark.parametrize("manual_on", ManualOn)
async def test_an_electrician_after_a_hand_that_undid_our_cut_is_safe(
    world: World, manual_on: ManualOn
) -> None:
    """Cut by us, on by hand, off by the electrician: the payment must not switch on over his hands."""
    wallet, run, relay = await flat(world)
    await use_up(world, run)
    # On by hand while no cut is allowed, or kept by policy.
    await world.policy(manual_on=manual_on, no_cut_hours=((time(12), time(23)),))
    relay.on = True
    await world.look(run.meter.id)
    relay.on = False
    await world.look(run.meter.id)
    assert run.state is SupplyState.HELD
    await world.pay(wallet, "50")
    await world.wait(MINUTE, STEP)
    assert not relay.on


async def test_on_by_hand_below_zero_is_off_again_within_two_ticks(world: World) -> None:
    """Who breaks the seal has light for two seconds."""
    _, run, relay = await flat(world)
    await use_up(world, run)
    relay.on = True
    await world.wait(2 * SECOND, SECOND)
    assert not relay.on
    assert Why.SWITCHED_ON_BY_HAND in [fact.why for fact in world.heard(SupplyChanged)]


async def test_on_by_hand_below_zero_is_kept_where_the_policy_says_so(world: World) -> None:
    """A clinic's caretaker is trusted; the next debt after a payment is cut as ever."""
    wallet, run, relay = await flat(world)
    await world.policy(manual_on=ManualOn.KEEP)
    await use_up(world, run)
    relay.on = True
    await world.wait(HOUR, MINUTE)
    await world.restart()
    await world.wait(HOUR, MINUTE)
    again = world.run(run.meter.id)
    assert relay.on
    assert again.decision is not None
    assert again.decision.why is Why.KEPT_ON_BY_HAND
    await world.pay(world.wallet_now(wallet), "10")
    await world.wait(10 * SECOND, SECOND)
    await use_up(world, again, 10)
    await use_up(world, again, 10)
    assert not relay.on


async def test_an_armed_supply_comes_on_after_a_look_and_each_time_anew(world: World) -> None:
    """The word that nothing is left on the stove is good for one restore."""
    wallet, run, relay = await flat(world, restore=RestoreMode.ARMED)
    await use_up(world, run)
    await world.pay(wallet, "10")
    await world.wait(MINUTE, STEP)
    assert (relay.on, run.state) == (False, SupplyState.ARMED)
    relay.refuses = DeviceFault.OFFLINE
    await confirm_restore(world.site, meter=run.meter.id, actor=MANAGER)
    await world.tick()
    # Before it came on, the money is gone again: the look is stale by the time there is more.
    await deduct(world.site, wallet=wallet.wallet.id, amount_minor=940, reason="fee", actor=MANAGER)
    world.registers[run.meter.id] += KWH
    await world.wait(MINUTE, STEP)
    relay.refuses = None
    await world.pay(wallet, "10")
    await world.wait(MINUTE, STEP)
    assert (relay.on, run.state) == (False, SupplyState.ARMED)
    await confirm_restore(world.site, meter=run.meter.id, actor=MANAGER)
    await world.wait(MINUTE, STEP)
    assert relay.on
    assert run.supply.confirmed_at is None


async def test_a_lockout_blocks_every_on(world: World) -> None:
    """A name and a padlock outrank all money."""
    wallet, run, relay = await flat(world)
    await use_up(world, run)
    await set_lockout(world.site, meter=run.meter.id, reason="flooded", actor=MANAGER)
    await world.pay(wallet, "50")
    await world.wait(MINUTE, STEP)
    assert (relay.on, run.state) == (False, SupplyState.HELD)


@pytest.mark.parametrize("commodity", [Commodity.GAS, Commodity.STEAM])
async def test_gas_and_steam_are_never_opened(world: World, commodity: Commodity) -> None:
    """Cut they are; on they come by hand."""
    wallet, run, relay = await flat(world, commodity=commodity)
    await use_up(world, run)
    assert not relay.on
    await world.pay(wallet, "50")
    await restore_supply(world.site, meter=run.meter.id, reason="asked", actor=MANAGER)
    await world.wait(MINUTE, STEP)
    assert [switched for _, switched in relay.written] == [False]


async def test_a_hold_with_an_end_and_one_without(world: World) -> None:
    """On until Friday in spite of the debt; after that the balance speaks again."""
    wallet, run, relay = await flat(world)
    await use_up(world, run)
    until = world.clock.now + 10 * MINUTE
    await restore_supply(world.site, meter=run.meter.id, reason="ill", actor=MANAGER, until=until)
    await world.wait(9 * MINUTE, STEP)
    assert relay.on
    await world.wait(2 * MINUTE, STEP)
    assert not relay.on
    assert run.supply.hold_on is None
    await restore_supply(world.site, meter=run.meter.id, reason="promised", actor=MANAGER)
    await world.wait(DAY, 4 * MINUTE)
    assert relay.on
    await world.pay(wallet, "50")
    await world.wait(MINUTE, STEP)
    assert run.supply.hold_on is None
    await use_up(world, run, 10)
    for _ in range(10):
        await use_up(world, run, 10)
    assert not relay.on


async def test_a_hold_off_outlasts_a_payment_and_is_released_by_name(world: World) -> None:
    """Shut off for a leak: no top-up opens the water."""
    wallet, run, relay = await flat(world, "100", commodity=Commodity.WATER)
    until = world.clock.now + HOUR
    await cut_supply(world.site, meter=run.meter.id, reason="leak", actor=MANAGER, until=until)
    await world.wait(10 * SECOND, SECOND)
    assert (relay.on, run.state) == (False, SupplyState.HELD)
    await world.pay(wallet, "50")
    await world.wait(2 * HOUR, MINUTE)
    assert not relay.on  # its end releases the hold, a person switches on
    await restore_supply(world.site, meter=run.meter.id, reason="mended", actor=MANAGER)
    await world.wait(10 * SECOND, SECOND)
    assert relay.on
    (supply,) = await world.books.load(Supply)
    assert (supply.cut_by, supply.hold_on) == (CutBy.NOTHING, None)


async def test_a_command_is_dropped_when_it_is_no_longer_wanted(world: World) -> None:
    """Paid while the relay was busy: no cut comes after the payment."""
    wallet, run, relay = await flat(world)
    relay.refuses = DeviceFault.BUSY
    await world.read(run.meter.id, 2 * KWH, HOUR)
    assert run.command is not None
    await world.pay(wallet, "10")
    await world.work()
    assert run.command is None
    relay.refuses = None
    await world.wait(10 * MINUTE, STEP)
    assert relay.written == []
    assert await log(world) == [("off", CommandOutcome.FAILED)]


async def test_a_cut_on_its_way_when_the_payment_comes_is_undone(world: World) -> None:
    """A valve that takes a minute was told to close, then the tenant paid: it must open again."""
    wallet, run, relay = await flat(world)
    run.latency_s = 120
    relay.moves = False
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.pay(wallet, "10")
    await world.wait(20 * SECOND, STEP)
    relay.on, relay.moves = False, True  # the valve arrives
    await world.wait(20 * SECOND, STEP)
    assert relay.on
    assert run.state is SupplyState.ON


async def test_two_meters_of_a_wallet_are_cut_together(world: World) -> None:
    """The debt is the wallet's: power and water of the flat, with the same reading."""
    wallet, one, relay = await flat(world, "10")
    other = await world.meter(wallet, relay=True)
    idle = world.relays[other.meter.id]
    await world.wait(20 * SECOND, STEP)
    await use_up(world, one, 10)
    await use_up(world, one, 10)
    assert (relay.on, idle.on) == (False, False)


async def test_a_parking_debt_touches_no_supply(world: World) -> None:
    """Money stays with its purpose: an unpaid car park leaves the light on."""
    utility, _, relay = await flat(world, "100")
    parking = await world.wallet("5", purpose=Purpose.PARKING)
    await deduct(
        world.site, wallet=parking.wallet.id, amount_minor=500, reason="fee", actor=MANAGER
    )
    await world.policy(credit_limit_minor=0, alert_minor=10_000)
    await world.wait(2 * DAY, HOUR)
    assert relay.on
    assert relay.written == []
    assert utility.watch.crossed_at is None


async def test_a_warning_armed_again_is_armed_also_after_a_restart(world: World) -> None:
    """Topped up, restarted, used up: the warning must not be missing the second time."""
    wallet = await world.wallet("60")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 15 * KWH // 2, HOUR)
    await world.read(run.meter.id, 15 * KWH // 2, HOUR)
    await world.pay(wallet, "60")
    await world.work()
    await world.restart()
    world.facts.clear()
    again = world.wallet_now(wallet)
    for _ in range(9):
        await world.read(run.meter.id, 9 * KWH, HOUR)
    assert world.events(again).count(WalletEvent.LOW) == 1


async def test_a_reading_near_the_mark_asks_for_more_and_the_rest_does_not(world: World) -> None:
    """Fast polling is for the two minutes in which it matters."""
    hurried: list[tuple[str, bool]] = []
    wallet, run, _ = await flat(world, "4")
    world.site.hurry = lambda one: hurried.append((one.meter.id, one.fast))
    for _ in range(400):
        await world.read(run.meter.id, KWH // 80, 10 * SECOND)
    assert hurried[0] == (run.meter.id, True)
    assert wallet.available_minor == 0
    await world.pay(wallet, "100")
    await world.work()
    assert hurried[-1] == (run.meter.id, False)


async def test_a_detached_relay_is_left_alone(world: World) -> None:
    """A meter whose settings are being changed is commanded by nobody, and afterwards again."""
    _, run, relay = await flat(world)
    relay.moves = False
    await world.read(run.meter.id, 2 * KWH, HOUR)
    run.relay = None
    await world.wait(MINUTE, STEP)
    assert len(relay.written) == 1
    relay.moves, run.relay = True, relay
    await world.wait(20 * SECOND, STEP)
    assert not relay.on


async def test_a_relay_report_without_a_register_is_a_look(world: World) -> None:
    """A switch that reports itself between two polls verifies the cut at once."""
    _, run, relay = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    world.clock.now += SECOND
    world.keeper.offer(run.meter.id, Sample(at=world.clock.now, supplied=relay.on))
    await world.work()
    assert run.state is SupplyState.OFF
    assert timedelta() <= world.clock.now - relay.written[0][0] <= SECOND


async def test_commands_of_last_year_are_forgotten_and_the_last_one_is_not(world: World) -> None:
    """The log must not grow for ever; what is off must still be known to be ours."""
    wallet, run, relay = await flat(world)
    await use_up(world, run)
    await world.pay(wallet, "2")
    await world.wait(10 * SECOND, SECOND)
    world.clock.now += 401 * DAY
    await use_up(world, run, 5)
    assert not relay.on
    await forget_commands(world.site, world.clock.now)
    assert [one[0] for one in await log(world)] == ["off"]
    world.clock.now += 401 * DAY
    await forget_commands(world.site, world.clock.now)
    assert await log(world) == [("off", CommandOutcome.VERIFIED)]


async def test_a_wallet_is_warned_by_the_days_its_money_lasts(world: World) -> None:
    """N7: fifty is a week for one and a night for another; said once, also across a restart."""
    lasts = {"days": Decimal(9)}

    def days_left(wallet: WalletId, now: datetime) -> Decimal:
        return lasts["days"]

    world.site.supplying.days_left = days_left
    await world.policy(alert_days=3)
    wallet = await world.wallet("500")
    run = await world.meter(wallet)
    for days in ("9", "3", "2.9", "3.1", "2"):
        lasts["days"] = Decimal(days)
        await world.read(run.meter.id, KWH, 11 * MINUTE)
    assert world.events(wallet)[2:] == [WalletEvent.LOW_DAYS]
    (said,) = [one for one in world.heard(WalletFact) if one.event is WalletEvent.LOW_DAYS]
    assert said.days_left == Decimal(3)
    assert state_of(world.site, wallet) is WalletState.LOW
    await world.restart()
    world.site.supplying.days_left = days_left
    await world.read(run.meter.id, KWH, 11 * MINUTE)
    again = world.wallet_now(wallet)
    assert world.events(again).count(WalletEvent.LOW_DAYS) == 1
    lasts["days"] = Decimal(4)
    await world.read(run.meter.id, KWH, 11 * MINUTE)
    assert state_of(world.site, again) is WalletState.OK


async def test_a_policy_may_leave_the_way_back_to_a_named_person(world: World) -> None:
    """Paid, confirmed by nobody's button: the manager looks at the flat himself."""
    wallet, run, relay = await flat(world)
    await world.policy(reconnect=RestoreMode.BY_HAND)
    await use_up(world, run)
    await world.pay(wallet, "20")
    await world.wait(MINUTE, STEP)
    assert (relay.on, run.state) == (False, SupplyState.ARMED)
    with pytest.raises(CoreError, match="supply_by_hand"):
        await confirm_restore(world.site, meter=run.meter.id, actor=MANAGER)
    await restore_supply(world.site, meter=run.meter.id, reason="seen to", actor=MANAGER)
    await world.wait(10 * SECOND, SECOND)
    assert relay.on


async def test_no_cut_on_a_holiday_of_the_policys_calendar(world: World) -> None:
    """The second of October is a holiday in China: nobody can pay, nobody is cut."""
    asked: list[str] = []

    async def learn(calendar: str) -> None:
        asked.append(calendar)

    world.site.learn_calendar = learn
    world.site.holidays = lambda calendar, day: (
        DayKind.HOLIDAY if (calendar, day.day) == ("CN", 2) else None
    )
    await world.policy(no_cut_calendar="CN")
    wallet, run, relay = await flat(world, "1", grace=12)
    await world.read(run.meter.id, 2 * KWH, HOUR)  # the first of July, at one
    assert cutoff_of(world.site, wallet) == datetime(2026, 7, 3, tzinfo=world.clock.now.tzinfo)
    await world.wait(34 * HOUR, 4 * MINUTE)
    assert relay.on
    await world.wait(2 * HOUR, 4 * MINUTE)
    assert not relay.on
    assert asked == ["CN", "CN"]
