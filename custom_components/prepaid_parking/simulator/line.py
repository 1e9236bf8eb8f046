"""A Modbus line: one endpoint, many devices, one wire on which requests go one after another."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Final, Self

from pymodbus.pdu import ModbusPDU

from .device import Fn, ModbusDevice, Refusal, RefusedError
from .frames import Frame, FrameLog, Outcome
from .wire import Framing, Wire, answer, is_read, refusal, written

_MOST_BITS: Final = 2000


@dataclass(frozen=True, slots=True)
class _Job:
    """A request and the connection it came by."""

    received_at: float
    request: ModbusPDU
    wire: Wire
    writer: asyncio.StreamWriter


class ModbusLine:
    """A gateway with a bus behind it, listening on this machine.

    `wire_time_s` is what one request and its answer take on the wire: 8 registers at 9600 baud are
    about 0.033. Requests of all connections share it, strictly in the order of their arrival.
    """

    def __init__(
        self,
        devices: Iterable[ModbusDevice] = (),
        *,
        name: str = "line",
        host: str = "127.0.0.1",
        port: int = 0,
        framing: Framing = Framing.TCP,
        wire_time_s: float = 0.0,
        max_connections: int | None = None,
        gateway_timeout_s: float | None = None,
    ) -> None:
        """Describe a line. A port of 0 takes a free one at the first start and keeps it.

        `gateway_timeout_s`: how long the gateway waits for a device that is silent before it
        answers exception 11 in its place; None leaves the request unanswered.
        """
        self.name = name
        self.host = host
        self.port = port
        self.framing = framing
        self.wire_time_s = wire_time_s
        self.max_connections = max_connections
        self.gateway_timeout_s = gateway_timeout_s
        self.log = FrameLog()
        self.devices: dict[int, ModbusDevice] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._listeners: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._bus: asyncio.Task[None] | None = None
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        for device in devices:
            self.add(device)

    def add(self, device: ModbusDevice) -> None:
        """Wire a device to the bus, also while the line runs."""
        if device.unit in self.devices:
            message = f"unit {device.unit} is taken on {self.name}"
            raise ValueError(message)
        self.devices[device.unit] = device

    def remove(self, unit: int) -> ModbusDevice:
        """Take a device off the bus: from now on nobody answers there."""
        return self.devices.pop(unit)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._writers)

    async def start(self) -> None:
        """Listen."""
        self._jobs = asyncio.Queue()
        self._server = await asyncio.start_server(self._connected, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._bus = asyncio.create_task(self._serve_bus(), name=f"bus of {self.name}")

    async def stop(self) -> None:
        """Close the endpoint and every connection."""
        if self._server is None or self._bus is None:
            return
        self._server.close()
        self._bus.cancel()
        await asyncio.gather(self._bus, return_exceptions=True)
        self.drop_connections()
        await asyncio.gather(*self._listeners)
        await self._server.wait_closed()
        self._server = self._bus = None

    def drop_connections(self) -> None:
        """Break every connection, as a gateway that restarts does."""
        for writer in self._writers:
            writer.transport.abort()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.max_connections is not None and self.connections >= self.max_connections:
            writer.transport.abort()
            return
        self._writers.add(writer)
        listener = asyncio.create_task(self._listen(reader, writer), name=f"client of {self.name}")
        self._listeners.add(listener)
        listener.add_done_callback(self._listeners.discard)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(self.framing)
        try:
            while data := await reader.read(1024):
                for request in wire.feed(data):
                    self._jobs.put_nowait(_Job(monotonic(), request, wire, writer))
        except ConnectionError:
            pass  # The client went away; what it asked is still on the wire.
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve_bus(self) -> None:
        while True:
            await self._serve(await self._jobs.get())

    async def _serve(self, job: _Job) -> None:
        """Put one request on the wire, let the device answer, put the answer on the wire."""
        at = monotonic()
        request = job.request
        if self.wire_time_s:
            await asyncio.sleep(self.wire_time_s)
        device = self.devices.get(request.dev_id)
        reply: ModbusPDU | None = None
        garbled = False
        if device is None or device.faults.use("silent"):
            if self.gateway_timeout_s is not None:
                await asyncio.sleep(self.gateway_timeout_s)
                reply = refusal(request, Refusal.NO_ANSWER_BEHIND_GATEWAY)
        else:
            if device.faults.delay_s:
                await asyncio.sleep(device.faults.delay_s)
            reply = self._ask(device, request)
            garbled = device.faults.use("garbled")
            if device.faults.answers_as is not None:
                reply.dev_id = device.faults.answers_as
        if reply is not None and not job.writer.is_closing():
            job.writer.write(job.wire.frame(reply, garbled=garbled))
        self._note(job, at, reply)

    @staticmethod
    def _ask(device: ModbusDevice, request: ModbusPDU) -> ModbusPDU:
        """What the device says to a request that reached it."""
        try:
            function = Fn(request.function_code)
        except ValueError:
            return refusal(request, Refusal.ILLEGAL_FUNCTION)
        if device.faults.use("busy"):
            return refusal(request, Refusal.DEVICE_BUSY)
        words: list[int] = []
        try:
            if is_read(request):
                most = _MOST_BITS if function < Fn.READ_HOLDING else device.most_registers
                if not 1 <= request.count <= most:
                    return refusal(request, Refusal.ILLEGAL_VALUE)
                words = device.read(function, request.address, request.count)
            else:
                device.write(function, request.address, written(request))
        except RefusedError as err:
            return refusal(request, err.code)
        return answer(request, words)

    def _note(self, job: _Job, at: float, reply: ModbusPDU | None) -> None:
        request = job.request
        values = written(request)
        outcome = Outcome.ANSWERED
        if reply is None:
            outcome = Outcome.SILENT
        elif reply.isError():
            outcome = Outcome.REFUSED
        self.log.append(
            Frame(
                received_at=job.received_at,
                at=at,
                unit=request.dev_id,
                function=request.function_code,
                address=request.address,
                count=request.count or len(values),
                values=values,
                outcome=outcome,
                refusal=reply.exception_code if outcome is Outcome.REFUSED and reply else 0,
            )
        )
