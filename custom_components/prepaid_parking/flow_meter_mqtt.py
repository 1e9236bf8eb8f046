"""A meter on MQTT: its broker, its family, its topic; then one message of it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import BooleanSelector, TextSelector
from homeassistant.util import dt as dt_util
import probatio as vol

from .const import (
    CONF_FAMILY,
    CONF_INVERTED,
    CONF_LINE_ID,
    CONF_PROFILE,
    CONF_QUANTITY,
    CONF_RELAY,
    CONF_SERIAL,
    CONF_SOURCE,
    CONF_TOPIC,
    LINK_MQTT,
    SOURCE_MQTT,
)
from .core.errors import CoreError
from .core.metering import UNIT, Quantity, Sample
from .flow_choice import NEW_LINE
from .flow_fields import choice, whole
from .flow_meter_draft import MeterDraft, Seen
from .links.payloads import METERS
from .links.payloads.family import MeterSettings, RelaySettings, settings_of
from .links.units import UNITS
from .subentry_probe import ProbeError
from .subentry_probe_mqtt import async_probe_mqtt_meter, async_probe_mqtt_relay

TEXT: Final = TextSelector()
CHANNEL: Final = {vol.Required("channel", default=0): whole(0, 63)}
INVERTED: Final = {vol.Required(CONF_INVERTED, default=False): BooleanSelector()}
COMPONENTS: Final = ("switch", "pm1", "em1data", "emdata", "cover", "light")
SHOWN_UNITS: Final = tuple(unit for unit in UNITS if unit != "m3")


def _texts(*names: str) -> dict[Any, Any]:
    return {vol.Optional(name): TEXT for name in names}


def _needed(*names: str) -> dict[Any, Any]:
    return {vol.Required(name): TEXT for name in names}


UNIT_FIELD: Final = {vol.Required("unit", default="kWh"): choice(SHOWN_UNITS)}
PATHS: Final = _texts("value_path", "time_path", "list_path", "serial_path")
METER_FIELDS: Final[Mapping[str, dict[Any, Any]]] = {
    "tasmota": {**CHANNEL, **_texts("full_topic", "value_path")},
    "shelly_gen2": {vol.Required("component", default="switch"): choice(COMPONENTS), **CHANNEL},
    "zigbee2mqtt": {**UNIT_FIELD, **_texts("value_path")},
    "esphome": {**_needed("component"), **UNIT_FIELD},
    "chirpstack_v4": {**UNIT_FIELD, **PATHS},
    "generic_mqtt": {**UNIT_FIELD, **PATHS},
}
"""What each family has to be told beside its topic."""
STATE_WORDS: Final = _needed("state_on", "state_off")
RELAY_FIELDS: Final[Mapping[str, dict[Any, Any]]] = {
    "tasmota": {**CHANNEL, **INVERTED},
    "shelly_gen2": {**CHANNEL, **INVERTED},
    "zigbee2mqtt": {**_texts("state_path"), **INVERTED},
    "esphome": {**_needed("component"), **INVERTED},
    "chirpstack_v4": {
        vol.Required("port", default=1): whole(1, 223),
        **_needed("command_on", "command_off", "state_path"),
        **STATE_WORDS,
        **INVERTED,
    },
    "generic_mqtt": {
        **_needed("command_topic", "command_on", "command_off", "state_topic"),
        **_texts("state_path"),
        **STATE_WORDS,
        **INVERTED,
    },
}
"""The same for its relay. Where the position is read is required: what nobody sees is not done."""


def relay_settings(data: Mapping[str, Any]) -> RelaySettings:
    """Return how a meter's own relay is spoken to."""
    return settings_of(RelaySettings, {**data, **data[CONF_RELAY], CONF_FAMILY: data[CONF_PROFILE]})


