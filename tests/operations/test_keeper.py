"""The keeper: every reading in order, every second what time brings, and one's trouble is not all's."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from datetime import datetime
import logging
from time import perf_counter
from types import SimpleNamespace
from typing import cast

import pytest

from custom_components.prepaid_parking.core.assigned import PriceCorrection
from custom_components.prepaid_parking.core.chart import wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.ledger import Act, Receipt
from custom_components.prepaid_parking.core.metering import Sample
from custom_components.prepaid_parking.operations import chores, following, keeper as keeping
from custom_components.prepaid_parking.operations.facts import (
    BooksTrouble,
    StepRefused,
    WalletEvent,
)
from custom_components.prepaid_parking.operations.keeper import MOST_AT_ONCE, Keeper
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.price_corrections import finish_corrections
from custom_components.prepaid_parking.operations.rerating import Rerating
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.operations.usage import close_windows, post_windows
from custom_components.prepaid_parking.operations.use_run import UseRun
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, World


async def flat(world: World, money: str = "100") -> tuple[WalletRun, MeterRun]:
    """A tenant with a meter."""
    wallet = await world.wallet(money)
    return wallet, await world.meter(wallet)


@contextlib.asynccontextmanager
async def running(world: World) -> AsyncIterator[Keeper]:
    """A keeper at work as in a hub."""
    task = asyncio.create_task(world.keeper.run())
    yield world.keeper
    await world.keeper.stop()
    await task


async def until(condition: object, keeper: Keeper) -> None:
    """Wait until something is so."""
    assert callable(condition)
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_burst_of_a_thousand_readings_is_charged_to_the_last(world: World) -> None:
    """After an outage of the broker everything comes at once: nothing is dropped."""
    wallet, run = await flat(world)
    start = world.clock.now
    for number in range(1, 1001):
        world.keeper.offer(
            run.meter.id, Sample(at=start + number * SECOND, register=1000 * KWH + number * 10_000)
        )
    world.clock.now += HOUR
    await world.keeper.work()
    assert run.window is not None
    assert run.window.to_register == 1000 * KWH + MOST_AT_ONCE * 10_000
    await world.keeper.stop()
    assert world.text(wallet.posted_minor) == "92.00"


async def test_readings_of_one_meter_that_all_ask_for_an_entry_get_one(world: World) -> None:
    """A backlog over several price boundaries in one burst: one entry, no false alarm, no loss."""
    wallet, run = await flat(world)
    start = world.clock.now
    world.clock.now += 20 * HOUR
    for number in range(1, 21):
        world.keeper.offer(
            run.meter.id, Sample(at=start + number * HOUR, register=(1000 + number) * KWH)
        )
    await world.work()
    assert world.text(wallet.posted_minor) == "84.00"
    assert len(await world.books.entries(kinds=(EntryKind.USAGE,))) == 1
    assert world.heard(BooksTrouble) == []


async def test_time_goes_on_while_readings_pour_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A meter gone mad must not stop the grace, the retries and everybody else's cut."""
    monkeypatch.setattr(keeping, "TICK_S", 0.05)
    _, run = await flat(world)
    ticks = 0
    tick = world.keeper.tick

    async def counted() -> None:
        nonlocal ticks
        ticks += 1
        await tick()

    world.keeper.tick = counted  # type: ignore[method-assign]
    offered = 0
    async with running(world) as keeper, asyncio.timeout(10):
        while ticks < 3:
            for _ in range(2 * MOST_AT_ONCE):
                keeper.offer(run.meter.id, Sample(at=world.clock.now, register=1000 * KWH))
            offered += 2 * MOST_AT_ONCE
            await asyncio.sleep(0)  # the keeper lets others in between its rounds
        assert keeper._incoming
        keeper._incoming.clear()
    assert offered > 2 * MOST_AT_ONCE


async def test_a_reading_is_taken_at_once_and_a_payment_looked_at(world: World) -> None:
    """Nobody waits for the next second."""
    wallet, run = await flat(world, "1")
    async with running(world) as keeper:
        world.clock.now += HOUR
        keeper.offer(run.meter.id, Sample(at=world.clock.now, register=1002 * KWH))
        began = perf_counter()
        await until(lambda: wallet.watch.crossed_at is not None, keeper)
        await world.pay(wallet, "50")
        await until(lambda: wallet.watch.crossed_at is None, keeper)
        assert perf_counter() - began < 0.9
    assert world.events(wallet)[-1] is WalletEvent.RECOVERED


