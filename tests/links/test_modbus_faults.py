"""Whatever a device or a line does, it ends as a `DeviceError` within its time, and is over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from random import Random
import socket
from time import monotonic
from typing import Any

from hypothesis import given, strategies as st
from modbus_connection import (
    AcknowledgeError,
    GatewayPathUnavailableError,
    GatewayTargetError,
    IllegalDataAddressError,
    MemoryParityError,
    ModbusConnectionError,
    ModbusDesyncError,
    ModbusError,
    ModbusExceptionError,
    ModbusTcpParams,
    ModbusTimeoutError,
    ModbusUnit,
    ServerDeviceBusyError,
    ServerDeviceFailureError,
)
from modbus_connection.mock import MockModbusConnection
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.core.metering import Sample
from custom_components.prepaid_parking.links.blocks import Block
from custom_components.prepaid_parking.links.modbus import ModbusMeter
from custom_components.prepaid_parking.links.profile_file import load_profiles
from custom_components.prepaid_parking.links.registers import Space
from custom_components.prepaid_parking.links.request import Requests
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.wire import Framing
from tests.links.modbus_peer import connection, meter_profile

FRAMINGS = pytest.mark.parametrize("framing", list(Framing))
PATIENCE = 0.5


def ddsy(unit: int = 1) -> AcrelDdsy1352:
    return AcrelDdsy1352(unit=unit, serial=f"{unit:012}", start=unit)


def meter(unit: ModbusUnit, **options: Any) -> ModbusMeter:
    options = {"request_timeout": PATIENCE} | options
    return ModbusMeter(unit, meter_profile("acrel_ddsy1352"), **options)


async def fault(read: Callable[[], Any]) -> DeviceFault:
    with pytest.raises(DeviceError) as caught:
        await read()
    return caught.value.fault


async def reads_within(reading: ModbusMeter, *, tries: int) -> int | None:
    """The register, after at most so many readings."""
    for _ in range(tries - 1):
        with suppress(DeviceError):
            return (await reading.read()).register
    return (await reading.read()).register


@FRAMINGS
async def test_each_fault_is_told_from_the_others_and_leaves_the_link_usable(
    framing: Framing,
) -> None:
    """The caretaker who is sent must know whether to look for a wire, a meter or a gateway."""
    device, neighbour = ddsy(1), ddsy(2)
    async with (
        ModbusLine([device, neighbour], framing=framing) as line,
        connection(line) as link,
    ):
        reading, other = meter(link.for_unit(1)), meter(link.for_unit(2))
        expected = {
            "silent": {DeviceFault.NO_ANSWER},
            "busy": {DeviceFault.NO_ANSWER},
            "garbled": {DeviceFault.NO_ANSWER, DeviceFault.GARBLED},
        }
        for name, faults in expected.items():
            setattr(device.faults, name, FOREVER)
            assert await fault(reading.read) in faults
            device.faults.clear()
            # A broken TCP header makes the hub's library look for the next one in what follows:
            # measured, three answers of others are lost with it. On RTU none is.
            lost = 3 if name == "garbled" and framing is Framing.TCP else 0
            assert await reads_within(other, tries=1 + lost) == 2_000_000
            assert (await reading.read()).register == 1_000_000
        device.faults.answers_as = 2
        assert await fault(reading.read) in {DeviceFault.NO_ANSWER, DeviceFault.GARBLED}
        device.faults.clear()
        assert (await reading.read()).register == 1_000_000
        device.faults.refuse_writes(60)
        assert await fault(lambda: reading.switch(on=False)) is DeviceFault.REFUSED
        line.drop_connections()
        await asyncio.sleep(0.05)
        assert (await reading.read()).register == 1_000_000


async def test_a_gateway_that_answers_for_a_dead_unit_is_no_answer() -> None:
    """Exception 11 is the gateway's word: the unit itself said nothing."""
    async with ModbusLine([], gateway_timeout_s=0.01) as line, connection(line) as link:
        assert await fault(meter(link.for_unit(1)).read) is DeviceFault.NO_ANSWER


