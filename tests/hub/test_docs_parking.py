"""The page of the car park, from nothing to the first car: its examples go together and work."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any, Final

from homeassistant.core import Context
from homeassistant.util import yaml

from custom_components.prepaid_parking.const import DOMAIN
from tests.hub.test_docs import BLOCK, differences
from tests.hub.test_docs_attending import put_up
from tests.journeys.conftest import Hub
from tests.repository.tree import ROOT

PAGE: Final = ROOT / "docs" / "parking.md"


class Day:
    """A Monday at the car park, and what happens there between two examples."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.now = hub, datetime(2026, 11, 23, 17, tzinfo=UTC)
        hub.data.site.clock = lambda: self.now
        put_up(hub, "l1", "North gate", "entry").zone = "North"
        put_up(hub, "l2", "South gate", "exit")

    def goes_on(self, name: str, data: dict[str, Any]) -> None:
        """Let the time pass that the page says has passed."""
        if name == "plate_read":
            out = data["lane"] == "South gate"
            self.now += timedelta(hours=2) if out else timedelta(minutes=1)

    async def asked(self) -> None:
        """Wait until somebody is asked about the car that came in twice: that is done after the pulse."""

        async def waits() -> bool:
            return bool((await self.hub.call("list_reviews"))["reviews"])

        await self.hub.until(waits)

    async def shops(self, plate: str) -> None:
        """Let a car come in whose driver buys bread."""
        await self.hub.call("plate_read", lane="North gate", plate=plate)
        self.now += timedelta(minutes=100)


def printed() -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """The calls of the page in its order, each with the answer that is printed after it, if one is."""
    found: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    for block in BLOCK.finditer(PAGE.read_text()):
        if block["kind"] == "json":
            found[-1] = (found[-1][0], json.loads(block["text"]))
        else:
            call = yaml.parse_yaml(block["text"])
            assert isinstance(call, dict)
            found.append((dict(call), None))
    return found


async def test_the_page_leads_from_nothing_to_the_first_car(hub: Hub, hass_admin_user: Any) -> None:
    """A manager follows the page with the finger: a step that fails is where the evening ends."""
    day = Day(hub)
    for call, answer in printed():
        name, data = str(call["action"]).removeprefix(f"{DOMAIN}."), dict(call.get("data") or {})
        day.goes_on(name, data)
        if name == "validate_stay":
            await day.shops(data["plate"])
        if name == "list_reviews":
            await day.asked()
        told = await hub.hass.services.async_call(
            DOMAIN,
            name,
            data,
            blocking=True,
            return_response=True,
            context=Context(user_id=hass_admin_user.id),
        )
        await hub.hass.async_block_till_done()
        if answer is not None:
            assert not differences(told, answer), (name, data)
