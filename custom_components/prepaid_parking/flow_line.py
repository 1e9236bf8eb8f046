"""A line: one endpoint that devices hang on, proven by opening it before it is saved."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import (
    CONF_DEVICE,
    CONF_HOST,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_PROTOCOL,
    CONF_TIMEOUT,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SerialPortSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from .const import (
    CONF_BAUDRATE,
    CONF_BYTESIZE,
    CONF_LINK,
    CONF_PARITY,
    CONF_SPACING,
    CONF_STOPBITS,
    CONF_TLS,
    CONF_TRANSPORT,
    DEFAULT_MODBUS_PORT,
    DEFAULT_MQTT_PORT,
    DEFAULT_REQUEST_S,
    LINK_MODBUS,
    LINK_MQTT,
    PROTOCOL_5,
    PROTOCOL_311,
    SUBENTRY_LINE,
    TRANSPORT_RTU_OVER_TCP,
    TRANSPORT_SERIAL,
    TRANSPORT_TCP,
)
from .flow_fields import PASSWORD, choice, number, whole
from .subentry_probe import ProbeError, async_probe_modbus_line, modbus_params
from .subentry_probe_mqtt import async_probe_broker

CONF_TEST_UNIT: Final = "test_unit"
SECTION_TIMING: Final = "timing"

STEP_OF_TRANSPORT: Final = {
    TRANSPORT_TCP: "modbus_tcp",
    TRANSPORT_RTU_OVER_TCP: "modbus_rtu_over_tcp",
    TRANSPORT_SERIAL: "modbus_serial",
}
PARITIES: Final = {"none": "N", "even": "E", "odd": "O"}
"""What a person chooses, and the letter the link wants."""
BAUDRATES: Final = ("1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200")
PROTOCOLS: Final = (
    SelectOptionDict(value=PROTOCOL_311, label="MQTT 3.1.1"),
    SelectOptionDict(value=PROTOCOL_5, label="MQTT 5"),
)

TIMING_AND_TEST: Final = {
    vol.Required(CONF_TEST_UNIT, default=1): whole(1, 247),
    vol.Required(SECTION_TIMING): section(
        vol.Schema(
            {
                vol.Required(CONF_TIMEOUT, default=DEFAULT_REQUEST_S): number(0.1, 10, unit="s"),
                vol.Required(CONF_SPACING, default=0.0): number(0, 2, step=0.01, unit="s"),
            }
        ),
        {"collapsed": True},
    ),
}
NETWORK: Final = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_MODBUS_PORT): whole(1, 65535),
        **TIMING_AND_TEST,
    }
)
SERIAL: Final = vol.Schema(
    {
        vol.Required(CONF_DEVICE): SerialPortSelector(),
        vol.Required(CONF_BAUDRATE, default="9600"): choice(BAUDRATES),
        vol.Required(CONF_PARITY, default="none"): choice(PARITIES, key="parity"),
        vol.Required(CONF_STOPBITS, default="1"): choice(("1", "2")),
        **TIMING_AND_TEST,
    }
)
BROKER: Final = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_MQTT_PORT): whole(1, 65535),
        vol.Optional(CONF_USERNAME): TextSelector(
            TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="username")
        ),
        vol.Optional(CONF_PASSWORD): PASSWORD,
        vol.Required(CONF_TLS, default=False): BooleanSelector(),
        vol.Required(CONF_PROTOCOL, default=PROTOCOL_311): choice(PROTOCOLS),
    }
)


def line_unique_id(line: Mapping[str, Any]) -> str:
    """Return what tells one endpoint from another."""
    if line[CONF_LINK] == LINK_MQTT:
        return f"{SUBENTRY_LINE}:{LINK_MQTT}:{line[CONF_HOST]}:{line[CONF_PORT]}"
    if line[CONF_TRANSPORT] == TRANSPORT_SERIAL:
        return f"{SUBENTRY_LINE}:{TRANSPORT_SERIAL}:{line[CONF_DEVICE]}"
    return f"{SUBENTRY_LINE}:{line[CONF_TRANSPORT]}:{line[CONF_HOST]}:{line[CONF_PORT]}"


def line_title(line: Mapping[str, Any]) -> str:
    """Return a name for a line that says where it is."""
    if line.get(CONF_TRANSPORT) == TRANSPORT_SERIAL:
        return f"Modbus {line[CONF_DEVICE]}"
    kind = "MQTT" if line[CONF_LINK] == LINK_MQTT else "Modbus"
    return f"{kind} {line[CONF_HOST]}:{line[CONF_PORT]}"


def modbus_line(transport: str, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a form into a line's data."""
    timing = user_input[SECTION_TIMING]
    line: dict[str, Any] = {CONF_LINK: LINK_MODBUS, CONF_TRANSPORT: transport}
    if transport == TRANSPORT_SERIAL:
        line |= {
            CONF_DEVICE: user_input[CONF_DEVICE],
            CONF_BAUDRATE: int(user_input[CONF_BAUDRATE]),
            CONF_BYTESIZE: 8,
            CONF_PARITY: PARITIES[user_input[CONF_PARITY]],
            CONF_STOPBITS: int(user_input[CONF_STOPBITS]),
        }
    else:
        # One connection is shared per host and port, so spelling matters.
        line |= {
            CONF_HOST: user_input[CONF_HOST].strip().lower(),
            CONF_PORT: user_input[CONF_PORT],
        }
    return line | {CONF_TIMEOUT: timing[CONF_TIMEOUT], CONF_SPACING: timing[CONF_SPACING]}


