"""The lanes' side of a pair of hubs: it goes by the office's list, and tells what came of its stays."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import logging
from typing import Final

from .core.errors import CoreError, StoreError
from .core.lane_list_text import Head, read_head, sum_of
from .core.ledger import Record
from .core.order_sync import Answer, Batch
from .core.order_text import batch_text, read_answer
from .core.stay import Stay
from .core.two_hubs import HubState, ListPart
from .hub_link import ANSWERS, LIST, ORDERS, HubLink
from .links.mqtt import MqttLine
from .links.pairing import Pairing
from .operations.lane_listing import read_lane_list
from .operations.order_telling import OrderTeller
from .operations.site import Site

_LOGGER: Final = logging.getLogger(__name__)

EVERY_S: Final = 60.0
"""How often stays that changed are told."""
LONG: Final = 50
"""So many changes are told at once."""
FIRST_AGAIN_S: Final = 5.0
"""How long an answer is waited for at first; each time it does not come twice as long."""
COMPARED_S: Final = 600.0
"""How often totals are compared also where nothing changed."""
HEAD: Final = 0


class LaneSide:
    """The lanes, as long as they run."""

    def __init__(
        self,
        site: Site,
        line: MqttLine,
        pairing: Pairing,
        state: HubState,
        teller: OrderTeller,
        taken: Callable[[], None],
    ) -> None:
        """Begin with no list; `taken` is called when there is another one."""
        self._site = site
        self._state = state
        self._teller = teller
        self._taken = taken
        self._head: Head | None = None
        self._parts: dict[int, tuple[str, bytes]] = {}
        self._kept: dict[int, bytes] = {}
        self._news = asyncio.Event()
        self._changes = 0
        self._long = asyncio.Event()
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()
        self.link = HubLink(
            site, line, pairing, state, heard=self._heard, connected=self._connected
        )

    async def load(self) -> None:
        """Go by the list that came last, also where the office and the broker are away."""
        for kept in await self._site.books.load(ListPart, pair=self.link.pairing.pair):
            name = LIST if kept.place == HEAD else f"{LIST}/{kept.place - 1}"
            with suppress(CoreError):
                self._hold(name, self.link.read(name, kept.sealed), kept.sealed)
        self._kept = {place: sealed for place, (_, sealed) in self._parts.items()}
        if self._head is not None:
            await self._take_list()

    def written(self, record: Record) -> None:
        """Hear that something was written."""
        if isinstance(record, Stay):
            self._changes += 1
            if self._changes >= LONG:
                self._long.set()

    async def run(self) -> None:
        """Take lists and tell stays until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take_lists())
            group.create_task(self._tell())

    async def _take_lists(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._take_list()
            except (CoreError, StoreError) as err:
                _LOGGER.warning("The office's list could not be taken over: %s", err)

    async def _take_list(self) -> None:
        """Go by a list once all of it is there; it is written down as it came, sealed."""
        head = self._head
        known = self._site.parking.lane_list
        if head is None:
            return
        if known is not None and head.number <= known.number and head.made_at <= known.made_at:
            return
        texts = [self._parts.get(place + 1, ("", b"")) for place in range(len(head.sums))]
        if any(sum_of(text) != wanted for (text, _), wanted in zip(texts, head.sums, strict=True)):
            return
        held = await read_lane_list(head, [text for text, _ in texts])
        self._site.parking.lane_list = held
        self._taken()
        await self._keep(len(head.sums))

    async def _keep(self, parts: int) -> None:
        pair, books = self.link.pairing.pair, self._site.books
        there = {place: sealed for place, (_, sealed) in self._parts.items() if place <= parts}
        changed = [
            ListPart(pair=pair, place=place, sealed=sealed)
            for place, sealed in there.items()
            if self._kept.get(place) != sealed
        ]
        gone = [
            ListPart(pair=pair, place=place, sealed=b"") for place in self._kept if place > parts
        ]
        await books.record(*changed)
        if gone:
            await books.forget(*gone)
        self._kept = there

    async def _tell(self) -> None:
        """Tell what changed, each batch until it is answered."""
        patience, compared = FIRST_AGAIN_S, 0.0
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._told()
            if batch is None:
                await self._pause(FIRST_AGAIN_S)
                continue
            answered = await self._answered(batch, patience)
            patience = FIRST_AGAIN_S if answered else min(patience * 2, EVERY_S)
            if not answered or batch.totals is None or self._teller.differs:
                if answered and self._teller.differs:
                    await self._pause(FIRST_AGAIN_S)
                continue
            compared = loop.time()
            while not self._long.is_set() and loop.time() - compared < COMPARED_S:
                await self._pause(EVERY_S)
                if self._changes:
                    break

    async def _told(self) -> Batch | None:
        """Say the next batch; None where it could not leave."""
        self._changes = 0
        self._long.clear()
        try:
            batch = await self._teller.batch()
        except StoreError as err:
            _LOGGER.warning("Stays could not be read to be told: %s", err)
            return None
        left = await self.link.say(ORDERS, batch_text(batch))
        return batch if left else None

    async def _answered(self, batch: Batch, patience: float) -> bool:
        try:
            async with asyncio.timeout(patience):
                answer = await self._answers.get()
        except TimeoutError:
            return False
        self._teller.answered(answer, batch)
        self._state.differs = self._teller.differs
        return True

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._long.wait()

    def _heard(self, name: str, text: str, sealed: bytes) -> None:
        if name == ANSWERS:
            with suppress(CoreError):
                self._answers.put_nowait(read_answer(text))
        else:
            self._hold(name, text, sealed)
            self._news.set()

    def _hold(self, name: str, text: str, sealed: bytes) -> None:
        if name == LIST:
            self._head = read_head(text)
            self._parts[HEAD] = (text, sealed)
        elif name.startswith(f"{LIST}/"):
            self._parts[int(name.removeprefix(f"{LIST}/")) + 1] = (text, sealed)

    def _connected(self) -> None:
        """Ask the office where it is."""
        self._long.set()
