"""A backup copies the files while the hub goes on charging."""

import asyncio
from itertools import count
from pathlib import Path
import shutil

import pytest

from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.store.books import Books
from tests.store.acts import all_is_well, meter_at, open_books, top_up, usage


async def charge_on(books: Books, enough: asyncio.Event) -> None:
    """Write until cancelled; each act is one more entry."""
    for number in count():
        await books.commit(usage(1, number, number + 1))
        if number == 100:
            enough.set()


@pytest.mark.parametrize("order", [["site.db", "site.db-wal"], ["site.db-wal", "site.db"]])
async def test_a_copy_made_while_writing_is_a_good_ledger(tmp_path: Path, order: list[str]) -> None:
    """An owner who needs the backup has nothing else."""
    books = await open_books(tmp_path)
    await books.record(meter_at(0))
    await books.commit_all([top_up(1, str(number)) for number in range(200)])
    before = books.head().n
    await books.freeze_checkpoints()
    enough = asyncio.Event()
    writing = asyncio.create_task(charge_on(books, enough))
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in order:
        enough.clear()
        await asyncio.sleep(0)
        await asyncio.to_thread(shutil.copy, tmp_path / name, copy / name)
        if not writing.done() and name == order[0]:
            await enough.wait()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    shutil.copy(tmp_path / "site.db.key", copy)
    await books.thaw_checkpoints()
    await books.close()

    restored = await open_books(copy)
    assert restored.state is BooksState.OK
    assert await all_is_well(restored) >= before
    await restored.close()


async def test_the_file_is_left_alone_while_a_backup_runs(tmp_path: Path) -> None:
    """Not even books that are closed, or opened, in the middle of a backup touch the main file."""
    books = await open_books(tmp_path)
    await books.record(meter_at(0))
    await books.freeze_checkpoints()
    main = (tmp_path / "site.db").read_bytes()
    for number in range(0, 3000, 500):
        await books.commit_all([usage(1, step, step + 1) for step in range(number, number + 500)])
    assert (tmp_path / "site.db").read_bytes() == main
    await books.close()
    assert (tmp_path / "site.db").read_bytes() == main
    again = await open_books(tmp_path, frozen=True)
    await again.commit(top_up(1, "1"))
    await again.close()
    assert (tmp_path / "site.db").read_bytes() == main

    again = await open_books(tmp_path, frozen=True)
    await again.thaw_checkpoints()
    assert await all_is_well(again) == 3001
    await again.close()
    assert (tmp_path / "site.db").read_bytes() != main
    assert not (tmp_path / "site.db-wal").exists()
