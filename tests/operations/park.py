"""A car park with a lane in and a lane out, and cars that drive as cars do."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, Self

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.lane import LaneInput
from custom_components.prepaid_parking.core.parking_rules import StayTariff
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.review import Suspicion
from custom_components.prepaid_parking.core.stay import Stay, StayState
from custom_components.prepaid_parking.core.supply import CommandLog
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.gate import plate_read
from custom_components.prepaid_parking.operations.lane_facts import StayEvent, StayFact
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from custom_components.prepaid_parking.operations.lane_watch import lane_inputs
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.passing import Answer
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import MANAGER, BarrierDevice, World

CITY: Final[dict[str, Any]] = {
    "tariff": "city",
    "kind": "duration",
    "duration": {"price": "5.00", "leave": 15, "caps": {"day": "60.00"}},
}
PLATE: Final = "京A12345"
OTHER: Final = "沪B98765"
LOOPS: Final = ("safety_loop",)


class HolderDevice:
    """An output that holds a barrier open."""

    def __init__(self) -> None:
        self.levels: list[bool] = []

    async def hold(self, is_open: bool) -> None:
        """Take a level."""
        self.levels.append(is_open)


class Park:
    """A lane in, a lane out, and what drives up."""

    def __init__(self, world: World, fitted: Sequence[str]) -> None:
        self.world, self.fitted = world, frozenset(fitted)
        self.build()

    @classmethod
    async def open(cls, world: World, *, fitted: Sequence[str] = (), **rules: Any) -> Self:
        """Open a car park for everybody, at 5.00 an hour."""
        await world.publish(CITY)
        park = cls(world, fitted)
        told = {"temporaries": True, "tariffs": (StayTariff(tariff=TariffId("city")),)} | rules
        await set_parking_rules(world.site, changes=told, actor=MANAGER)
        return park

    def build(self) -> None:
        """Put the lanes up; after a restart they are made anew."""
        self.entry, self.into = self.world.lane(
            direction="entry", reads=True, fitted=self.fitted, zone="North"
        )
        self.exit, self.out = self.world.lane(direction="exit", reads=True, fitted=self.fitted)

    async def restart(self) -> None:
        """Die and come back with the same devices."""
        await self.world.restart()
        into, out = self.into, self.out
        self.build()
        self.into = self.entry.barrier = into
        self.out = self.exit.barrier = out

    async def customer(self, money: str = "100", plates: Sequence[str] = (PLATE,)) -> WalletRun:
        """Open a parking wallet with a card."""
        wallet = await self.world.wallet(money, purpose=Purpose.PARKING)
        await issue_card(
            self.world.site, wallet=wallet.wallet.id, plates=list(plates), actor=MANAGER
        )
        return wallet

    async def read(
        self, lane: LaneRun, plate: str = PLATE, after: float = 0, **fields: Any
    ) -> Answer:
        """Let a camera read a plate some seconds later."""
        self.world.clock.now += timedelta(seconds=after)
        told: dict[str, Any] = {"plate": plate, "at": self.world.clock.now} | fields
        answer = await plate_read(self.world.site, lane=lane.id, read=PlateRead(**told))
        await self.world.work()
        return answer

    async def feel(self, lane: LaneRun, after: float = 1, **inputs: bool | None) -> None:
        """Let a lane's inputs change some seconds later."""
        self.world.clock.now += timedelta(seconds=after)
        await lane_inputs(self.world.site, lane.id, inputs, self.world.clock.now)
        await self.world.work()

    async def drive(self, lane: LaneRun) -> None:
        """Let one car go over the safety loop."""
        await self.feel(lane, **{LaneInput.SAFETY_LOOP: True})
        await self.feel(lane, **{LaneInput.SAFETY_LOOP: False})

    async def come(self, plate: str = PLATE, after: float = 60) -> Answer:
        """Let a car drive in."""
        answer = await self.read(self.entry, plate, after)
        if self.entry.counts and answer.stay is not None:
            await self.drive(self.entry)
        return answer

    async def go(self, plate: str = PLATE, after: float = 3500) -> Answer:
        """Let a car drive out if it may."""
        pulses = self.out.pulses
        answer = await self.read(self.exit, plate, after)
        if self.exit.counts and self.out.pulses > pulses:
            await self.drive(self.exit)
        return answer

    # --- what there is -------------------------------------------------------------------------

    async def stays(self) -> list[Stay]:
        """All stays, in the order of their beginning, as the books have them."""
        return sorted(await self.world.books.load(Stay), key=lambda one: one.no)

    async def states(self) -> list[StayState]:
        """How far each stay has come."""
        return [one.state for one in await self.stays()]

    async def passages(self) -> list[tuple[str, str]]:
        """What was written down at the lanes."""
        return [(one.kind, one.reason) for one in await self.world.books.load(Passage)]

    async def commands(self) -> list[CommandLog]:
        """The pulses."""
        return await self.world.books.load(CommandLog)

    def suspicions(self) -> list[Suspicion]:
        """What waits for a person."""
        return [one.why for one in self.world.site.parking.reviews.values()]

    def events(self) -> list[StayEvent]:
        """What was told of stays."""
        return [one.event for one in self.world.heard(StayFact)]

    @property
    def barriers(self) -> tuple[BarrierDevice, BarrierDevice]:
        """Both barriers."""
        return self.into, self.out
