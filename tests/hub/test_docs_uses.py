"""The examples of deposits, packages and uses, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping

from tests.hub.test_docs import USES, differences, examples
from tests.journeys.conftest import Hub
from tests.journeys.selling import WASHES, publish


class House:
    """A hotel with what is sold by the use in it, and what happens there between two examples."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {"hold_deposit": self.a_guest, "sell_package": self.a_laundry}

    async def a_guest(self) -> None:
        await self.hub.call("open_wallet", unit="Room 12", purpose="property")
        await self.hub.call("top_up", wallet="w1", amount="500.00")

    async def a_laundry(self) -> None:
        await publish(self.hub, WASHES)


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, house = examples(), House(hub)
    used = 0
    for name in USES.split():
        if prepare := house.before.get(name):
            await prepare()
        call, answer = printed[name]
        if name == "give_back_use":
            call["entry"] = used
            answer["event"] = f"uses/{used}/given back"
        told = await hub.call(name, **call)
        if name == "use_package":
            used = told["entry"]
        assert not differences(told, answer), name