async def test_a_silent_meter_is_unavailable_and_nobody_else_is(world: World) -> None:
    """One dead meter shows as one dead meter."""
    _, dead = await flat(world)
    _, alive = await flat(world)
    world.keeper.offer(dead.meter.id, DeviceError(DeviceFault.NO_ANSWER))
    world.offer(alive.meter.id)
    world.keeper.offer("m99", Sample(at=world.clock.now, register=1))  # type: ignore[arg-type]
    await world.work()
    assert (dead.connected, alive.connected) == (False, True)
    await world.look(dead.meter.id)
    assert dead.connected


async def test_one_meters_surprise_does_not_stop_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken window of one flat must not end the billing of the building."""
    _, broken = await flat(world)
    wallet, run = await flat(world)
    assert broken.window is not None
    broken.window.denominator = 0  # whatever nobody thought of
    world.clock.now += HOUR
    for one in (broken, run):
        world.registers[one.meter.id] += KWH
        world.offer(one.meter.id)
    with caplog.at_level(logging.ERROR):
        await world.keeper.work()
    assert world.text(wallet.available_minor) == "99.20"
    assert "was passed over" in caplog.text


async def test_a_full_disk_while_windows_close_loses_nothing(world: World) -> None:
    """Midnight, a full disk: the balance is right all the time, and the entry comes when there is room."""
    wallet, run = await flat(world)
    with world.full_disk():
        for _ in range(10):
            await world.read(run.meter.id, KWH, HOUR)
            await world.tick(MINUTE)
        assert world.text(wallet.available_minor) == "92.00"
        assert wallet.posted_minor == 10_000
        troubles = [fact.key for fact in world.heard(BooksTrouble)]
        assert len(troubles) == 1
        assert troubles[0]
    for _ in range(3):
        await world.tick(10 * SECOND)
    assert [fact.key for fact in world.heard(BooksTrouble)][1:] == [""]
    await world.keeper.stop()
    assert world.text(wallet.posted_minor) == "92.00"
    entries = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert entries[0].detail["from_register"] == 1000 * KWH
    assert entries[-1].detail["to_register"] == 1010 * KWH


async def test_a_crash_with_entries_that_could_not_be_written_loses_nothing(world: World) -> None:
    """Full disk, then a power cut: the register knows, the next reading charges it."""
    wallet, run = await flat(world)
    with world.full_disk():
        for _ in range(10):
            await world.read(run.meter.id, KWH, HOUR)
    await world.restart()
    await world.look(run.meter.id)
    await world.keeper.stop()
    assert world.text(world.wallet_now(wallet).posted_minor) == "92.00"


async def test_posting_is_tried_again_also_after_the_clock_was_set_back(world: World) -> None:
    """A clock that loses a month must not leave entries unwritten for a month."""
    wallet, run = await flat(world)
    with world.full_disk():
        await world.read(run.meter.id, KWH, 5 * HOUR)
        await world.tick()
    assert run.closing is not None
    world.clock.now -= 30 * DAY
    await world.tick()
    assert run.closing is None
    assert world.text(wallet.posted_minor) == "99.20"


async def test_checkpoints_are_made_every_minute(world: World) -> None:
    """What a crash forgets is at most a minute's when, never a unit's whether."""
    wallet, run = await flat(world)
    await world.tick()
    await world.read(run.meter.id, KWH, 30 * SECOND)
    await world.tick()
    await world.restart()
    assert world.wallet_now(wallet).available_minor == 10_000
    await world.tick()
    await world.read(run.meter.id, 0, 61 * SECOND)
    await world.tick()
    await world.restart()
    assert world.text(world.wallet_now(wallet).available_minor) == "99.20"


async def test_a_clock_set_back_stops_cuts_until_it_is_right_again(world: World) -> None:
    """A wrong clock knows neither the hours of grace nor those of the night."""
    await flat(world)
    await world.tick()
    assert world.site.clock_ok
    world.clock.now -= HOUR
    await world.tick()
    assert not world.site.clock_ok
    world.clock.now += HOUR
    await world.tick()
    assert world.site.clock_ok


async def test_stopping_takes_in_what_has_come(world: World) -> None:
    """What was delivered before the hub stopped is in the books when it has."""
    wallet, run = await flat(world)
    world.clock.now += HOUR
    for number in range(3 * MOST_AT_ONCE):
        world.keeper.offer(
            run.meter.id, Sample(at=world.clock.now, register=1000 * KWH + number * 1000)
        )
    async with running(world):
        pass
    assert run.window is not None
    assert run.window.from_register == 1000 * KWH + (3 * MOST_AT_ONCE - 1) * 1000
    assert wallet.unposted_minor == 0


async def test_who_does_not_wait_for_the_answer_has_acted_all_the_same(world: World) -> None:
    """A request that is cancelled while the books write: memory must not miss what they wrote."""
    wallet, run = await flat(world)
    world.clock.now += HOUR
    world.registers[run.meter.id] += 5 * KWH
    world.offer(run.meter.id)
    working = asyncio.create_task(world.keeper.work())
    paying = asyncio.create_task(world.pay(wallet, "10"))
    closing = asyncio.create_task(close_windows(world.site, (run,)))
    await asyncio.sleep(0)
    for task in (paying, closing):
        task.cancel()
    await working
    async with asyncio.timeout(10):
        while world.site.turn.locked() or wallet.posted_minor == 10_000:
            await asyncio.sleep(0.001)
    await world.keeper.stop()
    balances = await world.books.balances()
    assert wallet.posted_minor == balances[wallet_account(wallet.wallet.no)] == 10_600


async def test_what_fails_each_second_is_said_once_until_it_goes_well(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that repeats one surprise hides the next one, and fills the disk meanwhile."""
    turns = iter((False, False, True, False, False))

    async def surprising(_: object, now: object) -> None:
        if not next(turns):
            raise ZeroDivisionError(now)

    monkeypatch.setattr(chores, "CHORES", ((SECOND, surprising),))
    for _ in range(5):
        await world.tick(SECOND)
    said = [one for one in caplog.records if one.levelname == "ERROR"]
    assert [one.getMessage() for one in said] == ["surprising of Site was passed over"] * 2


