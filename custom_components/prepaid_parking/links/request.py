"""One request to one Modbus unit: it has its turn on the line, a time limit, and one kind of error.

The device and the way to it are strangers: whatever comes back is checked for shape here, and
whatever goes wrong leaves as a `DeviceError`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
import struct
from typing import Final

from modbus_connection import (
    AcknowledgeError,
    GatewayPathUnavailableError,
    GatewayTargetError,
    MemoryParityError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusUnit,
    ServerDeviceBusyError,
)

from ..core.errors import DeviceError, DeviceFault
from .blocks import Block
from .profile import RelayWrite, WriteFunction
from .registers import Space

REQUEST_TIMEOUT_S: Final = 1.0
"""Long for any wired device (a slow one answers in 0.2 s), short enough that five dead units of
32 cost half a 10 s cycle once. The link's own limit is 10 s, and a busy unit is asked again inside
it for 60 s."""

type _Reader = Callable[[int, int], Awaitable[object]]
type Turn = Callable[[], AbstractAsyncContextManager[object]]
"""Opens the turn of one request on its physical line."""

_WHOLE: Final = frozenset({int, bool})
_FAULTS: Final[tuple[tuple[type[ModbusError], DeviceFault], ...]] = (
    (ModbusConnectionError, DeviceFault.OFFLINE),
    (ServerDeviceBusyError, DeviceFault.BUSY),
    (AcknowledgeError, DeviceFault.BUSY),
    (GatewayPathUnavailableError, DeviceFault.NO_ANSWER),
    (GatewayTargetError, DeviceFault.NO_ANSWER),
    (MemoryParityError, DeviceFault.GARBLED),
    (ModbusExceptionError, DeviceFault.REFUSED),
    (ModbusError, DeviceFault.GARBLED),
)
"""The first that fits, so the general ones stand last."""


_READERS: Final[Mapping[Space, Callable[[ModbusUnit], _Reader]]] = {
    Space.HOLDING: lambda unit: unit.read_holding_registers,
    Space.INPUT: lambda unit: unit.read_input_registers,
    Space.COIL: lambda unit: unit.read_coils,
    Space.DISCRETE: lambda unit: unit.read_discrete_inputs,
}


class Requests:
    """What can be asked of one unit. Never repeats a request by itself."""

    def __init__(
        self,
        unit: ModbusUnit,
        *,
        turn: Turn = nullcontext,
        timeout: float = REQUEST_TIMEOUT_S,
        spacing: float = 0.0,
    ) -> None:
        """Speak to a unit; `spacing` keeps the line quiet before and after each of its requests."""
        self._unit = unit
        self._turn = turn
        self._timeout = timeout
        if spacing:
            unit.set_message_spacing(spacing)

    async def read(self, block: Block) -> list[int]:
        """Return the content of a block, exactly as many numbers as asked for."""
        reader = _READERS[block.space](self._unit)
        words = await self._ask(lambda: reader(block.address, block.count))
        most = 1 if block.space.is_bits else 0xFFFF
        if (
            not isinstance(words, list)
            or len(words) != block.count
            or not _WHOLE.issuperset(map(type, words))
            or not 0 <= min(words) <= max(words) <= most
        ):
            detail = f"not {block.count} numbers of {block.space}: {words!r:.80}"
            raise DeviceError(DeviceFault.GARBLED, detail)
        return words

    async def write(self, write: RelayWrite, values: tuple[int, ...]) -> None:
        """Write a command with the function the device takes; returns when it acknowledged."""
        unit, address = self._unit, write.address
        match write.function:
            case WriteFunction.COIL:
                await self.write_coil(address, on=bool(values[0]))
            case WriteFunction.REGISTER:
                await self._ask(lambda: unit.write_register(address, values[0]))
            case WriteFunction.COILS:
                await self._ask(lambda: unit.write_coils(address, [bool(one) for one in values]))
            case WriteFunction.REGISTERS:
                await self._ask(lambda: unit.write_registers(address, list(values)))

    async def write_coil(self, address: int, *, on: bool) -> None:
        """Write one coil; returns when the device acknowledged."""
        await self._ask(lambda: self._unit.write_coil(address, on))

    async def _ask(self, request: Callable[[], Awaitable[object]]) -> object:
        """Wait for the turn, then for the answer as long as the limit allows."""
        async with self._turn():
            try:
                async with asyncio.timeout(self._timeout):
                    return await request()
            except TimeoutError as err:
                raise self._no_answer() from err
            except ModbusError as err:
                fault = next(fault for kind, fault in _FAULTS if isinstance(err, kind))
                raise DeviceError(fault, str(err)) from err
            except OSError as err:
                raise DeviceError(DeviceFault.OFFLINE, str(err)) from err
            except (ArithmeticError, LookupError, TypeError, ValueError, struct.error) as err:
                # What a library trips over when a reply is not what its header says.
                raise DeviceError(DeviceFault.GARBLED, repr(err)) from err

    def _no_answer(self) -> DeviceError:
        """Tell a silent device from a line that is not even connected."""
        fault = DeviceFault.NO_ANSWER if self._unit.connected else DeviceFault.OFFLINE
        return DeviceError(fault, f"nothing usable within {self._timeout:g} s")
