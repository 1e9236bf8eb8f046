"""Killed at any instant: nothing that was acknowledged is lost, nothing is there twice."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
import os
from pathlib import Path
import random
import shutil
import signal
import sys

import pytest

from custom_components.prepaid_parking.core.chart import wallet_account
from custom_components.prepaid_parking.core.identity import EntryId
from custom_components.prepaid_parking.core.ledger import BooksState, Receipt
from custom_components.prepaid_parking.core.metering import Cursor
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.group import Group
from custom_components.prepaid_parking.store.writer import MOST_AT_ONCE
from tests.hub_free import FOLDER
from tests.store.acts import all_is_well, open_books, top_up, unwritable
from tests.store.crash_child import PRICE, STEP


@asynccontextmanager
async def writer() -> AsyncIterator[Process]:
    """A process that forks a writer for each folder it is told."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.store.crash_child",
        stdin=PIPE,
        stdout=PIPE,
        cwd=FOLDER.parent.parent,
    )
    assert process.stdin
    try:
        yield process
    finally:
        process.stdin.close()
        assert await process.wait() == 0


async def run_and_kill(process: Process, folder: Path, after: int, delay: float) -> list[str]:
    """Let a writer go until it has acknowledged some acts and a moment more; return all of them."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{folder}\n".encode())
    await process.stdin.drain()
    pid = int((await process.stdout.readline()).split()[1])
    acknowledged: list[str] = []
    killing: asyncio.TimerHandle | None = None
    if after == 0:
        killing = asyncio.get_running_loop().call_later(delay, os.kill, pid, signal.SIGKILL)
    while (line := (await process.stdout.readline()).decode().strip()) != "gone":
        acknowledged.append(line.removeprefix("ack "))
        if killing is None and len(acknowledged) >= after:
            killing = asyncio.get_running_loop().call_later(delay, os.kill, pid, signal.SIGKILL)
    return acknowledged


async def events_after(books: Books, entry: EntryId) -> list[str]:
    """Return what the books say happened after an entry."""
    events: list[str] = []
    after: EntryId | None = entry
    while page := await books.entries(after=after, limit=10_000):
        events += [entry.event for entry in page]
        after = page[-1].id
    return events


async def kill_often(folder: Path, times: int, seed: int) -> int:
    """Kill a writer again and again on one ledger; return how many acts were acknowledged."""
    rng = random.Random(seed)
    seen, total = EntryId(0), 0
    everything: Counter[str] = Counter()
    anchor = folder / "anchors" / "site.json"
    async with writer() as process:
        for turn in range(times):
            told = f"seed {seed}, kill {turn}"
            after = rng.choice((0, 1, 1, rng.randrange(2, 200)))
            acknowledged = await run_and_kill(process, folder, after, rng.random() * 0.03)
            books = await open_books(folder, anchors=[anchor])
            assert books.state is BooksState.OK, (told, books.problem, books.detail)
            written = Counter(await events_after(books, seen))
            everything += written
            assert [event for event in acknowledged if not written[event]] == [], told
            seen = await all_is_well(books)
            assert seen == everything.total(), told
            await agrees(books, told)
            await books.close()
            total += len(acknowledged)
    assert [event for event, times in everything.items() if times > 1] == []
    return total


async def agrees(books: Books, told: str) -> None:
    """What each meter's wallet owes is what its cursor says was charged."""
    balances = await books.balances()
    top_ups, _ = await books.total(wallet_account(1), None, None)
    for cursor in await books.load(Cursor):
        number = int(cursor.installation[1:-2])
        owed = cursor.register // STEP * PRICE - (top_ups if number == 0 else 0)
        assert balances.get(wallet_account(number + 1), 0) == -owed, (told, cursor)


async def test_a_killed_hub_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    """A tenant who was told "paid" has paid, and no kilowatt-hour is charged twice."""
    assert await kill_often(tmp_path, 25, seed=random.randrange(2**32)) > 500


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("turn", range(10))
async def test_a_hub_killed_a_thousand_times_loses_nothing(tmp_path: Path, turn: int) -> None:
    """The moments that matter are short: only many kills meet them."""
    assert await kill_often(tmp_path, 100, seed=random.randrange(2**32)) > 2_000


async def test_what_is_written_together_is_there_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a house would have its bill, and nobody would know that the other half has none."""
    live, killed, settle = tmp_path / "live", list[Path](), Group.settle
    live.mkdir()

    def settled_and_copied(group: Group, series: dict[str, int]) -> None:
        settle(group, series)
        killed.append(tmp_path / f"killed{len(killed)}")
        shutil.copytree(live, killed[-1])

    books = await open_books(live)
    monkeypatch.setattr(Group, "settle", settled_and_copied)
    several = [top_up(1, str(number)) for number in range(MOST_AT_ONCE + 100)]
    answers = await books.commit_all(several, together=True)
    assert all(isinstance(one, Receipt) for one in answers)
    await books.commit_all([top_up(1, f"alone {number}") for number in range(MOST_AT_ONCE + 1)])
    await books.close()
    monkeypatch.undo()
    counts: list[int] = []
    for folder in killed:
        copy = await open_books(folder)
        counts.append(len(await copy.entries(limit=10_000)))
        await copy.close()
    whole = len(several)
    assert counts == [whole, whole + MOST_AT_ONCE, whole + MOST_AT_ONCE + 1]


async def test_what_belongs_together_is_not_cut_by_somebody_elses_fault(tmp_path: Path) -> None:
    """Where a group is tried again piece by piece, what is one write stays one."""
    books = await open_books(tmp_path)
    good, bad = top_up(1, "good"), replace(top_up(1, "bad"), puts=(unwritable(),))
    alone = asyncio.ensure_future(books.commit(top_up(1, "alone")))
    refused = await books.commit_all([good, bad], together=True)
    assert [getattr(one, "key", "") for one in refused] == ["cannot_be_written"] * 2
    await alone
    assert [one.event for one in await books.entries()] == ["topup/cash/alone"]
    await books.close()
