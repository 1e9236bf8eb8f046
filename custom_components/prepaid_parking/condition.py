"""Conditions: what has to be so when an automation runs."""

from typing import Any, Final, Unpack, cast, override

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_OPTIONS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import Condition, ConditionCheckParams, ConditionConfig
from homeassistant.helpers.typing import ConfigType
import probatio as vol

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .operations.occupancy import free_places

CONF_ZONE: Final = "zone"
FULL: Final = vol.Schema(
    {
        vol.Optional(CONF_OPTIONS, default=dict): {
            vol.Optional(CONF_ZONE): cv.string,
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        }
    }
)
OF_A_SITE: Final = vol.Schema(
    {vol.Optional(CONF_OPTIONS, default=dict): {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}}
)


class CarParkIsFull(Condition):
    """No place is left for temporaries; never so where nobody counts, or the site does not run."""

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options."""
        return cast("ConfigType", FULL(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep which site and zone are meant."""
        super().__init__(hass, config)
        options: dict[str, Any] = config.options or {}
        self._entry: str | None = options.get(ATTR_CONFIG_ENTRY_ID)
        self._zone: str = options.get(CONF_ZONE, "")

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Tell whether one of the sites that are meant is full."""
        entries: list[PrepaidConfigEntry] = self._hass.config_entries.async_entries(DOMAIN)
        return any(
            free_places(entry.runtime_data.site, self._zone) == 0
            for entry in entries
            if entry.state is ConfigEntryState.LOADED and self._entry in (None, entry.entry_id)
        )


class PaymentUnreconciled(Condition):
    """Money has arrived that nobody has given a place yet."""

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options."""
        return cast("ConfigType", OF_A_SITE(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep which site is meant."""
        super().__init__(hass, config)
        self._entry: str | None = (config.options or {}).get(ATTR_CONFIG_ENTRY_ID)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Tell whether such money lies at one of the sites that are meant."""
        entries: list[PrepaidConfigEntry] = self._hass.config_entries.async_entries(DOMAIN)
        return any(
            entry.runtime_data.site.paying.unmatched
            for entry in entries
            if entry.state is ConfigEntryState.LOADED and self._entry in (None, entry.entry_id)
        )


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "car_park_is_full": CarParkIsFull,
    "payment_unreconciled": PaymentUnreconciled,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:  # noqa: ARG001
    """Return the conditions of the integration."""
    return CONDITIONS
