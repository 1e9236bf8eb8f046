"""A disk that is full, a file that is read-only or broken: nothing acknowledged is lost."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
import os
from pathlib import Path
import sqlite3
import subprocess

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import BooksState, Receipt
from custom_components.prepaid_parking.core.metering import Cursor
from custom_components.prepaid_parking.core.wallet import Watch
from custom_components.prepaid_parking.store import schema
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.sqlite import raw
from custom_components.prepaid_parking.store.waiting import Call, done
from tests.store.acts import (
    WALLET,
    all_is_well,
    meter_at,
    names_in,
    open_books,
    top_up,
    unwritable,
    usage,
)


async def on_writer(books: Books, edit: Callable[[sqlite3.Connection], object]) -> None:
    """Do something to the writing connection, on its thread."""
    writer = books._writer
    assert writer
    await done(writer.submit, partial(Call, run=lambda: edit(raw(writer._ready()))))


async def test_a_full_disk_acknowledges_nothing_and_ends_when_there_is_room(books: Books) -> None:
    """Who pays while the disk is full is told so; who pays after is served without a restart."""
    kept = await books.commit(top_up(100, "before"))

    def fill(driver: sqlite3.Connection) -> None:
        (pages,) = driver.execute("PRAGMA page_count").fetchone()
        driver.execute(f"PRAGMA max_page_count={pages}")

    await on_writer(books, fill)
    long_text = "x" * 100_000
    with pytest.raises(StoreError, match="disk_full"):
        await books.commit_all([top_up(1, str(n), detail={"text": long_text}) for n in range(20)])
    assert books.state is BooksState.OK
    assert (await books.balances())[WALLET] == 100

    # The connection was made anew, and with it the limit is gone: there is room again.
    receipts = [await books.commit(top_up(1, str(n))) for n in range(20)]
    assert [receipt.repeated for receipt in receipts] == [False] * 20
    assert receipts[0].entry == kept.entry + 1
    assert await all_is_well(books) == 21


async def test_a_creation_that_was_cut_off_is_taken_up_again(tmp_path: Path) -> None:
    """A power cut in the first second of a site must not leave it locked for ever."""
    path = tmp_path / "site.db"
    begun = sqlite3.connect(path)
    begun.execute("PRAGMA journal_mode=WAL")
    begun.close()
    assert path.stat().st_size > 0
    books = await open_books(tmp_path)
    assert books.state is BooksState.OK
    await books.commit(top_up(1, "1"))
    await books.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB: an empty ledger and its log take half of it."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        yield folder
    finally:
        # Lazily: books that a failed test left open must not leave a mount behind for every later run.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, option: str) -> None:
    """Change a mounted file system."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


async def test_a_disk_that_really_runs_full_loses_nothing(small_disk: Path) -> None:
    """The same with the kernel saying no, wherever in SQLite that happens."""
    books = await open_books(small_disk)
    acknowledged: list[Receipt] = []
    failed = ""
    for number in range(2000):
        try:
            act = top_up(1, str(number), detail={"text": "x" * 2000})
            acknowledged.append(await books.commit(act))
        except StoreError as err:
            failed = err.key
            break
    assert failed == "disk_full"
    assert len(acknowledged) > 10
    assert await all_is_well(books) == len(acknowledged)
    remount(small_disk, "size=16m")
    assert not (await books.commit(top_up(1, "after"))).repeated
    await books.close()
    again = await open_books(small_disk)
    assert await all_is_well(again) == len(acknowledged) + 1
    await again.close()


async def test_a_file_system_that_became_read_only_is_told(small_disk: Path) -> None:
    """A worn-out card turns read-only: what is there can still be read and shown."""
    books = await open_books(small_disk)
    await books.commit(top_up(100, "before"))
    await books.close()
    remount(small_disk, "ro")
    books = await open_books(small_disk)
    assert (books.state, books.problem) == (BooksState.READ_ONLY, "read_only")
    with pytest.raises(StoreError, match="read_only"):
        await books.commit(top_up(1, "after"))
    assert (await books.balances())[WALLET] == 100
    assert len(await books.entries()) == 1
    await books.close()


