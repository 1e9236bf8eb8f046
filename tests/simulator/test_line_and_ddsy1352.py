"""A line with a prepaid meter, asked by a client that knows nothing of the simulator."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from time import monotonic
from typing import Any

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.frames import Outcome
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay import Cause
from custom_components.prepaid_parking.simulator.wire import Framing

from .conftest import connected

FRAMINGS = pytest.mark.parametrize("framing", list(Framing))


class Time:
    """A clock that stands until it is told the time."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def meter(unit: int = 1, **extra: Any) -> AcrelDdsy1352:
    """A meter with a count."""
    return AcrelDdsy1352(unit=unit, serial=f"20260000{unit:04}", start="1234.56", **extra)


def lit(device: AcrelDdsy1352) -> bool:
    """Whether the flat behind a meter has light."""
    return device.supply_on


async def total(client: AsyncModbusTcpClient, unit: int = 1) -> int:
    """The energy register, 0.01 kWh."""
    reply = await client.read_holding_registers(0x0000, count=2, device_id=unit)
    assert not reply.isError()
    return reply.registers[0] << 16 | reply.registers[1]


@FRAMINGS
async def test_the_register_is_read_high_word_first_in_hundredths(framing: Framing) -> None:
    """A tenant's bill starts here: both framings show the same 1234.56 kWh."""
    async with ModbusLine([meter()], framing=framing) as line, connected(line) as client:
        assert await total(client) == 123456


@FRAMINGS
async def test_the_status_block_tells_what_the_meter_is_and_does(framing: Framing) -> None:
    """The block a profile reads in one request: type, ratios, energy, contacts, clock."""
    device = meter(now=lambda: datetime(2026, 3, 29, 1, 59, 30, tzinfo=UTC))
    device.set_load("2.3")
    device.clock_offset = timedelta(seconds=61)
    async with ModbusLine([device], framing=framing) as line, connected(line) as client:
        block = (await client.read_holding_registers(0x0200, count=48, device_id=1)).registers
    assert block[0x00] == 7
    assert block[0x01] == 2300
    assert block[0x04] == 1000
    assert block[0x07] == 2300
    assert block[0x13:0x15] == [1, 1]
    assert block[0x15] << 16 | block[0x16] == 123456
    assert block[0x24] == 0xE007
    assert block[0x28:0x2C] == [0x1A03, 0x1D00, 0x0200, 0x1F00]


async def test_the_meter_number_stands_in_bcd() -> None:
    """A swapped meter is found by this number alone."""
    async with ModbusLine([meter()]) as line, connected(line) as client:
        words = (await client.read_holding_registers(0x0043, count=3, device_id=1)).registers
    assert "".join(f"{word:04x}" for word in words) == "202600000001"


@FRAMINGS
async def test_a_trip_by_fc16_opens_the_contacts_and_a_close_closes_them(framing: Framing) -> None:
    """The frame that cuts a flat, and the one that gives it light again."""
    device = meter()
    async with ModbusLine([device], framing=framing) as line, connected(line) as client:
        await client.write_registers(0x0057, [1, 1], device_id=1)
        assert not lit(device)
        status = await client.read_holding_registers(0x0224, count=1, device_id=1)
        assert status.registers == [0x0007]
        await client.write_registers(0x0057, [1, 0], device_id=1)
        assert lit(device)
    (trip,) = line.log.find(unit=1, function=16, address=0x0057, values=(1, 1))
    assert trip.outcome is Outcome.ANSWERED
    assert [move.closed for move in device.contacts.moves] == [False, True]
    assert len(line.log.writes()) == 2


async def test_leaving_force_mode_gives_the_relay_back_to_the_meters_own_ledger() -> None:
    """A meter in its own prepaid mode would cut a paid flat: the commissioning must see that."""
    device = meter()
    device.prepaid_mode = True
    async with ModbusLine([device]) as line, connected(line) as client:
        await client.write_registers(0x0057, [1, 0], device_id=1)
        status = await client.read_holding_registers(0x0224, count=1, device_id=1)
        assert status.registers == [0xE028]
        await client.write_registers(0x0057, [0, 0], device_id=1)
        status = await client.read_holding_registers(0x0224, count=1, device_id=1)
        assert status.registers == [0x0028]


