"""The examples of promotions, points, debts and corrections, on a running hub: they work as printed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.hub.test_docs import MONEY, differences, examples
from tests.journeys.conftest import Hub

UNITS: Final = ("Flat 3-201", "Flat 3-202")


class Desk:
    """A cash desk in November, and what happens there between two examples."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {"spend_points": self.a_customer, "set_recovery": self.a_top_up}

    async def a_customer(self) -> None:
        await self.hub.call("open_wallet", unit=UNITS[0], person={"name": "Li Wei"})
        await self.hub.call("open_wallet", unit=UNITS[1], customer="w1")
        await self.hub.call("top_up", wallet="w1", amount="500.00")

    async def a_top_up(self) -> None:
        await self.hub.call("top_up", wallet="w1", amount="100.00")


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, desk, corrected = examples(), Desk(hub), 0
    for name in MONEY.split():
        if prepare := desk.before.get(name):
            await prepare()
        call, answer = printed[name]
        if name == "reverse_entry":
            call["entry"] = answer["reverses"] = corrected
            answer["event"] = f"reversal/{corrected}"
        told = await hub.call(name, **call)
        if name == "adjust":
            corrected = told["entry"]
        assert not differences(told, answer), name
