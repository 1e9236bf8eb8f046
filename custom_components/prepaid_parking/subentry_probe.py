"""Asking a line or a device before it is saved: what comes back is shown to a person.

Nothing here writes to a device, except the test trip that somebody has agreed to.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final

from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.const import (
    CONF_DEVICE,
    CONF_HOST,
    CONF_PORT,
    CONF_TIMEOUT,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from modbus_connection import (
    GatewayPathUnavailableError,
    GatewayTargetError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusSerialParams,
    ModbusTcpParams,
    ModbusTimeoutError,
    ModbusUnit,
)

from .const import (
    CONF_BAUDRATE,
    CONF_BYTESIZE,
    CONF_PARITY,
    CONF_SPACING,
    CONF_STOPBITS,
    CONF_TRANSPORT,
    TRANSPORT_SERIAL,
    TRANSPORT_TCP,
)
from .core.errors import DeviceError, DeviceFault
from .core.metering import Sample
from .links.contact import Contact
from .links.modbus import ModbusMeter
from .links.profile import MeterProfile

OPEN_S: Final = 5.0
"""A gateway in the same building is open long before; one that is off must not hold up the flow."""
READ_BACK_S: Final = 0.5
"""Between two looks at a relay that was told to move, and what it is given beyond its latency."""
LONGEST_TRIP_S: Final = 900.0
"""A sleeping device takes its command when it next reports; nobody waits longer for a test."""
SENTENCE_OF_FAULT: Final = {
    DeviceFault.OFFLINE: "cannot_open_line",
    DeviceFault.NO_ANSWER: "no_answer",
    DeviceFault.BUSY: "busy",
    DeviceFault.REFUSED: "refused",
    DeviceFault.GARBLED: "garbled",
    DeviceFault.UNSUPPORTED: "wrong_device",
}


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


@asynccontextmanager
async def a_unit(
    hass: HomeAssistant, line: Mapping[str, Any], unit_id: int
) -> AsyncIterator[tuple[ModbusUnit, float]]:
    """Lend a unit of a line, and how long a request may take; device errors become sentences.

    The first request over a line that is not open yet opens it, which takes longer.
    """
    try:
        async with async_get_temporary_unit(hass, modbus_params(line), unit_id) as unit:
            timeout = line[CONF_TIMEOUT]
            yield unit, timeout if unit.connected else timeout + OPEN_S
    except DeviceError as err:
        raise ProbeError(SENTENCE_OF_FAULT[err.fault], err.detail) from err
    except HomeAssistantError as err:
        raise ProbeError("line_in_use", str(err)) from err


async def async_probe_modbus_meter(
    hass: HomeAssistant, line: Mapping[str, Any], profile: MeterProfile, unit_id: int
) -> tuple[Sample, bool | None]:
    """Read a meter once, all of it; tells also whether its own prepaid mode is on."""
    async with a_unit(hass, line, unit_id) as (unit, timeout):
        meter = ModbusMeter(unit, profile, request_timeout=timeout, spacing=line[CONF_SPACING])
        sample = await meter.read(full=True)
        return sample, await meter.own_prepaid()


async def async_probe_coil(
    hass: HomeAssistant, line: Mapping[str, Any], unit_id: int, coil: int, *, inverted: bool = False
) -> bool:
    """Read one contact of a relay board; tells whether it lets through."""
    async with a_unit(hass, line, unit_id) as (unit, timeout):
        spacing = line[CONF_SPACING]
        contact = Contact(
            unit, coil=coil, inverted=inverted, request_timeout=timeout, spacing=spacing
        )
        return await contact.supplied()


async def async_test_trip(
    hass: HomeAssistant, line: Mapping[str, Any], profile: MeterProfile, unit_id: int
) -> None:
    """Cut, read back, restore, read back: what an experimental profile has to show on the spot.

    Whatever fails, the supply is commanded on again at the end; that it did not come back outranks
    every other failure.
    """
    assert profile.relay is not None
    latency = profile.relay.latency_seconds * profile.relay.latency_polls
    async with a_unit(hass, line, unit_id) as (unit, timeout):
        meter = ModbusMeter(
            unit, profile, request_timeout=timeout, spacing=line[CONF_SPACING], tested=True
        )
        if (await meter.read()).supplied is not True:
            raise ProbeError("trip_not_supplied")
        try:
            await meter.switch(on=False)
            if not await _shows(meter, supplied=False, within=latency):
                raise ProbeError("trip_not_cut")
        finally:
            await _restore(meter, latency)


async def _restore(meter: ModbusMeter, latency: float) -> None:
    try:
        await meter.switch(on=True)
        back = await _shows(meter, supplied=True, within=latency)
    except DeviceError as err:
        raise ProbeError("trip_not_restored", str(err)) from err
    if not back:
        raise ProbeError("trip_not_restored")


async def _shows(meter: ModbusMeter, *, supplied: bool, within: float) -> bool:
    """Wait until the meter itself shows that its relay moved."""
    until = monotonic() + min(within + READ_BACK_S, LONGEST_TRIP_S)
    while monotonic() < until:
        if (await meter.read()).supplied is supplied:
            return True
        await asyncio.sleep(READ_BACK_S)
    return False
