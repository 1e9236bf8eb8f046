"""What the hub's system page says about the sites."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .operations.overview import overview


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:  # noqa: ARG001
    """Have the system page ask."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Sum up all loaded sites."""
    entries: list[PrepaidConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    sites = [entry.runtime_data.site for entry in entries]
    seen = [overview(site) for site in sites]
    return {
        "sites": len(sites),
        "books_writable": sum(site.books.writable for site in sites),
        "meters": sum(one.meters for one in seen),
        "meters_read": sum(one.meters_read for one in seen),
        "wallets": sum(len(site.wallets) for site in sites),
        "doubts": sum(len(site.doubts) for site in sites),
    }
