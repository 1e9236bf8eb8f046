"""The hub's own Modbus backend on one side, the simulator's pymodbus servers on the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from modbus_connection import ModbusSerialParams, ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.prepaid_parking.links.profile import BarrierProfile, MeterProfile
from custom_components.prepaid_parking.links.profile_file import load_profiles
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.wire import Framing


def meter_profile(profile_id: str) -> MeterProfile:
    """A shipped meter profile."""
    return load_profiles().meters[profile_id]


def barrier_profile(profile_id: str) -> BarrierProfile:
    """A shipped barrier profile."""
    return load_profiles().barriers[profile_id]


@asynccontextmanager
async def connection(line: ModbusLine) -> AsyncIterator[ModbusConnection]:
    """A connection to a running line, as the hub makes it."""
    params: ModbusTcpParams | ModbusSerialParams
    if line.framing is Framing.TCP:
        params = ModbusTcpParams(host=line.host, port=line.port)
    else:
        params = ModbusSerialParams(device=f"socket://{line.host}:{line.port}", baudrate=115200)
    link = ModbusConnection(params)
    try:
        yield link
    finally:
        await link.close()
