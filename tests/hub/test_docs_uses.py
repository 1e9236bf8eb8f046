"""The examples of deposits, packages and uses, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping

from homeassistant.core import ServiceCall
import pytest

from tests.hub.test_docs import USES, differences, examples
from tests.journeys.conftest import Hub
from tests.journeys.selling import PER_KM, WASHES, publish

pytestmark = pytest.mark.usefixtures("noon")


class House:
    """A hotel with what is sold by the use in it, and what happens there between two examples."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {
            "hold_deposit": self.a_guest,
            "sell_package": self.a_laundry,
            "set_use_point": self.a_washer,
            "tap": self.a_tag,
            "list_use_points": self.a_bicycle,
            "list_uses": self.a_ride,
        }

    async def a_guest(self) -> None:
        await self.hub.call("open_wallet", unit="Room 12", purpose="property")
        await self.hub.call("top_up", wallet="w1", amount="500.00")

    async def a_laundry(self) -> None:
        await publish(self.hub, WASHES)

    async def a_washer(self) -> None:
        """A washer with a plug that measures, as the hub shows it."""
        states = self.hub.hass.states

        async def switch(call: ServiceCall) -> None:
            states.async_set("switch.washer_4", call.service.removeprefix("turn_"))

        for service in ("turn_on", "turn_off"):
            self.hub.hass.services.async_register("switch", service, switch)
        states.async_set("switch.washer_4", "off")
        states.async_set("sensor.washer_4_power", "1.2")

    async def a_tag(self) -> None:
        await self.hub.call("sell_package", wallet="w1", tariff="washes")
        await self.hub.call("issue_card", wallet="w1", tags=["04-AB-12-CD"])

    async def a_bicycle(self) -> None:
        """A bicycle that counts its kilometres."""
        self.ridden("1200.5")
        await publish(self.hub, PER_KM)
        await self.hub.call(
            "set_use_point",
            name="Bicycle 7",
            kind="metered",
            tariff="per_km",
            basis="counter",
            counter="sensor.bicycle_7_distance",
        )

    async def a_ride(self) -> None:
        self.ridden("1212.5")

        async def counted() -> bool:
            uses = (await self.hub.call("list_uses"))["uses"]
            return bool(uses[-1]["cost"] == "6.00")

        await self.hub.until(counted)

    def ridden(self, km: str) -> None:
        """Let the bicycle's sensor show a distance."""
        unit = {"unit_of_measurement": "km"}
        self.hub.hass.states.async_set("sensor.bicycle_7_distance", km, unit)


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