def line_form(line: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a line's data into what its form shows; a password is never shown."""
    shown = {key: value for key, value in line.items() if key != CONF_PASSWORD}
    if line[CONF_LINK] == LINK_MODBUS:
        shown[SECTION_TIMING] = {key: line[key] for key in (CONF_TIMEOUT, CONF_SPACING)}
    if line.get(CONF_TRANSPORT) == TRANSPORT_SERIAL:
        words = {letter: word for word, letter in PARITIES.items()}
        shown |= {
            CONF_BAUDRATE: str(line[CONF_BAUDRATE]),
            CONF_PARITY: words[line[CONF_PARITY]],
            CONF_STOPBITS: str(line[CONF_STOPBITS]),
        }
    return shown


def hub_broker(hass: HomeAssistant) -> dict[str, Any]:
    """Return the login of the hub's own MQTT entry as a line, empty where it has none."""
    for entry in hass.config_entries.async_entries("mqtt", include_ignore=False):
        # The keys of the hub's mqtt entry; importing its constants would load all of it.
        five = entry.data.get("protocol") == PROTOCOL_5
        return {
            CONF_LINK: LINK_MQTT,
            CONF_HOST: entry.data["broker"].strip().lower(),
            CONF_PORT: entry.data.get("port", DEFAULT_MQTT_PORT),
            CONF_USERNAME: entry.data.get("username", ""),
            CONF_PASSWORD: entry.data.get("password", ""),
            CONF_TLS: bool(entry.data.get("certificate")),
            CONF_PROTOCOL: PROTOCOL_5 if five else PROTOCOL_311,
        }
    return {}


def known_password(line: Mapping[str, Any], *known: Mapping[str, Any]) -> str:
    """Return the password of a login that is known already, and of no other.

    Only where host, port and user are the same: a password must not be sent to another broker
    because somebody changed the address and left the field empty.
    """
    same = (CONF_HOST, CONF_PORT, CONF_USERNAME)
    for one in known:
        if one.get(CONF_LINK) == LINK_MQTT and all(one[key] == line[key] for key in same):
            password: str = one[CONF_PASSWORD]
            return password
    return ""


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
            line = self._broker(user_input)
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

    def _broker(self, user_input: Mapping[str, Any]) -> dict[str, Any]:
        line = {
            CONF_LINK: LINK_MQTT,
            CONF_HOST: user_input[CONF_HOST].strip().lower(),
            CONF_PORT: user_input[CONF_PORT],
            CONF_USERNAME: user_input.get(CONF_USERNAME, "").strip(),
            CONF_PASSWORD: user_input.get(CONF_PASSWORD, ""),
            CONF_TLS: user_input[CONF_TLS],
            CONF_PROTOCOL: user_input[CONF_PROTOCOL],
        }
        if not line[CONF_PASSWORD]:
            line[CONF_PASSWORD] = known_password(line, self._line_before(), hub_broker(self.hass))
        return line

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
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=line.title,
                data=line.data,
                unique_id=line.unique_id,
            )
        return self.async_create_entry(title=line.title, data=line.data, unique_id=line.unique_id)
