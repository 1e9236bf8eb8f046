"""The examples of bills and of what recurs, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from tests.hub.test_docs import BILLS, differences, examples
from tests.journeys.conftest import Hub


class House:
    """A flat that is let, on the day of the examples, and what happens there between two of them."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        hub.data.site.clock = lambda: datetime(2026, 11, 22, 12, tzinfo=UTC)

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[object]]]:
        """What has to have happened before an example."""
        return {"set_billing": self.a_tenant, "issue_bill": self.a_draft}

    async def a_tenant(self) -> None:
        await self.hub.call("open_wallet", unit="Flat 3-201", purpose="property")
        await self.hub.call("top_up", wallet="w1", amount="50.00")

    async def a_draft(self) -> None:
        lines = [{"text": "Lock", "amount": "90.00"}]
        await self.hub.call("create_bill", wallet="w1", category="service", draft=True, lines=lines)


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, house = examples(), House(hub)
    for name in BILLS.split():
        if prepare := house.before.get(name):
            await prepare()
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(told, answer), name
