"""What of a site can be changed at any time without touching a device."""

from collections.abc import Mapping
from os import W_OK, access
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
    TextSelector,
)
import probatio as vol

from .const import (
    CONF_CHECKPOINT_S,
    CONF_DESK_OPEN,
    CONF_HINT_REVERSE,
    CONF_IDLE_DAYS,
    CONF_LOSS_PERCENT,
    CONF_MORE_PERCENT,
    CONF_OUTDOOR,
    CONF_OUTDOOR_LEAST,
    CONF_PICTURE_DAYS,
    CONF_PUBLISH_S,
    CONF_REGISTER_BESIDE,
    CONF_RESTORE_SPACING_S,
    CONF_SECOND_ANCHOR,
    DEFAULT_CHECKPOINT_S,
    DEFAULT_OUTDOOR_LEAST,
    DEFAULT_PICTURE_DAYS,
    DEFAULT_PUBLISH_S,
    DEFAULT_RESTORE_SPACING_S,
)
from .flow_fields import whole
from .flow_options_pay import PaySteps
from .flow_park import ParkSteps
from .register_law import async_said_of_country
from .thresholds import DEFAULTS


class PrepaidOptionsFlow(ParkSteps, PaySteps):
    """A page of settings, one about payments, and the car park step by step."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the settings, how payers reach the site, and the set-up of the car park."""
        return self.async_show_menu(
            step_id="init", menu_options=["settings", "payments", "car_park"]
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for all settings on one page."""
        errors: dict[str, str] = {}
        if user_input is not None:
            folder = user_input.get(CONF_SECOND_ANCHOR, "").strip()
            problem = await self.hass.async_add_executor_job(_folder_problem, folder)
            if problem:
                errors[CONF_SECOND_ANCHOR] = problem
            else:
                return self.async_create_entry(
                    data={
                        **self.config_entry.options,
                        CONF_SECOND_ANCHOR: folder,
                        **options_of(user_input),
                    }
                )
        schema = vol.Schema(
            {
                vol.Optional(CONF_SECOND_ANCHOR): TextSelector(),
                vol.Required(CONF_CHECKPOINT_S, default=DEFAULT_CHECKPOINT_S): whole(
                    10, 900, unit="s"
                ),
                vol.Required(CONF_PUBLISH_S, default=DEFAULT_PUBLISH_S): whole(1, 900, unit="s"),
                vol.Required(CONF_DESK_OPEN, default=True): BooleanSelector(),
                vol.Required(CONF_REGISTER_BESIDE, default=False): BooleanSelector(),
                vol.Required(CONF_RESTORE_SPACING_S, default=DEFAULT_RESTORE_SPACING_S): whole(
                    0, 60, unit="s"
                ),
                vol.Optional(CONF_OUTDOOR): EntitySelector(
                    EntitySelectorConfig(
                        filter=[
                            EntityWithDeviceFilterSelectorConfig(
                                domain="sensor", device_class="temperature"
                            )
                        ]
                    )
                ),
                vol.Required(CONF_OUTDOOR_LEAST, default=DEFAULT_OUTDOOR_LEAST): whole(
                    -30, 40, unit="°C"
                ),
                vol.Required(CONF_IDLE_DAYS, default=DEFAULTS[CONF_IDLE_DAYS]): whole(
                    1, 21, unit="d"
                ),
                vol.Required(CONF_MORE_PERCENT, default=DEFAULTS[CONF_MORE_PERCENT]): whole(
                    120, 2000, unit="%"
                ),
                vol.Required(CONF_LOSS_PERCENT, default=DEFAULTS[CONF_LOSS_PERCENT]): whole(
                    1, 90, unit="%"
                ),
                vol.Required(CONF_HINT_REVERSE, default=True): BooleanSelector(),
                vol.Required(CONF_PICTURE_DAYS, default=DEFAULT_PICTURE_DAYS): whole(
                    0, 90, unit="d"
                ),
            }
        )
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                schema, {**_known(self.config_entry.options), **(user_input or {})}
            ),
            errors=errors,
            description_placeholders={"register": await async_said_of_country(self.hass)},
        )


def _known(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as they are suggested: no thermometer is no entity with an empty name."""
    return {name: value for name, value in options.items() if name != CONF_OUTDOOR or value}


def options_of(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was chosen, the usual where nothing was."""
    return {
        CONF_CHECKPOINT_S: chosen.get(CONF_CHECKPOINT_S, DEFAULT_CHECKPOINT_S),
        CONF_PUBLISH_S: chosen.get(CONF_PUBLISH_S, DEFAULT_PUBLISH_S),
        CONF_DESK_OPEN: chosen.get(CONF_DESK_OPEN, True),
        CONF_REGISTER_BESIDE: chosen.get(CONF_REGISTER_BESIDE, False),
        CONF_RESTORE_SPACING_S: chosen.get(CONF_RESTORE_SPACING_S, DEFAULT_RESTORE_SPACING_S),
        CONF_OUTDOOR: chosen.get(CONF_OUTDOOR, ""),
        CONF_OUTDOOR_LEAST: chosen.get(CONF_OUTDOOR_LEAST, DEFAULT_OUTDOOR_LEAST),
        CONF_PICTURE_DAYS: chosen.get(CONF_PICTURE_DAYS, DEFAULT_PICTURE_DAYS),
        **{name: chosen.get(name, usual) for name, usual in DEFAULTS.items()},
    }


def _folder_problem(folder: str) -> str:
    """Say why a folder cannot hold the second anchor; "" where it can or none is wanted."""
    if not folder:
        return ""
    path = Path(folder)
    if not path.is_absolute() or not path.is_dir():
        return "folder_missing"
    return "" if access(path, W_OK) else "folder_not_writable"
