"""The demo's lists for cards: what the hub makes of them when two triggers come at once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from tests.repository.tree import ROOT

LISTS: Final = ROOT / "script" / "demo" / "lists.yaml"
SHOWN: Final = {
    "cut_list": "1",
    "bills": "2",
    "price_list": "1",
    "unit_list": "3",
    "card_list": "4",
    "stays": "2",
    "code_list": "1",
    "order_list": "1",
    "use_of_a_home": "1",
    "use_of_a_business": "1",
}
ANSWERS: Final[dict[str, ServiceResponse]] = {
    "list_cuts": {"count": 1, "wallets": []},
    "list_bills": {"count": 2, "bills": []},
    "list_tariffs": {"tariffs": ["home"]},
    "list_units": {"count": 3, "units": []},
    "list_cards": {"count": 4, "cards": []},
    "list_stays": {"stays": ["a", "b"]},
    "list_pay_codes": {"codes": [{"name": "Exit", "url": ""}], "sheet_url": ""},
    "list_orders": {
        "orders": [
            {
                "order": "po1",
                "created_at": "2026-11-22T13:16:14+00:00",
                "amount": "5.00",
                "state": "credited",
                "wallet": "w8",
            }
        ]
    },
    "list_wallets": {
        "wallets": [
            {"wallet": "w1", "unit": "Flat 3-101"},
            {"wallet": "w8", "unit": "Laundry 0-03"},
        ]
    },
    "get_statement": {"usage": ["yesterday"], "unit": "Flat 3-101"},
}


type Answer = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


async def lists_answered_by(hass: HomeAssistant, answer: Answer) -> None:
    """Set the lists up beside a site whose actions are answered by a test."""
    site = MockConfigEntry(domain=DOMAIN, title=DOMAIN)  # found by its name, for it does not run
    site.add_to_hass(hass)
    er.async_get(hass).async_get_or_create("sensor", DOMAIN, "balance", config_entry=site)
    hass.states.async_set("input_text.demo_site", site.entry_id)

    async def of_the_site(call: ServiceCall) -> ServiceResponse:
        assert call.data["config_entry_id"] == site.entry_id
        return await answer(call)

    for action in ANSWERS:
        hass.services.async_register(
            DOMAIN, action, of_the_site, supports_response=SupportsResponse.ONLY
        )
    lists = await hass.async_add_executor_job(yaml.load_yaml, str(LISTS))
    assert await async_setup_component(hass, "template", {"template": lists})
    await hass.async_block_till_done()


# The hub keeps the triggers of template entities until its process ends.
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_lists_asked_for_twice_at_once_stay_what_was_answered(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """A start on a full minute left whoever opened the demo with "'stays' is undefined"."""
    answered = asyncio.Event()

    async def answer(call: ServiceCall) -> ServiceResponse:
        await answered.wait()
        return ANSWERS[call.service]

    await lists_answered_by(hass, answer)

    hass.bus.async_fire("demo_lists")
    hass.bus.async_fire("demo_lists")
    await asyncio.sleep(0)
    answered.set()
    await hass.async_block_till_done()

    assert "is undefined" not in caplog.text
    for name, state in SHOWN.items():
        shown = hass.states.get(f"sensor.{name}")
        assert shown is not None, name
        assert shown.state == state, name
    orders = hass.states.get("sensor.order_list")
    assert orders is not None
    assert [one["aim"] for one in orders.attributes["orders"]] == ["Laundry 0-03"]


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_a_demo_that_is_being_set_up_is_asked_for_no_statement(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """A full minute during the set-up filled a newcomer's log with two tracebacks about "no wallet w1"."""
    asked: list[str] = []

    async def answer(call: ServiceCall) -> ServiceResponse:
        asked.append(call.service)
        return ANSWERS[call.service] if call.service != "list_wallets" else {"wallets": []}

    await lists_answered_by(hass, answer)
    hass.bus.async_fire("demo_lists")
    await hass.async_block_till_done()
    assert "list_wallets" in asked
    assert "get_statement" not in asked
    assert "is undefined" not in caplog.text
