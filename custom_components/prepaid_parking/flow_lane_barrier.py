"""What opens a lane: a contact wired to the barrier's own OPEN input, and nothing else."""

from abc import abstractmethod
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
    SelectOptionDict,
)
import probatio as vol

from .const import (
    CONF_BARRIER,
    CONF_COIL,
    CONF_CONTACT,
    CONF_DIRECTION,
    CONF_FAMILY,
    CONF_LINE_ID,
    CONF_PULSE,
    CONF_TOPIC,
    CONF_UNIT_ID,
    FAMILY_ENTITY,
    LINK_MODBUS,
    LINK_MQTT,
    SUBENTRY_LANE,
)
from .core.errors import CoreError
from .flow_choice import NEW_LINE, DeviceSteps
from .flow_fields import choice, number, whole
from .flow_meter_draft import NOTHING, async_words
from .flow_meter_mqtt import CHANNEL, TEXT
from .links.entity.barrier import OPENS
from .links.payloads.family import RelaySettings, settings_of
from .profiles import async_load_profiles
from .subentry_probe import ProbeError, async_probe_coil
from .subentry_probe_entity import probe_entity_barrier
from .subentry_probe_mqtt import async_probe_mqtt_relay

CONF_WIRED_TO: Final = "wired_to"
OPEN_INPUT: Final = "open_input"
STEP_INPUT: Final = "step_input"
BARRIER_FIELDS: Final[dict[str, dict[Any, Any]]] = {
    "shelly_gen2": {**CHANNEL},
    "tasmota": {**CHANNEL},
    "zigbee2mqtt": {
        vol.Optional("state_path"): TEXT,
        vol.Required("timed", default=False): BooleanSelector(),
    },
    "esphome": {vol.Required("component"): TEXT},
    "generic_mqtt": {
        vol.Required("command_topic"): TEXT,
        vol.Required("command_on"): TEXT,
        vol.Optional("command_off"): TEXT,
        vol.Required("state_topic"): TEXT,
        vol.Optional("state_path"): TEXT,
        vol.Required("state_on"): TEXT,
        vol.Required("state_off"): TEXT,
    },
}
"""What each family has to be told of a barrier's contact beside its topic."""

PULSE_AND_WIRING: Final = {
    vol.Required(CONF_PULSE, default=1.0): number(0.2, 10, unit="s"),
    # No default: whoever wired it has to look. The hub's dialogue still shows the first option as
    # chosen, so the one that is refused stands first.
    vol.Required(CONF_WIRED_TO): choice((STEP_INPUT, OPEN_INPUT), key="wired_to"),
}


