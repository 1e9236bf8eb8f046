"""Journey 5: killed at any instant while charging, the books are right to the millionth of a cent."""

import asyncio
from asyncio.subprocess import Process
from pathlib import Path
import random
from typing import Final, override

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.operations.metering import take_sample
from custom_components.prepaid_parking.operations.site import Site

from .accounts import Account, accounts_of, all_entries, is_sound
from .kill_world import METERS, found, load, meter_id, numerator, register, sample, time_of, used
from .killing import Killing, cradle

DENOMINATOR: Final = 10**10
"""mWh times millionths of a yuan in a cent."""
STEPS_A_LIFE: Final = 600


class World(Killing):
    """What goes on outside of the site: meters count, people pay, somebody pulls the plug."""

    def __init__(self, folder: Path, process: Process, seed: int) -> None:
        """Begin at step 0 with everybody's wallet empty."""
        super().__init__(folder, process, seed)
        self.step = 0
        self.asked: list[int] = []
        self.sold: set[int] = set()

    @override
    def first_words(self) -> str:
        return f"now {self.step}"

    @override
    async def live(self) -> None:
        for _ in range(int(STEPS_A_LIFE * self.rng.random() ** 2)):
            await self._go_on()

    @override
    def heard(self, words: list[str]) -> None:
        said, reference = words
        assert said == "sold"
        self.sold.add(int(reference))

    @override
    def lost(self) -> None:
        """Whoever was not answered asks again."""

    async def live_to_the_end(self) -> None:
        """Let the site take one more step and stop in peace."""
        await self.bear()
        await self.came.wait()
        for reference in set(self.asked) - self.sold:
            self.say(f"sell {reference}")
        await self._go_on()
        await self.end_in_peace()

    async def _go_on(self) -> None:
        self.step += 1
        self.say(f"step {self.step}")
        if self.rng.random() < 0.05:
            reference = len(self.asked)
            self.asked.append(reference)
            self.say(f"sell {reference}")
        if self.asked and self.rng.random() < 0.02:
            # Somebody who was not answered asks again; somebody else just does so.
            self.say(f"sell {self.rng.choice(self.asked)}")
        if self.rng.random() < 0.1:
            await asyncio.sleep(self.rng.random() * 0.003)


async def kill_often(folder: Path, times: int, seed: int) -> None:
    """Kill one site again and again; after each time its books must be right."""
    await found(folder)
    async with (
        cradle("tests.journeys.kill_child") as process,
        World(folder, process, seed) as world,
    ):
        for turn in range(times):
            async with asyncio.timeout(30):
                await world.live_and_die()
            await books_are_right(world, f"{world.told}, kill {turn}")
        async with asyncio.timeout(30):
            await world.live_to_the_end()
        await books_are_right(world, f"{world.told}, at the end", charged_up_to=world.step)
        assert world.sold == set(world.asked)


async def books_are_right(world: World, told: str, charged_up_to: int | None = None) -> None:
    """Look at the books as they lie there, then as the next life would see them."""
    site, books = await load(world.folder, lambda: time_of(world.step))
    try:
        assert books.state is BooksState.OK, (told, books.problem, books.detail)
        await is_sound(books)
        accounts = await accounts_of(books)
        for number in range(METERS):
            meter = meter_id(number)
            account = accounts[meter]
            assert account.charged == used(number, account.register), (told, meter)
            posted = account.posted_minor * DENOMINATOR + account.carry
            assert posted == numerator(number, account.charged), (told, meter)
            assert account.register <= register(number, world.step), (told, meter)
            if charged_up_to is not None:
                # What comes to less than a cent is no entry yet: it is kept as an open window.
                window, kept = site.meters[meter].window, account.register
                if window is not None and not window.minor:
                    kept = window.to_register
                assert kept == register(number, charged_up_to), (told, meter)
            await next_reading_is_exact(site, account, number, world.step, told)
        sold = [one.event for one in await all_entries(books) if one.kind is EntryKind.TOP_UP]
        assert len(sold) == len(set(sold)), told
        assert {f"topup/cash/{reference}" for reference in world.sold} <= set(sold), told
    finally:
        await books.close()


async def next_reading_is_exact(
    site: Site, account: Account, number: int, step: int, told: str
) -> None:
    """Posted + accrued + carry = rate x register, with the first reading after the crash."""
    run = site.meters[meter_id(number)]
    assert run.doubt is None, told
    await take_sample(site, run, sample(number, step))
    window = run.window
    assert run.doubt is None, told
    assert window is not None
    assert window.to_register == register(number, step), told
    assert run.cursor is not None
    assert (run.cursor.register, run.cursor.carry) == (account.register, account.carry), told
    waiting = account.posted_minor + run.closing_minor
    total = waiting * DENOMINATOR + window.carry + window.numerator
    assert total == numerator(number, used(number, window.to_register)), (told, run.meter.id)


async def test_killed_50_times_while_charging_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """A power cut must cost neither the tenant nor the landlord the millionth part of a cent."""
    await kill_often(tmp_path, times=50, seed=random.randrange(10**6))


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20))
async def test_killed_1000_times_on_twenty_sites(tmp_path: Path, seed: int) -> None:
    """What goes wrong once in a thousand power cuts goes wrong every week on a thousand sites."""
    await kill_often(tmp_path, times=50, seed=seed)
