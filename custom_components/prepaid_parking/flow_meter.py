"""A meter: found, read, shown to a person, named, and its supply settled; then saved."""

from typing import Any, Final, override

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import TextSelector
import probatio as vol

from .const import (
    CONF_COMMODITY,
    CONF_CONSENT,
    CONF_GENERIC,
    CONF_INTERVAL,
    CONF_LATENCY,
    CONF_LINE_ID,
    CONF_MAX_POWER,
    CONF_PROFILE,
    CONF_QUANTITY,
    CONF_RELAY,
    CONF_SERIAL,
    CONF_SOURCE,
    CONF_UNIT_ID,
    DEFAULT_INTERVAL_S,
    DEFAULT_LATENCY_S,
    GENERIC_MODBUS,
    SAVED,
    SOURCE_ENTITY,
    SOURCE_MODBUS,
    SOURCE_MQTT,
)
from .core.metering import UNIT, Quantity
from .flow_fields import choice, decimal_text, whole
from .flow_meter_draft import COMMODITIES
from .flow_meter_entity import EntityMeterSteps
from .flow_meter_modbus import ModbusMeterSteps, async_profile_of
from .flow_meter_mqtt import relay_settings
from .flow_meter_supply import SupplySteps
from .links.payloads import RELAYS
from .subentry_probe import ProbeError, async_test_trip
from .subentry_probe_mqtt import async_test_mqtt_trip

STEP_OF_SOURCE: Final = {
    SOURCE_MODBUS: "modbus",
    SOURCE_MQTT: "mqtt",
    SOURCE_ENTITY: "hub_entity",
}
LONGEST_INTERVAL_S: Final = 86_400
"""A battery meter reports once a day."""
POWER: Final = {Quantity.ENERGY: "kW", Quantity.REACTIVE: "kvar"}
"""What energy in an hour is called; of all else it is the unit per hour."""


class MeterFlow(ModbusMeterSteps, EntityMeterSteps, SupplySteps):
    """Adds or changes a meter."""

    async def async_step_user(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Ask how the meter is reached."""
        return self.async_show_menu(step_id="user", menu_options=list(STEP_OF_SOURCE.values()))

    async def async_step_reconfigure(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Ask what is to be changed."""
        subentry = self._get_reconfigure_subentry()
        self.data, self.name = dict(subentry.data), subentry.title
        self.data[CONF_RELAY] = dict(self.data[CONF_RELAY])
        if self.data[CONF_SOURCE] == SOURCE_MODBUS:
            try:
                self.profile = await async_profile_of(self.hass, self.data)
            except ProbeError as err:
                return self.async_abort(
                    reason="unknown_profile", description_placeholders={"profile": err.detail}
                )
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=[STEP_OF_SOURCE[self.data[CONF_SOURCE]], "settings", "relay"],
        )

    @override
    async def async_meter_proven(self) -> SubentryFlowResult:
        return await (self.async_step_confirm() if self.changing else self.async_step_details())

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what was read at the new address before it is saved."""
        if user_input is not None:
            return await self.async_settled()
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders=await self.async_reading(),
        )

    async def async_step_details(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what was read, and ask for what the meter cannot tell."""
        assert self.seen is not None
        told = self.seen.sample.serial
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._take(user_input)
            self.data[CONF_QUANTITY] = self.seen.quantity.value
            self.data[CONF_SERIAL] = told or user_input[CONF_SERIAL].strip()
            if self.is_known(self.unique_id):
                errors["base"] = "already_configured"
            if not errors:
                return await self.async_step_relay()
        fields = {} if told else {vol.Required(CONF_SERIAL): TextSelector()}
        schema = self._settings_schema(self.seen.quantity, fields)
        return self.async_show_form(
            step_id="details",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or {CONF_MAX_POWER: self.usual_power, **self.data}
            ),
            errors=errors,
            description_placeholders=await self.async_reading() | _per_hour(self.seen.quantity),
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change what needs no device: a dead meter can be renamed too."""
        errors: dict[str, str] = {}
        quantity = Quantity(self.data[CONF_QUANTITY])
        if user_input is not None:
            errors = self._take(user_input)
            if not errors:
                return await self.async_settled()
        schema = self._settings_schema(quantity, {})
        shown = user_input or {**self.data, CONF_NAME: self.name}
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"serial": self.data[CONF_SERIAL]} | _per_hour(quantity),
        )

    @override
    async def async_settled(self) -> SubentryFlowResult:
        data = {CONF_CONSENT: False, CONF_LATENCY: DEFAULT_LATENCY_S, **self.data}
        self.save_line(data.get(CONF_LINE_ID, ""))
        if self.changing:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=self.name,
                data=data,
                reason=SAVED,
            )
        return self.async_create_entry(title=self.name, data=data, unique_id=self.unique_id)

    @override
    async def async_read_again(self) -> tuple[dict[str, str], str]:
        return await self.async_read_modbus()

    @override
    async def async_trip(self) -> None:
        line = self.line_data(self.data[CONF_LINE_ID])
        if self.data[CONF_SOURCE] == SOURCE_MQTT:
            settings, interval = relay_settings(self.data), self.data[CONF_INTERVAL]
            await async_test_mqtt_trip(line, settings, interval)
        else:
            assert self.profile is not None
            await async_test_trip(self.hass, line, self.profile, self.data[CONF_UNIT_ID])

    @property
    @override
    def experimental(self) -> bool:
        if self.data[CONF_SOURCE] == SOURCE_MQTT:
            return not RELAYS[self.data[CONF_PROFILE]].confidence.may_switch
        return self.profile is not None and self.profile.about.experimental

    def _take(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Take the settings of a form; returns its errors."""
        self.name = user_input[CONF_NAME].strip()
        self.data[CONF_COMMODITY] = user_input[CONF_COMMODITY]
        self.data[CONF_INTERVAL] = user_input[CONF_INTERVAL]
        most = decimal_text(user_input[CONF_MAX_POWER])
        if most is None:
            return {CONF_MAX_POWER: "not_a_number"}
        self.data[CONF_MAX_POWER] = most
        if self.data[CONF_PROFILE] == GENERIC_MODBUS:
            asked = {CONF_COMMODITY: self.data[CONF_COMMODITY], CONF_MAX_POWER: most}
            self.data[CONF_GENERIC] = self.data[CONF_GENERIC] | asked
        return {}

    def _settings_schema(self, quantity: Quantity, fields: dict[Any, Any]) -> vol.Schema:
        commodities = [one.value for one in COMMODITIES[quantity]]
        usual = self.profile.commodity.value if self.profile else commodities[0]
        default = self.data.get(CONF_COMMODITY, usual)
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                **fields,
                vol.Required(
                    CONF_COMMODITY, default=default if default in commodities else commodities[0]
                ): choice(commodities, key="commodity"),
                vol.Required(CONF_INTERVAL, default=DEFAULT_INTERVAL_S): whole(
                    1, LONGEST_INTERVAL_S, unit="s"
                ),
                vol.Required(CONF_MAX_POWER): TextSelector(),
            }
        )


def _per_hour(quantity: Quantity) -> dict[str, str]:
    """Return the unit in which the most per hour is asked."""
    return {"per_hour": POWER.get(quantity, f"{UNIT[quantity]}/h")}
