"""The blueprints and the demo's own automations where a hub runs two sites: each names the one it means."""

from collections.abc import Iterator
from typing import Any, Final

from homeassistant.core import ServiceCall
from homeassistant.util import yaml
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests.hub.blueprints import FOLDER, NOTIFIED, phone_of, use_blueprint
from tests.journeys.conftest import Hub
from tests.journeys.selling import WASHES, customer, publish
from tests.journeys.test_end import NamedHub, second
from tests.repository.tree import ROOT

__all__ = ["second"]

DEMO: Final = ROOT / "script" / "demo"
WRITTEN: Final = (
    *sorted((FOLDER / "prepaid_parking").glob("*.yaml")),
    DEMO / "attendant.yaml",
    DEMO / "lists.yaml",
)


def calls_in(node: object) -> Iterator[dict[str, Any]]:
    """Every step of a document that calls an action of the integration."""
    if isinstance(node, list):
        for one in node:
            yield from calls_in(one)
    elif isinstance(node, dict):
        if str(node.get("action", "")).startswith("prepaid_parking."):
            yield node
        for one in node.values():
            yield from calls_in(one)


@pytest.fixture
def first(hub: Hub) -> NamedHub:
    """The site that was there before the other one."""
    return NamedHub(hub.hass, hub.entry)


async def off(hub: Hub, automation: str) -> None:
    """Switch an automation off, so that nothing of it is left."""
    await hub.hass.services.async_call(
        "automation", "turn_off", {"entity_id": automation}, blocking=True
    )


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_every_call_names_its_site(path: Any) -> None:
    """A call that does not is refused as soon as somebody adds a second site."""
    calls = list(calls_in(yaml.load_yaml(str(path))))
    if path.parent == DEMO:
        assert calls
    for call in calls:
        assert "config_entry_id" in call["data"], call["action"]


async def test_a_tag_pays_at_the_site_that_was_chosen(first: NamedHub, second: Hub) -> None:
    """Two houses have a washer 4 each: the tenant of one is not charged in the other."""
    shown: list[ServiceCall] = async_mock_service(first.hass, "notify", "send_message")
    for site in (first, second):
        await publish(site, WASHES)
        wallet = await customer(site, "100")
        await site.call("sell_package", wallet=wallet, tariff="washes")
        await site.call("issue_card", wallet=wallet, tags=["04-AB-12"])
        await site.call("set_use_point", name="Washer 4", kind="tap", tariff="washes")
    given = {"point": "Washer 4", "display": "notify.laundry", "site": second.entry.entry_id}
    await use_blueprint(first, "prepaid_parking/scan_to_start.yaml", "Scan", given)
    first.hass.bus.async_fire("tag_scanned", {"tag_id": "04-AB-12", "device_id": "any"})

    async def said() -> bool:
        return bool(shown)

    await first.until(said)
    assert shown[0].data["message"] == "Thank you. Left: 49 uses, 0.00."
    left = [(await site.call("list_packages"))["packages"][0]["left"] for site in (first, second)]
    assert left == [50, 49]
    await off(first, "automation.scan")


async def test_a_button_on_the_phone_tops_up_at_the_site_that_told(
    first: NamedHub, second: Hub
) -> None:
    """Both houses have a wallet w1: the money of one must not come to be in the other."""
    sent = async_mock_service(first.hass, "notify", NOTIFIED)
    given = {"phone": phone_of(first.hass), "amount": "80"}
    await use_blueprint(first, "prepaid_parking/low_balance_phone.yaml", "Low", given)
    for site in (first, second):
        await site.call("open_wallet", unit="Flat 3-201")
        await site.call("top_up", wallet="w1", amount="60")
    await second.call("deduct", wallet="w1", amount="30", reason="key")

    async def told(count: int) -> None:
        async def there() -> bool:
            return len(sent) >= count

        await first.until(there)

    await told(1)
    press = {"action": sent[0].data["data"]["actions"][0]["action"]}
    first.hass.bus.async_fire("mobile_app_notification_action", press)
    await told(2)
    assert sent[1].data["message"] == "Topped up 80 CNY, now 110.00 CNY."
    assert sent[1].data["data"]["tag"] == sent[0].data["data"]["tag"]
    balances = [(await site.wallet("w1"))["balance"] for site in (first, second)]
    assert balances == ["60.00", "110.00"]
    await first.call("deduct", wallet="w1", amount="40", reason="key")
    await told(3)
    # A message under the other one's tag would take its place on the phone.
    assert sent[2].data["data"]["tag"] != sent[0].data["data"]["tag"]
    await off(first, "automation.low")
