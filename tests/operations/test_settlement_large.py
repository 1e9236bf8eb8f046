"""A provider's file of a large site: what is asked of the books does not grow with its rows."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.difference import (
    Difference,
    DifferenceKind,
    Resolution,
    SettledRow,
)
from custom_components.prepaid_parking.core.identity import DifferenceId, UnmatchedId
from custom_components.prepaid_parking.core.pay_channel import RowKind, SettlementRow
from custom_components.prepaid_parking.core.pay_notice import Unmatched
from custom_components.prepaid_parking.core.pay_order import PayOrder
from custom_components.prepaid_parking.operations import (
    gently,
    pay_matching,
    settlement_judging,
    settlement_sides,
)
from custom_components.prepaid_parking.operations.pay_matching import take_file
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.settlement_file import File
from custom_components.prepaid_parking.operations.settlement_preview import look_at_file
from custom_components.prepaid_parking.operations.settling_book import SettlingBook
from tests.operations.money import is_sound
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider, paid_order, payment_row
from tests.operations.world import NOON, World

TODAY = date(2026, 7, 1)


async def a_day(world: World, paid: int) -> RefundingProvider:
    """A provider's day with so many payments, every third of which nobody here asked for."""
    provider = RefundingProvider()
    connect(world.site, provider)
    wallet = await world.wallet()
    rows: list[SettlementRow] = []
    for number in range(paid):
        order = await paid_order(world, provider, wallet)
        rows.append(payment_row(provider.orders[order.out_no]))
        if number % 3 == 0:
            rows.append(
                SettlementRow(
                    kind=RowKind.PAYMENT,
                    out_no=f"elsewhere {number}",
                    provider_ref=f"strange {number}",
                    amount_minor=100,
                    at=NOON - timedelta(hours=3),
                )
            )
    provider.files[TODAY] = rows
    return provider


async def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How often the books are asked while the file of a day is taken up, and when it comes again."""
    counts: list[int] = []
    read = world.books.read

    async def counted(query: object) -> object:
        counts[-1] += 1
        return await read(query)  # type: ignore[arg-type]

    monkeypatch.setattr(world.books, "read", counted)
    for _ in range(2):
        counts.append(0)
        (taken,) = await reconcile_payments(world.site, first=TODAY, last=TODAY)
        assert taken.taken is not None
    return counts[0], counts[1]


@pytest.mark.parametrize("paid", [6, 60])
async def test_a_file_asks_the_books_the_same_few_things_however_long_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch, paid: int
) -> None:
    """A question for each of a hundred thousand rows keeps the books busy until noon."""
    await a_day(world, paid)
    first, again = await asked(world, monkeypatch)
    assert first < 30
    assert again < 20
    assert len(await world.books.load(SettledRow)) == paid + paid // 3
    assert len(await world.books.load(Difference)) == paid // 3
    await is_sound(world)


async def test_others_have_their_turn_while_a_long_file_is_gone_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A barrier must not wait for a month of somebody's payments."""
    await a_day(world, 30)
    rows: list[int] = []
    walk = gently.gently

    def walked[T](things: Iterable[T]) -> AsyncIterator[T]:
        known = list(things)
        rows.append(len(known))
        return walk(known)

    for module in (pay_matching, settlement_judging, settlement_sides):
        monkeypatch.setattr(module, "gently", walked)
    await reconcile_payments(world.site, first=TODAY, last=TODAY)
    assert sum(many >= 40 for many in rows) >= 8


async def test_many_are_asked_for_at_once(world: World) -> None:
    """More values than one question has places for are all answered, each once."""
    await a_day(world, 12)
    numbers = [one.out_no for one in await world.books.load(PayOrder)]
    wanted = [f"nobody {number}" for number in range(1_200)] + numbers + numbers[:3]
    found = await world.books.among(PayOrder, "out_no", wanted)
    assert sorted(one.out_no for one in found) == sorted(numbers)
    assert await world.books.among(PayOrder, "out_no", []) == []
    assert await world.books.among(Unmatched, "provider_ref", wanted) == []


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5), st.integers(-900, 900), st.booleans(), st.sampled_from(Resolution)
        )
    )
)
def test_what_is_in_question_is_the_sum_of_what_is_open(
    told: list[tuple[int, int, bool, Resolution]],
) -> None:
    """A sum that is kept along must never stray from what a person is shown line by line."""
    book = SettlingBook()
    for number, minor, is_over, resolution in told:
        book.hold(
            Difference(
                id=DifferenceId(f"df{number}"),
                no=number,
                kind=DifferenceKind.OTHER_ROW,
                account="wechat/1",
                channel="ch1",
                day=TODAY,
                opened_at=NOON,
                suspended_minor=minor,
                unmatched=UnmatchedId("pu1") if minor % 7 == 0 else None,
                settled_at=NOON if is_over else None,
                resolution=resolution if is_over else None,
            )
        )
        assert book.unreconciled_minor == sum(one.open_minor for one in book.differences.values())


async def test_a_long_file_is_looked_at_by_the_same_few_questions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks before taking it up asks no more of the books than the taking up."""
    provider = await a_day(world, 30)
    run = world.site.paying.channels["ch1"]
    file = File(run=run, rows=tuple(provider.files[TODAY]), first=TODAY, last=TODAY)
    counts = 0
    read = world.books.read

    async def counted(query: object) -> object:
        nonlocal counts
        counts += 1
        return await read(query)  # type: ignore[arg-type]

    monkeypatch.setattr(world.books, "read", counted)
    seen = await look_at_file(world.site, file)
    assert counts < 10
    assert [bool(one.order) for one in seen].count(True) == 30
    await take_file(world.site, file)
    assert all(one.known for one in await look_at_file(world.site, file))


async def test_long_lists_are_let_go_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes all at once holds the loop up as what comes at once does."""
    monkeypatch.setattr(gently, "STEP_S", -1.0)
    things, named = list(range(20)), {number: number for number in range(20)}
    left: list[int] = []

    async def look() -> None:
        while things or named:
            left.append(len(things) + len(named))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await gently.let_go(things, named)
    await looking
    assert (things, named) == ([], {})
    assert left == sorted(left, reverse=True)
    assert len(set(left)) > 30
