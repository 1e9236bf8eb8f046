"""A year of stays is a hundred thousand: whatever is asked for is found by an index, page by page."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from custom_components.prepaid_parking.core.identity import CardId, LaneId, StayId
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.stay_query import StayQuery
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.stay_queries import wanted
from tests.store.acts import AT, open_books

HOUR = timedelta(hours=1)


def made(number: int) -> Stay:
    """The nth stay: every third of one car, every second by one lane, two at each hour."""
    return Stay(
        id=StayId(f"st{number}"),
        no=number,
        kind=StayKind.TEMPORARY,
        state=StayState.UNPAID if number % 5 == 0 else StayState.LEFT,
        entered_at=AT + number // 2 * HOUR,
        entry_lane=LaneId("l1" if number % 2 else "l2"),
        exit_lane=LaneId("l3"),
        plate=b"car" if number % 3 == 0 else b"other",
        ticket=b"paper" if number == 7 else b"",
        card=CardId("c1") if number % 4 == 0 else None,
    )


@pytest.fixture
async def filled(tmp_path: Path) -> AsyncIterator[Books]:
    """Books with twenty stays."""
    books = await open_books(tmp_path)
    await books.record(*map(made, range(1, 21)))
    yield books
    await books.close()


async def numbers(books: Books, **asked: object) -> list[int]:
    """What a question answers."""
    return [one.no for one in await books.stays(StayQuery(**asked))]  # type: ignore[arg-type]


async def test_the_pages_of_a_list_are_the_list(filled: Books) -> None:
    """An attendant who turns the page must miss no car, also of two that came in one second."""
    whole = await numbers(filled)
    assert whole == list(range(20, 0, -1))
    seen: list[int] = []
    while page := await numbers(filled, limit=3, after=StayId(f"st{seen[-1]}") if seen else None):
        seen += page
    assert seen == whole


async def test_a_list_is_of_what_was_asked_for(filled: Books) -> None:
    """Who looks for one car must not get the car park."""
    assert await numbers(filled, vehicle=b"car") == [18, 15, 12, 9, 6, 3]
    assert await numbers(filled, vehicle=b"paper") == [7]
    assert await numbers(filled, card=CardId("c1")) == [20, 16, 12, 8, 4]
    assert await numbers(filled, states=(StayState.UNPAID,)) == [20, 15, 10, 5]
    assert await numbers(filled, lane=LaneId("l2")) == list(range(20, 0, -2))
    assert len(await numbers(filled, lane=LaneId("l3"))) == 20
    assert await numbers(filled, since=AT + 2 * HOUR, until=AT + 4 * HOUR) == [7, 6, 5, 4]
    assert await numbers(filled, vehicle=b"car", states=(StayState.UNPAID,)) == [15]


@pytest.mark.parametrize(
    "query",
    [
        StayQuery(),
        StayQuery(since=AT, until=AT + HOUR),
        StayQuery(vehicle=b"car"),
        StayQuery(card=CardId("c1"), since=AT),
        StayQuery(states=(StayState.UNPAID,)),
        StayQuery(after=StayId("st9")),
        StayQuery(lane=LaneId("l1"), since=AT),
    ],
)
async def test_no_question_looks_at_every_stay(filled: Books, query: StayQuery) -> None:
    """At a hundred thousand stays the desk would wait, and the lanes with it."""
    words = wanted(query).compile(
        dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}
    )
    values = tuple(words.params[name] for name in words.positiontup or ())
    plan = await filled.read(
        lambda connection: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values).all()
    )
    said = [str(row[-1]) for row in plan]
    assert all("USING" in one for one in said if one.startswith(("SCAN", "SEARCH"))), said
