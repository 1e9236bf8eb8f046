"""What else a lane may drive: an output that holds open, one that closes, and what happens when we fail."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.core import split_entity_id
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
)
import probatio as vol

from .const import (
    CONF_CHANNEL,
    CONF_CLOSE,
    CONF_COIL,
    CONF_FAIL,
    CONF_FAMILY,
    CONF_LEVEL,
    CONF_UNIT_ID,
    FAMILY_ENTITY,
)
from .core.errors import CoreError
from .core.lane import FailPolicy, LaneInput
from .flow_fields import choice, whole
from .flow_lane_barrier import BarrierSteps
from .flow_lane_wires import WireSteps
from .flow_lane_wires_mqtt import NUMBERED
from .links.entity import check_level_entity
from .links.entity.barrier import LEVELS, OPENS
from .links.payloads import RELAYS
from .links.payloads.family import RelaySettings, settings_of
from .profiles import async_load_profiles
from .subentry_probe import ProbeError, async_probe_coil
from .subentry_probe_entity import probe_entity_barrier
from .subentry_probe_mqtt import async_probe_mqtt_relay

CLOSERS: Final = tuple(one for one in OPENS if one != "cover")
"""What can be pressed to close; a cover closes by itself, and asks no loop."""


class OutputSteps(BarrierSteps, WireSteps):
    """The step that finds the outputs beside the one that opens; they are looked at, never moved."""

    async def async_step_outputs(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what holds the barrier open, what closes it, and what is to be done when we cannot."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            level = self._output(user_input, CONF_LEVEL)
            close = self._output(user_input, CONF_CLOSE)
            fail = user_input[CONF_FAIL]
            error = self._refusal(level, close, fail)
            if error:
                errors["base"] = error
            else:
                try:
                    for output, is_level in ((level, True), (close, False)):
                        if output:
                            await self._look(output, is_level=is_level)
                except ProbeError as err:
                    errors["base"], detail = err.key, err.detail
                else:
                    return await self._fitted(level, close, fail)
        shown = user_input or self._outputs_form()
        return self.async_show_form(
            step_id="outputs",
            data_schema=self.add_suggested_values_to_schema(self._outputs_schema(), shown),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def _fitted(
        self, level: dict[str, Any], close: dict[str, Any], fail: str
    ) -> SubentryFlowResult:
        for key, output in ((CONF_LEVEL, level), (CONF_CLOSE, close)):
            self.data.pop(key, None)
            if output:
                self.data[key] = output
        self.data[CONF_FAIL] = fail
        return await self.async_step_wires()

    @property
    def _numbered(self) -> tuple[str, int, int] | None:
        """How the outputs of the barrier's device are told apart: by what, from which number on."""
        family = self.barrier[CONF_FAMILY]
        if family in NUMBERED:
            return CONF_CHANNEL, 0, 63
        return None if family in RELAYS or family == FAMILY_ENTITY else (CONF_COIL, 1, 256)

    def _output(self, form: Mapping[str, Any], which: str) -> dict[str, Any]:
        """Return an output as it is stored: empty where there is none."""
        if entity := form.get(f"{which}_entity"):
            return {CONF_FAMILY: FAMILY_ENTITY, CONF_ENTITY_ID: entity}
        number = form.get(f"{which}_number")
        if number is None or self._numbered is None:
            return {}
        key, first, _ = self._numbered
        return {key: number - first}

    def _refusal(self, level: Mapping[str, Any], close: Mapping[str, Any], fail: str) -> str:
        """Return why these outputs cannot be, "" where they can."""
        own = {key: self.barrier.get(key) for key in (CONF_COIL, CONF_CHANNEL, CONF_ENTITY_ID)}
        used = [own, *(one for one in (level, close) if one)]
        for key in own:
            numbers = [one[key] for one in used if one.get(key) is not None]
            if len(numbers) != len(set(numbers)):
                return "same_contact"
        if fail == FailPolicy.OPEN and not level:
            return "open_needs_level"
        if close and LaneInput.SAFETY_LOOP not in self.inputs:
            return "close_needs_safety_loop"
        return ""

    async def _look(self, output: Mapping[str, Any], *, is_level: bool) -> None:
        """Look at an output where it is; raises ProbeError."""
        if entity := output.get(CONF_ENTITY_ID):
            try:
                if is_level:
                    check_level_entity(self.hass, entity)
                elif split_entity_id(entity)[0] not in CLOSERS:
                    raise ProbeError("entity_not_a_barrier", entity)
            except CoreError as err:
                raise ProbeError(err.key, str(err)) from err
            probe_entity_barrier(self.hass, entity)
            return
        line = self.line_data(self.barrier_line)
        if CONF_CHANNEL in output:
            await async_probe_mqtt_relay(
                line, settings_of(RelaySettings, {**self.barrier, **output})
            )
            return
        contacts = (await async_load_profiles(self.hass)).barriers[self.barrier[CONF_FAMILY]].coils
        if output[CONF_COIL] >= contacts.count:
            raise ProbeError("no_such_contact")
        unit_id, coil = self.barrier[CONF_UNIT_ID], contacts.address + output[CONF_COIL]
        await async_probe_coil(self.hass, line, unit_id, coil)

    def _outputs_schema(self) -> vol.Schema:
        fields: dict[Any, Any] = {}
        for which, domains in ((CONF_LEVEL, LEVELS), (CONF_CLOSE, CLOSERS)):
            if self._numbered is not None:
                _, first, last = self._numbered
                fields[vol.Optional(f"{which}_number")] = whole(first, last)
            fields[vol.Optional(f"{which}_entity")] = EntitySelector(
                EntitySelectorConfig(
                    filter=[EntityWithDeviceFilterSelectorConfig(domain=sorted(domains))]
                )
            )
        fields[vol.Required(CONF_FAIL, default=str(FailPolicy.HOLD_LAST))] = choice(
            [str(one) for one in FailPolicy], key="fail_policy"
        )
        return vol.Schema(fields)

    def _outputs_form(self) -> dict[str, Any]:
        shown: dict[str, Any] = {CONF_FAIL: self.data.get(CONF_FAIL, str(FailPolicy.HOLD_LAST))}
        for which in (CONF_LEVEL, CONF_CLOSE):
            output = self.data.get(which, {})
            if CONF_ENTITY_ID in output:
                shown[f"{which}_entity"] = output[CONF_ENTITY_ID]
            elif output and self._numbered is not None:
                key, first, _ = self._numbered
                shown[f"{which}_number"] = output[key] + first
        return shown
