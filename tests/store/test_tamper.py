"""Whoever edits the file is found out, with the place."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import shutil
import sqlite3
from typing import Final

import pytest

from custom_components.prepaid_parking.core.ledger import BooksState, Verdict
from custom_components.prepaid_parking.store import opening, schema
from custom_components.prepaid_parking.store.anchor import read_anchors
from tests.store.acts import (
    SITE,
    WALLET,
    meter_at,
    open_books,
    reversal,
    top_up,
    usage,
)

ENTRIES: Final = 10
BAD: Final = 5
"""The entry that is tampered with: a top-up with a reference, in the middle of the chain."""

type Tamper = Callable[[sqlite3.Connection], object]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a ledger of ten entries once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("honest")

    async def fill() -> None:
        books = await open_books(folder, anchors=[folder / "anchor.json"])
        await books.record(meter_at(0))
        for number in range(ENTRIES - 1):
            act = top_up(100, str(number)) if number % 2 == 0 else usage(1, number - 1, number + 1)
            receipt = await books.commit(act)
        await books.commit(reversal(receipt, 1))
        await books.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Path:
    """A copy of the honest ledger."""
    return Path(shutil.copytree(honest, tmp_path / "copy"))


def tamper(folder: Path, *edits: str | Tamper) -> None:
    """Edit the file as somebody with a database tool would, dropping the guards first."""
    connection = sqlite3.connect(folder / "site.db", isolation_level=None)
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("PRAGMA ignore_check_constraints=ON")
    for edit in edits:
        if isinstance(edit, str):
            connection.execute(edit)
        else:
            edit(connection)
    connection.close()


async def verdict_of(folder: Path) -> Verdict:
    """Open the edited file without its anchors and check it."""
    books = await open_books(folder)
    verdict = await books.verify()
    await books.close()
    return verdict


async def test_an_honest_ledger_verifies(folder: Path) -> None:
    """A check that always finds something is switched off by its owner."""
    tamper(folder)
    verdict = await verdict_of(folder)
    assert (verdict.entries, verdict.first_bad, verdict.problem) == (ENTRIES, None, "")


JOURNAL_COLUMNS: Final = [column.name for column in schema.journal.c if column.name != "id"]


@pytest.mark.parametrize("column", JOURNAL_COLUMNS)
async def test_each_column_of_an_entry_is_under_the_seal(folder: Path, column: str) -> None:
    """A changed time, reason or actor is as much a forgery as a changed amount."""
    values = {
        "hash": "x'" + "ab" * 32 + "'",
        "reverses": "1",
        "kind": "'refund'",
    }
    whole = column in {"incarnation", "occurred", "booked", "hash_version"}
    value = values.get(column, f"{column} + 1" if whole else f"'X' || substr({column}, 2)")
    tamper(folder, f"UPDATE journal SET {column} = {value} WHERE id = {BAD}")
    assert (await verdict_of(folder)).first_bad == BAD


@pytest.mark.parametrize("column", ["leg", "source", "target", "amount"])
async def test_each_column_of_a_posting_is_under_the_seal(folder: Path, column: str) -> None:
    """Money that moved to somebody else's wallet."""
    tamper(folder, f"UPDATE transfer SET {column} = {column} + 1 WHERE entry = {BAD}")
    assert (await verdict_of(folder)).first_bad == BAD


@pytest.mark.parametrize("column", ["key", "fingerprint"])
async def test_each_column_of_a_reference_is_under_the_seal(folder: Path, column: str) -> None:
    """With another key in the file, the provider's repeated notice would be credited again."""
    tamper(folder, f"UPDATE idempotency SET {column} = x'{'cd' * 16}' WHERE entry = {BAD}")
    assert (await verdict_of(folder)).first_bad == BAD


@pytest.mark.parametrize(
    ("edit", "bad"),
    [
        (f"DELETE FROM idempotency WHERE entry = {BAD}", BAD),
        (f"DELETE FROM transfer WHERE entry = {BAD}", BAD),
        (f"UPDATE transfer SET entry = 99 WHERE entry = {BAD}", BAD),
        ("INSERT INTO transfer VALUES (99, 1, 1, 257, 5)", 99),
        (f"INSERT INTO transfer VALUES ({BAD}, 2, 1, 257, 5)", BAD),
        (f"UPDATE transfer SET amount = 0 WHERE entry = {BAD}", BAD),
        (f"UPDATE journal SET hash_version = 2 WHERE id = {BAD}", BAD),
    ],
)
async def test_rows_that_appear_or_vanish_are_found(folder: Path, edit: str, bad: int) -> None:
    """A posting that is gone leaves an entry that no longer says what it said."""
    tamper(folder, edit)
    assert (await verdict_of(folder)).first_bad == bad


async def test_two_entries_that_were_swapped_are_found(folder: Path) -> None:
    """The order is part of what happened: a top-up before or after a cut."""
    tamper(
        folder,
        "UPDATE journal SET id = -1 WHERE id = 3",
        f"UPDATE journal SET id = 3 WHERE id = {BAD}",
        f"UPDATE journal SET id = {BAD} WHERE id = -1",
        "UPDATE transfer SET entry = -1 WHERE entry = 3",
        f"UPDATE transfer SET entry = 3 WHERE entry = {BAD}",
        f"UPDATE transfer SET entry = {BAD} WHERE entry = -1",
    )
    assert (await verdict_of(folder)).first_bad == 3


