"""Asking a line or a device before it is saved: what comes back is shown to a person.

Nothing here writes to a device, except the test trip that somebody has agreed to.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import aiomqtt
from homeassistant.components.modbus import async_get_temporary_unit
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
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.ssl import client_context
from modbus_connection import (
    GatewayPathUnavailableError,
    GatewayTargetError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusSerialParams,
    ModbusTcpParams,
    ModbusTimeoutError,
)

from .const import (
    CONF_BAUDRATE,
    CONF_BYTESIZE,
    CONF_PARITY,
    CONF_STOPBITS,
    CONF_TLS,
    CONF_TRANSPORT,
    PROTOCOL_5,
    TRANSPORT_SERIAL,
    TRANSPORT_TCP,
)
from .core.errors import DeviceError, DeviceFault
from .links.mqtt_client import BrokerClient, MqttSettings

OPEN_S: Final = 5.0
"""A gateway in the same building is open long before; one that is off must not hold up the flow."""
BROKER_NAME_S: Final = 1.0
"""A broker that says its version says it at once, as a retained message."""
BAD_LOGIN: Final = frozenset({134, 135})
"""CONNACK reasons "bad user name or password" and "not authorized", version 5 numbering."""


class ProbeError(Exception):
    """Why a probe failed: the key of an error in the flow's translations."""

    def __init__(self, key: str, detail: str = "") -> None:
        """Name the cause, and what the device or broker said."""
        super().__init__(f"{key}: {detail}" if detail else key)
        self.key = key
        self.detail = detail


def modbus_params(line: Mapping[str, Any]) -> ModbusTcpParams | ModbusSerialParams:
    """Return what the hub's shared connection needs to know of a line."""
    if line[CONF_TRANSPORT] == TRANSPORT_TCP:
        return ModbusTcpParams(host=line[CONF_HOST], port=line[CONF_PORT])
    if line[CONF_TRANSPORT] == TRANSPORT_SERIAL:
        return ModbusSerialParams(
            device=line[CONF_DEVICE],
            baudrate=line[CONF_BAUDRATE],
            bytesize=line[CONF_BYTESIZE],
            parity=line[CONF_PARITY],
            stopbits=line[CONF_STOPBITS],
        )
    # Bracketed, or an IPv6 address' own colons read as the port separator. The speed only sets the
    # pause between frames; a socket has none of its own.
    host = f"[{line[CONF_HOST]}]" if ":" in line[CONF_HOST] else line[CONF_HOST]
    return ModbusSerialParams(device=f"socket://{host}:{line[CONF_PORT]}", baudrate=115200)


async def async_probe_modbus_line(
    hass: HomeAssistant, line: Mapping[str, Any], unit_id: int
) -> bool:
    """Open a line and ask one unit for a register; tells whether anybody answered there.

    A refusal is an answer too: the device is there and understood.
    """
    params = modbus_params(line)
    connected = False
    try:
        async with async_get_temporary_unit(hass, params, unit_id) as unit:
            try:
                async with asyncio.timeout(OPEN_S + line[CONF_TIMEOUT]):
                    await unit.read_holding_registers(0, 1)
            finally:
                connected = unit.connected
    except GatewayPathUnavailableError, GatewayTargetError:
        return False
    except ModbusExceptionError:
        return True
    except ModbusConnectionError as err:
        raise ProbeError("cannot_open_line", str(err)) from err
    except (ModbusTimeoutError, TimeoutError) as err:
        if connected:
            return False
        raise ProbeError("cannot_open_line") from err
    except ModbusError as err:
        raise ProbeError("garbled", str(err)) from err
    except HomeAssistantError as err:
        raise ProbeError("line_in_use", str(err)) from err
    return True


def broker_client(line: Mapping[str, Any]) -> BrokerClient:
    """Return a client for one short visit: no session is left behind at the broker."""
    settings = MqttSettings(
        host=line[CONF_HOST],
        port=line[CONF_PORT],
        identifier=f"prepaid-probe-{uuid4().hex[:12]}",
        username=line[CONF_USERNAME] or None,
        password=line[CONF_PASSWORD] or None,
        version_5=line[CONF_PROTOCOL] == PROTOCOL_5,
    )
    return BrokerClient(settings, tls=client_context() if line[CONF_TLS] else None, lasting=False)


async def async_open(client: BrokerClient) -> None:
    """Connect to a broker, or say in a person's words why not."""
    try:
        await client.open()
    except DeviceError as err:
        raise ProbeError(_refusal(err), err.detail) from err


async def async_probe_broker(line: Mapping[str, Any]) -> str:
    """Connect to a broker and hang up; returns what it calls itself, "" where it does not say."""
    client = broker_client(line)
    await async_open(client)
    try:
        await client.subscribe("$SYS/broker/version")
        async with asyncio.timeout(BROKER_NAME_S):
            message = await anext(aiter(client.messages))
        return message.payload.decode(errors="replace")
    except TimeoutError, aiomqtt.MqttError:
        return ""
    finally:
        await client.close()


def _refusal(err: DeviceError) -> str:
    if err.fault is not DeviceFault.REFUSED:
        return "cannot_connect"
    reason = getattr(err.__cause__, "rc", None)
    return "invalid_auth" if getattr(reason, "value", reason) in BAD_LOGIN else "broker_refused"