async def test_a_gateway_that_is_not_there_is_the_line_not_the_meter() -> None:
    """One dead gateway must not send somebody to 32 meters."""
    line = ModbusLine([ddsy()])
    async with line, connection(line) as link:
        reading = meter(link.for_unit(1))
        await reading.read()
        await line.stop()
        assert await fault(reading.read) is DeviceFault.OFFLINE
        await line.start()
        assert (await reading.read()).register == 1_000_000


async def test_a_gateway_that_never_opens_is_offline_within_the_limit() -> None:
    """A black hole on the network costs one time limit, not the link's own ten seconds."""
    with ExitStack() as sockets:
        hole = sockets.enter_context(socket.socket())
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        for _ in range(4):
            # They fill the queue of a listener that never accepts: whoever comes now waits.
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(hole.getsockname())
        link = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=hole.getsockname()[1]))
        began = monotonic()
        assert await fault(meter(link.for_unit(1)).read) is DeviceFault.OFFLINE
        assert PATIENCE <= monotonic() - began < 5
        connecting = link._connect_task
        assert connecting is not None
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)


@FRAMINGS
async def test_a_busy_device_costs_one_time_limit_not_a_minute(framing: Framing) -> None:
    """The hub's link asks a busy unit again for 60 s, holding everybody else up."""
    device = ddsy()
    device.faults.busy = FOREVER
    async with ModbusLine([device], framing=framing) as line, connection(line) as link:
        reading = meter(link.for_unit(1))
        with pytest.raises(DeviceError):
            await reading.read()
        began = monotonic()
        with pytest.raises(DeviceError):
            await reading.read()
        assert monotonic() - began < 5


@FRAMINGS
async def test_a_cancelled_request_leaves_the_link_usable(framing: Framing) -> None:
    """The hub cancels tasks when it reloads; the next reading must not get the old one's answer."""
    slow, other = ddsy(1), ddsy(2)
    slow.faults.delay_s = 0.1
    async with ModbusLine([slow, other], framing=framing) as line, connection(line) as link:
        first, second = meter(link.for_unit(1)), meter(link.for_unit(2))
        await first.read()
        for _ in range(3):
            reading = asyncio.create_task(first.read())
            await asyncio.sleep(0.02)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert (await second.read()).register == 2_000_000
        slow.faults.clear()
        assert (await first.read()).register == 1_000_000


