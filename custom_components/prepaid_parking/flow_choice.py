"""The line a device hangs on: one that is there, or a new one made on the way."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, override

from homeassistant.config_entries import ConfigSubentry, SubentryFlowResult
from homeassistant.helpers.selector import SelectOptionDict
import probatio as vol

from .const import CONF_LINE_ID, CONF_LINK, DOMAIN, LINK_MODBUS, SUBENTRY_LINE
from .flow_fields import choice
from .flow_line import LineSteps
from .flow_line_data import STEP_OF_TRANSPORT
from .subentry_probe import ProbeError

NEW_LINE: Final = "new"


class DeviceSteps(LineSteps):
    """What the flows of a meter and of a lane share: a line, and not being there twice.

    A new line is kept in mind and saved together with the device, so that a flow that is given up
    leaves nothing behind.
    """

    def __init__(self) -> None:
        """Begin with nothing chosen."""
        self.new_lines: dict[str, ConfigSubentry] = {}
        self._then: Callable[[str], Awaitable[SubentryFlowResult]]

    def lines(self, link: str) -> dict[str, ConfigSubentry]:
        """Return the site's lines of a link, with those made in this flow."""
        known = self._get_entry().get_subentries_of_type(SUBENTRY_LINE)
        return {
            one.subentry_id: one
            for one in (*known, *self.new_lines.values())
            if one.data[CONF_LINK] == link
        }

    def line_data(self, line_id: str) -> Mapping[str, Any]:
        """Return a line's data, wherever the line is; it may have been removed since."""
        line = self.new_lines.get(line_id) or self._get_entry().subentries.get(line_id)
        if line is None:
            raise ProbeError("line_gone")
        return line.data

    def line_field(self, link: str, default: str | None = None) -> dict[Any, Any]:
        """Return the field that asks for a line of a link, or for a new one."""
        lines = self.lines(link)
        options = [SelectOptionDict(value=key, label=one.title) for key, one in lines.items()]
        options.append(SelectOptionDict(value=NEW_LINE, label=NEW_LINE))
        first = default if default in lines else options[0]["value"]
        return {vol.Required(CONF_LINE_ID, default=first): choice(options, key="line")}

    def device_form(
        self,
        step_id: str,
        schema: vol.Schema,
        shown: Mapping[str, Any],
        errors: dict[str, str],
        detail: str,
    ) -> SubentryFlowResult:
        """Show the form of a device; its line is chosen by the field itself, not by what is shown."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema, {key: one for key, one in shown.items() if key != CONF_LINE_ID}
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_new_line(
        self, link: str, then: Callable[[str], Awaitable[SubentryFlowResult]]
    ) -> SubentryFlowResult:
        """Begin to describe a new line; `then` goes on with its id."""
        self._then = then
        if link == LINK_MODBUS:
            return await self.async_step_new_modbus_line()
        return await self.async_step_mqtt_broker()

    async def async_step_new_modbus_line(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Ask what kind of Modbus line it is."""
        return self.async_show_menu(
            step_id="new_modbus_line", menu_options=list(STEP_OF_TRANSPORT.values())
        )

    @override
    async def async_line_proven(self, line: ConfigSubentry) -> SubentryFlowResult:
        self.new_lines[line.subentry_id] = line
        return await self._then(line.subentry_id)

    def save_line(self, line_id: str) -> None:
        """Save a line that was made on the way, if it was."""
        if line := self.new_lines.pop(line_id, None):
            self.hass.config_entries.async_add_subentry(self._get_entry(), line)

    def is_known(self, unique_id: str) -> bool:
        """Tell whether another subentry of any site is this already."""
        return any(
            one.unique_id == unique_id and one.subentry_id != self.own_id
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            for one in entry.subentries.values()
        )

    @property
    def own_id(self) -> str | None:
        """The subentry that is being changed."""
        return self.context.get("subentry_id")