class BarrierSteps(DeviceSteps):
    """The steps that find a barrier and look at its contact; none of them opens it."""

    def __init__(self) -> None:
        """Begin with an empty draft."""
        super().__init__()
        self.data: dict[str, Any] = {}
        self.name = ""
        self.said = NOTHING
        self.barrier: dict[str, Any] = {}
        self.barrier_line = ""

    @abstractmethod
    async def async_barrier_proven(self) -> SubentryFlowResult:
        """Go on with a barrier that has answered."""

    @property
    def unique_id(self) -> str:
        """What tells this lane from another: one contact may serve one lane each way."""
        place = self.barrier.get(CONF_ENTITY_ID) or ":".join(
            str(self.barrier[key])
            for key in (
                CONF_TOPIC,
                "command_topic",
                CONF_UNIT_ID,
                "component",
                "channel",
                CONF_COIL,
            )
            if key in self.barrier
        )
        return f"{SUBENTRY_LANE}:{self.barrier_line}:{place}:{self.data.get(CONF_DIRECTION, '')}"

    async def async_step_barrier_modbus(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which contact of which relay board it is; then read it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is None and not self.lines(LINK_MODBUS):
            return await self.async_new_line(LINK_MODBUS, self._with_modbus_line)
        boards = (await async_load_profiles(self.hass)).barriers
        shown = user_input or self._modbus_form()
        if user_input is not None:
            self.barrier_line = user_input[CONF_LINE_ID]
            if self.barrier_line == NEW_LINE:
                self.barrier = _modbus_barrier(user_input)
                return await self.async_new_line(LINK_MODBUS, self._with_modbus_line)
            barrier = _modbus_barrier(user_input)
            contacts = boards[barrier[CONF_FAMILY]].coils
            if user_input[CONF_WIRED_TO] == STEP_INPUT:
                errors[CONF_WIRED_TO] = "toggle_refused"
            elif barrier[CONF_COIL] >= contacts.count:
                errors[CONF_CONTACT] = "no_such_contact"
            else:
                try:
                    closed = await async_probe_coil(
                        self.hass,
                        self.line_data(self.barrier_line),
                        barrier[CONF_UNIT_ID],
                        contacts.address + barrier[CONF_COIL],
                    )
                except ProbeError as err:
                    errors["base"], detail = err.key, err.detail
                else:
                    return await self._heard(barrier, closed)
        options = [SelectOptionDict(value=key, label=one.about.name) for key, one in boards.items()]
        schema = vol.Schema(
            {
                **self.line_field(LINK_MODBUS, self.barrier_line),
                vol.Required(CONF_FAMILY, default=options[0]["value"]): choice(options),
                vol.Required(CONF_UNIT_ID, default=1): whole(1, 255),
                vol.Required(CONF_CONTACT, default=1): whole(1, 256),
                **PULSE_AND_WIRING,
            }
        )
        return self.device_form("barrier_modbus", schema, shown, errors, detail)

    async def async_step_barrier_mqtt(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask behind which broker the contact is, and of which family."""
        if user_input is None and not self.lines(LINK_MQTT):
            return await self.async_new_line(LINK_MQTT, self._with_broker)
        if user_input is not None:
            self.barrier_line = user_input[CONF_LINE_ID]
            if user_input[CONF_FAMILY] != self.barrier.get(CONF_FAMILY):
                self.barrier = {CONF_FAMILY: user_input[CONF_FAMILY]}
            if self.barrier_line == NEW_LINE:
                return await self.async_new_line(LINK_MQTT, self._with_broker)
            return await self.async_step_barrier_device()
        family = self.barrier.get(CONF_FAMILY, next(iter(BARRIER_FIELDS)))
        schema = vol.Schema(
            {
                **self.line_field(LINK_MQTT, self.barrier_line),
                vol.Required(CONF_FAMILY, default=family): choice(
                    BARRIER_FIELDS, key="mqtt_family"
                ),
            }
        )
        return self.async_show_form(step_id="barrier_mqtt", data_schema=schema)

    async def async_step_barrier_device(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the topic and what else the family needs; then ask where the contact is."""
        errors: dict[str, str] = {}
        detail = ""
        family = self.barrier[CONF_FAMILY]
        if user_input is not None:
            wired_to = user_input.pop(CONF_WIRED_TO)
            barrier = {CONF_FAMILY: family, **user_input}
            if wired_to == STEP_INPUT:
                errors[CONF_WIRED_TO] = "toggle_refused"
            else:
                try:
                    settings = settings_of(RelaySettings, barrier)
                    line = self.line_data(self.barrier_line)
                    closed = await async_probe_mqtt_relay(line, settings)
                except ProbeError as err:
                    errors["base"], detail = err.key, err.detail
                except CoreError as err:
                    errors["base"], detail = "settings_invalid", str(err)
                else:
                    return await self._heard(barrier, closed)
        own = {} if family == "generic_mqtt" else {vol.Required(CONF_TOPIC): TEXT}
        schema = vol.Schema({**own, **BARRIER_FIELDS[family], **PULSE_AND_WIRING})
        return self.device_form("barrier_device", schema, user_input or self._shown, errors, detail)

    async def async_step_barrier_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which entity of the hub opens it; then look at it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            barrier = {
                CONF_FAMILY: FAMILY_ENTITY,
                CONF_ENTITY_ID: user_input[CONF_ENTITY_ID],
                CONF_PULSE: user_input[CONF_PULSE],
            }
            if user_input[CONF_WIRED_TO] == STEP_INPUT:
                errors[CONF_WIRED_TO] = "toggle_refused"
            else:
                try:
                    self.said = probe_entity_barrier(self.hass, barrier[CONF_ENTITY_ID])
                except ProbeError as err:
                    errors["base"], detail = err.key, err.detail
                else:
                    self.barrier, self.barrier_line = barrier, ""
                    return await self.async_barrier_proven()
        selector = EntitySelector(
            EntitySelectorConfig(filter=[EntityWithDeviceFilterSelectorConfig(domain=list(OPENS))])
        )
        schema = vol.Schema({vol.Required(CONF_ENTITY_ID): selector, **PULSE_AND_WIRING})
        return self.device_form("barrier_entity", schema, user_input or self._shown, errors, detail)

    @property
    def _shown(self) -> dict[str, Any]:
        """What is known of the barrier; whoever set it up has looked at what its contact is wired to."""
        stored = self.barrier == self.data.get(CONF_BARRIER)
        return self.barrier | ({CONF_WIRED_TO: OPEN_INPUT} if stored else {})

    async def _heard(self, barrier: dict[str, Any], closed: bool) -> SubentryFlowResult:
        self.barrier = barrier
        (self.said,) = await async_words(self.hass, "contact_closed" if closed else "contact_open")
        return await self.async_barrier_proven()

    def _modbus_form(self) -> dict[str, Any]:
        shown = dict(self._shown)
        if CONF_COIL in shown:
            shown[CONF_CONTACT] = shown.pop(CONF_COIL) + 1
        return shown

    async def _with_modbus_line(self, line_id: str) -> SubentryFlowResult:
        self.barrier_line = line_id
        return await self.async_step_barrier_modbus()

    async def _with_broker(self, line_id: str) -> SubentryFlowResult:
        self.barrier_line = line_id
        return await self.async_step_barrier_mqtt()


def _modbus_barrier(user_input: dict[str, Any]) -> dict[str, Any]:
    """Turn the form into what is stored; contacts are printed from 1 and counted from 0."""
    return {
        CONF_FAMILY: user_input[CONF_FAMILY],
        CONF_UNIT_ID: user_input[CONF_UNIT_ID],
        CONF_COIL: user_input[CONF_CONTACT] - 1,
        CONF_PULSE: user_input[CONF_PULSE],
    }
