"""The office's side of a pair of hubs: it tells its list, and takes in what the lanes tell."""

import asyncio
from contextlib import suppress
import logging
from typing import Final

from .core.bill import Bill
from .core.errors import CoreError, StoreError
from .core.lane_list_text import sum_of
from .core.ledger import Record
from .core.order_text import answer_text, read_batch
from .core.parking_rules import ParkingRules
from .core.permit import Permit
from .core.space import Space
from .core.two_hubs import HubState
from .core.vehicle import VehicleRule
from .core.visiting import Invitation
from .core.wallet import Card, Credential, Wallet
from .hub_link import ANSWERS, LIST, ORDERS, HubLink
from .links.mqtt import MqttLine
from .links.pairing import Pairing
from .operations.lane_listing import make_lane_list, write_lane_list
from .operations.order_taking import OrderTaker
from .operations.parking_rules import rules_now
from .operations.site import Site

_LOGGER: Final = logging.getLogger(__name__)

CHANGES: Final = (
    Bill, Card, Credential, Invitation, ParkingRules, Permit, Space, VehicleRule, Wallet,
)  # fmt: skip
"""Records that a list is made of: one of them was written, and the lanes are told."""
AT_ONCE_S: Final = 0.2
"""A payment writes several records, one after the other."""
EVERY_S: Final = 1.0
"""Many payments in a row are told together."""


class OfficeSide:
    """The office, as long as it runs."""

    def __init__(
        self, site: Site, line: MqttLine, pairing: Pairing, state: HubState, taker: OrderTaker
    ) -> None:
        """Begin with everything to tell."""
        self._site = site
        self._state = state
        self._taker = taker
        self._changed = asyncio.Event()
        self._anew = True
        self._told: list[str] = []
        self._batches: asyncio.Queue[str] = asyncio.Queue()
        self.link = HubLink(
            site, line, pairing, state, heard=self._heard, connected=self._connected
        )

    def written(self, record: Record) -> None:
        """Hear that something was written."""
        if isinstance(record, CHANGES):
            self._changed.set()

    async def run(self) -> None:
        """Tell and take until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell())
            group.create_task(self._take())

    async def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(rules_now(self._site).list_minutes * 60):
                    await self._changed.wait()
            await asyncio.sleep(AT_ONCE_S)
            self._changed.clear()
            began = loop.time()
            try:
                await self._tell_list()
            except (CoreError, StoreError) as err:
                _LOGGER.warning("The lanes' list could not be made: %s", err)
            await asyncio.sleep(max(0.0, EVERY_S - (loop.time() - began)))

    async def _tell_list(self) -> None:
        """Tell the parts that changed, then the head that makes them a list."""
        if self._anew:
            self._anew, self._told = False, []
        head, parts = await write_lane_list(await make_lane_list(self._site))
        sums = [sum_of(part) for part in parts]
        if len(self._told) != len(sums):
            self._told = [""] * len(sums)
        for place, part in enumerate(parts):
            if self._told[place] != sums[place]:
                if not await self.link.say(f"{LIST}/{place}", part, lasting=True):
                    return
                self._told[place] = sums[place]
        await self.link.say(LIST, head, lasting=True)

    async def _take(self) -> None:
        while True:
            text = await self._batches.get()
            try:
                answer = await self._taker.take(read_batch(text))
            except CoreError, StoreError:
                # Not acknowledged: it is told again.
                _LOGGER.warning("What the lanes told could not be taken in", exc_info=True)
                continue
            self._state.differs = self._taker.mark.differs
            await self.link.say(ANSWERS, answer_text(answer))

    def _heard(self, name: str, text: str, _: bytes) -> None:
        if name == ORDERS:
            self._batches.put_nowait(text)

    def _connected(self) -> None:
        """Tell all of it: a broker that was restarted may have kept nothing."""
        self._anew = True
        self._changed.set()
