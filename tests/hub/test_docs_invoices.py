"""The examples of invoices, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from tests.hub.test_docs import INVOICES, differences, examples
from tests.journeys.conftest import Hub


class Office:
    """Whoever keeps the books of a building, on the day of the examples."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.hour = 12
        hub.data.site.clock = lambda: datetime(2026, 11, 22, self.hour, tzinfo=UTC)

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[object]]]:
        """What has to have happened before an example."""
        return {"request_invoice": self.a_receipt, "issue_invoice": self.a_service}

    async def a_receipt(self) -> None:
        await self.hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
        await self.hub.call("set_billing", category="utility", top_up_tax="6")
        await self.hub.call("set_buyer", wallet="w1", name="Li Wei Trading Ltd", tax_id="91310000X")
        await self.hub.call("top_up", wallet="w1", amount="100.00", reference="receipt 1")

    async def a_service(self) -> None:
        self.hour = 13
        await self.hub.call("set_billing", category="utility", invoices="service")
        await self.hub.call("top_up", wallet="w1", amount="50.00", reference="receipt 2")
        await self.hub.call("request_invoice", wallet="w1")


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, office = examples(), Office(hub)
    for name in INVOICES.split():
        if prepare := office.before.get(name):
            await prepare()
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(told, answer), name
