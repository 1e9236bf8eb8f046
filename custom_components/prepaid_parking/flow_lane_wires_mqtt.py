"""Inputs of a lane that MQTT devices tell: the broker, the family, and which input is which."""

from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import BooleanSelector
import probatio as vol

from .const import CONF_CHANNEL, CONF_FAMILY, CONF_INVERTED, CONF_LINE_ID, CONF_TOPIC, LINK_MQTT
from .flow_choice import NEW_LINE
from .flow_fields import choice, whole
from .flow_lane_wires import (
    CLOSED_FIELD,
    INPUTS,
    NORMALLY_CLOSED,
    WireSteps,
    as_form,
    from_place,
    named,
)
from .flow_meter_mqtt import TEXT
from .links.payloads.contacts import CONTACTS
from .subentry_probe import ProbeError
from .subentry_probe_inputs import async_probe_mqtt_inputs

CONF_INPUT: Final = "input"
NUMBERED: Final = frozenset({"shelly_gen2", "tasmota"})
"""Families of devices that have several inputs, by their number; of the others each is a topic."""
TOPIC_FIELDS: Final[dict[str, dict[Any, Any]]] = {
    "zigbee2mqtt": {vol.Optional("state_path"): TEXT},
    "generic_mqtt": {
        vol.Optional("state_path"): TEXT,
        vol.Required("state_on"): TEXT,
        vol.Required("state_off"): TEXT,
    },
}


class MqttWireSteps(WireSteps):
    """The steps that find inputs behind a broker."""

    def __init__(self) -> None:
        """Begin with no broker chosen."""
        super().__init__()
        self._place: dict[str, Any] = {}

    async def async_step_inputs_mqtt(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask behind which broker they are, and of which family."""
        if user_input is None and not self.lines(LINK_MQTT):
            return await self.async_new_line(LINK_MQTT, self._with_input_line)
        if user_input is not None:
            self._place = dict(user_input)
            if user_input[CONF_LINE_ID] == NEW_LINE:
                return await self.async_new_line(LINK_MQTT, self._with_input_line)
            if user_input[CONF_FAMILY] in NUMBERED:
                return await self.async_step_inputs_device()
            return await self.async_step_inputs_topic()
        known = next((one for one in self.inputs.values() if one[CONF_FAMILY] in CONTACTS), {})
        place = self._place or known
        schema = vol.Schema(
            {
                **self.line_field(LINK_MQTT, place.get(CONF_LINE_ID)),
                vol.Required(
                    CONF_FAMILY, default=place.get(CONF_FAMILY, next(iter(CONTACTS)))
                ): choice(CONTACTS, key="mqtt_family"),
            }
        )
        return self.async_show_form(step_id="inputs_mqtt", data_schema=schema)

    async def async_step_inputs_device(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which of a device's inputs is which; then ask the device."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            place = {**self._place, CONF_TOPIC: user_input[CONF_TOPIC]}
            new = named(user_input, place, CONF_CHANNEL, first=0)
            seen = {}
            try:
                if new:
                    seen = await async_probe_mqtt_inputs(self.line_data(place[CONF_LINE_ID]), new)
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                return await self.async_wired(new, seen, from_place(self.inputs, place))
        schema = vol.Schema(
            {
                vol.Required(CONF_TOPIC): TEXT,
                **{vol.Optional(name): whole(0, 63) for name in INPUTS},
                **CLOSED_FIELD,
            }
        )
        shown = user_input or self._device_form()
        return self.device_form("inputs_device", schema, shown, errors, detail)

    async def async_step_inputs_topic(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask where one input is told; then wait a moment for it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            form = dict(user_input)
            name = form.pop(CONF_INPUT)
            new = {name: {**self._place, **form}}
            try:
                line = self.line_data(self._place[CONF_LINE_ID])
                seen = await async_probe_mqtt_inputs(line, new)
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                return await self.async_wired(new, seen, (name,))
        schema = vol.Schema(
            {
                vol.Required(CONF_INPUT): choice(INPUTS, key="lane_input"),
                vol.Required(CONF_TOPIC): TEXT,
                **TOPIC_FIELDS[self._place[CONF_FAMILY]],
                vol.Required(CONF_INVERTED, default=False): BooleanSelector(),
            }
        )
        return self.device_form("inputs_topic", schema, user_input or {}, errors, detail)

    def _device_form(self) -> dict[str, Any]:
        """Return the form of the device that is wired already."""
        known = from_place(self.inputs, self._place)
        if not known:
            return {NORMALLY_CLOSED: []}
        topic = self.inputs[known[0]][CONF_TOPIC]
        place = {**self._place, CONF_TOPIC: topic}
        here = {name: self.inputs[name] for name in from_place(self.inputs, place)}
        return {CONF_TOPIC: topic, **as_form(here, CONF_CHANNEL, first=0)}

    async def _with_input_line(self, line_id: str) -> SubentryFlowResult:
        self._place = {**self._place, CONF_LINE_ID: line_id}
        return await self.async_step_inputs_mqtt()