async def test_what_a_real_meter_refuses_is_refused() -> None:
    """A profile that writes with the wrong function or reads past a table must find out here."""
    async with ModbusLine([meter()]) as line, connected(line) as client:
        assert (await client.write_register(0x0057, 1, device_id=1)).exception_code == 1
        assert (await client.read_input_registers(0, count=2, device_id=1)).exception_code == 1
        assert (await client.read_holding_registers(0, count=18, device_id=1)).exception_code == 2
        assert (await client.read_holding_registers(0x1000, count=1, device_id=1)).isError()
        assert (await client.write_registers(0x0057, [1, 2], device_id=1)).exception_code == 3
        assert (await client.write_registers(0x0000, [0, 0], device_id=1)).exception_code == 2
    assert [frame.refusal for frame in line.log] == [1, 1, 2, 2, 3, 2]


@FRAMINGS
async def test_a_function_nobody_knows_is_refused_not_ignored(framing: Framing) -> None:
    """Vendor function 0x20 (Acrel's purchase) must not leave a client waiting."""
    async with ModbusLine([meter()], framing=framing) as line:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        if framing is Framing.TCP:
            writer.write(bytes.fromhex("0007 0000 0006 01 20 01 00 00 01"))
            assert (await reader.read(64)).hex() == "00070000000301a001"
        else:
            writer.write(bytes.fromhex("01 20 01 00 00 01") + _crc("01 20 01 00 00 01"))
            assert (await reader.read(64))[:3].hex() == "01a001"
        writer.close()
        await writer.wait_closed()


@FRAMINGS
async def test_a_request_may_arrive_in_pieces(framing: Framing) -> None:
    """TCP keeps no frames together: half a request waits for its other half."""
    async with ModbusLine([meter()], framing=framing) as line:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        body = bytes.fromhex("01 03 0000 0002")
        if framing is Framing.TCP:
            request = bytes.fromhex("0007 0000 0006") + body
        else:
            request = body + _crc("01 03 0000 0002")
        writer.write(request[:5])
        await writer.drain()
        await asyncio.sleep(0.01)
        assert len(line.log) == 0
        writer.write(request[5:])
        await line.log.seen(function=3)
        assert (await reader.read(64)).find(bytes.fromhex("01 03 04 0001 E240")) >= 0
        writer.close()
        await writer.wait_closed()


async def test_two_requests_in_one_piece_are_both_answered() -> None:
    """A client that does not wait for its answer gets both, in order."""
    async with ModbusLine([meter()]) as line:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        one, two = (f"000{n} 0000 0006 01 03 0000 0002" for n in (1, 2))
        writer.write(bytes.fromhex(one + two))
        replies = await reader.readexactly(2 * 13)
        assert (replies[1], replies[14]) == (1, 2)
        writer.close()
        await writer.wait_closed()


async def test_a_gateway_that_restarts_drops_its_clients() -> None:
    """The connection is gone, the line is not."""
    async with ModbusLine([meter()]) as line:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        writer.write(bytes.fromhex("0001 0000 0006 01 03 0000 0002"))
        await reader.readexactly(13)
        line.drop_connections()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        writer.close()
        async with connected(line) as client:
            assert await total(client) == 123456


def _crc(text: str) -> bytes:
    crc = 0xFFFF
    for byte in bytes.fromhex(text):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def test_energy_grows_exactly_and_only_while_the_supply_is_on() -> None:
    """A hundred ticks of a third of a second count what one long tick counts, to the mWh."""
    fine, coarse = meter(), meter()
    for device in (fine, coarse):
        device.set_load("3.333333")
    for _ in range(3600):
        fine.advance(0.1)
    coarse.advance(360)
    assert fine.counter.total == coarse.counter.total == 1_234_560_000 + 333_333
    fine.contacts.by_hand(closed=False)
    fine.advance(3600)
    assert fine.counter.total == coarse.counter.total


async def test_an_exact_amount_can_be_added() -> None:
    """A test names 10 kWh and means 10 kWh."""
    device = meter()
    async with ModbusLine([device]) as line, connected(line) as client:
        device.add(kwh=Decimal("10.00"))
        assert await total(client) == 124456
        device.add(kwh="0.009")
        assert await total(client) == 124456
        device.add(kwh="0.001")
        assert await total(client) == 124457
    with pytest.raises(ValueError, match="finer"):
        device.add(kwh="0.0000001")
    with pytest.raises(ValueError, match="counts kwh"):
        device.add(m3=1)


