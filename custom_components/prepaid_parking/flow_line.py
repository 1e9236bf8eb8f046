"""A line: one endpoint that devices hang on, proven by opening it before it is saved."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD
from homeassistant.helpers.selector import TextSelector
import probatio as vol

from .const import (
    CONF_LINK,
    CONF_TRANSPORT,
    LINK_MODBUS,
    LINK_MQTT,
    SAVED,
    SUBENTRY_LINE,
    TRANSPORT_RTU_OVER_TCP,
    TRANSPORT_SERIAL,
    TRANSPORT_TCP,
)
from .flow_line_data import (
    BROKER,
    CONF_TEST_UNIT,
    NETWORK,
    SERIAL,
    STEP_OF_TRANSPORT,
    broker_line,
    hub_broker,
    line_form,
    line_title,
    line_unique_id,
    modbus_line,
)
from .subentry_probe import ProbeError, async_probe_modbus_line, modbus_params
from .subentry_probe_mqtt import async_probe_broker


@asynccontextmanager
async def _off_the_bus(flow: ConfigSubentryFlow, line: Mapping[str, Any]) -> AsyncIterator[None]:
    """Keep the site off a serial port while other settings are tried on it.

    The hub shares one connection per port, and that cannot serve two baud rates at once.
    """
    entry = flow._get_entry()  # noqa: SLF001  the flow itself asks
    new = modbus_params(line)
    clash = any(
        (old := modbus_params(one.data)).endpoint == new.endpoint and old != new
        for one in entry.get_subentries_of_type(SUBENTRY_LINE)
        if one.data[CONF_LINK] == LINK_MODBUS
    )
    unloaded = (
        clash
        and entry.state in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)
        and await flow.hass.config_entries.async_unload(entry.entry_id)
    )
    try:
        yield
    finally:
        if unloaded:
            await flow.hass.config_entries.async_setup(entry.entry_id)


class LineSteps(ConfigSubentryFlow):
    """The steps that describe and prove a line: its own flow's, and on the way to a device."""

    _line_data: dict[str, Any]

    @abstractmethod
    async def async_line_proven(self, line: ConfigSubentry) -> SubentryFlowResult:
        """Go on with a line that was opened and named."""

    def end(self, title: str, data: Mapping[str, Any], unique_id: str | None) -> SubentryFlowResult:
        """End the flow: what was described is made, or what is reconfigured becomes it."""
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=title,
                data=data,
                unique_id=unique_id,
                reason=SAVED,
            )
        return self.async_create_entry(title=title, data=data, unique_id=unique_id)

    async def async_step_modbus_tcp(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """A gateway or meter that speaks Modbus TCP."""
        return await self._modbus(TRANSPORT_TCP, NETWORK, user_input)

    async def async_step_modbus_rtu_over_tcp(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """A serial server that hands the bus through as it is."""
        return await self._modbus(TRANSPORT_RTU_OVER_TCP, NETWORK, user_input)

    async def async_step_modbus_serial(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """An RS-485 adapter in the hub."""
        return await self._modbus(TRANSPORT_SERIAL, SERIAL, user_input)

    async def async_step_mqtt_broker(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """An MQTT broker."""
        errors: dict[str, str] = {}
        detail = ""
        before = self._line_before()
        if user_input is not None:
            line = broker_line(user_input, before, hub_broker(self.hass))
            try:
                self._refuse_duplicate(line)
                version = await async_probe_broker(line)
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                self._line_data = line
                return self._confirm("broker_answered", {"version": version or "–"})
        shown = user_input or line_form(before or hub_broker(self.hass) or {CONF_LINK: LINK_MQTT})
        return self.async_show_form(
            step_id="mqtt_broker",
            data_schema=self.add_suggested_values_to_schema(
                BROKER, {key: one for key, one in shown.items() if key != CONF_PASSWORD}
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_step_line_answered(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """The line is open and a device answered."""
        return await self._confirmed("line_answered", user_input)

    async def async_step_line_silent(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """The line is open; nobody answered, which is right where no device is yet."""
        return await self._confirmed("line_silent", user_input)

    async def async_step_broker_answered(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """The broker let us in."""
        return await self._confirmed("broker_answered", user_input)

    async def _modbus(
        self, transport: str, schema: vol.Schema, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            line, unit_id = modbus_line(transport, user_input), user_input[CONF_TEST_UNIT]
            try:
                self._refuse_duplicate(line)
                async with _off_the_bus(self, line):
                    answered = await async_probe_modbus_line(self.hass, line, unit_id)
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                self._line_data = line
                step = "line_answered" if answered else "line_silent"
                return self._confirm(step, {"unit": str(unit_id)})
        before = self._line_before()
        return self.async_show_form(
            step_id=STEP_OF_TRANSPORT[transport],
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or (line_form(before) if before else {})
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    def _line_before(self) -> Mapping[str, Any]:
        """Return what the line was before, empty for a new one."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        subentry = self._get_reconfigure_subentry()
        return subentry.data if subentry.subentry_type == SUBENTRY_LINE else {}

    def _refuse_duplicate(self, line: Mapping[str, Any]) -> None:
        before = self._line_before()
        wanted = line_unique_id(line)
        if before and line_unique_id(before) == wanted:
            return
        if any(
            one.unique_id == wanted
            for one in self._get_entry().get_subentries_of_type(SUBENTRY_LINE)
        ):
            raise ProbeError("line_known")

    def _confirm(self, step_id: str, placeholders: dict[str, str]) -> SubentryFlowResult:
        name = line_title(self._line_data)
        if self._line_before():
            name = self._get_reconfigure_subentry().title
        schema = vol.Schema({vol.Required(CONF_NAME, default=name): TextSelector()})
        return self.async_show_form(
            step_id=step_id, data_schema=schema, description_placeholders=placeholders
        )

    async def _confirmed(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        # A flow is never entered here: the form was shown by the probe.
        assert user_input is not None, step_id
        line = ConfigSubentry(
            data=MappingProxyType(self._line_data),
            subentry_type=SUBENTRY_LINE,
            title=user_input[CONF_NAME].strip() or line_title(self._line_data),
            unique_id=line_unique_id(self._line_data),
        )
        return await self.async_line_proven(line)


class LineFlow(LineSteps):
    """Adds or changes a line."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what kind of line it is."""
        return self.async_show_menu(
            step_id="user", menu_options=[*STEP_OF_TRANSPORT.values(), "mqtt_broker"]
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the line as it is."""
        line = self._line_before()
        if line[CONF_LINK] == LINK_MQTT:
            return await self.async_step_mqtt_broker()
        schema = SERIAL if line[CONF_TRANSPORT] == TRANSPORT_SERIAL else NETWORK
        return await self._modbus(line[CONF_TRANSPORT], schema, None)

    @override
    async def async_line_proven(self, line: ConfigSubentry) -> SubentryFlowResult:
        return self.end(line.title, line.data, line.unique_id)
