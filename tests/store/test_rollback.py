"""A ledger that is behind its anchor, and how a person goes on from there."""

from pathlib import Path
import shutil

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, EntryId
from custom_components.prepaid_parking.core.ledger import Anchor, BooksState
from custom_components.prepaid_parking.core.metering import Cursor
from custom_components.prepaid_parking.store.anchor import read_anchors, write_anchor
from tests.store.acts import (
    SITE,
    WALLET,
    all_is_well,
    copy_ledger,
    open_books,
    remove_ledger,
    top_up,
)

OWNER = Actor(kind=ActorKind.USER, id="owner")


async def lose_entries(folder: Path, anchor: Path, *, kept: int, lost: int) -> None:
    """Write entries, and bring back the file of an earlier moment."""
    books = await open_books(folder, anchors=[anchor])
    for number in range(kept):
        await books.commit(top_up(100, f"kept {number}"))
        await books.next_number("wallet")
    copy_ledger(folder, folder / "backup.db")
    for number in range(lost):
        await books.commit(top_up(100, f"lost {number}"))
        await books.next_number("wallet")
    await books.close()
    shutil.move(folder / "backup.db", folder / "site.db")


async def test_a_restored_ledger_says_so_until_a_person_accepts_it(tmp_path: Path) -> None:
    """Tenants paid for what the restored books do not know; refunds now would pay them twice."""
    anchor = tmp_path / "elsewhere" / "anchor.json"
    await lose_entries(tmp_path, anchor, kept=3, lost=2)

    for _ in range(2):  # looking at it does not make it go away
        books = await open_books(tmp_path, anchors=[anchor])
        assert (books.state, books.writable) == (BooksState.ROLLED_BACK, False)
        assert books.detail == "1/3 < 1/5"
        await books.write_anchor()
        await books.close()

    books = await open_books(tmp_path, anchors=[anchor])
    reentered = await books.commit(top_up(100, "lost 0"))
    assert not reentered.repeated
    receipt = await books.begin_incarnation(OWNER, "restored after a failed update")
    assert (books.state, books.problem) == (BooksState.OK, "")
    assert receipt.detail["lost_to_entry"] == 5
    (entry,) = await books.entries(newest_first=True, limit=1)
    assert (entry.kind, entry.actor) == (EntryKind.INCARNATION, "user:owner")
    assert await all_is_well(books) == 5
    await books.close()

    (kept,) = read_anchors([anchor])
    assert (kept.incarnation, kept.n) == (2, 5)
    books = await open_books(tmp_path, anchors=[anchor])
    assert books.state is BooksState.OK
    assert await books.next_number("wallet") > 1000, "numbers of the lost stretch come back"
    await books.close()


async def test_a_copy_of_an_older_incarnation_is_behind(tmp_path: Path) -> None:
    """The same backup restored a second time, longer than the new history is yet."""
    anchor = tmp_path / "elsewhere" / "anchor.json"
    await lose_entries(tmp_path, anchor, kept=9, lost=2)
    shutil.copy(tmp_path / "site.db", tmp_path / "backup.db")
    books = await open_books(tmp_path, anchors=[anchor])
    await books.begin_incarnation(OWNER, "")
    await books.close()
    shutil.move(tmp_path / "backup.db", tmp_path / "site.db")
    books = await open_books(tmp_path, anchors=[anchor])
    assert (books.state, books.detail) == (BooksState.ROLLED_BACK, "1/9 < 2/10")
    await books.close()


async def test_a_missing_ledger_is_not_silently_begun_anew(tmp_path: Path) -> None:
    """An empty ledger would greet every tenant with a balance of zero."""
    anchor = tmp_path / "elsewhere" / "anchor.json"
    books = await open_books(tmp_path, anchors=[anchor])
    await books.commit(top_up(100, "1"))
    await books.close()
    remove_ledger(tmp_path)
    books = await open_books(tmp_path, anchors=[anchor])
    assert (books.state, books.problem) == (BooksState.ROLLED_BACK, "missing")
    with pytest.raises(StoreError, match="read_only: missing"):
        await books.commit(top_up(1, "2"))
    assert (await books.load(Cursor), await books.entries(), await books.balances()) == ([], [], {})
    with pytest.raises(StoreError, match="missing"):
        await books.verify()
    assert not (tmp_path / "site.db").exists()

    receipt = await books.begin_incarnation(OWNER, "the disk is gone")
    assert (receipt.entry, receipt.detail["lost_to_entry"]) == (1, 1)
    await books.commit(top_up(7, "2"))
    assert (await books.balances())[WALLET] == 7
    assert await books.next_number("wallet") > 1000
    await books.close()
    books = await open_books(tmp_path, anchors=[anchor])
    assert (books.state, books.head().incarnation) == (BooksState.OK, 2)
    await books.close()


async def test_either_of_two_anchors_is_enough(tmp_path: Path) -> None:
    """One is restored together with the ledger, or damaged: the other one remembers."""
    near, far = tmp_path / "near.json", tmp_path / "far.json"
    await lose_entries(tmp_path, far, kept=1, lost=1)
    near.write_text("{not an anchor")
    books = await open_books(tmp_path, anchors=[near, far])
    assert books.state is BooksState.ROLLED_BACK
    await books.close()


async def test_a_ledger_ahead_of_its_anchor_is_well(tmp_path: Path) -> None:
    """Anchors are written now and then: after a power cut they are behind."""
    anchor = tmp_path / "anchor.json"
    books = await open_books(tmp_path, anchors=[anchor])
    await books.commit(top_up(100, "1"))
    assert await books.write_anchor() == []
    left_behind = anchor.read_bytes()
    await books.commit(top_up(100, "2"))
    await books.close()
    anchor.write_bytes(left_behind)
    books = await open_books(tmp_path, anchors=[anchor])
    assert books.state is BooksState.OK
    await books.close()


async def test_an_anchor_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The second place is a stick that somebody pulled out."""
    here, gone = tmp_path / "anchor.json", tmp_path / "file" / "anchor.json"
    (tmp_path / "file").write_text("")
    anchor = Anchor(site=SITE, incarnation=1, n=EntryId(3), head=bytes(32))
    assert write_anchor(anchor, [gone, here]) == [gone]
    assert read_anchors([gone, here]) == [anchor]
    assert here.stat().st_mode & 0o077 == 0