async def test_what_the_rules_refuse_a_chore_is_said_and_is_no_trouble_of_the_books(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is told that the disk fails looks at the disk, and not at the bill that was refused."""
    refusal: CoreError | None = CoreError("bill_not_open", bill="2026-1")

    async def bill_the_day(_site: Site, _now: datetime) -> None:
        if refusal is not None:
            raise refusal

    monkeypatch.setattr(chores, "CHORES", ((SECOND, bill_the_day),))
    for _ in range(3):
        await world.tick()
    (said,) = world.heard(StepRefused)
    assert (said.step, said.what, said.why) == ("bill_the_day", "", refusal)
    assert (world.site.trouble, world.heard(BooksTrouble)) == ("", [])
    refusal = None
    await world.tick()
    assert [one.why for one in world.heard(StepRefused)][1:] == [None]
    assert world.site.refusals == {}


async def test_a_charge_that_the_rules_refuse_is_said_and_is_no_trouble_of_the_books(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One meter's refused charge must not send anybody to the disk; the others' charges go in."""
    runs = [await world.meter(await world.wallet("100")) for _ in range(2)]
    for run in runs:
        await world.read(run.meter.id, 2 * KWH, HOUR)
    refusal, commit_all = CoreError("cursor_moved", meter="m1"), world.books.commit_all

    async def refusing(acts: list[Act]) -> list[Receipt | CoreError]:
        return [refusal, *await commit_all(acts[1:])]

    monkeypatch.setattr(world.books, "commit_all", refusing)
    await post_windows(world.site, runs)
    (said,) = world.heard(StepRefused)
    assert (said.step, said.what, said.why) == ("post_windows", runs[0].meter.id, refusal)
    assert (world.site.trouble, world.heard(BooksTrouble)) == ("", [])
    assert [run.closing is None for run in runs] == [False, True]
    monkeypatch.undo()
    await post_windows(world.site, runs)
    assert [one.why for one in world.heard(StepRefused)][1:] == [None]
    assert world.site.refusals == {}


async def test_a_use_that_the_rules_do_not_let_end_is_said_and_is_no_trouble_of_the_books(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A washing machine's refused bill is put right at the desk, not at the disk."""
    refusal: CoreError | None = CoreError("unknown_use_point", point="p1")

    async def step(*_: object) -> None:
        if refusal is not None:
            raise refusal

    monkeypatch.setattr(following, "step", step)
    use = cast("UseRun", SimpleNamespace(use=SimpleNamespace(id="u1")))
    for _ in range(2):
        await following.follow(world.site, use, world.clock())
    (said,) = world.heard(StepRefused)
    assert (said.step, said.what, said.why) == ("follow", "u1", refusal)
    assert world.heard(BooksTrouble) == []
    refusal = None
    await following.follow(world.site, use, world.clock())
    assert world.site.refusals == {}


async def test_a_correction_of_prices_that_is_refused_is_no_trouble_of_the_books(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a closed wallet keeps from being put right is said as that."""
    refusal = CoreError("month_closed", month="2026-06")
    site = world.site

    async def write(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(Rerating, "write", write)
    correction = PriceCorrection(
        id="home/1",
        tariff=TariffId("home"),
        since=world.clock() - HOUR,
        until=None,
        actor=str(MANAGER),
        reason="",
    )
    site.pricing.corrections[correction.id] = correction
    await finish_corrections(site, world.clock())
    await world.work()
    (said,) = world.heard(StepRefused)
    assert (said.step, said.what, said.why) == ("rerate", "home/1", refusal)
    assert world.heard(BooksTrouble) == []
