"""A lane hub tells the office its stays: in batches, from where the office says it is."""

from typing import Final

from ..core.lane_list import card_at_office
from ..core.order_sync import Answer, Batch, Order, next_batch
from ..core.stay import Stay
from .site import Site

MOST: Final = 200
"""Stays in a batch: some 60 kB before it is packed."""
AGAIN: Final = 32
"""So many changes before the office's mark are told again: two stays that change at once may be
written in another order than they are numbered in."""


class OrderTeller:
    """How far the telling is; nothing of it is kept, as the office knows."""

    def __init__(self, site: Site, origin: str) -> None:
        """Begin by asking the office where it is."""
        self._site = site
        self._origin = origin
        self.cursor: int | None = None
        self.differs = 0
        self.waiting = 0

    async def batch(self) -> Batch:
        """Return what to tell next: until the office has said where it is, nothing but a question."""
        if self.cursor is None:
            return Batch(origin=self._origin, after=0, upto=0, orders=())
        after = max(0, self.cursor - AGAIN)
        stays, last, totals = await self._site.books.stay_changes(after, MOST + 1)
        self.waiting = max(0, last - self.cursor)
        orders = [order_of(self._site, stay) for stay in stays]
        return next_batch(
            self._origin, orders, min(self.cursor, last), last=last, totals=totals, most=MOST
        )

    def answered(self, answer: Answer, batch: Batch | None) -> None:
        """Go on from where the office is; `batch` is what it was asked about last."""
        self.cursor = answer.upto
        if answer.differs:
            self.differs += 1
        elif batch is not None and batch.totals is not None and answer.upto >= batch.upto:
            self.differs = 0
        if batch is not None:
            self.waiting = max(0, self.waiting - len(batch.orders))


def order_of(site: Site, stay: Stay) -> Order:
    """Return what the office is told of a stay."""
    lane = stay.exit_lane or stay.entry_lane
    run = site.lanes.get(lane) if lane is not None else None
    return Order(
        stay=stay.id,
        changed=stay.changed,
        state=stay.state.value,
        kind=stay.kind.value,
        entered_at=stay.entered_at,
        left_at=stay.left_at,
        lane=run.name if run is not None else str(lane or ""),
        card=card_at_office(stay.card),
        masked=stay.masked,
        amount_minor=stay.amount_minor,
        paid_minor=stay.paid_minor,
        owed_minor=stay.owed_minor,
    )