async def test_one_act_that_cannot_be_written_does_not_block_the_others(books: Books) -> None:
    """One meter's nonsense must not stop the till."""
    await books.record(meter_at(0))
    outcomes = await asyncio.gather(
        books.commit(top_up(100, "1")),
        books.record(unwritable()),
        books.commit(usage(7, 0, 1)),
        books.record(unwritable(1)),
        books.commit(top_up(100, "2")),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert (await books.balances())[WALLET] == 193
    assert await books.load(Watch) == []
    assert [cursor.register for cursor in await books.load(Cursor)] == [1]
    assert await all_is_well(books) == 3


async def test_an_act_with_a_fraction_in_its_trace_is_refused(books: Books) -> None:
    """A fraction's text differs between machines: the same entry would hash to two values."""
    outcomes = await asyncio.gather(
        books.commit(top_up(100, "1", detail={"price": 0.8})),
        books.commit(top_up(100, "2", detail={"price": {"micro": [800_000, True, None]}})),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], TypeError)
    assert isinstance(outcomes[1], Receipt)
    assert await all_is_well(books) == 1


async def test_a_number_that_fits_nowhere_is_refused_and_keeps_nobody_waiting(books: Books) -> None:
    """A slip of thirty digits is its author's trouble; who pays in the same moment is credited."""
    outcomes = await asyncio.gather(
        books.commit(top_up(100, "1", detail={"register": 10**30})),
        books.commit(top_up(100, "2", detail={"note": "half a letter \ud800"})),
        books.commit(top_up(100, "\ud800")),
        books.commit(top_up(100, "4")),
        return_exceptions=True,
    )
    for outcome in outcomes[:3]:
        assert isinstance(outcome, CoreError)
        assert outcome.key == "cannot_be_written"
    assert isinstance(outcomes[3], Receipt)
    assert await all_is_well(books) == 1


def not_a_database(path: Path) -> None:
    """Some other file in its place."""
    path.write_bytes(b"not a database at all" * 1000)


def another_program(path: Path) -> None:
    """A database that is not ours."""
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE states (id)")
    connection.commit()
    connection.close()


def newer_program(path: Path) -> None:
    """A ledger that a later version has migrated."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    connection.close()


def damaged_page(path: Path) -> None:
    """A few bytes that the card lost."""
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)


def without_key(path: Path) -> None:
    """The key beside the file was lost."""
    path.with_name(f"{path.name}.key").unlink()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (not_a_database, "corrupt"),
        (another_program, "not_a_ledger"),
        (newer_program, "newer_schema"),
        (damaged_page, "corrupt"),
        (without_key, "key_missing"),
    ],
)
async def test_a_file_that_cannot_be_trusted_is_read_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[Path], None], problem: str
) -> None:
    """A fresh, empty ledger in its place would be the end of everybody's money."""
    path = tmp_path / "site.db"
    books = await open_books(tmp_path)
    await books.commit(top_up(100, "1"))
    await books.close()
    damage(path)
    before = path.read_bytes()
    books = await open_books(tmp_path)
    assert (books.state, books.problem, books.writable) == (BooksState.READ_ONLY, problem, False)
    for writing in (
        books.commit(top_up(1, "2")),
        books.record(meter_at(0)),
        books.next_number("wallet"),
    ):
        with pytest.raises(StoreError, match=f"read_only: {problem}"):
            await writing
    await books.close()
    assert path.read_bytes() == before
    assert not [name for name in names_in(tmp_path) if "corrupt" in name or "draft" in name]


async def test_a_file_that_breaks_while_open_is_written_no_more(tmp_path: Path) -> None:
    """The first sign of damage ends the writing; a person decides what then."""
    books = await open_books(tmp_path)
    for number in range(50):
        await books.commit(top_up(1, str(number), detail={"text": "x" * 500}))
    await books.freeze_checkpoints()
    await books.close()
    damaged_page(tmp_path / "site.db")
    books = await open_books(tmp_path)
    assert books.state is BooksState.READ_ONLY
    await books.close()


async def test_every_connection_is_durable(books: Books) -> None:
    """With less than FULL, a power cut takes back money that was acknowledged."""
    wanted = {"synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
    writing: dict[str, int] = {}
    reading: dict[str, int] = {}

    def ask(driver: sqlite3.Connection, answers: dict[str, int]) -> None:
        for name in wanted:
            (answers[name],) = driver.execute(f"PRAGMA {name}").fetchone()

    await on_writer(books, lambda driver: ask(driver, writing))
    await books.read(lambda connection: ask(raw(connection), reading))
    assert (writing, reading) == (wanted, wanted)


async def test_what_reads_cannot_write(books: Books) -> None:
    """A report must not be able to change what it reports."""
    with pytest.raises(StoreError, match="read_only"):
        await books.read(lambda connection: connection.exec_driver_sql("DELETE FROM cursor"))
