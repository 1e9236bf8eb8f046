"""A COMMIT that is told as failed: the file says whether it was, and whoever waits hears what is so."""

import asyncio

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.store.books import Books
from tests.store.acts import WALLET, all_is_well, meter_at, top_up
from tests.store.failing import fails_once


async def test_what_is_in_the_file_is_answered_as_written(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenant who is told that the payment failed pays a second time."""
    await books.commit(top_up(100, "before"))
    fails_once(monkeypatch, written=True)
    receipt = await books.commit(top_up(20, "1"))
    assert (receipt.repeated, receipt.balances[WALLET]) == (False, 120)
    assert (await books.balances())[WALLET] == 120
    assert (await books.commit(top_up(20, "1"))).repeated
    after = await books.commit(top_up(3, "2"))
    assert (after.entry, after.balances[WALLET]) == (receipt.entry + 1, 123)
    assert await all_is_well(books) == 3


async def test_of_a_group_each_is_told_what_became_of_it(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused act in a group that was written is refused, whatever the disk said."""
    await books.commit(top_up(100, "before"))
    fails_once(monkeypatch, written=True)
    good, bad, again = await books.commit_all(
        [top_up(1, "1"), top_up(2**63 - 1, "2"), top_up(100, "before")]
    )
    assert not isinstance(good, CoreError)
    assert good.balances[WALLET] == 101
    assert isinstance(bad, CoreError)
    assert not isinstance(again, CoreError)
    assert again.repeated
    assert await all_is_well(books) == 2


async def test_what_is_not_in_the_file_is_told_as_failed(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is told that the payment failed may pay again, and is charged once."""
    told: list[None] = []
    books.overtaken = lambda: told.append(None)
    await books.commit(top_up(100, "before"))
    fails_once(monkeypatch, written=False)
    with pytest.raises(StoreError, match="failed"):
        await books.commit(top_up(20, "1"))
    assert (await books.balances())[WALLET] == 100
    assert not (await books.commit(top_up(20, "1"))).repeated
    assert (await books.balances())[WALLET] == 120
    await asyncio.sleep(0)
    assert told == []
    assert await all_is_well(books) == 2


@pytest.mark.parametrize("written", [True, False])
async def test_where_nobody_can_tell_it_is_told_as_soon_as_the_file_can_be_read(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, written: bool
) -> None:
    """Whoever holds in mind that nothing was written has to read the books anew, or not at all."""
    told: list[None] = []
    books.overtaken = lambda: told.append(None)
    await books.commit(top_up(100, "before"))
    fails_once(monkeypatch, written=written, readable=False)
    with pytest.raises(StoreError, match="failed"):
        await books.commit(top_up(20, "1"))
    assert (await books.commit(top_up(20, "1"))).repeated is written
    await asyncio.sleep(0)
    assert len(told) == written
    assert ("holds what was told as not written" in caplog.text) is written
    fails_once(monkeypatch, written=False)
    with pytest.raises(StoreError, match="failed"):
        await books.commit(top_up(1, "2"))  # What is known is not told again.
    await books.commit(top_up(1, "2"))
    await asyncio.sleep(0)
    assert len(told) == written
    assert (await books.balances())[WALLET] == 121
    assert await all_is_well(books) == 3


async def test_a_record_alone_is_told_as_failed_and_may_be_written_again(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in no chain, so the file cannot be asked; written twice it is the same record."""
    fails_once(monkeypatch, written=True)
    with pytest.raises(StoreError, match="failed"):
        await books.record(meter_at(5))
    await books.record(meter_at(5))
    assert not (await books.commit(top_up(1, "1"))).repeated
    assert await all_is_well(books) == 1
