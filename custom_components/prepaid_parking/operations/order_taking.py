"""The office takes a lane hub's stays in: each batch is written before it is acknowledged."""

import asyncio
from dataclasses import dataclass, field

from ..core.order_sync import Answer, Batch, Received, receive
from ..core.two_hubs import ReceivedMark, ReceivedOrder
from .site import Site


@dataclass(slots=True)
class OrderTaker:
    """What the office has of one lane hub."""

    site: Site
    mark: ReceivedMark
    received: Received
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, batch: Batch) -> Answer:
        """Write a batch down and say how far it goes now; twice the same one is once."""
        async with self._turn:
            before = self.received
            after, answer = receive(before, batch)
            anew = answer.differs or after.origin != before.origin
            mark = ReceivedMark(
                pair=self.mark.pair,
                origin=after.origin,
                upto=after.upto,
                differs=self._differs(batch, answer),
                at=self.site.clock(),
            )
            books = self.site.books
            if anew:
                known = await books.load(ReceivedOrder, pair=mark.pair)
                await books.forget(*known)
            changed = [
                ReceivedOrder.of(mark.pair, order)
                for stay, order in after.orders.items()
                if anew or before.orders.get(stay) is not order
            ]
            await books.record(mark, *changed)
            self.mark, self.received = mark, after
            return answer

    def _differs(self, batch: Batch, answer: Answer) -> int:
        """Return how often in a row the totals differed; batches in between say nothing."""
        if answer.differs:
            return self.mark.differs + 1
        same = batch.totals is not None and answer.upto == batch.upto
        return 0 if same else self.mark.differs


async def open_taker(site: Site, pair: str) -> OrderTaker:
    """Take up what was received of a lane hub before."""
    known = await site.books.load(ReceivedMark, pair=pair)
    mark = known[0] if known else ReceivedMark(pair=pair)
    orders = {one.stay: one.order for one in await site.books.load(ReceivedOrder, pair=pair)}
    return OrderTaker(
        site=site,
        mark=mark,
        received=Received(origin=mark.origin, upto=mark.upto, orders=orders),
    )
