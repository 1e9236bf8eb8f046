"""Steps of journeys in which something is sold by the use or by the hour."""

from datetime import UTC, datetime
from typing import Any, Final

from custom_components.prepaid_parking.core.identity import SYSTEM
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.operations.tariff_book import publish_tariff

from .conftest import Hub

WASHES: Final = {
    "tariff": "washes",
    "kind": "counted",
    "counted": {"uses": 50, "price": "100", "after": "refuse"},
}

HOURLY: Final = {
    "tariff": "hourly",
    "kind": "duration",
    "duration": {"price": "6", "per": 60, "step": 1, "counting": "started"},
}
"""Ten cents for each minute that has begun."""

PER_KM: Final = {
    "tariff": "per_km",
    "kind": "duration",
    "quantity": "length",
    "duration": {"price": "0.50", "per": "1", "counting": "exact"},
}


async def publish(hub: Hub, document: dict[str, Any]) -> None:
    """Put a tariff into effect."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    version = read_tariff(document, version=1, valid_from=since)
    await publish_tariff(hub.data.site, version=version, actor=SYSTEM)


async def customer(hub: Hub, money: str, unit: str = "Flat 3-201") -> str:
    """Open a wallet for what is sold by the use, with some money in it; return its id."""
    opened = await hub.call("open_wallet", unit=unit, purpose="property")
    await hub.call("top_up", wallet=opened["wallet"], amount=money, channel="cash")
    return str(opened["wallet"])


def state(hub: Hub, entity: str) -> str:
    """Return what an entity of the hub shows."""
    found = hub.hass.states.get(entity)
    assert found is not None, sorted(one.entity_id for one in hub.hass.states.async_all())
    return found.state
