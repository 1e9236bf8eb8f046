"""The hub's side, over real sockets on this machine."""

from collections.abc import Generator
from unittest.mock import AsyncMock, patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from tests.journeys.conftest import hass_config_dir, hub, modbus_device, modbus_line

__all__ = ["hass_config_dir", "hub", "modbus_device", "modbus_line"]

SITE = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Loopback sockets are the point here; the test plugin forbids them unless asked."""


@pytest.fixture
def set_up() -> Generator[AsyncMock]:
    """A site that does not run: what a dialogue stores is looked at, not used."""
    with patch(f"custom_components.{DOMAIN}.async_setup_entry", return_value=True) as set_up:
        yield set_up


@pytest.fixture
def a_site(hass: HomeAssistant) -> MockConfigEntry:
    """A site without anything in it, not loaded."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Lakeside Tower",
        data={"site": SITE, "currency": "CNY"},
        options={"second_anchor": "", "checkpoint_s": 60, "publish_s": 30, "desk_open": True},
        unique_id=SITE,
    )
    entry.add_to_hass(hass)
    return entry
