"""A lane hub's stays come to the office whole, whatever happens on the way."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

import pytest

from custom_components.prepaid_parking.core.identity import CardId, StayId
from custom_components.prepaid_parking.core.order_sync import Answer, Batch, totals_of
from custom_components.prepaid_parking.core.order_text import (
    answer_text,
    batch_text,
    read_answer,
    read_batch,
)
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.two_hubs import (
    REPAIRED_AFTER,
    ReceivedMark,
    ReceivedOrder,
)
from custom_components.prepaid_parking.operations.order_taking import OrderTaker, open_taker
from custom_components.prepaid_parking.operations.order_telling import OrderTeller
from custom_components.prepaid_parking.operations.stay_book import numbered, put
from tests.operations.world import World

type MakeWorld = Callable[..., Awaitable[World]]
PAIR = "LANES"


class Wire:
    """What is between the hubs: of what is sent some is lost, some comes twice, some comes late."""

    def __init__(self, chance: Random, loss: float = 0.3) -> None:
        self.chance, self.loss = chance, loss
        self.late: list[str] = []

    def send(self, text: str) -> list[str]:
        """Return what arrives now."""
        if self.chance.random() < self.loss:
            return []
        if self.chance.random() < 0.2:
            self.late.append(text)
            return []
        arrived = [text] * (2 if self.chance.random() < 0.2 else 1)
        if self.late and self.chance.random() < 0.5:
            arrived.append(self.late.pop(0))
        return arrived


class Pair:
    """An office and a lane hub, and the wire between them."""

    def __init__(self, lanes: World, office: World, chance: Random) -> None:
        self.lanes, self.office, self.chance = lanes, office, chance
        self.there, self.back = Wire(chance), Wire(chance)
        self.teller: OrderTeller
        self.taker: OrderTaker

    async def start(self) -> None:
        """Begin on both sides from what is written."""
        self.teller = OrderTeller(self.lanes.site, "site.1")
        self.taker = await open_taker(self.office.site, PAIR)

    async def round(self) -> None:
        """Tell once; what arrives is taken, what comes back is heard."""
        batch = await self.teller.batch()
        for text in self.there.send(batch_text(batch)):
            answer = await self.taker.take(read_batch(text))
            for said in self.back.send(answer_text(answer)):
                self.teller.answered(read_answer(said), batch)

    async def stay(self, number: int) -> None:
        """Let something happen to a stay."""
        known = self.lanes.site.parking.stays.get(StayId(f"st{number}"))
        if known is None:
            known = Stay(
                id=StayId(f"st{number}"),
                no=number,
                kind=StayKind.TEMPORARY,
                state=StayState.INSIDE,
                entered_at=self.lanes.clock.now,
                masked="粤****45",
                card=CardId("office/c7"),
            )
        amount = self.chance.randrange(1000)
        await put(self.lanes.site, replace(known, amount_minor=amount, paid_minor=amount // 2))

    async def is_equal(self) -> bool:
        """Tell whether the office has each stay as the lane has it."""
        stays = await self.lanes.books.load(Stay)
        orders = await self.office.books.load(ReceivedOrder, pair=PAIR)
        mine = {one.id: (one.changed, one.amount_minor, one.paid_minor) for one in stays}
        theirs = {one.stay: (one.changed, one.amount_minor, one.paid_minor) for one in orders}
        return mine == theirs


@pytest.fixture
async def pair(make_world: MakeWorld) -> Pair:
    """Two hubs."""
    made = Pair(await make_world(), await make_world(), Random(7))
    await made.start()
    return made


@pytest.mark.parametrize("seed", range(6))
async def test_with_three_of_ten_messages_lost_both_sides_end_equal(
    make_world: MakeWorld, seed: int
) -> None:
    """A stay that the office never heard of is money that nobody looks for."""
    pair = Pair(await make_world(), await make_world(), Random(seed))
    await pair.start()
    for step in range(60):
        for _ in range(pair.chance.randrange(12)):
            await pair.stay(pair.chance.randrange(1, 90))
        await pair.round()
        if step in (20, 40):  # Either side dies in the middle.
            await (pair.lanes if step == 20 else pair.office).restart()
            await pair.start()
    for _ in range(60):
        await pair.round()
        if await pair.is_equal():
            break
    assert await pair.is_equal()


async def test_after_an_hour_without_the_broker_all_is_told_in_batches(pair: Pair) -> None:
    """An outage must cost patience only, also where a thousand cars came meanwhile."""
    for number in range(1, 501):
        await pair.stay(number)
    pair.there.loss = pair.back.loss = 1.0
    for _ in range(10):
        await pair.round()
    assert not await pair.office.books.load(ReceivedOrder)
    pair.there, pair.back = Wire(Random(1), 0.0), Wire(Random(1), 0.0)
    for _ in range(20):
        await pair.round()
    assert await pair.is_equal()
    (mark,) = await pair.office.books.load(ReceivedMark)
    assert (mark.upto, mark.differs) == (500, 0)
    assert {one.card for one in await pair.office.books.load(ReceivedOrder)} == {"c7"}


async def test_a_change_that_was_written_after_a_later_one_is_told_as_well(pair: Pair) -> None:
    """Two lanes change two stays at once: the one that took longer must not be skipped."""
    pair.there, pair.back = Wire(Random(3), 0.0), Wire(Random(3), 0.0)
    await pair.stay(1)
    slow = await numbered(pair.lanes.site, pair.lanes.site.parking.stays[StayId("st1")])
    await pair.stay(2)
    for _ in range(5):
        await pair.round()
    await pair.lanes.books.record(replace(slow, state=StayState.LEFT))
    for _ in range(5):
        await pair.round()
    assert await pair.is_equal()


async def test_a_row_that_was_lost_at_the_office_is_told_anew(pair: Pair) -> None:
    """Totals that differ are not believed: all is told from its start."""
    pair.there, pair.back = Wire(Random(3), 0.0), Wire(Random(3), 0.0)
    for number in range(1, 60):
        await pair.stay(number)
    for _ in range(5):
        await pair.round()
    (first, *_) = await pair.office.books.load(ReceivedOrder, stay="st1")
    await pair.office.books.forget(first)
    await pair.start()
    for _ in range(8):
        await pair.round()
    assert await pair.is_equal()
    assert pair.teller.differs == 0


async def test_totals_that_never_agree_are_counted(pair: Pair) -> None:
    """A mismatch that stays is for a person, at both ends."""
    for _ in range(REPAIRED_AFTER):
        wrong = Batch(origin="site.1", after=0, upto=0, orders=(), totals=totals_of(()))
        answer = await pair.taker.take(replace(wrong, totals=replace(totals_of(()), stays=1)))
        assert answer == Answer(upto=0, differs=True)
        pair.teller.answered(answer, wrong)
    assert pair.teller.differs == pair.taker.mark.differs == REPAIRED_AFTER
    assert (await open_taker(pair.office.site, PAIR)).mark.differs == REPAIRED_AFTER


async def test_what_all_stays_come_to_is_summed_by_the_file(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year of stays, held and added up at every batch, would hold up the office each minute."""
    pair.there, pair.back = Wire(Random(3), 0.0), Wire(Random(3), 0.0)
    for number in range(1, 61):
        await pair.stay(number)
    for _ in range(5):
        await pair.round()
    await pair.stay(7)
    batch = await pair.teller.batch()
    told = await pair.office.books.received_orders(PAIR, [one.stay for one in batch.orders])
    assert {one.stay for one in told[0]} == {one.stay for one in batch.orders} != set()
    with monkeypatch.context() as patched:
        patched.setattr(pair.office.books, "load", _refused)
        assert (await pair.taker.take(batch)).upto == batch.upto
    stays = await pair.lanes.books.load(Stay)
    totals = (await pair.office.books.received_orders(PAIR, ()))[1]
    assert totals.stays == 60
    assert totals.amount_minor == sum(one.amount_minor for one in stays)
    assert (await pair.office.books.received_orders("OTHER", ()))[1] == totals_of(())


async def _refused(*_: object, **__: object) -> None:
    raise AssertionError("All that was ever told is read")
