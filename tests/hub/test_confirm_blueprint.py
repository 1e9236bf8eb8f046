"""Operations that wait, at the hub: a phone confirms them, and no state, log or trace has the code."""

from pathlib import Path
import shutil
from typing import Final

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.trace.const import DATA_TRACE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from tests.journeys.conftest import Hub
from tests.repository.tree import ROOT

FILE: Final = "prepaid_parking/confirm_by_phone.yaml"
PATH: Final = ROOT / "blueprints" / "automation" / FILE


def phone(hass: HomeAssistant) -> str:
    """A manager's phone with the hub's app."""
    entry = MockConfigEntry(domain="mobile_app", title="Manager's phone")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("mobile_app", "abc")},
        name="Manager's phone",
    )
    return device.id


def copy_into(blueprints: str) -> None:
    """Put the blueprint where an import puts it."""
    folder = Path(blueprints, "automation", "prepaid_parking")
    folder.mkdir(parents=True)
    shutil.copy(PATH, folder)


async def set_up(hub: Hub) -> None:
    """Use the blueprint, and let refunds above 500 need a code."""
    use = {"path": FILE, "input": {"phone": phone(hub.hass)}}
    await hub.hass.async_add_executor_job(copy_into, hub.hass.config.path("blueprints"))
    automation = {"id": "confirm", "alias": "Confirm", "use_blueprint": use}
    assert await async_setup_component(hub.hass, "automation", {"automation": [automation]})
    await hub.hass.async_block_till_done()
    state = hub.hass.states.get("automation.confirm")
    assert state is not None
    assert state.state == "on"
    await hub.call("set_risk_rule", rule="refund_large", limit="500", shadow=False)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="800")


def test_the_blueprint_is_one() -> None:
    """What the hub cannot import helps nobody."""
    text = PATH.read_text(encoding="utf-8")
    data = yaml.parse_yaml(text)
    assert isinstance(data, dict)
    Blueprint(
        data, path=str(PATH), expected_domain="automation", schema=AUTOMATION_BLUEPRINT_SCHEMA
    )


async def test_a_press_on_the_phone_pays_the_refund_once(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """The manager is out: the phone in the pocket agrees, and nothing else on the hub could have."""
    sent = async_mock_service(hub.hass, "notify", "mobile_app_manager_s_phone")
    await set_up(hub)
    with pytest.raises(ServiceValidationError, match="cf1"):
        await hub.call("refund", wallet="w1", amount="600", reason="Moved out", reference="r1")

    async def told() -> bool:
        return bool(sent) and "mobile_app_notification_action" in hub.hass.bus.async_listeners()

    await hub.until(told)
    (message,) = sent
    assert message.data["title"] == "Flat 3-201: refund of 600.00 CNY"
    code = message.data["message"].split(".")[0].removeprefix("Code ")
    assert len(code.zfill(6)) == 6
    assert (await hub.wallet("w1"))["balance"] == "800.00"
    (button,) = message.data["data"]["actions"]
    for _ in range(2):
        hub.hass.bus.async_fire("mobile_app_notification_action", {"action": button["action"]})

    async def done() -> bool:
        return len(sent) == 2

    await hub.until(done)
    assert (await hub.wallet("w1"))["balance"] == "200.00"
    assert sent[1].data["message"] == "cf1 is done."
    assert code not in caplog.text
    assert all(code not in str(state.as_dict()) for state in hub.hass.states.async_all())
    traces = hub.hass.data[DATA_TRACE]["automation.confirm"]
    assert list(traces.all_traces()) == []
