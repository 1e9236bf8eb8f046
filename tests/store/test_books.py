"""What callers may rely on when they write to and read from the books."""

import asyncio
from datetime import timedelta
from pathlib import Path
import sqlite3
import threading
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.chart import wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.identity import (
    SYSTEM,
    InstallationId,
    PolicyId,
    WalletId,
)
from custom_components.prepaid_parking.core.ledger import (
    AccountId,
    Act,
    BooksState,
    Receipt,
    Reference,
)
from custom_components.prepaid_parking.core.metering import Cursor
from custom_components.prepaid_parking.core.policy import Policy
from custom_components.prepaid_parking.core.wallet import Purpose, Wallet, WalletKind
from custom_components.prepaid_parking.store import writer
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.group import Group
from tests.store.acts import (
    AT,
    METER,
    REVENUE,
    TILL,
    WALLET,
    all_is_well,
    meter_at,
    open_books,
    reversal,
    spend,
    top_up,
    usage,
)


async def test_what_was_acknowledged_is_there_after_opening_again(tmp_path: Path) -> None:
    """A tenant who has a receipt has the money, whatever happens to the hub."""
    books = await open_books(tmp_path)
    await books.record(meter_at(0))
    await books.commit(top_up(10_000, "1"))
    receipt = await books.commit(usage(800, 0, 10_000_000))
    await books.close()

    again = await open_books(tmp_path)
    assert await again.balances() == {TILL: -10_000, WALLET: 9_200, REVENUE: 800}
    assert await again.load(Cursor) == [
        Cursor(installation=METER, register=10_000_000, at=AT, carry=10_000_000 % 7)
    ]
    (entry,) = await again.entries(newest_first=True, limit=1)
    assert (entry.id, entry.event, entry.postings) == (
        receipt.entry,
        receipt.event,
        usage(800, 0, 10_000_000).postings,
    )
    await again.close()


async def test_a_payment_announced_twice_is_credited_once(books: Books) -> None:
    """A provider that repeats its notice must not give money away."""
    first = await books.commit(top_up(500, "tx1", detail={"terminal": "t1"}))
    second = await books.commit(top_up(500, "tx1", detail={"terminal": "t2"}))
    assert (first.repeated, second.repeated) == (False, True)
    assert (second.entry, second.booked, second.detail) == (
        first.entry,
        first.booked,
        {"terminal": "t1"},
    )
    assert (await books.balances())[WALLET] == 500


async def test_a_repeat_inside_one_group_is_credited_once(books: Books) -> None:
    """Two notices in the same millisecond meet before either is in the file."""
    receipts = await books.commit_all([top_up(500, "tx1"), top_up(500, "tx1")])
    assert [receipt.repeated for receipt in receipts if isinstance(receipt, Receipt)] == [
        False,
        True,
    ]
    assert (await books.balances())[WALLET] == 500


@pytest.mark.parametrize("together", [True, False])
async def test_a_reference_with_other_content_is_refused(books: Books, together: bool) -> None:
    """A till that reuses a receipt number would otherwise swallow the second tenant's money."""
    if together:
        _, second = await books.commit_all([top_up(500, "tx1"), top_up(600, "tx1")])
        assert isinstance(second, ConflictError)
        assert second.key == "reference_reused"
    else:
        await books.commit(top_up(500, "tx1"))
        with pytest.raises(ConflictError, match="reference_reused"):
            await books.commit(top_up(600, "tx1"))
    assert (await books.balances())[WALLET] == 500


async def test_a_reference_is_known_after_a_restart(tmp_path: Path) -> None:
    """The provider repeats its notice because the hub was restarting."""
    books = await open_books(tmp_path)
    first = await books.commit(top_up(500, "tx1"))
    await books.close()
    again = await open_books(tmp_path)
    second = await again.commit(top_up(500, "tx1"))
    assert (second.entry, second.repeated) == (first.entry, True)
    with pytest.raises(ConflictError, match="reference_reused"):
        await again.commit(top_up(501, "tx1"))
    await again.close()


