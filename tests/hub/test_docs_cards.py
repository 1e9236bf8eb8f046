"""The examples of cards, packages and permits, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from custom_components.prepaid_parking.core.identity import CardId, StayId, TariffId
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from tests.hub.test_docs import CARDS, differences, examples
from tests.journeys.conftest import Hub
from tests.journeys.selling import publish

HOURLY: Final[dict[str, Any]] = {
    "tariff": "parking",
    "kind": "duration",
    "duration": {"price": "5.00", "per": 60, "step": 60},
}


class Office:
    """A property office in November, and what happens there between two examples."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {
            "set_parking_package": self.customers,
            "recommend_package": self.a_month_of_stays,
            "unblock_card": self.lost,
        }

    async def customers(self) -> None:
        for unit in ("Flat 3-201", "Flat 3-202"):
            await self.hub.call("open_wallet", unit=unit, purpose="parking")
        await self.hub.call("top_up", wallet="w1", amount="1000.00")
        await self.hub.call("issue_card", wallet="w1", plates=["沪A 12345"], tags=["04-AB"])
        await self.hub.call("add_space", name="B1-023", location="underground", tenure="rented")

    async def a_month_of_stays(self) -> None:
        """Twelve days on which the card's car stood eight hours, at 5.00 each."""
        await publish(self.hub, HOURLY)
        for day in range(1, 13):
            begin = datetime(2026, 11, day, 9, tzinfo=UTC)
            stay = Stay(
                id=StayId(f"st{day}"),
                no=day,
                kind=StayKind.CARD,
                state=StayState.LEFT,
                entered_at=begin,
                left_at=begin + timedelta(hours=8),
                card=CardId("c1"),
                tariff=TariffId("parking"),
                version=1,
            )
            await self.hub.data.site.books.record(stay)

    async def lost(self) -> None:
        await self.hub.call("block_card", card="c1", reason="lost")


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    hub.data.site.clock = lambda: datetime(2026, 11, 22, 12, tzinfo=UTC)
    printed, office = examples(), Office(hub)
    for name in CARDS.split():
        if prepare := office.before.get(name):
            await prepare()
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(told, answer), name
