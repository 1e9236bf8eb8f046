"""What is wired to a lane: loops, limit switches, the fire contact, a key; each shown as it is now."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
    SelectOptionDict,
)
from homeassistant.helpers.translation import async_get_translations
import probatio as vol

from .const import (
    CONF_CONTACT,
    CONF_FAMILY,
    CONF_INVERTED,
    CONF_LINE_ID,
    CONF_UNIT_ID,
    DOMAIN,
    FAMILY_ENTITY,
    LINK_MODBUS,
)
from .core.lane import LaneInput
from .flow_choice import NEW_LINE, DeviceSteps
from .flow_fields import choice, whole
from .flow_meter_draft import NOTHING, async_words
from .links.entity.inputs import INPUT_DOMAINS
from .profiles import async_load_profiles
from .subentry_probe import ProbeError
from .subentry_probe_inputs import Seen, async_probe_board_inputs, probe_entity_inputs

NORMALLY_CLOSED: Final = "normally_closed"
INPUTS: Final = tuple(str(one) for one in LaneInput)
CLOSED_FIELD: Final = {
    vol.Optional(NORMALLY_CLOSED, default=list): choice(INPUTS, key="lane_input", many=True)
}


class WireSteps(DeviceSteps):
    """The steps that find what is wired to a lane; none of them moves anything."""

    def __init__(self) -> None:
        """Begin with nothing wired."""
        super().__init__()
        self.inputs: dict[str, dict[str, Any]] = {}
        self._board: dict[str, Any] = {}
        self._new: dict[str, dict[str, Any]] = {}
        self._replaced: tuple[str, ...] = ()
        self._seen: Seen = {}

    @abstractmethod
    async def async_wires_done(self) -> SubentryFlowResult:
        """Go on when everything is wired."""

    async def async_step_wires(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what is wired, and ask where more of it is."""
        after = "wires_done" if self.source == SOURCE_RECONFIGURE else "reader"
        return self.async_show_menu(
            step_id="wires",
            menu_options=["inputs_modbus", "inputs_mqtt", "inputs_entity", "outputs", after],
            description_placeholders={
                "wired": ", ".join(await self._names(self.inputs)) or NOTHING
            },
        )

    async def async_step_wires_done(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Everything is wired."""
        return await self.async_wires_done()

    async def async_step_inputs_modbus(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which inputs of which relay board they are; then read them."""
        errors: dict[str, str] = {}
        detail = ""
        boards = {
            key: one
            for key, one in (await async_load_profiles(self.hass)).barriers.items()
            if one.inputs is not None
        }
        if user_input is None and not self.lines(LINK_MODBUS):
            return await self.async_new_line(LINK_MODBUS, self._with_board_line)
        shown = user_input or self._board or self._board_form(boards)
        if user_input is not None:
            self._board = user_input
            line_id, family = user_input[CONF_LINE_ID], user_input[CONF_FAMILY]
            if line_id == NEW_LINE:
                return await self.async_new_line(LINK_MODBUS, self._with_board_line)
            place = {
                CONF_LINE_ID: line_id,
                CONF_FAMILY: family,
                CONF_UNIT_ID: user_input[CONF_UNIT_ID],
            }
            new = named(user_input, place, CONF_CONTACT, first=1)
            block = boards[family].inputs
            assert block is not None
            if any(one[CONF_CONTACT] >= block.count for one in new.values()):
                errors["base"] = "no_such_contact"
            elif new:
                try:
                    seen = await async_probe_board_inputs(
                        self.hass, self.line_data(line_id), boards[family], new
                    )
                except ProbeError as err:
                    errors["base"], detail = err.key, err.detail
                else:
                    return await self.async_wired(new, seen, from_place(self.inputs, place))
            else:
                return await self.async_wired({}, {}, from_place(self.inputs, place))
        options = [SelectOptionDict(value=key, label=one.about.name) for key, one in boards.items()]
        schema = vol.Schema(
            {
                **self.line_field(LINK_MODBUS, shown.get(CONF_LINE_ID)),
                vol.Required(CONF_FAMILY, default=options[0]["value"]): choice(options),
                vol.Required(CONF_UNIT_ID, default=1): whole(1, 255),
                **{vol.Optional(name): whole(1, 256) for name in INPUTS},
                **CLOSED_FIELD,
            }
        )
        return self.device_form("inputs_modbus", schema, shown, errors, detail)

    async def async_step_inputs_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which entities of the hub they are; then look at them."""
        errors: dict[str, str] = {}
        detail = ""
        place = {CONF_FAMILY: FAMILY_ENTITY}
        if user_input is not None:
            new = named(user_input, place, CONF_ENTITY_ID)
            try:
                seen = probe_entity_inputs(self.hass, new)
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                return await self.async_wired(new, seen, from_place(self.inputs, place))
        entity = EntitySelector(
            EntitySelectorConfig(
                filter=[EntityWithDeviceFilterSelectorConfig(domain=list(INPUT_DOMAINS))]
            )
        )
        schema = vol.Schema({**{vol.Optional(name): entity for name in INPUTS}, **CLOSED_FIELD})
        known = {name: self.inputs[name] for name in from_place(self.inputs, place)}
        shown = user_input or as_form(known, CONF_ENTITY_ID)
        return self.device_form("inputs_entity", schema, shown, errors, detail)

    async def async_wired(
        self, new: dict[str, dict[str, Any]], seen: Seen, replaced: tuple[str, ...]
    ) -> SubentryFlowResult:
        """Show how the inputs are now; they take the place of those that were `replaced`."""
        self._new, self._seen, self._replaced = new, seen, replaced
        if not new:
            return await self.async_step_inputs_confirm({})
        return await self.async_step_inputs_confirm()

    async def async_step_inputs_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show every input as it is now, before it is taken over."""
        if user_input is not None:
            for name in self._replaced:
                self.inputs.pop(name, None)
            self.inputs |= self._new
            self._board = {}
            return await self.async_step_wires()
        on, off, unknown = await async_words(
            self.hass, "contact_on", "contact_off", "contact_unknown"
        )
        words = {True: on, False: off, None: unknown}
        names = await self._names(self._new)
        said = "\n".join(
            f"- {name}: **{words[self._seen.get(key)]}**"
            for key, name in zip(self._new, names, strict=True)
        )
        return self.async_show_form(
            step_id="inputs_confirm",
            data_schema=vol.Schema({}),
            description_placeholders={"said": said},
        )

    async def _names(self, inputs: Mapping[str, object]) -> list[str]:
        """Return what the inputs are called, in the hub's language."""
        words = await async_get_translations(
            self.hass, self.hass.config.language, "selector", {DOMAIN}
        )
        root = f"component.{DOMAIN}.selector.lane_input.options"
        return [words.get(f"{root}.{name}", name) for name in inputs]

    def _board_form(self, boards: Mapping[str, object]) -> dict[str, Any]:
        """Return the form of the board that is wired already."""
        first = next((one for one in self.inputs.values() if one[CONF_FAMILY] in boards), None)
        if first is None:
            return {}
        place = {key: first[key] for key in (CONF_LINE_ID, CONF_FAMILY, CONF_UNIT_ID)}
        known = {name: self.inputs[name] for name in from_place(self.inputs, place)}
        return place | as_form(known, CONF_CONTACT, first=1)

    async def _with_board_line(self, line_id: str) -> SubentryFlowResult:
        self._board = {**self._board, CONF_LINE_ID: line_id}
        return await self.async_step_inputs_modbus()


def named(
    user_input: Mapping[str, Any], place: Mapping[str, Any], key: str, *, first: int | None = None
) -> dict[str, dict[str, Any]]:
    """Turn a form with a field for each input into what is stored; numbers are printed from `first`."""
    closed = user_input.get(NORMALLY_CLOSED, ())
    return {
        name: {
            **place,
            key: user_input[name] if first is None else user_input[name] - first,
            CONF_INVERTED: name in closed,
        }
        for name in INPUTS
        if name in user_input
    }


def as_form(
    inputs: Mapping[str, Mapping[str, Any]], key: str, *, first: int | None = None
) -> dict[str, Any]:
    """Turn what is stored back into the form."""
    shown: dict[str, Any] = {
        name: one[key] if first is None else one[key] + first for name, one in inputs.items()
    }
    return shown | {NORMALLY_CLOSED: [name for name, one in inputs.items() if one[CONF_INVERTED]]}


def from_place(
    inputs: Mapping[str, Mapping[str, Any]], place: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the inputs that come from one place."""
    return tuple(
        name
        for name, one in inputs.items()
        if all(one.get(key) == value for key, value in place.items())
    )