async def test_the_register_rolls_over_after_999999_99() -> None:
    """The display has eight digits."""
    device = AcrelDdsy1352(unit=1, start="999999.99")
    async with ModbusLine([device]) as line, connected(line) as client:
        device.add(kwh="0.02")
        assert await total(client) == 1


async def test_a_slow_relay_moves_after_its_delay() -> None:
    """An acknowledgement is not a movement."""
    device = meter(relay_delay_s=5)
    time = Time()
    device.contacts.clock = time
    async with ModbusLine([device]) as line, connected(line) as client:
        assert not (await client.write_registers(0x0057, [1, 1], device_id=1)).isError()
        time.now = 4.9
        assert lit(device)
        time.now = 5.0
        status = await client.read_holding_registers(0x0224, count=1, device_id=1)
    assert status.registers == [0x0007]


async def test_a_stuck_relay_acknowledges_and_stays() -> None:
    """The fault that must never be shown as "off"."""
    device = meter()
    device.contacts.stuck = True
    async with ModbusLine([device]) as line, connected(line) as client:
        assert not (await client.write_registers(0x0057, [1, 1], device_id=1)).isError()
        status = await client.read_holding_registers(0x0224, count=1, device_id=1)
    assert status.registers == [0xE007]
    assert device.contacts.moves == []


async def test_hands_at_the_device_outrank_the_wire_when_they_lock_it() -> None:
    """An electrician's off stays off whatever is sent; an unlocked hand only moves it once."""
    device = meter()
    async with ModbusLine([device]) as line, connected(line) as client:
        device.contacts.by_hand(closed=False, locked=True)
        await client.write_registers(0x0057, [1, 0], device_id=1)
        assert not lit(device)
        device.contacts.by_hand(closed=False)
        await client.write_registers(0x0057, [1, 0], device_id=1)
        assert lit(device)
    assert [move.cause for move in device.contacts.moves] == [Cause.HAND, Cause.COMMAND]


@FRAMINGS
async def test_a_dead_device_leaves_its_requests_unanswered(framing: Framing) -> None:
    """Silence, for as many requests as asked; the neighbour still answers."""
    dead, alive = meter(1), meter(2)
    dead.faults.silent = 1
    async with (
        ModbusLine([dead, alive], framing=framing) as line,
        connected(line, timeout=0.1) as client,
    ):
        with pytest.raises(ModbusIOException):
            await client.read_holding_registers(0, count=2, device_id=1)
        assert await total(client, 2) == 123456
        assert await total(client, 1) == 123456
        with pytest.raises(ModbusIOException):
            await client.read_holding_registers(0, count=2, device_id=9)
    assert next(iter(line.log)).outcome is Outcome.SILENT


async def test_a_gateway_answers_for_a_dead_device() -> None:
    """Many gateways say "target failed to respond" after their own patience."""
    line = ModbusLine([], gateway_timeout_s=0.02)
    async with line, connected(line) as client:
        reply = await client.read_holding_registers(0, count=2, device_id=1)
    assert reply.exception_code == 11


async def test_a_busy_device_says_so_as_often_as_asked() -> None:
    """Exception 6 for ever made another client retry for a minute."""
    device = meter()
    async with ModbusLine([device]) as line, connected(line) as client:
        device.faults.busy = 2
        for _ in range(2):
            reply = await client.read_holding_registers(0, count=2, device_id=1)
            assert reply.exception_code == 6
        assert await total(client) == 123456
        device.faults.busy = FOREVER
        for _ in range(5):
            reply = await client.write_registers(0x0057, [1, 1], device_id=1)
            assert reply.exception_code == 6
        device.faults.clear()
        assert await total(client) == 123456
    assert lit(device)


@FRAMINGS
async def test_a_garbled_reply_is_no_reading(framing: Framing) -> None:
    """Noise on the wire must fail the check of the framing, never pass as a number."""
    device = meter()
    device.faults.garbled = 1
    async with (
        ModbusLine([device], framing=framing) as line,
        connected(line, timeout=0.1) as client,
    ):
        with pytest.raises(ModbusIOException):
            await client.read_holding_registers(0, count=2, device_id=1)
        assert await total(client) == 123456


