"""The examples of promotions, points, debts and corrections, on a running hub: they work as printed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.hub.test_docs import MONEY, differences, examples
from tests.journeys.conftest import Hub, bound_meter

A_MONTH: Final = timedelta(days=30)
UNITS: Final = ("Flat 3-201", "Flat 3-202")


class Desk:
    """A cash desk in November, and what happens there between two examples."""

    def __init__(self, hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
        self.hub, self.line, self.device = hub, line, device
        self.entry = 0

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {
            "spend_points": self.a_customer,
            "set_recovery": self.a_top_up,
            "adjust_usage": self.a_meter,
        }

    async def a_customer(self) -> None:
        await self.hub.call("open_wallet", unit=UNITS[0], person={"name": "Li Wei"})
        await self.hub.call("open_wallet", unit=UNITS[1], customer="w1")
        await self.hub.call("top_up", wallet="w1", amount="500.00")

    async def a_top_up(self) -> None:
        await self.hub.call("top_up", wallet="w1", amount="100.00")

    async def a_meter(self) -> None:
        await bound_meter(self.hub, self.line, self.device)
        self.device.add(kwh="12.5")

        async def used() -> bool:
            return bool((await self.hub.meter("m1"))["register"] == "1012.5")

        await self.hub.until(used)
        lines = (await self.hub.call("get_statement", wallet="w1"))["lines"]
        self.entry = next(one["entry"] for one in lines if one["kind"] == "usage")

    def about(self, name: str, call: dict[str, Any], answer: dict[str, Any]) -> None:
        """Put in the end and the entry that an example speaks of: both are of its day."""
        if name == "set_promotion":
            call["until"] = (self.hub.data.site.clock() + A_MONTH).isoformat()
        elif name == "reverse_entry":
            call["entry"] = answer["reverses"] = self.entry
            answer["event"] = f"reversal/{self.entry}"
        elif name == "adjust_usage":
            call["entry"] = answer["corrects"] = self.entry
            answer["event"] = f"rerating/{self.entry}"


async def test_every_example_works_and_answers_what_is_printed(
    noon: date, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples(noon)
    desk = Desk(hub, modbus_line, modbus_device)
    for name in MONEY.split():
        if prepare := desk.before.get(name):
            await prepare()
        call, answer = printed[name]
        desk.about(name, call, answer)
        told = await hub.call(name, **call)
        desk.entry = told.get("entry", 0)
        assert not differences(told, answer), name
