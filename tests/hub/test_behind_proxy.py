"""Behind a reverse proxy each payer has an address of their own, and a terminal is overheard or not."""

from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from custom_components.prepaid_parking import standing_repairs
from custom_components.prepaid_parking.operations.risk_signs import payers_network
from tests.hub.test_repairs import asked, gone
from tests.hub.test_terminal import PAY, Kiosk
from tests.journeys.conftest import Hub


@pytest.fixture
async def hass(hass: HomeAssistant) -> HomeAssistant:
    """A hub that believes a proxy on its own machine."""
    proxied = {"use_x_forwarded_for": True, "trusted_proxies": ["127.0.0.1"]}
    assert await async_setup_component(hass, "http", {"http": proxied})
    assert await async_setup_component(hass, "repairs", {})
    return hass


@pytest.fixture
async def kiosk(
    hub: Hub, hass_client_no_auth: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Kiosk:
    """A kiosk before a wallet, at a site that looks often."""
    monkeypatch.setattr(standing_repairs, "LOOK_EVERY", timedelta(milliseconds=100))
    await hub.restart()
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    made = await hub.call("set_terminal", name="Lobby kiosk")
    return Kiosk(hub, await hass_client_no_auth(), made["key"])


async def call(kiosk: Kiosk, address: str, scheme: str) -> int:
    """Have the kiosk pay from an address, over http or https."""
    body = json.dumps(PAY).encode()
    way = {"X-Forwarded-For": address, "X-Forwarded-Proto": scheme}
    return (await kiosk.ask(body, kiosk.signed(body) | way))[0]


async def test_a_terminal_that_is_overheard_is_said_until_it_is_not(hub: Hub, kiosk: Kiosk) -> None:
    """The guests' Wi-Fi reads along who parks where and pays how much; nobody sees that at the kiosk."""
    assert await call(kiosk, "192.168.1.50", "http") == 200
    issue = await asked(hub, "terminal_insecure")
    assert issue.translation_placeholders == {"name": "Lobby kiosk"}
    assert await call(kiosk, "192.168.1.50", "https") == 200
    await gone(hub, "terminal_insecure")
    assert await call(kiosk, "192.168.1.50", "http") == 200
    await asked(hub, "terminal_insecure")
    await hub.call("set_terminal", terminal="tm1", closed=True)
    await gone(hub, "terminal_insecure")


async def test_who_is_not_proven_raises_no_repair(hub: Hub, kiosk: Kiosk) -> None:
    """Anybody in the network could make the manager look for a fault that is none."""
    kiosk.key = "made up"
    assert await call(kiosk, "192.168.1.50", "http") == 401
    kiosk.key = ""
    assert hub.data.pay.overheard == set()


async def test_a_program_on_the_hubs_machine_is_not_overheard(hub: Hub, kiosk: Kiosk) -> None:
    """What stays on the machine goes over no wire."""
    assert (await kiosk.ask(PAY))[0] == 200
    assert hub.data.pay.overheard == set()


async def test_the_hub_knows_its_own_address(hub: Hub) -> None:
    """A proxy that names no payer brings all of them under the hub's own address."""
    site, api = hub.data.site, hub.hass.config.api
    assert api is not None
    assert payers_network(site, api.local_ip) == ""
    assert payers_network(site, "203.0.113.7") != ""