async def test_what_a_caller_asked_for_counts_where_the_act_is_made_up(books: Books) -> None:
    """An automation that opens a wallet twice gets one wallet, though the second had a new number."""

    def opened(number: int, unit: str) -> Act:
        return Act(
            kind=EntryKind.WALLET_OPENED,
            event=f"wallet/w{number}/opened",
            occurred=AT,
            actor=SYSTEM,
            reference=Reference(scope="open_wallet", key="a", content={"unit": unit}),
        )

    first = await books.commit(opened(1, "Flat 1"))
    second = await books.commit(opened(2, "Flat 1"))
    assert (second.repeated, second.event) == (True, first.event)
    with pytest.raises(ConflictError, match="reference_reused"):
        await books.commit(opened(2, "Flat 2"))


async def test_a_charge_from_an_old_register_is_refused(books: Books) -> None:
    """The same kilowatt-hours must not be charged twice, however the two charges came about."""
    await books.record(meter_at(0))
    await books.commit(usage(80, 0, 1_000_000))
    with pytest.raises(ConflictError, match="cursor_moved") as refused:
        await books.commit(usage(80, 0, 1_000_000))
    assert refused.value.placeholders["found"] == "1000000"
    with pytest.raises(ConflictError, match="cursor_moved"):
        await books.commit(usage(80, 0, 5, installation=InstallationId("m9.1")))
    assert (await books.balances())[WALLET] == -80


async def test_two_spenders_cannot_use_the_same_money(books: Books) -> None:
    """Both looked at the balance before either wrote; only the write decides."""
    await books.commit(top_up(1_000, "1"))
    outcomes = await books.commit_all([spend(700), spend(700), spend(300), spend(1)])
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, False, True, False]
    refused = outcomes[1]
    assert isinstance(refused, CoreError)
    assert (refused.key, refused.placeholders["missing"]) == ("not_enough_money", "400")
    assert (await books.balances())[WALLET] == 0


async def test_usage_is_booked_below_zero(books: Books) -> None:
    """Power that went through was used: refusing to book it would hide the debt."""
    await books.record(meter_at(0))
    receipt = await books.commit(usage(80, 0, 1_000_000))
    assert receipt.balances[WALLET] == -80


async def test_an_entry_is_reversed_once(books: Books) -> None:
    """A cashier who clicks twice must not pay out twice."""
    paid = await books.commit(top_up(500, "1"))
    outcomes = await books.commit_all([reversal(paid, 500), reversal(paid, 500)])
    assert isinstance(outcomes[1], ConflictError)
    with pytest.raises(ConflictError, match="already_reversed"):
        await books.commit(reversal(paid, 500))
    assert (await books.balances())[WALLET] == 0


async def test_an_entry_that_does_not_exist_cannot_be_reversed(books: Books) -> None:
    """Else a later entry would be born already corrected."""
    paid = await books.commit(top_up(500, "1"))
    unknown = Act(
        kind=EntryKind.REVERSAL,
        event="reversal/9",
        occurred=AT,
        actor=SYSTEM,
        reverses=type(paid.entry)(9),
    )
    with pytest.raises(CoreError, match="entry_unknown"):
        await books.commit(unknown)


async def test_a_published_version_is_never_changed(books: Books) -> None:
    """A tenant's bill refers to it."""
    policy = Policy(id=PolicyId("p"), version=1, valid_from=AT, grace_hours=24)
    await books.record(policy)
    await books.record(policy)
    changed = Policy(id=PolicyId("p"), version=1, valid_from=AT, grace_hours=0)
    with pytest.raises(ConflictError, match="version_exists"):
        await books.record(changed)
    with pytest.raises(CoreError, match="append_only"):
        await books.forget(policy)
    assert await books.load(Policy) == [policy]