@FRAMINGS
async def test_a_late_answer_is_never_the_answer_to_another_question(framing: Framing) -> None:
    """On RTU a late reply carries no number: it must not be taken for the neighbour's."""
    late, other = ddsy(1), ddsy(2)
    async with ModbusLine([late, other], framing=framing) as line, connection(line) as link:
        first = meter(link.for_unit(1))
        second = meter(link.for_unit(2))
        await second.read()
        late.faults.delay_s = 1.5 * PATIENCE
        assert await fault(first.read) is DeviceFault.NO_ANSWER
        assert (await second.read()).register == 2_000_000
        late.faults.clear()
        assert (await first.read()).register == 1_000_000


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ModbusConnectionError("x"), DeviceFault.OFFLINE),
        (OSError("x"), DeviceFault.OFFLINE),
        (ModbusTimeoutError("x"), DeviceFault.NO_ANSWER),
        (TimeoutError("x"), DeviceFault.NO_ANSWER),
        (GatewayPathUnavailableError(), DeviceFault.NO_ANSWER),
        (GatewayTargetError(), DeviceFault.NO_ANSWER),
        (ServerDeviceBusyError(), DeviceFault.BUSY),
        (AcknowledgeError(), DeviceFault.BUSY),
        (ServerDeviceFailureError(), DeviceFault.REFUSED),
        (IllegalDataAddressError(), DeviceFault.REFUSED),
        (ModbusExceptionError(0x55), DeviceFault.REFUSED),
        (MemoryParityError(), DeviceFault.GARBLED),
        (ModbusDesyncError("x"), DeviceFault.GARBLED),
        (ModbusError("x"), DeviceFault.GARBLED),
        (IndexError("x"), DeviceFault.GARBLED),
        (ValueError("x"), DeviceFault.GARBLED),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else str(one),
)
async def test_every_error_of_the_link_has_its_kind(
    raised: Exception, expected: DeviceFault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decisions hang on the kind: a refusal is tried again, a garbled reply is a cable."""
    unit = MockModbusConnection().for_unit(1)
    await unit.read_coils(0, 1)

    async def read(_address: int, _count: int) -> list[int]:
        raise raised

    monkeypatch.setattr(unit, "read_holding_registers", read)
    requests = Requests(unit)
    block = Block(space=Space.HOLDING, address=0, count=1)
    assert await fault(lambda: requests.read(block)) is expected


async def test_message_spacing_is_asked_of_the_link() -> None:
    """Some meters on 2400 baud swallow a request that follows the last answer too closely."""
    unit = MockModbusConnection().for_unit(1)
    meter(unit, spacing=0.05)
    assert unit.message_spacing == 0.05


WORDS = st.integers(-2, 0x10001) | st.booleans() | st.none() | st.text(max_size=2)
REPLIES = st.lists(WORDS, max_size=130) | st.none() | st.binary(max_size=4) | st.integers()


class Liar:
    """A unit that answers with anything, mostly of the right length."""

    connected = True

    def __init__(self, draw: Callable[[int], object]) -> None:
        self._draw = draw

    async def _read(self, _address: int, count: int) -> Any:
        return self._draw(count)

    read_holding_registers = read_input_registers = read_coils = read_discrete_inputs = _read


@given(st.data(), st.sampled_from(sorted(load_profiles().meters)))
def test_no_reply_becomes_anything_but_a_sane_sample_or_a_device_error(
    data: st.DataObject, profile_id: str
) -> None:
    """Registers are strangers' words: no traceback, no negative energy, no float in the books."""

    def reply(count: int) -> object:
        right, odd = (
            st.lists(one, min_size=count, max_size=count) for one in (st.integers(0, 0xFFFF), WORDS)
        )
        return data.draw(right | right | right | odd | REPLIES)

    reading = ModbusMeter(Liar(reply), load_profiles().meters[profile_id])  # type: ignore[arg-type]  # a stranger

    async def look() -> list[Sample]:
        samples = []
        for full in (True, False, True):
            try:
                samples.append(await reading.read(full=full))
            except DeviceError:
                continue
        return samples

    for sample in asyncio.run(look()):
        assert type(sample.register) is int
        assert 0 <= sample.register <= 10**18
        assert sample.supplied in (True, False, None)
        assert all(isinstance(value, float) for value in sample.values.values())
        assert all(type(rate) is int and rate >= 0 for rate in sample.rates)
        assert sample.serial is None or sample.serial.isprintable()


@asynccontextmanager
async def babbler(reply: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """A server that answers each request with whatever `reply` makes of it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.read(300):
                writer.write(reply(request))
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        server.close_clients()


async def test_bytes_of_chance_behind_a_sound_header_are_no_reading() -> None:
    """A reply that frames well and makes no sense is where libraries trip."""
    chance = Random(20260101)

    def reply(request: bytes) -> bytes:
        content = chance.randbytes(chance.choice((0, 1, 2, 3, 5, 9, 38)))
        if content and chance.random() < 0.7:
            content = bytes([chance.choice((3, 0x83, 4, 16))]) + content[1:]
        return request[:4] + (len(content) + 1).to_bytes(2) + request[6:7] + content

    async with babbler(reply) as port:
        link = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=port))
        reading = meter(link.for_unit(1), request_timeout=0.05)
        for _ in range(150):
            with pytest.raises(DeviceError):
                await reading.read()
        await link.close()


async def test_noise_is_no_reading() -> None:
    """An inverter next to the cable, a gateway set to another protocol."""
    chance = Random(20260102)
    async with babbler(lambda _: chance.randbytes(chance.randrange(300))) as port:
        link = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=port))
        reading = meter(link.for_unit(1), request_timeout=0.02)
        for _ in range(40):
            with pytest.raises(DeviceError):
                await reading.read()
        await link.close()
