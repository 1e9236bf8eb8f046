"""The lists of payments after ten years: a page of them costs one look at an index, the last as the first."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from custom_components.prepaid_parking.core.agreement import Agreement
from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.difference import Difference
from custom_components.prepaid_parking.core.held_operation import HeldOperation
from custom_components.prepaid_parking.core.identity import OrderId
from custom_components.prepaid_parking.core.invoice import Invoice
from custom_components.prepaid_parking.core.page import Page, Part
from custom_components.prepaid_parking.core.pay_code import PayCode
from custom_components.prepaid_parking.core.pay_notice import HeardNotice
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.pay_refund import PayRefund
from custom_components.prepaid_parking.core.shift import Shift
from custom_components.prepaid_parking.core.token_meter import Token
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.paging import read_count, read_page
from custom_components.prepaid_parking.store.record_queries import read_shifts
from custom_components.prepaid_parking.store.schema import TABLES
from tests.store.acts import AT, open_books

MANY: Final = 100_000
SECOND: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)

INVOICED: Final = ("requested_at", "id")

LISTS: Final[list[tuple[type, Page]]] = [
    (PayOrder, Page(like={"state": "credited"})),
    (PayOrder, Page(like={"state": "credited"}, after=(7,))),
    (PayOrder, Page(like={"aim": "{}"}, after=(7,))),
    (PayOrder, Page(like={"aim": "{}", "state": "credited"}, after=(7,))),
    (PayOrder, Page(by=("created_at", "no"), first=AT, last=AT, after=(AT, 7), newest_first=False)),
    (PayRefund, Page()),
    (PayRefund, Page(after=(7,))),
    (PayRefund, Page(like={"order": "po1"}, after=(7,))),
    (Difference, Page()),
    (Difference, Page(after=(7,))),
    (Shift, Page(after=(7,))),
    (DeskReceipt, Page(like={"wallet": "w1"}, after=(7,))),
    (DeskReceipt, Page(like={"shift": "sh1"}, after=(7,))),
    (DeskReceipt, Page(like={"wallet": "w1", "shift": "sh1"}, after=(7,))),
    (DeskReceipt, Page(by=("at", "no"), first=AT, last=AT + DAY)),
    (DeskReceipt, Page(by=("at", "no"), first=AT, last=AT + DAY, after=(AT + SECOND, 7))),
    (DeskReceipt, Page(by=("at", "no"), first=AT, last=AT, like={"actor": "u"}, limit=1)),
    (Token, Page(like={"meter": "tk1"}, by=("count",), after=(7,))),
    (HeldOperation, Page(after=(7,))),
    (HeldOperation, Page(by=("ended_at", "no"), last=AT)),
    (HeardNotice, Page(by=("heard_at", "id"), last=AT)),
    (Agreement, Page(after=(7,))),
    (PayCode, Page(after=(7,), newest_first=False)),
    (PayCode, Page(like={"kind": "wallet"}, after=(7,), newest_first=False)),
    (Invoice, Page(by=INVOICED, first=AT, last=AT, after=(AT, "iv1"))),
    (Invoice, Page(by=INVOICED, like={"wallet": "w1"}, after=(AT, "iv1"))),
    (Invoice, Page(by=INVOICED, like={"state": "void"}, first=AT, after=(AT, "iv1"))),
    (Invoice, Page(by=INVOICED, like={"wallet": "w1", "state": "void"})),
    (
        Invoice,
        Page(by=INVOICED, like={"state": "requested", "maker": "site"}, newest_first=False),
    ),
]


async def plan_of(books: Books, ask_fn: object) -> list[str]:
    """How the file goes about a question."""
    asked: list[str] = []

    def plans(connection: object) -> None:
        driver = connection.connection.driver_connection  # type: ignore[attr-defined]
        driver.set_trace_callback(asked.append)
        ask_fn(connection)  # type: ignore[operator]
        driver.set_trace_callback(None)
        (words,) = asked
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()  # type: ignore[attr-defined]
        asked[:] = [str(row[-1]) for row in plan]

    await books.read(plans)
    return asked


@pytest.mark.parametrize(("kind", "asked"), LISTS)
async def test_a_page_is_found_by_an_index_and_nothing_is_sorted(
    tmp_path: Path, kind: type, asked: Page
) -> None:
    """A list that is read whole for each page holds the books up for seconds after ten years."""
    books = await open_books(tmp_path)
    try:
        (step,) = await plan_of(books, lambda connection: read_page(connection, kind, asked))
        (counted,) = await plan_of(books, lambda connection: read_count(connection, kind, asked))
    finally:
        await books.close()
    name = TABLES[kind].name
    usual = asked.like or asked.after or asked.first is not None or asked.last is not None
    assert step.startswith(f"{'SEARCH' if usual else 'SCAN'} {name} USING"), step
    assert " USING " in counted, counted


async def test_the_shifts_of_a_day_are_found_by_an_index(tmp_path: Path) -> None:
    """Each closing of a day looks for them."""
    books = await open_books(tmp_path)
    try:
        (step,) = await plan_of(books, lambda connection: read_shifts(connection, AT, AT + DAY))
    finally:
        await books.close()
    assert step.startswith("SEARCH shift USING INDEX shift_closed_at"), step


def order(number: int) -> PayOrder:
    """The nth order: each thousandth was never paid."""
    return PayOrder(
        id=OrderId(f"po{number}"),
        no=number,
        out_no=f"pp{number}",
        channel="ch1",
        kind=Channel.WECHAT,
        aim=Aim(kind=AimKind.WALLET, id=f"w{number % 50}"),
        amount_minor=100,
        state=OrderState.EXPIRED if number % 1000 == 0 else OrderState.CREDITED,
        created_at=AT + number * SECOND,
        expires_at=AT + number * SECOND,
        provider_ref=f"{number}",
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a hundred thousand orders lie."""
    return tmp_path_factory.mktemp("many")


