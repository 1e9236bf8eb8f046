"""Readings: charged, doubted or known; swaps, rollovers and doubts lose and invent nothing."""

import asyncio

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.metering import (
    Cursor,
    DoubtKind,
    Installation,
    OpenDoubt,
    Origin,
)
from custom_components.prepaid_parking.operations.facts import Doubted, DoubtEnded
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.metering import find_meter
from custom_components.prepaid_parking.operations.office import (
    Settlement,
    replace_meter,
    settle_doubt,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, FLAT, HOUR, KWH, MANAGER, MINUTE, SECOND, World


async def flat(world: World, money: str = "100") -> tuple[WalletRun, MeterRun]:
    """A wallet that pays for a meter at 1000 kWh."""
    wallet = await world.wallet(money)
    return wallet, await world.meter(wallet)


def doubts(world: World) -> list[DoubtKind]:
    """What lies on the desk."""
    return [doubt.kind for doubt in world.site.doubts.values()]


async def test_a_retained_reading_is_not_of_now(world: World) -> None:
    """What a broker kept since last year must neither charge nor pass for a look at the relay."""
    wallet, run = await flat(world)
    await world.look(run.meter.id, register=1005 * KWH, supplied=False, origin=Origin.RETAINED)
    assert wallet.available_minor == 10_000
    assert run.seen is None


async def test_a_reading_from_the_future_is_of_now(world: World) -> None:
    """A device whose clock runs ahead must not look freshly read for ever, nor pay tomorrow's price."""
    wallet, run = await flat(world)
    ahead = world.clock.now + 40 * DAY
    await world.look(run.meter.id, register=1001 * KWH, at=ahead, origin=Origin.PUSHED)
    assert run.good_at == world.clock.now
    assert run.window is not None
    assert run.window.to_at == world.clock.now
    assert world.text(wallet.available_minor) == "99.20"


async def test_stored_readings_say_nothing_of_the_relay(world: World) -> None:
    """A file of last week's readings is no look at the switch."""
    _, run = await flat(world)
    await world.look(run.meter.id, supplied=False, origin=Origin.BACKFILL)
    assert run.seen is None


async def test_an_unbound_meter_is_read_and_not_charged(world: World) -> None:
    """An empty flat costs nobody anything, and what it shows can be seen."""
    run = await world.meter()
    await world.read(run.meter.id, 5 * KWH, HOUR)
    assert run.last is not None
    assert run.last.register == 1005 * KWH
    assert await world.books.entries(kinds=(EntryKind.USAGE,)) == []
    assert run.installation is not None
    assert (run.installation.number, run.installation.from_register) == (1, 1000 * KWH)


async def test_a_dip_moves_nothing_and_passes(world: World) -> None:
    """A counter that wakes up at zero is back a moment later: charged once, exactly."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.look(run.meter.id, register=0)
    assert doubts(world) == [DoubtKind.BACKWARDS]
    await world.look(run.meter.id, register=1)
    assert len(world.heard(Doubted)) == 1
    await world.read(run.meter.id, KWH, HOUR)
    assert doubts(world) == []
    assert world.heard(DoubtEnded)[0].doubt.settled_how == "next_reading"
    assert world.text(wallet.available_minor) == "97.60"


async def test_a_leap_waits_for_a_person_also_over_a_restart(world: World) -> None:
    """A wrong register that stays is not charged next week because the hub was restarted."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    world.registers[run.meter.id] += 500 * KWH
    await world.look(run.meter.id)
    await world.wait(3 * DAY, HOUR)
    await world.restart()
    await world.wait(3 * DAY, HOUR)
    assert doubts(world) == [DoubtKind.LEAP]
    assert len(world.heard(Doubted)) == 1
    assert world.text(world.wallet_now(wallet).available_minor) == "98.40"


async def test_a_leap_that_is_accepted_is_charged_up_to_what_is_shown_now(world: World) -> None:
    """The workshop really did run its kiln: the person who knows says so, and all of it is charged."""
    wallet, run = await flat(world, "500")
    world.registers[run.meter.id] += 500 * KWH
    await world.look(run.meter.id)
    await world.read(run.meter.id, KWH, HOUR)
    (doubt,) = world.site.doubts
    await settle_doubt(world.site, doubts=[doubt], how=Settlement.ACCEPT, actor=MANAGER)
    assert doubts(world) == []
    assert world.text(wallet.posted_minor) == "99.20"
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "98.40"


async def test_a_reading_that_is_discarded_is_asked_about_again_while_it_stays(
    world: World,
) -> None:
    """Dropping a reading drops that one, it does not make the next one good."""
    wallet, run = await flat(world)
    world.registers[run.meter.id] += 500 * KWH
    await world.look(run.meter.id)
    (doubt,) = world.site.doubts
    await settle_doubt(world.site, doubts=[doubt], how=Settlement.DISCARD, actor=MANAGER)
    assert doubts(world) == []
    await world.look(run.meter.id)
    assert doubts(world) == [DoubtKind.LEAP]
    assert wallet.available_minor == 10_000


async def test_a_reset_meter_starts_anew_and_nothing_is_charged_for_the_step(
    world: World,
) -> None:
    """A counter set to zero by a technician counts on from zero, the bill from where it was."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    world.registers[run.meter.id] = 0
    await world.look(run.meter.id)
    (doubt,) = world.site.doubts
    with pytest.raises(CoreError, match="doubt_backwards"):
        await settle_doubt(world.site, doubts=[doubt], how=Settlement.ACCEPT, actor=MANAGER)
    await settle_doubt(world.site, doubts=[doubt], how=Settlement.NEW_START, actor=MANAGER)
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "97.60"
    assert run.installation is not None
    assert run.installation.number == 2
    kept = {one.number: one for one in await world.books.load(Installation)}
    assert (kept[1].to_register, kept[2].from_register) == (1002 * KWH, 0)


async def test_a_swapped_meter_is_charged_by_nobody_also_between_its_serial_numbers(
    world: World,
) -> None:
    """The serial number is read once a minute; the readings in between come from the new meter too."""
    wallet, run = await flat(world)
    await world.look(run.meter.id, serial="A1")
    await world.look(run.meter.id, serial="B2", register=1003 * KWH)
    assert doubts(world) == [DoubtKind.OTHER_SERIAL]
    for more in range(4, 9):
        world.clock.now += 10 * SECOND
        await world.look(run.meter.id, serial=None, register=(1000 + more) * KWH)
    assert doubts(world) == [DoubtKind.OTHER_SERIAL]
    assert wallet.available_minor == 10_000
    (doubt,) = world.site.doubts
    with pytest.raises(CoreError, match="doubt_needs_new_start"):
        await settle_doubt(world.site, doubts=[doubt], how=Settlement.ACCEPT, actor=MANAGER)
    # The newest reading does not tell its serial number either: the doubt knows it.
    await settle_doubt(world.site, doubts=[doubt], how=Settlement.NEW_START, actor=MANAGER)
    assert run.installation is not None
    assert run.installation.serial == run.meter.serial == "B2"
    await world.look(run.meter.id, serial="B2", register=1009 * KWH)
    assert world.text(wallet.available_minor) == "99.20"
    assert doubts(world) == []


async def test_the_old_meter_that_speaks_again_ends_the_doubt(world: World) -> None:
    """A frame of the neighbour's meter, read by mistake, is over when ours answers with its name."""
    wallet, run = await flat(world)
    await world.look(run.meter.id, serial="B2", register=7 * KWH)
    await world.look(run.meter.id, serial="A1", register=1001 * KWH)
    assert doubts(world) == []
    assert world.text(wallet.available_minor) == "99.20"


async def test_a_ratio_told_later_is_learnt_and_its_change_is_a_doubt(world: World) -> None:
    """The ratio is not in every reading: a change from 40 to 60 must be seen all the same."""
    _, run = await flat(world)
    await world.look(run.meter.id, ratio="1x40")
    await world.restart()
    run = world.run(run.meter.id)
    await world.look(run.meter.id, ratio=None, register=1001 * KWH)
    await world.look(run.meter.id, ratio="1x60", register=1002 * KWH)
    assert doubts(world) == [DoubtKind.OTHER_RATIO]
    await world.look(run.meter.id, ratio=None, register=1003 * KWH)
    assert doubts(world) == [DoubtKind.OTHER_RATIO]
    (doubt,) = world.site.doubts
    await settle_doubt(world.site, doubts=[doubt], how=Settlement.NEW_START, actor=MANAGER)
    assert run.installation is not None
    assert run.installation.ratio == "1x60"


async def test_a_rollover_is_charged_to_the_last_unit(world: World) -> None:
    """Past 999999.99 the meter shows 0.00, and nobody gets a kilowatt-hour for nothing."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet, register=1_000_000 * KWH - 2 * KWH, modulus=1_000_000 * KWH)
    await world.read(run.meter.id, KWH, HOUR)
    world.registers[run.meter.id] = 3 * KWH
    world.clock.now += HOUR
    await world.look(run.meter.id)
    assert doubts(world) == []
    assert world.text(wallet.available_minor) == "96.00"
    assert run.installation is not None
    assert (run.installation.number, run.installation.reason) == (2, "rolled_over")
    await world.restart()
    await world.look(run.meter.id)
    await world.keeper.stop()
    assert world.text(world.wallet_now(wallet).posted_minor) == "96.00"


async def test_jitter_of_a_float_register_is_nothing(world: World) -> None:
    """A register that trembles in its last digit neither charges nor asks anybody."""
    wallet, run = await flat(world)
    for register in (1000 * KWH + 900, 1000 * KWH, 1000 * KWH + 900, 1000 * KWH + 500):
        await world.look(run.meter.id, register=register)
    assert doubts(world) == []
    assert run.window is not None
    assert run.window.to_register == 1000 * KWH + 900
    assert wallet.available_minor == 10_000


async def test_a_clock_set_back_charges_every_unit_once(world: World) -> None:
    """Daylight saving done wrong, or a broken battery: the register decides."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, KWH, HOUR)
    world.clock.now -= 30 * DAY
    for _ in range(5):
        await world.read(run.meter.id, KWH, MINUTE)
    world.clock.now += 31 * DAY
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "94.40"
    assert doubts(world) == []


async def test_without_a_price_nothing_moves_until_a_person_decides(
    make_world: MakeWorld,
) -> None:
    """No tariff is a doubt, never a guess, and never a gift."""
    world = await make_world(tariffs=())
    await world.publish(FLAT, since=world.clock.now + 2 * HOUR)
    wallet, run = await flat(world)
    await world.read(run.meter.id, KWH, HOUR)
    assert doubts(world) == [DoubtKind.NO_TARIFF]
    assert wallet.available_minor == 10_000
    await world.read(run.meter.id, KWH, 2 * HOUR)
    assert doubts(world) == [DoubtKind.NO_TARIFF]
    (doubt,) = world.site.doubts
    await settle_doubt(world.site, doubts=[doubt], how=Settlement.ACCEPT, actor=MANAGER)
    assert world.text(wallet.available_minor) == "98.40"


async def test_one_doubt_that_becomes_another_leaves_one_on_the_desk(world: World) -> None:
    """A manager must not settle yesterday's question for today's."""
    _, run = await flat(world)
    await world.look(run.meter.id, register=5)
    await world.look(run.meter.id, register=9000 * KWH)
    assert doubts(world) == [DoubtKind.LEAP]
    kept = {one.kind: one.settled_how for one in await world.books.load(OpenDoubt)}
    assert kept == {DoubtKind.BACKWARDS: "other_doubt", DoubtKind.LEAP: ""}


async def test_unknown_doubts_settle_nothing(world: World) -> None:
    """A list with one wrong number is refused whole."""
    _, run = await flat(world)
    await world.look(run.meter.id, register=5)
    (doubt,) = world.site.doubts
    with pytest.raises(CoreError, match="unknown_doubt"):
        await settle_doubt(world.site, doubts=[doubt, "d99"], how=Settlement.DISCARD, actor=MANAGER)
    assert list(world.site.doubts) == [doubt]


# --- swaps ---------------------------------------------------------------------------------------


async def swap(world: World, run: MeterRun, final: int, start: int, serial: str = "B2") -> None:
    """Swap a meter by hand."""
    await replace_meter(
        world.site,
        meter=run.meter.id,
        final_register=final,
        start_register=start,
        serial=serial,
        reason="calibration",
        actor=MANAGER,
    )


async def test_a_swap_is_charged_to_the_last_register_and_from_the_first(world: World) -> None:
    """Between the last look at the old meter and the first at the new one runs power, too."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    world.clock.now += HOUR
    await swap(world, run, 1005 * KWH, 40 * KWH)
    world.registers[run.meter.id] = 41 * KWH
    await world.look(run.meter.id, serial="B2")
    assert world.text(wallet.available_minor) == "95.20"
    assert find_meter(world.site, run.meter.profile, "B2") == run.meter.id
    await world.restart()
    await world.look(run.meter.id, serial="B2")
    assert world.text(world.wallet_now(wallet).available_minor) == "95.20"
    assert doubts(world) == []


async def test_a_swap_below_what_was_charged_is_refused(world: World) -> None:
    """A typing error in the last register must not give energy back in silence."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    with pytest.raises(CoreError, match="register_behind"):
        await swap(world, run, 1001 * KWH, 0)
    assert world.text(wallet.available_minor) == "98.40"


async def test_a_swap_that_could_not_be_written_has_not_happened(world: World) -> None:
    """Disk full in the middle of a swap: the old meter goes on as if nobody had asked."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    with world.full_disk(), pytest.raises(StoreError):
        await swap(world, run, 1005 * KWH, 40 * KWH)
    assert world.text(wallet.available_minor) == "98.40"
    await world.read(run.meter.id, KWH, HOUR)
    assert (doubts(world), world.text(wallet.available_minor)) == ([], "97.60")
    await swap(world, run, 1005 * KWH, 40 * KWH)
    assert world.text(wallet.available_minor) == "96.00"


async def test_a_swap_of_an_unbound_meter_keeps_both_registers(world: World) -> None:
    """The next tenant's bill begins at a register somebody wrote down."""
    run = await world.meter()
    await swap(world, run, 1004 * KWH, 3 * KWH)
    kept = {one.number: one for one in await world.books.load(Installation)}
    assert (kept[1].to_register, kept[2].from_register) == (1004 * KWH, 3 * KWH)
    assert await world.books.load(Cursor) == []


@pytest.mark.parametrize("steps", range(12))
async def test_a_crash_in_the_middle_of_a_swap_is_before_it_or_after_it(
    world: World, steps: int
) -> None:
    """Killed between any two steps: old meter or new one, and not a kilowatt-hour between them."""
    wallet, run = await flat(world)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    meter = run.meter.id
    swapping = asyncio.create_task(swap(world, run, 1005 * KWH, 40 * KWH))
    for _ in range(steps):
        await asyncio.sleep(0)
    await world.restart()
    await asyncio.wait([swapping])
    if not swapping.cancelled():
        swapping.exception()
    run = world.run(meter)
    assert run.installation is not None
    if run.installation.number == 1:
        await world.look(meter)
        assert world.text(world.wallet_now(wallet).available_minor) == "98.40"
        await swap(world, run, 1005 * KWH, 40 * KWH)
    world.registers[meter] = 41 * KWH
    await world.look(meter, serial="B2")
    await world.keeper.stop()
    assert world.text(world.wallet_now(wallet).posted_minor) == "95.20"
    assert doubts(world) == []


async def test_a_reading_that_comes_while_a_meter_is_swapped_is_not_lost(world: World) -> None:
    """The line goes on talking while the cashier types; turns keep the two apart."""
    wallet, run = await flat(world)
    world.clock.now += HOUR
    world.registers[run.meter.id] += 2 * KWH
    world.offer(run.meter.id)
    await asyncio.gather(world.keeper.work(), swap(world, run, 1005 * KWH, 0), world.keeper.work())
    world.registers[run.meter.id] = KWH
    await world.look(run.meter.id, serial="B2")
    assert world.text(wallet.available_minor) == "95.20"
    assert doubts(world) == []


async def test_meters_are_found_again_by_what_they_are(world: World) -> None:
    """Who deletes a meter's settings and adds it again finds its bill where it was."""
    run = await world.meter(serial="000123")
    assert find_meter(world.site, run.meter.profile, "000123") == run.meter.id
    assert find_meter(world.site, run.meter.profile, "123") is None
    assert find_meter(world.site, "other", "000123") is None
