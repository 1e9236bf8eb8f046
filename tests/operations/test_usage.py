"""Charge windows: the balance falls with every reading, the books get exact entries, nothing is lost."""

import asyncio

from custom_components.prepaid_parking.core.accrual import Window
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.wallet import TierCount
from custom_components.prepaid_parking.operations.facts import WalletEvent, WalletFact
from custom_components.prepaid_parking.operations.usage import (
    checkpoint,
    close_windows,
)
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, DAY_AND_NIGHT, HOUR, KWH, MINUTE, SECOND, World


async def usage_entries(world: World) -> list[tuple[int, int]]:
    """The register stretches that were posted."""
    entries = await world.books.entries(kinds=(EntryKind.USAGE,))
    return [
        (int(str(one.detail["from_register"])), int(str(one.detail["to_register"])))
        for one in entries
    ]


async def test_ten_kilowatt_hours_at_eighty_cost_eight(world: World) -> None:
    """Top up 100, use 10 kWh at 0.80: 92.00, exactly, and after a restart the same."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "92.00"
    await world.keeper.stop()
    assert world.text(wallet.posted_minor) == "92.00"
    await world.restart()
    again = world.wallet_now(wallet)
    assert (world.text(again.available_minor), world.text(again.posted_minor)) == ("92.00",) * 2


async def test_the_balance_falls_before_anything_is_posted(world: World) -> None:
    """The tenant sees the money run while the kettle boils, not four hours later."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    seen = []
    for _ in range(5):
        await world.read(run.meter.id, KWH // 80)  # a cent's worth
        seen.append(wallet.available_minor)
    assert seen == [9999, 9998, 9997, 9996, 9995]
    assert wallet.posted_minor == 10_000
    assert await usage_entries(world) == []


async def test_fourteen_thousand_small_readings_cost_exactly_what_one_does(world: World) -> None:
    """Through windows, entries and carries: reading often is neither cheaper nor dearer."""
    often, once = await world.wallet("1000"), await world.wallet("1000")
    many, one = await world.meter(often), await world.meter(once)
    step = 1_237
    for _ in range(14_000):
        world.registers[many.meter.id] += step
        world.clock.now += 2 * SECOND
        world.offer(many.meter.id)
        await world.keeper.work()
    await world.read(one.meter.id, 14_000 * step)
    await world.keeper.stop()
    assert len(await usage_entries(world)) == 3
    assert often.posted_minor == once.posted_minor
    assert many.window is not None
    assert one.window is not None
    assert many.window.carry == one.window.carry == 14_000 * step * 800_000 % 10**10


async def test_an_entry_is_made_at_a_price_boundary_and_after_four_hours(
    make_world: MakeWorld,
) -> None:
    """A bill is read by people: one line per price, and never a day without one."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet = await world.wallet("1000")
    run = await world.meter(wallet, tariff="banded")
    entry_times = []
    for _ in range(24 * 6):
        before = len(await usage_entries(world))
        await world.read(run.meter.id, KWH, 10 * MINUTE)
        if len(await usage_entries(world)) > before:
            entry_times.append(f"{world.clock.now:%H:%M}")
    # Noon, every four hours, 22:00 (night), midnight (a day), 06:00 (day).
    assert entry_times == ["16:00", "20:00", "22:00", "00:00", "04:00", "06:00", "10:00"]


async def test_near_the_mark_every_reading_is_posted(world: World) -> None:
    """A cut must rest on what is in the books, not on what a crash would forget."""
    wallet = await world.wallet("2")
    run = await world.meter(wallet)
    for _ in range(30):
        await world.read(run.meter.id, KWH // 100, 10 * SECOND)  # 0.8 cents each, 2.88 an hour
    assert await usage_entries(world) == []
    for _ in range(214):
        await world.read(run.meter.id, KWH // 100, 10 * SECOND)
    posted = await usage_entries(world)
    assert wallet.available_minor in (4, 5)
    assert 0 < len(posted) < 20
    before = len(posted)
    await world.read(run.meter.id, KWH // 100, 10 * SECOND)
    assert len(await usage_entries(world)) == before + 1


async def test_a_load_that_stops_near_the_mark_stops_the_flood_of_entries(world: World) -> None:
    """Who switches the oven off with ten cents left must not fill the disk with entries."""
    wallet = await world.wallet("2")
    run = await world.meter(wallet)
    for _ in range(245):
        await world.read(run.meter.id, KWH // 100, 10 * SECOND)
    assert len(await usage_entries(world)) > 0
    for _ in range(60):
        await world.read(run.meter.id, KWH // 100_000, 10 * SECOND)
    before = len(await usage_entries(world))
    for _ in range(100):
        await world.read(run.meter.id, KWH // 100_000, 10 * SECOND)
    assert len(await usage_entries(world)) == before


async def test_an_idle_meter_makes_no_entries_and_its_morning_is_its_own(world: World) -> None:
    """A flat that stands empty costs nothing, and its first hour is not spread over the night."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    for _ in range(30):
        await world.read(run.meter.id, 0, HOUR)
    assert await usage_entries(world) == []
    began = world.clock.now
    await world.read(run.meter.id, KWH, HOUR)
    await close_windows(world.site, (run,))
    (entry,) = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert entry.detail["from"] == began.isoformat()


async def test_a_checkpoint_keeps_when_energy_was_used_across_a_crash(
    make_world: MakeWorld,
) -> None:
    """Killed at seven, restarted at eleven: the cheap hours before six stay cheap."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet = await world.wallet("100")
    world.clock.now += 16 * HOUR  # four in the morning
    run = await world.meter(wallet, tariff="banded")
    await world.read(run.meter.id, 4 * KWH, HOUR)  # 1.00 by night
    await checkpoint(world.site)
    await world.restart()
    again = world.run(run.meter.id)
    assert again.window is not None
    assert world.text(world.wallet_now(wallet).available_minor) == "99.00"
    world.clock.now += HOUR
    await world.read(run.meter.id, 0)
    await world.read(run.meter.id, 4 * KWH, HOUR)  # 4.00 by day
    await world.keeper.stop()
    assert world.text(world.wallet_now(wallet).posted_minor) == "95.00"


async def test_without_a_checkpoint_the_energy_is_charged_all_the_same(world: World) -> None:
    """A power cut may forget when it was used, never that it was."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await world.restart()
    assert world.wallet_now(wallet).available_minor == 10_000
    await world.read(run.meter.id, 0)
    assert world.text(world.wallet_now(wallet).available_minor) == "96.00"


async def test_a_checkpoint_of_a_stretch_that_was_posted_is_not_taken_up_again(
    world: World,
) -> None:
    """A kettle's cent must not come back with every restart."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await checkpoint(world.site)
    assert len(await world.books.load(Window)) == 1
    await close_windows(world.site, (run,))
    for _ in range(3):
        await world.restart()
        assert world.text(world.wallet_now(wallet).available_minor) == "96.00"


async def test_tiers_count_on_over_entries_and_restarts(make_world: MakeWorld) -> None:
    """Ten at 2.00, the rest at 3.00, whoever restarts the hub in between."""
    tiers = {
        "tariff": "water",
        "quantity": "energy",
        "tiers": [{"up_to": "10", "price": "2.00"}, {"price": "3.00"}],
    }
    world = await make_world(tariffs=(tiers,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet, tariff="water")
    for step in range(12):
        await world.read(run.meter.id, KWH, HOUR)
        if step % 3 == 0:
            await close_windows(world.site, (world.run(run.meter.id),))
        elif step % 3 == 1:
            await checkpoint(world.site)
            await world.restart()
        else:
            await world.restart()
            await world.look(run.meter.id)
    await world.keeper.stop()
    assert world.text(world.wallet_now(wallet).posted_minor) == "74.00"
    (count,) = await world.books.load(TierCount)
    assert (count.period, count.quantity) == ("2026-07", 12 * KWH)
    world.clock.now += 31 * DAY
    await world.look(run.meter.id)
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(world.wallet_now(wallet).available_minor) == "72.00"


async def test_who_asks_for_sums_at_once_charges_once(world: World) -> None:
    """A statement, a backup and the keeper at the same moment must not post one window thrice."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await asyncio.gather(*(close_windows(world.site, (run,)) for _ in range(5)))
    assert len(await usage_entries(world)) == 1
    assert world.text(wallet.posted_minor) == "96.00"
    assert world.site.trouble == ""


async def test_a_charge_is_told_with_its_receipt(world: World) -> None:
    """What the day's cost is added up from must be what was booked."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await close_windows(world.site, (run,))
    (fact,) = [one for one in world.heard(WalletFact) if one.event is WalletEvent.CHARGED]
    assert (fact.amount_minor, fact.meter, fact.available_minor) == (400, run.meter.id, 9600)
    assert fact.receipt is not None
    assert fact.receipt.event == f"energy/{run.meter.id}.1/{1000 * KWH}-{1005 * KWH}"
