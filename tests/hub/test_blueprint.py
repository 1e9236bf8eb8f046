"""The blueprint that the documentation links: imported as users do, and run to its end."""

from collections.abc import AsyncIterator
from typing import Any, Final

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.core import ServiceCall
from homeassistant.util import yaml
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests.hub.blueprints import FOLDER, NOTIFIED, phone_of, use_blueprint
from tests.journeys.conftest import Hub

FILE: Final = "prepaid_parking/low_balance_phone.yaml"
PATH: Final = FOLDER / FILE


@pytest.fixture
async def sent(hub: Hub) -> AsyncIterator[list[ServiceCall]]:
    """What reached the phone, with the blueprint in use for all wallets."""
    sent = async_mock_service(hub.hass, "notify", NOTIFIED)
    given = {
        "phone": phone_of(hub.hass),
        "amount": "80",
        "remind_after": {"milliseconds": 50},
    }
    await use_blueprint(hub, FILE, "Low", given)
    yield sent
    await hub.hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.low"}, blocking=True
    )


async def low_wallet(hub: Hub) -> None:
    """Open a wallet and let its balance become low."""
    await hub.call("open_wallet", unit="Flat 3-201")
    await hub.call("top_up", wallet="w1", amount="60")
    await hub.call("deduct", wallet="w1", amount="30", reason="key")


async def arrived(hub: Hub, sent: list[ServiceCall], count: int) -> dict[str, Any]:
    """Wait for a message on the phone."""

    async def said() -> bool:
        return len(sent) >= count

    await hub.until(said)
    assert len(sent) == count
    return dict(sent[-1].data)


def press(hub: Hub, message: dict[str, Any], button: int) -> None:
    """Press a button of a message, as the app reports it."""
    action = message["data"]["actions"][button]["action"]
    hub.hass.bus.async_fire("mobile_app_notification_action", {"action": action})


def test_the_blueprint_can_be_imported_by_the_oldest_hub_we_support() -> None:
    """A field that only the next hub knows would make the import fail with a riddle."""
    text = PATH.read_text()
    blueprint = Blueprint(
        yaml.load_yaml_dict(str(PATH)),
        expected_domain="automation",
        path=FILE,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    assert blueprint.metadata["homeassistant"]["min_version"] == "2026.10.0"
    assert "visible:" not in text


async def test_the_button_tops_up_once_and_tells_the_new_balance(
    hub: Hub, sent: list[ServiceCall]
) -> None:
    """The manager presses twice, because phones are slow; the tenant is credited once."""
    await low_wallet(hub)
    message = await arrived(hub, sent, 1)
    assert message["title"] == "Flat 3-201: low balance"
    assert message["message"] == "30.00 CNY left."
    assert [one["title"] for one in message["data"]["actions"]] == ["Top up 80 CNY", "Remind me"]
    press(hub, message, 0)
    press(hub, message, 0)
    done = await arrived(hub, sent, 2)
    assert done["message"] == "Topped up 80 CNY, now 110.00 CNY."
    assert (await hub.wallet("w1"))["balance"] == "110.00"


async def test_the_reminder_comes_while_the_balance_is_low_and_not_after(
    hub: Hub, sent: list[ServiceCall]
) -> None:
    """A reminder for a wallet that was paid in between makes people switch reminders off."""
    await low_wallet(hub)
    press(hub, await arrived(hub, sent, 1), 1)
    again = await arrived(hub, sent, 2)
    assert again["message"] == "30.00 CNY left."
    await hub.call("top_up", wallet="w1", amount="100")

    async def recovered() -> bool:
        return bool((await hub.wallet("w1"))["state"] == "ok")

    await hub.until(recovered)
    press(hub, again, 1)

    async def over() -> bool:
        state = hub.hass.states.get("automation.low")
        return state is not None and state.attributes["current"] == 0

    await hub.until(over)
    assert len(sent) == 2
