"""Bytes to requests and back: pymodbus frames them, so that the other end meets a stranger."""

from enum import StrEnum
import struct
from typing import override

from pymodbus.exceptions import ModbusIOException
from pymodbus.framer import FramerBase, FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsResponse,
    ReadDiscreteInputsResponse,
    WriteMultipleCoilsRequest,
    WriteMultipleCoilsResponse,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterResponse,
)

from .device import Fn, Refusal

_KNOWN_FUNCTIONS = frozenset(DecodePDU.pdu_table)
_COIL_VALUES = {0xFF00: 1, 0x0000: 0}


class Framing(StrEnum):
    """How requests are wrapped on a TCP connection."""

    TCP = "tcp"
    RTU_OVER_TCP = "rtu_over_tcp"


class CoilWrite(WriteSingleCoilRequest):
    """FC05 with its value kept as sent: relay boards give others than on and off a meaning."""

    value = 0

    @override
    def decode(self, data: bytes) -> None:
        self.address, self.value = struct.unpack(">HH", data[:4])

    @override
    def encode(self) -> bytes:
        return struct.pack(">HH", self.address, self.value)


class UnknownFunction(ModbusPDU):
    """A request whose function code pymodbus has no class for."""

    @override
    def encode(self) -> bytes:
        return b""


class Wire:
    """One connection's bytes: collects what arrives, yields whole requests."""

    def __init__(self, framing: Framing) -> None:
        """Begin with an empty buffer."""
        decoder = DecodePDU(True)
        decoder.register(CoilWrite)
        self.framing = framing
        self._framer: FramerBase = (
            FramerSocket(decoder) if framing is Framing.TCP else FramerRTU(decoder)
        )
        self._buffer = b""

    def feed(self, data: bytes) -> list[ModbusPDU]:
        """The requests that are complete with these bytes."""
        self._buffer += data
        requests = []
        while self._buffer:
            try:
                used, request = self._framer.handleFrame(self._buffer, 0, 0)
            except ModbusIOException:
                used, request = len(self._buffer), None
                requests += self._unknown_function()
            if not used:
                requests += self._unknown_function()
                break
            self._buffer = self._buffer[used:]
            if request is None:
                break
            requests.append(request)
        return requests

    def frame(self, reply: ModbusPDU, *, garbled: bool = False) -> bytes:
        """The bytes of a reply; garbled ones fail the check of their framing."""
        data = bytearray(self._framer.buildFrame(reply))
        if garbled:
            # The check sum of RTU; the protocol id of the TCP header.
            data[-1 if self.framing is Framing.RTU_OVER_TCP else 2] ^= 0x5A
        return bytes(data)

    def _unknown_function(self) -> list[ModbusPDU]:
        """What is in the buffer, if it is a sound frame with a function nobody knows."""
        data = self._buffer
        if self.framing is Framing.TCP:
            if len(data) < 8 or data[7] in _KNOWN_FUNCTIONS:
                return []
            unit, function, transaction = data[6], data[7], int.from_bytes(data[:2])
        else:
            if len(data) < 4 or data[1] in _KNOWN_FUNCTIONS:
                return []
            if not FramerRTU.check_CRC(data[:-2], int.from_bytes(data[-2:])):
                return []
            unit, function, transaction = data[0], data[1], 0
        self._buffer = b""
        request = UnknownFunction(dev_id=unit, transaction_id=transaction)
        request.function_code = function
        return [request]


def is_read(request: ModbusPDU) -> bool:
    """Whether a request only asks."""
    return request.function_code <= Fn.READ_INPUT


def written(request: ModbusPDU) -> tuple[int, ...]:
    """What a write carries, as integers."""
    if isinstance(request, CoilWrite):
        return (_COIL_VALUES.get(request.value, request.value),)
    if isinstance(request, WriteMultipleCoilsRequest):
        return tuple(int(bit) for bit in request.bits)
    if is_read(request):
        return ()
    return tuple(request.registers)


def answer(request: ModbusPDU, words: list[int]) -> ModbusPDU:
    """The reply of a device that did what it was asked."""
    match request.function_code:
        case Fn.READ_COILS:
            reply: ModbusPDU = ReadCoilsResponse(bits=[bool(word) for word in words])
        case Fn.READ_DISCRETE:
            reply = ReadDiscreteInputsResponse(bits=[bool(word) for word in words])
        case Fn.READ_HOLDING:
            reply = ReadHoldingRegistersResponse(registers=words)
        case Fn.READ_INPUT:
            reply = ReadInputRegistersResponse(registers=words)
        case Fn.WRITE_REGISTER:
            reply = WriteSingleRegisterResponse(
                address=request.address, registers=request.registers
            )
        case Fn.WRITE_COILS:
            reply = WriteMultipleCoilsResponse(address=request.address, count=len(request.bits))
        case Fn.WRITE_REGISTERS:
            reply = WriteMultipleRegistersResponse(
                address=request.address, count=len(request.registers)
            )
        case _:
            reply = request
    return _addressed(reply, request)


def refusal(request: ModbusPDU, code: Refusal) -> ModbusPDU:
    """The reply of a device that did not do what it was asked."""
    return _addressed(ExceptionResponse(request.function_code, code), request)


def _addressed(reply: ModbusPDU, request: ModbusPDU) -> ModbusPDU:
    reply.dev_id = request.dev_id
    reply.transaction_id = request.transaction_id
    return reply
