"""What automations hear of money that came without a place, and what they can ask for."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from tests.hub.test_trigger import automation, ran
from tests.journeys.conftest import Hub
from tests.operations.provider import Provider, connect


async def underpaid(hub: Hub) -> None:
    """Somebody pays less than he was asked for."""
    provider, site = Provider(), hub.data.site
    provider.currency = site.currency.code
    connect(site, provider)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("create_order", wallet="w1", channel="ch1", amount="50.00")
    provider.pay(provider.asked[0].out_no, 4900)
    await hub.call("get_order", order="po1", look=True)


async def evening(hass: HomeAssistant, options: dict[str, Any]) -> list[str]:
    """Set up an automation that asks for it; returns when it was so."""
    told: list[str] = []
    hass.bus.async_listen("told", lambda event: told.append(str(event.event_type)))
    condition = {"condition": "prepaid_parking.payment_unreconciled", "options": options}
    config = {
        "alias": "evening",
        "triggers": [{"trigger": "event", "event_type": "evening"}],
        "conditions": [condition],
        "actions": [{"event": "told"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
    return told


async def test_a_payment_without_a_place_is_told(hub: Hub) -> None:
    """A tenant asks where his money is: the office must know of it before he does."""
    runs = await automation(hub.hass, "payment_unreconciled", {})
    await underpaid(hub)
    given = await ran(hub, runs)
    told = given["payment"], given["order"], given["amount"], given["why"], given["channel"]
    assert told == ("pu1", "po1", "49.00", "amount", "ch1")


async def test_an_automation_can_ask_whether_payments_wait(hub: Hub) -> None:
    """The cashier goes home when there is nothing left to settle."""
    told = await evening(hub.hass, {})

    async def asked() -> int:
        hub.hass.bus.async_fire("evening")
        await hub.hass.async_block_till_done()
        return len(told)

    assert await asked() == 0
    await underpaid(hub)
    assert await asked() == 1
    await hub.call("settle_payment", payment="pu1", wallet="w1")
    assert await asked() == 1


async def test_a_cashier_of_one_site_is_not_told_of_another(hub: Hub) -> None:
    """Two houses on one hub: each has an office of its own."""
    told = await evening(hub.hass, {"config_entry_id": "another"})
    await underpaid(hub)
    hub.hass.bus.async_fire("evening")
    await hub.hass.async_block_till_done()
    assert told == []
