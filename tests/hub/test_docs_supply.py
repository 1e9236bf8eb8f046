"""The examples of who is cut and when, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.hub.test_docs import SUPPLY, differences, examples
from tests.journeys.conftest import Hub, bound_meter
from tests.journeys.steps import shows

AHEAD: Final = {"list_cuts": timedelta(days=7), "promise_to_pay": timedelta(days=5)}
"""What is said of a day to come, whenever the test is run."""


class House:
    """A dormitory, and what happens there between two examples."""

    def __init__(self, hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
        self.hub, self.line, self.device = hub, line, device

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {"set_schedule": self.a_room, "list_cuts": self.used_up}

    async def a_room(self) -> None:
        await bound_meter(self.hub, self.line, self.device)
        await self.hub.call("top_up", wallet="w1", amount="8.00")

    async def used_up(self) -> None:
        self.device.add(kwh=12)
        await shows(self.hub, "-1.60")


@pytest.mark.usefixtures("noon")
async def test_every_example_works_and_answers_what_is_printed(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, house = examples(), House(hub, modbus_line, modbus_device)
    for name in SUPPLY.split():
        if prepare := house.before.get(name):
            await prepare()
        call, answer = printed[name]
        if name in AHEAD:
            call["until"] = (hub.data.site.clock() + AHEAD[name]).isoformat()
        told = await hub.call(name, **call)
        assert not differences(told, answer), name