@pytest.fixture
async def filled(many: Path) -> AsyncIterator[Books]:
    """Books with a hundred thousand orders."""
    books = await open_books(many)
    if not await books.load(PayOrder, id="po1"):
        for start in range(1, MANY, 10_000):
            await books.record(*map(order, range(start, start + 10_000)))
    yield books
    await books.close()


async def steps_of(books: Books, asked: Page) -> tuple[list[PayOrder], int]:
    """A page, and how much the file had to do for it, in hundreds of its own machine's steps."""
    done = 0

    def note() -> int:
        nonlocal done
        done += 1
        return 0

    def read(connection: object) -> list[PayOrder]:
        driver = connection.connection.driver_connection  # type: ignore[attr-defined]
        driver.set_progress_handler(note, 100)
        try:
            return read_page(connection, PayOrder, asked)  # type: ignore[arg-type]
        finally:
            driver.set_progress_handler(None, 100)

    return await books.read(read), done


async def test_the_last_page_of_a_hundred_thousand_costs_what_the_first_one_does(
    filled: Books,
) -> None:
    """An accountant who turns to last year's pages must not stop the barriers of today."""
    credited = {"state": "credited"}
    first, effort = await steps_of(filled, Page(like=credited))
    assert [one.no for one in first] == list(range(99_999, 99_899, -1))
    last, late_effort = await steps_of(filled, Page(like=credited, after=(101,)))
    assert [one.no for one in last] == list(range(100, 0, -1))
    rare, rare_effort = await steps_of(filled, Page(like={"state": "expired"}, after=(99_000,)))
    assert [one.no for one in rare] == list(range(98_000, 0, -1000))
    of_one, of_one_effort = await steps_of(
        filled, Page(like={"aim": '{"id":"w7","kind":"wallet"}'})
    )
    assert [one.no for one in of_one] == list(range(99_957, 94_957, -50))
    # A hundred rows of eighteen columns; a hundred thousand rows would be a thousand times as much.
    assert max(effort, late_effort, rare_effort, of_one_effort) < 100


async def test_all_pages_together_are_the_list(filled: Books) -> None:
    """Who goes through the list page by page misses nothing, and sees nothing twice."""
    asked = Page(like={"state": "expired"}, limit=7)
    seen: list[int] = []
    after: tuple[int, ...] = ()
    while page := await filled.page(PayOrder, Page(like=asked.like, limit=7, after=after)):
        seen += [one.no for one in page]
        after = (seen[-1],)
    assert seen == list(range(100_000, 0, -1000))
    assert await filled.count(PayOrder, asked) == len(seen)


async def test_two_of_one_second_stand_on_two_pages(tmp_path: Path) -> None:
    """Receipts of one moment are told apart by their numbers, in both directions."""
    books = await open_books(tmp_path)
    try:
        await books.record(*(receipt(number) for number in range(1, 8)))
        down = await pages(books, newest_first=True)
        up = await pages(books, newest_first=False)
    finally:
        await books.close()
    assert down == [7, 6, 5, 4, 3, 2, 1]
    assert up == [1, 2, 3, 4, 5, 6, 7]


async def test_a_span_has_its_first_and_its_last_moment(tmp_path: Path) -> None:
    """A receipt of the last second of a day is in that day's list, and in no other's."""
    books = await open_books(tmp_path)
    try:
        await books.record(*(receipt(number) for number in range(1, 8)))
        span = Page(by=("at", "no"), first=AT + SECOND, last=AT + SECOND)
        found = await books.page(DeskReceipt, span)
        assert [one.no for one in found] == [5, 4, 3]
        assert await books.count(DeskReceipt, span) == 3
    finally:
        await books.close()


async def pages(books: Books, *, newest_first: bool) -> list[int]:
    """The numbers of a list of receipts, two at a time."""
    seen: list[DeskReceipt] = []
    after: tuple[int | datetime, ...] = ()
    while page := await books.page(
        DeskReceipt,
        Page(by=("at", "no"), limit=2, after=after, newest_first=newest_first),
    ):
        seen += page
        after = (seen[-1].at, seen[-1].no)
    return [one.no for one in seen]


def receipt(number: int) -> DeskReceipt:
    """The nth receipt: three of each second."""
    return DeskReceipt(
        no=number,
        at=AT + number // 3 * SECOND,
        kind="top_up",
        event=f"e{number}",
        channel=Channel.CASH,
        amount_minor=100,
        actor="user:u",
    )


@pytest.mark.parametrize("name", ["nobody", "po", "po0", "٣", "po-", " "])
def test_after_what_is_not_in_a_list_comes_nothing(name: str) -> None:
    """Whoever mistypes an id must not begin at the top again and count everything twice."""
    assert Part(after=name).number() == 0
    upwards = Part(after=name).number(newest_first=False)
    assert upwards == (0 if name == "po0" else 10**18)


def test_a_number_that_no_file_holds_is_the_end_of_a_list() -> None:
    """A thousand digits are refused by the file and take a second to read."""
    assert Part(after="9" * 5000).number() == 10**18 - 1
    assert Part().number() is None