async def test_the_wrong_unit_answers() -> None:
    """Two meters set to one address: a reading must not be booked on the neighbour."""
    device = meter()
    device.faults.answers_as = 2
    async with ModbusLine([device]) as line:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        writer.write(bytes.fromhex("0001 0000 0006 01 03 00 00 00 02"))
        assert (await reader.read(64))[6] == 2
        writer.close()
        await writer.wait_closed()


async def test_a_slow_answer_occupies_the_line() -> None:
    """One sleepy device delays the others exactly as long as it sleeps."""
    slow, quick = meter(1), meter(2)
    slow.faults.delay_s = 0.5
    line = ModbusLine([slow, quick])
    async with line, connected(line) as one, connected(line) as other:
        began = monotonic()
        await asyncio.gather(total(one, 1), total(other, 2))
        assert 0.5 <= monotonic() - began < 1.0


async def test_writes_are_refused_for_a_while_and_then_taken() -> None:
    """The cut must leave as soon as the device accepts it again."""
    device = meter()
    time = Time()
    device.faults.clock = time
    device.faults.refuse_writes(15)
    async with ModbusLine([device]) as line, connected(line) as client:
        reply = await client.write_registers(0x0057, [1, 1], device_id=1)
        assert reply.exception_code == 4
        assert await total(client) == 123456
        time.now = 15.0
        assert not (await client.write_registers(0x0057, [1, 1], device_id=1)).isError()
    assert not lit(device)


async def test_a_counter_may_reset_jump_and_dip() -> None:
    """The three ways a register stops telling the truth."""
    device = meter()
    async with ModbusLine([device]) as line, connected(line) as client:
        device.counter.dip(1_000_000_000, reads=2)
        assert [await total(client) for _ in range(3)] == [23456, 23456, 123456]
        device.counter.jump(100_000_000_000)
        assert await total(client) == 10123456
        device.counter.reset()
        assert await total(client) == 0


async def test_a_changed_ratio_changes_what_the_register_means() -> None:
    """After CT 1 to 10 the same register stands for ten times the energy, and grows slower."""
    device = meter()
    async with ModbusLine([device]) as line, connected(line) as client:
        device.change_ratio(ct=10)
        device.add(kwh=10)
        assert await total(client) == 123556
        ratios = await client.read_holding_registers(0x0213, count=2, device_id=1)
        assert ratios.registers == [1, 10]


async def test_requests_go_one_after_another_on_the_wire() -> None:
    """9600 baud: two clients of one gateway share the time of one wire."""
    line = ModbusLine([meter(1), meter(2)], wire_time_s=0.03)
    async with line, connected(line) as one, connected(line) as other:
        began = monotonic()
        await asyncio.gather(total(one, 1), total(other, 2), total(one, 1), total(other, 2))
        assert monotonic() - began >= 4 * 0.03
    starts = [frame.at for frame in line.log]
    assert all(later - earlier >= 0.03 for earlier, later in pairwise(starts))


async def test_a_gateway_that_takes_one_connection_turns_the_second_away() -> None:
    """Cheap gateways do; who opens a second connection must lose it, not the first."""
    line = ModbusLine([meter()], max_connections=1)
    async with line, connected(line) as client:
        assert await total(client) == 123456
        reader, writer = await asyncio.open_connection(line.host, line.port)
        try:
            heard = await reader.read(1)
        except ConnectionError:
            heard = b""
        assert heard == b""
        writer.close()
        assert await total(client) == 123456
        assert line.connections == 1


async def test_a_line_comes_back_on_its_own_port() -> None:
    """A gateway that restarts keeps its address, and its meters their counts."""
    line = ModbusLine([meter()])
    async with line, connected(line) as client:
        port = line.port
        assert await total(client) == 123456
    async with line, connected(line) as client:
        assert line.port == port
        assert await total(client) == 123456


async def test_a_test_can_wait_for_a_frame() -> None:
    """No sleeping and hoping in the journeys."""
    line = ModbusLine([meter()])
    async with line, connected(line) as client, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(line.log.seen(function=16, values=(1, 1)))
        await asyncio.sleep(0)
        await client.write_registers(0x0057, [1, 1], device_id=1)
        assert len(await waiting) == 1
        with pytest.raises(TimeoutError):
            await line.log.seen(unit=7, timeout=0.01)
