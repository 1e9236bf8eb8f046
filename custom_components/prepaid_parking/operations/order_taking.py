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
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, batch: Batch) -> Answer:
        """Write a batch down and say how far it goes now; twice the same one is once."""
        async with self._turn:
            before = await self._known(batch)
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
            self.mark = mark
            return answer

    async def _known(self, batch: Batch) -> Received:
        """Return what is written of a batch's stays, and what all stays come to, as the file sums it.

        A car park has a hundred thousand stays in a year: they are not held here.
        """
        mark = self.mark
        stays = [order.stay for order in batch.orders]
        orders, totals = await self.site.books.received_orders(mark.pair, stays)
        known = {one.stay: one for one in orders}
        return Received(origin=mark.origin, upto=mark.upto, totals=totals, orders=known)

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
    return OrderTaker(site=site, mark=mark)
