"""Journey 5: killed at any instant while charging, the books are right to the millionth of a cent."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import random
import signal
import sys
from typing import Final, Self

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.operations.metering import take_sample
from custom_components.prepaid_parking.operations.site import Site

from .accounts import Account, accounts_of, all_entries, is_sound
from .kill_world import METERS, found, load, meter_id, numerator, register, sample, time_of, used

ROOT: Final = Path(__file__).parents[2]
DENOMINATOR: Final = 10**10
"""mWh times millionths of a yuan in a cent."""
STEPS_A_LIFE: Final = 600


class World:
    """What goes on outside of the site: meters count, people pay, somebody pulls the plug."""

    def __init__(self, folder: Path, process: Process, seed: int) -> None:
        """Begin at step 0 with everybody's wallet empty."""
        self.folder = folder
        self.process = process
        self.rng = random.Random(seed)
        self.told = f"seed {seed}"
        self.step = 0
        self.asked: list[int] = []
        self.sold: set[int] = set()
        self.door = folder / "door"
        self._writer: asyncio.StreamWriter | None = None
        self._came = asyncio.Event()
        self._left = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._answered, self.door)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def live_and_die(self) -> None:
        """Let the site run for a moment and kill it."""
        pid = await self._bear()
        if self.rng.random() < 0.15:
            # While it is loading.
            await asyncio.sleep(self.rng.random() * 0.08)
        else:
            await self._came.wait()
            steps = int(STEPS_A_LIFE * self.rng.random() ** 2)
            for _ in range(steps):
                await self._go_on()
            if self.rng.random() < 0.25:
                # While it is stopping.
                self._say("end")
            await asyncio.sleep(self.rng.random() * 0.03)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await self._gone()

    async def live_to_the_end(self) -> None:
        """Let the site take one more step and stop in peace."""
        await self._bear()
        await self._came.wait()
        for reference in set(self.asked) - self.sold:
            self._say(f"sell {reference}")
        await self._go_on()
        self._say("end")
        await self._left.wait()
        await self._gone()

    async def _bear(self) -> int:
        self._came.clear()
        self._left.clear()
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{self.folder} {self.door}\n".encode())
        await stdin.drain()
        return int((await stdout.readline()).split()[1])

    async def _gone(self) -> None:
        assert self.process.stdout is not None
        assert (await self.process.stdout.readline()) == b"gone\n"

    async def _go_on(self) -> None:
        self.step += 1
        self._say(f"step {self.step}")
        if self.rng.random() < 0.05:
            reference = len(self.asked)
            self.asked.append(reference)
            self._say(f"sell {reference}")
        if self.asked and self.rng.random() < 0.02:
            # Somebody who was not answered asks again; somebody else just does so.
            self._say(f"sell {self.rng.choice(self.asked)}")
        if self.rng.random() < 0.1:
            await asyncio.sleep(self.rng.random() * 0.003)

    def _say(self, line: str) -> None:
        assert self._writer is not None
        self._writer.write(f"{line}\n".encode())

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        writer.write(f"now {self.step}\n".encode())
        with suppress(ConnectionError):
            while line := (await reader.readline()).decode().split():
                match line:
                    case ["ready"]:
                        self._came.set()
                    case ["sold", reference]:
                        self.sold.add(int(reference))
                    case ["bye"]:
                        self._left.set()
        writer.close()


@asynccontextmanager
async def cradle() -> AsyncIterator[Process]:
    """A process that forks a site for each line it is told."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.journeys.kill_child", stdin=PIPE, stdout=PIPE, cwd=ROOT
    )
    yield process
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0


async def kill_often(folder: Path, times: int, seed: int) -> None:
    """Kill one site again and again; after each time its books must be right."""
    await found(folder)
    async with cradle() as process, World(folder, process, seed) as world:
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
