"""A blueprint put where an import puts it, and used with a manager's phone."""

from collections.abc import Mapping
from pathlib import Path
import shutil
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.journeys.conftest import Hub
from tests.repository.tree import ROOT

FOLDER: Final = ROOT / "blueprints" / "automation"
NOTIFIED: Final = "mobile_app_manager_s_phone"
"""The action that the phone below is told by."""


def phone_of(hass: HomeAssistant) -> str:
    """A manager's phone with the hub's app."""
    entry = MockConfigEntry(domain="mobile_app", title="Manager's phone")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("mobile_app", "abc")},
        name="Manager's phone",
    )
    return device.id


def _copied(file: str, blueprints: str) -> None:
    folder = Path(blueprints, "automation", "prepaid_parking")
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / file, folder)


async def use_blueprint(hub: Hub, file: str, alias: str, given: Mapping[str, Any]) -> None:
    """Make an automation of a blueprint with what is `given`, and see that it is on."""
    await hub.hass.async_add_executor_job(_copied, file, hub.hass.config.path("blueprints"))
    use = {"path": file, "input": given}
    automation = {"id": alias.lower(), "alias": alias, "use_blueprint": use}
    assert await async_setup_component(hub.hass, "automation", {"automation": [automation]})
    await hub.hass.async_block_till_done()
    state = hub.hass.states.get(f"automation.{alias.lower()}")
    assert state is not None
    assert state.state == "on"
