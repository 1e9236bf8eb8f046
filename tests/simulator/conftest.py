"""The simulator is tested by strangers: pymodbus' own client and a plain MQTT client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.framer import FramerType
import pytest

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

# ruff: disable[E402]
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.wire import Framing

# ruff: enable[E402]


@pytest.fixture(autouse=True)
def sockets(request: pytest.FixtureRequest) -> None:
    """Loopback sockets are the point here; the hub's test plugin forbids them unless asked."""
    with suppress(pytest.FixtureLookupError):
        request.getfixturevalue("socket_enabled")


@asynccontextmanager
async def connected(
    line: ModbusLine, *, timeout: float = 1.0
) -> AsyncIterator[AsyncModbusTcpClient]:
    """A client on a running line."""
    client = AsyncModbusTcpClient(
        line.host,
        port=line.port,
        framer=FramerType.SOCKET if line.framing is Framing.TCP else FramerType.RTU,
        timeout=timeout,
        retries=0,
        reconnect_delay=0,
    )
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()
