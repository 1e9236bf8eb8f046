"""The examples of units, shares and losses, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.prepaid_parking.operations.tamper import look_for_hints
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.hub.test_docs import UNITS, differences, examples
from tests.journeys.buildings import house, wallet
from tests.journeys.conftest import Hub
from tests.journeys.steps import reads, shows

pytestmark = pytest.mark.usefixtures("noon")


class House:
    """A house with tenants, and what happens there between two examples."""

    def __init__(self, hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
        self.hub, self.line, self.device = hub, line, device
        self.meters: list[AcrelDdsy1352] = []
        self.until = datetime.min.replace(tzinfo=UTC)

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {
            "set_unit": self.tenants,
            "set_shares": self.a_light,
            "move": self.some_use,
            "loss_report": self.a_month,
            "share_loss": self.its_end,
            "list_hints": self.a_bridge,
        }

    async def tenants(self) -> None:
        self.meters = await house(self.hub, self.line, self.device)
        for name in ("Flat 3-201", "Flat 3-202", "Owner"):
            await wallet(self.hub, name)
        await self.hub.call("bind_meter", meter="m1", wallet="w1", tariff="home")

    async def a_light(self) -> None:
        await wallet(self.hub, "Stairwell", "", kind="shared")
        await self.hub.call("bind_meter", meter="m2", wallet="w4", tariff="home")
        await self.hub.call("set_unit", unit="Flat 3-202", owner="w2")

    async def some_use(self) -> None:
        self.meters[0].add(kwh=10)
        await shows(self.hub, "92.00", wallet="w1")

    async def a_month(self) -> None:
        """Of 25.6 kilowatt-hours 15 went to the flat and 9.8 to the stairwell."""
        await self.hub.call("update_meter", meter="m2", main="m3")
        for meter, used in zip(self.meters, ("5", "9.8", "25.6"), strict=True):
            meter.add(kwh=used)
        await self.all_read()

    async def its_end(self) -> None:
        self.until = self.hub.data.site.clock()
        for run in self.hub.data.site.meters.values():
            run.last = None
        await self.all_read()

    async def all_read(self) -> None:
        """Wait until every meter was read at what it has counted."""
        for meter, register in (("m1", "1015"), ("m2", "1009.8"), ("m3", "1025.6")):
            await reads(self.hub, register, meter=meter)

    async def a_bridge(self) -> None:
        await self.hub.call("cut_supply", meter="m1", reason="works")

        async def off() -> bool:
            return bool((await self.hub.meter("m1"))["supply"] == "held")

        await self.hub.until(off, 20)
        self.meters[0].add(kwh=1)
        await reads(self.hub, "1016")
        await look_for_hints(self.hub.data.site, self.hub.data.site.clock())

    def asked(self, name: str, call: dict[str, Any]) -> dict[str, Any]:
        """Return an example's call; the month it speaks of is not over yet while this runs."""
        if name == "share_loss":
            return call | {"until": self.until.isoformat()}
        return call


async def test_every_example_works_and_answers_what_is_printed(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, building = examples(), House(hub, modbus_line, modbus_device)
    for name in UNITS.split():
        if prepare := building.before.get(name):
            await prepare()
        call, answer = printed[name]
        told = await hub.call(name, **building.asked(name, call))
        if name == "share_loss":
            answer["event"] = told["event"]  # It names the period.
        assert not differences(told, answer), name
