"""A lane: the barrier that opens, proven by reading its contact, and the camera that reads plates."""

from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig, TextSelector
import probatio as vol

from .const import (
    CONF_BARRIER,
    CONF_CLOSE,
    CONF_CURRENCY,
    CONF_DIRECTION,
    CONF_FAIL,
    CONF_FAMILY,
    CONF_FEE,
    CONF_INPUTS,
    CONF_LEVEL,
    CONF_LINE_ID,
    CONF_PICTURES,
    CONF_READER,
    CONF_TOPIC,
    CONF_UNIT_ID,
    CONF_ZONE,
    FAMILY_ENTITY,
    SUBENTRY_LANE,
)
from .core.errors import CoreError
from .core.money import Currency
from .flow_fields import choice
from .flow_lane_outputs import OutputSteps
from .flow_lane_pad import PadSteps
from .flow_lane_reader import ReaderSteps
from .flow_lane_wires_mqtt import MqttWireSteps
from .links.payloads import RELAYS

DIRECTIONS: Final = ("entry", "exit", "both")
PLACE: Final = (CONF_UNIT_ID, CONF_TOPIC)
"""What tells one device on a line from another."""


class LaneFlow(OutputSteps, MqttWireSteps, ReaderSteps, PadSteps):
    """Adds or changes a lane."""

    async def async_step_user(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Ask what opens the barrier."""
        return self.async_show_menu(
            step_id="user", menu_options=["barrier_modbus", "barrier_mqtt", "barrier_entity"]
        )

    async def async_step_reconfigure(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Ask what is to be changed."""
        subentry = self._get_reconfigure_subentry()
        self.data, self.name = dict(subentry.data), subentry.title
        self.barrier = dict(self.data[CONF_BARRIER])
        self.barrier_line = self.data.get(CONF_LINE_ID, "")
        self.reader = dict(self.data[CONF_READER])
        self.inputs = {name: dict(one) for name, one in self.data.get(CONF_INPUTS, {}).items()}
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=[self._barrier_step(), "lane", "wires", "reader", "pad"],
        )

    @override
    async def async_barrier_proven(self) -> SubentryFlowResult:
        before = self.data.get(CONF_BARRIER, {})
        if any(before.get(key) != self.barrier.get(key) for key in (CONF_FAMILY, *PLACE)):
            # A contact is counted on its own device: on another one it is another contact.
            for key in (CONF_LEVEL, CONF_CLOSE):
                if self.data.get(key, {}).get(CONF_FAMILY) != FAMILY_ENTITY:
                    self.data.pop(key, None)
            if CONF_LEVEL not in self.data:
                self.data.pop(CONF_FAIL, None)
        self.data[CONF_BARRIER] = self.barrier
        self.data.pop(CONF_LINE_ID, None)
        if self.barrier_line:
            self.data[CONF_LINE_ID] = self.barrier_line
        if self.source == SOURCE_RECONFIGURE:
            return await self.async_step_barrier_confirm()
        return await self.async_step_lane()

    async def async_step_barrier_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what the changed barrier said before it is saved."""
        if user_input is not None:
            return self._save()
        return self.async_show_form(
            step_id="barrier_confirm",
            data_schema=vol.Schema({}),
            description_placeholders={"said": self.said},
        )

    async def async_step_lane(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what the barrier said; ask for the name, the direction and the fee."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self.name = user_input[CONF_NAME].strip()
            self.data[CONF_DIRECTION] = user_input[CONF_DIRECTION]
            fee = self._fee(user_input[CONF_FEE])
            if fee is None:
                errors[CONF_FEE] = "amount_invalid"
            elif self.is_known(self.unique_id):
                errors["base"] = "already_configured"
            else:
                self.data[CONF_FEE] = fee
                self.data.pop(CONF_ZONE, None)
                if zone := user_input.get(CONF_ZONE, "").strip():
                    self.data[CONF_ZONE] = zone
                self.data.pop(CONF_PICTURES, None)
                if camera := user_input.get(CONF_PICTURES):
                    self.data[CONF_PICTURES] = camera
                if self.source == SOURCE_RECONFIGURE:
                    return self._save()
                return await self.async_step_wires()
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_DIRECTION, default=DIRECTIONS[0]): choice(
                    DIRECTIONS, key="direction"
                ),
                vol.Required(CONF_FEE, default="0"): TextSelector(),
                vol.Optional(CONF_ZONE): choice(self._zones(), custom=True),
                vol.Optional(CONF_PICTURES): EntitySelector(EntitySelectorConfig(domain="camera")),
            }
        )
        shown = user_input or {**self.data, **({CONF_NAME: self.name} if self.name else {})}
        return self.async_show_form(
            step_id="lane",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={
                "said": self.said,
                "currency": self._get_entry().data[CONF_CURRENCY],
            },
        )

    @override
    async def async_wires_done(self) -> SubentryFlowResult:
        return self._save()

    @override
    async def async_reader_proven(self) -> SubentryFlowResult:
        self.data[CONF_READER] = self.reader
        return self._save()

    @override
    async def async_pad_done(self) -> SubentryFlowResult:
        return self._save()

    def _save(self) -> SubentryFlowResult:
        self.data.pop(CONF_INPUTS, None)
        if self.inputs:
            self.data[CONF_INPUTS] = self.inputs
        for one in self.inputs.values():
            self.save_line(one.get(CONF_LINE_ID, ""))
        self.save_line(self.data.get(CONF_LINE_ID, ""))
        self.save_line(self.data[CONF_READER].get(CONF_LINE_ID, ""))
        return self.end(self.name, self.data, self.unique_id)

    def _zones(self) -> list[str]:
        """Return the zones that other lanes and the spaces name already."""
        entry = self._get_entry()
        lanes = entry.get_subentries_of_type(SUBENTRY_LANE)
        zones = {str(one.data.get(CONF_ZONE, "")) for one in lanes}
        if entry.state is ConfigEntryState.LOADED:
            spaces = entry.runtime_data.site.parking.spaces
            zones.update(space.zone for space in spaces.values())
        return sorted(zones - {""})

    def _fee(self, text: str) -> str | None:
        """Return a fee as it is stored, None where the currency cannot hold it."""
        currency = Currency.of(self._get_entry().data[CONF_CURRENCY])
        try:
            minor = currency.parse(text.replace(",", "."))
        except CoreError:
            return None
        return currency.text(minor) if minor >= 0 else None

    def _barrier_step(self) -> str:
        family = self.barrier[CONF_FAMILY]
        if family == FAMILY_ENTITY:
            return "barrier_entity"
        return "barrier_mqtt" if family in RELAYS else "barrier_modbus"
