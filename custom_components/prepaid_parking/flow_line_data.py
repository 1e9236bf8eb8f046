"""What a line's forms ask, and how that is stored: one shape for the hub, one for a person."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import (
    CONF_DEVICE,
    CONF_HOST,
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


def _known_password(line: Mapping[str, Any], *known: Mapping[str, Any]) -> str:
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


def broker_line(user_input: Mapping[str, Any], *known: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a form into a broker's data; an empty password is that of the same login, if known."""
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
        line[CONF_PASSWORD] = _known_password(line, *known)
    return line
