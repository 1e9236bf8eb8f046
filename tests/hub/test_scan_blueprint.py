"""The blueprint that starts a machine by a tag: imported as users do, and run by scanning one."""

from collections.abc import AsyncIterator
from pathlib import Path
import shutil
from typing import Final

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.core import ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests.journeys.conftest import Hub
from tests.journeys.selling import WASHES, customer, publish, state
from tests.repository.tree import ROOT

FILE: Final = "prepaid_parking/scan_to_start.yaml"
PATH: Final = ROOT / "blueprints" / "automation" / FILE
WASHER: Final = "input_boolean.washer"


def copy_into(blueprints: str) -> None:
    """Put the blueprint where an import puts it."""
    folder = Path(blueprints, "automation", "prepaid_parking")
    folder.mkdir(parents=True)
    shutil.copy(PATH, folder)


@pytest.fixture
async def shown(hub: Hub) -> AsyncIterator[list[ServiceCall]]:
    """What the display in the laundry showed, with a washer and a customer with 50 washes."""
    await hub.hass.async_add_executor_job(copy_into, hub.hass.config.path("blueprints"))
    shown = async_mock_service(hub.hass, "notify", "send_message")
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": {"washer": {}}})
    await publish(hub, WASHES)
    wallet = await customer(hub, "100")
    await hub.call("sell_package", wallet=wallet, tariff="washes")
    await hub.call("issue_card", wallet=wallet, tags=["04-AB-12"])
    await hub.call(
        "set_use_point", name="Washer 4", kind="timed", tariff="washes", minutes=40, switch=WASHER
    )
    use = {
        "path": FILE,
        "input": {"point": "Washer 4", "reader": "laundry", "display": "notify.laundry"},
    }
    automation = {"id": "scan", "alias": "Scan", "use_blueprint": use}
    assert await async_setup_component(hub.hass, "automation", {"automation": [automation]})
    await hub.hass.async_block_till_done()
    assert state(hub, "automation.scan") == "on"
    yield shown
    await hub.hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.scan"}, blocking=True
    )


async def said(hub: Hub, shown: list[ServiceCall], count: int) -> str:
    """Wait for a message on the display."""

    async def there() -> bool:
        return len(shown) >= count

    await hub.until(there)
    assert len(shown) == count
    return str(shown[-1].data["message"])


def scan(hub: Hub, tag: str, reader: str = "laundry") -> None:
    """Scan a tag, as the hub's readers report it."""
    hub.hass.bus.async_fire("tag_scanned", {"tag_id": tag, "device_id": reader, "name": "Tag"})


def test_the_blueprint_can_be_imported_by_the_oldest_hub_we_support() -> None:
    """A field that only the next hub knows would make the import fail with a riddle."""
    blueprint = Blueprint(
        yaml.load_yaml_dict(str(PATH)),
        expected_domain="automation",
        path=FILE,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    assert blueprint.metadata["homeassistant"]["min_version"] == "2026.10.0"


async def test_a_scanned_tag_starts_the_washer_and_takes_one_wash(
    hub: Hub, shown: list[ServiceCall]
) -> None:
    """The customer holds the tag to the reader, twice because readers are slow, and pays once."""
    scan(hub, "04-AB-12")
    scan(hub, "04-AB-12")
    assert await said(hub, shown, 2) == "Washer 4 is on. Left: 49 uses, 0.00."
    assert state(hub, WASHER) == "on"
    assert (await hub.call("list_packages"))["packages"][0]["left"] == 49


async def test_a_stranger_and_another_reader_start_nothing(
    hub: Hub, shown: list[ServiceCall]
) -> None:
    """A tag that nobody knows is refused in words; one scanned next door is none of its business."""
    scan(hub, "04-AB-12", reader="front door")
    scan(hub, "somebody's")
    assert await said(hub, shown, 1) == "Not accepted. Please ask at the desk."
    assert state(hub, WASHER) == "off"


async def test_a_washer_that_is_away_is_said_and_paid_back(
    hub: Hub, shown: list[ServiceCall]
) -> None:
    """Nobody has to phone for their wash back."""
    hub.hass.states.async_set(WASHER, "unavailable")
    scan(hub, "04-AB-12")
    assert await said(hub, shown, 1) == "Washer 4 did not start. You have been paid back."
    assert (await hub.call("list_packages"))["packages"][0]["left"] == 50
