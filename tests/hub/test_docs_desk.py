"""The examples of the desk, on a running hub: they work as they are printed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
import json
from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.prepaid_parking.const import DOMAIN
from tests.hub.test_docs import DESK, differences, examples
from tests.journeys.conftest import Hub

CASHIER = "4f1cc5a7e0b24a6d"
"""How the page writes the cashier, a user of the hub."""


class Counter:
    """The desk of the examples: a cashier, a colleague, and what payers bring in between."""

    def __init__(self, hub: Hub, cashier: str, other: str) -> None:
        self.hub, self.cashier, self.colleague = hub, cashier, other

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {"list_receipts": self.payers, "deliver_cash": self.taken}

    async def call(self, action: str, user: str = "", **fields: Any) -> Any:
        """Call an action as the cashier does; who is named as the page does."""
        told = await self.hub.hass.services.async_call(
            DOMAIN,
            action,
            fields,
            blocking=True,
            return_response=True,
            context=Context(user_id=user or self.cashier),
        )
        return json.loads(json.dumps(told).replace(self.cashier, CASHIER))

    async def payers(self) -> None:
        await self.call("open_wallet", unit="Flat 3-201", purpose="utility")
        await self.call("top_up", wallet="w1", amount="150.00")
        await self.call("top_up", wallet="w1", amount="80.00", channel="terminal")

    async def taken(self) -> None:
        with pytest.raises(HomeAssistantError, match="confirm_operation"):
            await self.call("top_up", wallet="w1", amount="600.00")
        told = await self.call("confirm_operation", self.colleague, operation="cf1")
        assert (told["kind"], told["state"]) == ("cash", "confirmed")
        await self.call("top_up", wallet="w1", amount="600.00")


async def test_every_example_works_and_answers_what_is_printed(
    noon: date, hub: Hub, hass_admin_user: Any
) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    colleague = await hub.hass.auth.async_create_user("Colleague", group_ids=[GROUP_ID_ADMIN])
    printed = examples(noon)
    counter = Counter(hub, hass_admin_user.id, colleague.id)
    for name in DESK.split():
        if prepare := counter.before.get(name):
            await prepare()
        call, answer = printed[name]
        told = await counter.call(name, **call)
        if name == "get_receipt":
            assert told["url"].startswith("/api/prepaid_parking/receipt/")
            answer |= {key: told[key] for key in ("url", "url_until")}
        if name == "set_terminal":
            assert len(told["key"]) == len(answer["key"])
            answer |= {"key": told["key"]}
        assert not differences(told, answer), name
