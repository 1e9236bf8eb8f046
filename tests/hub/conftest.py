"""The hub's side, over real sockets on this machine."""

from collections.abc import AsyncIterator, Generator, Iterator
from unittest.mock import AsyncMock, patch

from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.hub.flow_steps import PROBE
from tests.journeys.conftest import (
    Hub,
    broker,
    hass_config_dir,
    hub,
    modbus_device,
    modbus_line,
    noon,
)

__all__ = ["broker", "hass_config_dir", "hub", "modbus_device", "modbus_line", "noon"]

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


@pytest.fixture
def little_patience() -> Iterator[None]:
    """What is not there is waited for a moment only."""
    with patch(f"{PROBE}_mqtt.LISTEN_S", 0.3):
        yield


@pytest.fixture
def pulses(hub: Hub) -> list[ServiceCall]:
    """How often a gate among the hub's entities was asked to open."""
    calls: list[ServiceCall] = []

    async def opened(call: ServiceCall) -> None:
        calls.append(call)
        hub.hass.states.async_set("cover.gate", "open")

    hub.hass.services.async_register("cover", "open_cover", opened)
    hub.hass.states.async_set("cover.gate", "closed")
    return calls


@pytest.fixture
async def server(hub: Hub, socket_enabled: None) -> AsyncIterator[str]:
    """The address of the hub's own web server, on a port of this machine."""
    await async_setup_component(hub.hass, "http", {})
    server = TestServer(hub.hass.http.app)
    await server.start_server()
    yield str(server.make_url("/"))
    await server.close()


@pytest.fixture
def board() -> WaveshareRelay:
    """A relay board with eight contacts and eight inputs."""
    return WaveshareRelay(unit=1)


@pytest.fixture
async def line(board: WaveshareRelay) -> AsyncIterator[ModbusLine]:
    """The bus with that board."""
    async with ModbusLine([board]) as line:
        yield line