async def test_a_missing_entry_is_found_before_anything_is_written(folder: Path) -> None:
    """Books with a hole are read, never continued."""
    tamper(
        folder, f"DELETE FROM journal WHERE id = {BAD}", f"DELETE FROM transfer WHERE entry = {BAD}"
    )
    books = await open_books(folder)
    assert (books.state, books.problem) == (BooksState.READ_ONLY, "corrupt")
    await books.close()


async def test_a_row_taken_while_the_books_are_open_is_found_by_the_check(folder: Path) -> None:
    """The check believes the file, not what the program remembers of it."""
    books = await open_books(folder)
    tamper(
        folder, f"DELETE FROM journal WHERE id = {BAD}", f"DELETE FROM transfer WHERE entry = {BAD}"
    )
    assert (await books.verify()).first_bad == BAD
    await books.close()


async def test_a_tail_cut_off_while_the_books_are_open_is_found(folder: Path) -> None:
    """What is left of the chain is valid; only the remembered head tells that more was there."""
    books = await open_books(folder)
    tamper(folder, "DELETE FROM journal WHERE id > 8", "DELETE FROM transfer WHERE entry > 8")
    assert (await books.verify()).first_bad == 9
    assert (await books.verify(full=False)).first_bad == 9
    await books.close()


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (f"UPDATE account SET balance = balance + 100 WHERE id = {WALLET}", "trial_balance"),
        ("DELETE FROM account WHERE id = 1", "trial_balance"),
        (
            f"UPDATE account SET balance = balance + iif(id = 1, -100, 100) WHERE id IN (1, {WALLET})",
            "balance/1",
        ),
    ],
)
async def test_a_balance_that_was_edited_is_found(folder: Path, edit: str, problem: str) -> None:
    """The balances are kept for speed; the postings are the truth."""
    tamper(folder, edit)
    verdict = await verdict_of(folder)
    assert (verdict.first_bad, verdict.problem) == (None, problem)


async def test_a_chain_calculated_anew_without_the_key_is_found(folder: Path) -> None:
    """Who has the file alone cannot forge it."""
    (folder / "site.db.key").write_text("00" * 32)
    books = await open_books(folder)
    assert (books.state, books.problem) == (BooksState.READ_ONLY, "key_differs")
    await books.close()


@pytest.mark.parametrize("gone", ["truncated", "older copy"])
async def test_a_shorter_history_is_found_by_the_anchor(
    folder: Path, tmp_path: Path, gone: str
) -> None:
    """A restored backup is a valid ledger without the top-ups made since."""
    anchor = folder / "anchor.json"
    if gone == "truncated":
        tamper(
            folder,
            "DELETE FROM idempotency WHERE entry > 8",
            "DELETE FROM transfer WHERE entry > 8",
            "DELETE FROM journal WHERE id > 8",
        )
    else:
        older = Path(shutil.copytree(folder, tmp_path / "older"))
        books = await open_books(folder, anchors=[anchor])
        await books.commit(top_up(1, "new"))
        await books.close()
        shutil.copy(older / "site.db", folder / "site.db")
    books = await open_books(folder, anchors=[anchor])
    assert (books.state, books.problem) == (BooksState.ROLLED_BACK, "rolled_back")
    await books.close()


async def test_another_history_of_the_same_length_is_found_by_the_anchor(folder: Path) -> None:
    """Restored, and gone on from there until the number fits again."""
    anchor = folder / "anchor.json"
    opening_state = (folder / "site.db").read_bytes()
    books = await open_books(folder, anchors=[anchor])
    await books.commit(top_up(1, "new"))
    await books.close()
    (folder / "site.db").write_bytes(opening_state)
    (kept,) = read_anchors([anchor])
    unaware = await open_books(folder)
    await unaware.commit(top_up(2, "other"))
    assert unaware.head().n == kept.n
    await unaware.close()
    books = await open_books(folder, anchors=[anchor])
    assert (books.state, books.problem) == (BooksState.ROLLED_BACK, "other_history")
    await books.close()


def test_the_database_itself_refuses_to_change_the_books(folder: Path) -> None:
    """A mistake in this program, or somebody's script, must not reach what was written."""
    connection = sqlite3.connect(folder / "site.db", isolation_level=None)
    for table in schema.APPEND_ONLY:
        column = next(iter(table.c)).name
        for edit in (f"UPDATE {table.name} SET {column} = {column}", f"DELETE FROM {table.name}"):
            if table not in (schema.journal, schema.transfer, schema.idempotency):
                row = ", ".join("1" if c.type.python_type is int else "''" for c in table.c)
                connection.execute(f"INSERT OR IGNORE INTO {table.name} VALUES ({row})")
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                connection.execute(edit)
    with pytest.raises(sqlite3.IntegrityError, match="out of order"):
        connection.execute("INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE id = 3")
    connection.close()
    assert (
        opening.open_file(folder / "site.db", site=SITE, currency="CNY", anchors=[]).state
        is BooksState.OK
    )