async def test_records_are_replaced_by_their_key_and_forgotten(books: Books) -> None:
    """A checkpoint of each minute must not pile up."""
    await books.record(meter_at(1), meter_at(5, InstallationId("m2.1")))
    await books.record(meter_at(2))
    assert [cursor.register for cursor in await books.load(Cursor)] == [2, 5]
    await books.forget(meter_at(0))
    assert [cursor.register for cursor in await books.load(Cursor)] == [5]
    with pytest.raises(ConflictError, match="cursor_moved"):
        await books.commit(usage(1, 2, 3))


async def test_a_refused_act_changes_none_of_its_records(books: Books) -> None:
    """A wallet that was closed although its money could not be paid out would hide that money."""
    wallet = Wallet(
        id=WalletId("w1"),
        no=1,
        unit="Flat 1",
        purpose=Purpose.UTILITY,
        kind=WalletKind.INDIVIDUAL,
        policy=PolicyId("p"),
        opened_at=AT,
    )
    act = spend(5)
    refused = Act(
        kind=act.kind,
        event=act.event,
        occurred=AT,
        actor=SYSTEM,
        postings=act.postings,
        floors=act.floors,
        puts=(wallet,),
    )
    with pytest.raises(CoreError):
        await books.commit(refused)
    assert await books.load(Wallet) == []
    assert await books.entries() == []


async def test_entries_are_booked_in_order_though_the_clock_is_set_back(tmp_path: Path) -> None:
    """A statement by booking time would else lose an entry between two pages."""
    times = iter([AT, AT - timedelta(hours=1), AT + timedelta(hours=1)])
    books = await open_books(tmp_path, clock=lambda: next(times))
    booked = [(await books.commit(top_up(1, str(number)))).booked for number in range(3)]
    assert booked == [AT, AT, AT + timedelta(hours=1)]
    await books.close()


async def test_a_statement_holds_what_was_booked_in_its_time(tmp_path: Path) -> None:
    """Neighbouring statements share no entry and miss none."""
    now = AT
    books = await open_books(tmp_path, clock=lambda: now)
    await books.record(meter_at(0))
    for number in range(10):
        now = AT + timedelta(hours=number)
        await books.commit(top_up(100, str(number)))
        await books.commit(top_up(7, f"other{number}", wallet=wallet_account(2)))
        await books.commit(usage(10, number, number + 1))
    since, until = AT + timedelta(hours=2), AT + timedelta(hours=5)
    assert await books.total(WALLET, since, until) == (300, 30)
    assert await books.total(TILL, None, None) == (0, 1070)
    assert await books.total(WALLET, None, None) == (1000, 100)
    before = await books.entries(account=WALLET, until=since)
    inside = await books.entries(account=WALLET, since=since, until=until)
    after = await books.entries(account=WALLET, since=until)
    everything = await books.entries(account=WALLET)
    assert [*before, *inside, *after] == everything
    assert len(everything) == 20
    assert len(inside) == 6
    assert [entry.id for entry in await books.entries(kinds=[EntryKind.USAGE], limit=2)] == [3, 6]
    await books.close()


@pytest.mark.parametrize("account", [WALLET, TILL, None])
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("kinds", [(), (EntryKind.TOP_UP, EntryKind.USAGE)])
async def test_pages_follow_each_other_without_gap(
    books: Books, account: AccountId | None, newest_first: bool, kinds: tuple[EntryKind, ...]
) -> None:
    """A tenant who scrolls sees each entry once."""
    await books.record(meter_at(0))
    for number in range(12):
        await books.commit(top_up(1, str(number), wallet=wallet_account(number % 2 + 1)))
        await books.commit(usage(1, number, number + 1))
    whole = await books.entries(account=account, newest_first=newest_first, kinds=kinds)
    pages, after = [], None
    while page := await books.entries(
        account=account, newest_first=newest_first, kinds=kinds, after=after, limit=5
    ):
        pages += page
        after = page[-1].id
    assert pages == whole
    assert len(whole) == {WALLET: 18, TILL: 12, None: 24}[account]


