"""Steps of journeys in which something is sold by the use or by the hour."""

from typing import Any, Final

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
    await hub.call("publish_tariff", **document)


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
