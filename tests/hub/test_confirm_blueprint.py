"""Operations that wait, at the hub: a phone confirms them, and no state, log or trace has the code."""

from typing import Final

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.trace.const import DATA_TRACE
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import yaml
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests.hub.blueprints import FOLDER, NOTIFIED, phone_of, use_blueprint
from tests.journeys.conftest import Hub

FILE: Final = "prepaid_parking/confirm_by_phone.yaml"
PATH: Final = FOLDER / FILE


async def set_up(hub: Hub) -> None:
    """Use the blueprint, and let refunds above 500 need a code."""
    await use_blueprint(hub, FILE, "Confirm", {"phone": phone_of(hub.hass)})
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
    sent = async_mock_service(hub.hass, "notify", NOTIFIED)
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