async def test_numbers_are_never_given_out_twice(tmp_path: Path) -> None:
    """A new wallet with an old wallet's number would inherit its account."""
    books = await open_books(tmp_path)
    numbers = [await books.next_number("wallet") for _ in range(3)]
    await books.commit(top_up(1, "1"))
    await books.close()
    again = await open_books(tmp_path)
    numbers += [await again.next_number("wallet"), await again.next_number("wallet")]
    assert numbers == [1, 2, 3, 4, 5]
    assert await again.next_number("meter") == 1
    await again.close()


async def test_closing_writes_what_waits_and_joins_the_thread(tmp_path: Path) -> None:
    """A hub that is stopped in the middle of a rush loses nothing it took."""
    books = await open_books(tmp_path)
    waiting = [asyncio.ensure_future(books.commit(top_up(1, str(n)))) for n in range(1000)]
    await asyncio.sleep(0)
    await books.close()
    await asyncio.gather(*waiting)
    assert not [one for one in threading.enumerate() if "ledger" in one.name]
    with pytest.raises(StoreError, match="closed"):
        await books.commit(top_up(1, "late"))
    with pytest.raises(StoreError, match="closed"):
        await books.load(Cursor)
    assert books.state is BooksState.CLOSED
    again = await open_books(tmp_path)
    assert await all_is_well(again) == 1000
    await again.close()


async def test_a_caller_who_gives_up_leaves_the_act_whole(books: Books) -> None:
    """A page that is closed while the money is on its way: booked once, and known when asked again."""
    waiting = asyncio.ensure_future(books.commit(top_up(500, "tx1")))
    await asyncio.sleep(0)
    waiting.cancel()
    receipt = await books.commit(top_up(500, "tx1"))
    assert receipt.repeated
    assert (await books.balances())[WALLET] == 500


async def test_what_nobody_waits_for_is_written_with_what_comes_next(books: Books) -> None:
    """In a rush what came of one pulse must not keep the record before the next one waiting."""
    groups: list[int] = []
    write = Group.write

    def counting(group: Group, driver: sqlite3.Connection, series: dict[str, int]) -> None:
        groups.append(sum(len(rows) for rows in group.records.values()))
        write(group, driver, series)

    others = [InstallationId("m2"), InstallationId("m3")]
    with patch.object(Group, "write", counting), patch.object(writer, "PATIENCE_S", 0.5):
        patient = [asyncio.create_task(books.record(meter_at(0), patient=True))]
        patient.append(asyncio.create_task(books.record(meter_at(1, others[0]), patient=True)))
        await asyncio.sleep(0)
        await books.record(meter_at(2, others[1]))
        await asyncio.gather(*patient)
        assert groups == [3]
        await books.record(
            meter_at(3), patient=True
        )  # Alone it is written as well, a moment later.
        assert groups == [3, 1]


async def test_a_second_program_cannot_open_the_same_ledger(books: Books) -> None:
    """Two writers would each hold balances that the other does not know."""
    with pytest.raises(StoreError, match="locked"):
        await open_books(books.path.parent)


async def test_other_accounts_and_currencies_are_not_mixed_up(tmp_path: Path) -> None:
    """A ledger that is put in another site's place is read, never written."""
    await (await open_books(tmp_path)).close()
    for site, currency, problem in (
        ("f" * 32, "CNY", "other_site"),
        (None, "EUR", "other_currency"),
    ):
        books = await Books.open(
            tmp_path / "site.db", site=site or "0123456789abcdef" * 2, currency=currency
        )
        assert (books.state, books.problem) == (BooksState.READ_ONLY, problem)
        with pytest.raises(StoreError, match="read_only"):
            await books.commit(top_up(1, "1"))
        await books.close()