class MqttMeterSteps(MeterDraft):
    """The steps that find a meter behind a broker."""

    async def async_step_mqtt(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask behind which broker it is, and of which family."""
        if user_input is None and not self.lines(LINK_MQTT):
            return await self.async_new_line(LINK_MQTT, self._with_broker)
        if user_input is not None:
            self.data |= {CONF_SOURCE: SOURCE_MQTT, **user_input}
            if user_input[CONF_LINE_ID] == NEW_LINE:
                return await self.async_new_line(LINK_MQTT, self._with_broker)
            return await self.async_step_mqtt_device()
        fields = self.line_field(LINK_MQTT, self.data.get(CONF_LINE_ID))
        if not self.changing:
            family = self.data.get(CONF_PROFILE, next(iter(METERS)))
            fields[vol.Required(CONF_PROFILE, default=family)] = choice(METERS, key="mqtt_family")
        return self.async_show_form(step_id="mqtt", data_schema=vol.Schema(fields))

    async def async_step_mqtt_device(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for its topic and what else the family needs; then wait for a message."""
        errors: dict[str, str] = {}
        detail = ""
        fields = METER_FIELDS[self.data[CONF_PROFILE]]
        if user_input is not None:
            for name in fields:
                self.data.pop(str(name), None)
            self.data |= {
                key: one.strip() if isinstance(one, str) else one for key, one in user_input.items()
            }
            errors, detail = await self.async_read_mqtt()
            if errors.get("base") == "no_message":
                return await self.async_step_mqtt_silent()
            if not errors:
                return await self.async_meter_proven()
        return self.async_show_form(
            step_id="mqtt_device",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(CONF_TOPIC): TEXT, **fields}), self.data
            ),
            errors=errors,
            description_placeholders={"family": self.data[CONF_PROFILE], "detail": detail},
        )

    async def async_step_mqtt_silent(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Nothing came while a person was waiting; a sleepy device may still be right."""
        return self.async_show_menu(
            step_id="mqtt_silent",
            menu_options=["mqtt_again", "mqtt_device", "mqtt_unheard"],
            description_placeholders={"topic": self.data[CONF_TOPIC]},
        )

    async def async_step_mqtt_again(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Wait once more."""
        errors, _ = await self.async_read_mqtt()
        if not errors:
            return await self.async_meter_proven()
        return await self.async_step_mqtt_silent()

    async def async_step_mqtt_unheard(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Go on without having heard it."""
        self.seen = Seen(sample=Sample(at=dt_util.utcnow()), quantity=self._quantity)
        return await self.async_meter_proven()

    async def async_step_relay_mqtt(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how the device's own relay is spoken to; then ask where it is."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            self.data[CONF_RELAY] |= user_input
            try:
                line = self.line_data(self.data[CONF_LINE_ID])
                await async_probe_mqtt_relay(line, relay_settings(self.data))
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            except CoreError as err:
                errors["base"], detail = "settings_invalid", str(err)
            if not errors or (errors["base"] == "no_message" and self.seen_nothing):
                return await self.async_step_supply()
        return self.async_show_form(
            step_id="relay_mqtt",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(RELAY_FIELDS[self.data[CONF_PROFILE]]),
                {"channel": self.data.get("channel"), **self.data[CONF_RELAY]},
            ),
            errors=errors,
            description_placeholders={"family": self.data[CONF_PROFILE], "detail": detail},
        )

    async def async_read_mqtt(self) -> tuple[dict[str, str], str]:
        """Wait for a message; returns the errors of the form and what came instead."""
        self.data[CONF_QUANTITY] = self._quantity.value
        try:
            line = self.line_data(self.data[CONF_LINE_ID])
            settings = settings_of(
                MeterSettings, {**self.data, CONF_FAMILY: self.data[CONF_PROFILE]}
            )
            sample, said = await async_probe_mqtt_meter(line, settings)
        except ProbeError as err:
            return {"base": err.key}, err.detail
        except CoreError as err:
            return {"base": "settings_invalid"}, str(err)
        if self.changing and sample.serial not in (None, self.data[CONF_SERIAL]):
            return {"base": "other_serial"}, sample.serial or ""
        self.seen = Seen(sample=sample, quantity=self._quantity, said=said)
        return {}, ""

    @property
    def _quantity(self) -> Quantity:
        """What is counted: the unit says it; families without one count energy."""
        unit = self.data.get("unit", UNIT[Quantity.ENERGY])
        return UNITS[unit][0]

    @property
    def seen_nothing(self) -> bool:
        """Whether the device was taken on trust."""
        return self.seen is None or self.seen.sample.register is None

    async def _with_broker(self, line_id: str) -> SubentryFlowResult:
        self.data[CONF_LINE_ID] = line_id
        return await self.async_step_mqtt()
