"""The other Modbus devices of a building, each with its own word order and its own refusals."""

import struct

from pymodbus.client import AsyncModbusTcpClient
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelAdl, AcrelAdw300, AcrelDdsy1352
from custom_components.prepaid_parking.simulator.chint import ChintDtsu666
from custom_components.prepaid_parking.simulator.device import Fn
from custom_components.prepaid_parking.simulator.eastron import (
    EastronSdm,
    EastronSdm120,
    EastronSdm230,
    EastronSdm630,
)
from custom_components.prepaid_parking.simulator.flow_meters import SpiraxTva, XintaiWater
from custom_components.prepaid_parking.simulator.generic import GenericModbus
from custom_components.prepaid_parking.simulator.hiking import HikingDds238
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.simulator.words import f32

from .conftest import connected


def as_float(words: list[int]) -> float:
    """Big-endian float, as a stranger decodes it."""
    value: float = struct.unpack(">f", struct.pack(">HH", *words))[0]
    return value


async def holding(client: AsyncModbusTcpClient, address: int, count: int) -> list[int]:
    reply = await client.read_holding_registers(address, count=count, device_id=1)
    assert not reply.isError()
    return reply.registers


async def inputs(client: AsyncModbusTcpClient, address: int, count: int) -> list[int]:
    reply = await client.read_input_registers(address, count=count, device_id=1)
    assert not reply.isError()
    return reply.registers


@pytest.mark.parametrize("kind", [EastronSdm120, EastronSdm230, EastronSdm630])
async def test_an_eastron_speaks_floats_in_input_registers(kind: type[EastronSdm]) -> None:
    """A shop behind an SDM pays for what stands at 0x0048, to the watt hour."""
    device = kind(unit=1, serial="21040117", start="345.678")
    device.set_load("1.5")
    async with ModbusLine([device]) as line, connected(line) as client:
        assert as_float(await inputs(client, 0x0048, 2)) == pytest.approx(345.678, abs=1e-4)
        assert as_float(await inputs(client, 0x0156, 2)) == pytest.approx(345.678, abs=1e-4)
        assert as_float(await inputs(client, 0x000C, 2)) == 1500 / device.phases
        assert as_float(await inputs(client, 0x0034, 2)) == 1500
        assert as_float(await inputs(client, 0x0046, 2)) == 50
        assert await holding(client, 0xFC00, 2) == [21040117 >> 16, 21040117 & 0xFFFF]
        assert (await client.read_holding_registers(0x0048, count=2)).exception_code == 2
        assert len(await inputs(client, 0x0000, 80)) == 80
        assert (await client.read_input_registers(0, count=82)).exception_code == 3
        assert (await client.write_registers(0x0000, [0, 0])).exception_code == 1
        device.add(kwh="0.001")
        assert as_float(await inputs(client, 0x0048, 2)) == pytest.approx(345.679, abs=1e-4)


async def test_only_the_three_phase_eastron_knows_phases() -> None:
    """A profile for the SDM630 must not pass on an SDM120."""
    one, three = EastronSdm120(unit=1), EastronSdm630(unit=2, start=300)
    async with ModbusLine([one, three]) as line, connected(line) as client:
        assert (await client.read_input_registers(0x015A, count=2, device_id=1)).isError()
        words = (await client.read_input_registers(0x015A, count=6, device_id=2)).registers
    assert [as_float(words[n : n + 2]) for n in (0, 2, 4)] == [100, 100, 100]


async def test_a_chint_speaks_floats_in_holding_registers() -> None:
    """Same float as the Eastron, other function, other place, tenths of a volt."""
    device = ChintDtsu666(unit=1, start="77.25")
    device.set_load(3)
    async with ModbusLine([device]) as line, connected(line) as client:
        assert as_float(await holding(client, 0x101E, 2)) == 77.25
        assert as_float(await holding(client, 0x2012, 2)) == 30000
        assert as_float(await holding(client, 0x2006, 2)) == 2300
        assert (await client.read_input_registers(0x101E, count=2)).exception_code == 1
        device.change_ratio(ct=20)
        device.add(kwh=5)
        assert await holding(client, 0x0006, 2) == [20, 10]
        assert as_float(await holding(client, 0x101E, 2)) == 77.5


async def test_a_hiking_takes_fc16_only_and_erases_on_zero() -> None:
    """A single-register write is refused; a zero in the wrong place loses a tenant's count."""
    device = HikingDds238(unit=1, start="88.88")
    async with ModbusLine([device]) as line, connected(line) as client:
        assert await holding(client, 0x0000, 2) == [0, 8888]
        assert await holding(client, 0x000A, 2) == [0, 8888]
        assert await holding(client, 0x000C, 1) == [2300]
        assert (await client.write_register(0x0000, 0)).exception_code == 1
        assert (await client.write_registers(0x0000, [0, 5])).exception_code == 3
        assert (await client.write_registers(0x0002, [0, 0])).exception_code == 2
        assert await holding(client, 0x0000, 2) == [0, 8888]
        assert not (await client.write_registers(0x0000, [0, 0])).isError()
        assert await holding(client, 0x0000, 2) == [0, 0]


async def test_a_xintai_reverses_all_bytes_and_moves_its_valve_by_fc06() -> None:
    """Read in the common order 12.345 m3 would be a wild number; the valve is a level."""
    device = XintaiWater(unit=1, start="12.345")
    device.set_load("0.6")
    async with ModbusLine([device]) as line, connected(line) as client:
        words = await holding(client, 0x0001, 28)
        raw = struct.pack(">HH", *words[:2])
        assert struct.unpack("<f", raw)[0] == pytest.approx(12.345, abs=1e-6)
        assert words[6] == 0xAA
        assert words[27] == 1
        assert (await client.write_registers(0x001C, [2])).exception_code == 1
        assert (await client.write_register(0x001C, 3)).exception_code == 3
        assert (await client.write_register(0x0008, 1)).exception_code == 2
        assert not (await client.write_register(0x001C, 2)).isError()
        assert await holding(client, 0x001C, 1) == [2]
        device.advance(3600)
        assert device.counter.total == 12_345_000
        device.battery_v = 2.9
        device.abnormal = True
        assert await holding(client, 0x001C, 1) == [2 + 4 + 8]
        await client.write_register(0x001C, 1)
        device.advance(3600)
        assert device.counter.total == 12_945_000
        device.add(m3="0.5")
        assert device.counter.total == 13_445_000


async def test_a_spirax_puts_the_low_word_first() -> None:
    """70,000 kg of steam read high word first would be 292 million."""
    device = SpiraxTva(unit=1, start=70_000)
    device.set_load(120)
    async with ModbusLine([device]) as line, connected(line) as client:
        words = await holding(client, 0, 12)
        assert words[0] | words[1] << 16 == 70_000
        assert words[2] == 120
        assert words[7] | words[8] << 16 == 70_000 * 2769 // 3600
        device.add(kg="0.999")
        assert (await holding(client, 0, 1)) == [70_000 & 0xFFFF]
        device.add(kg="0.001")
        assert (await holding(client, 0, 1)) == [70_001 & 0xFFFF]
        assert (await client.write_register(0, 0)).exception_code == 1


async def test_acrel_meters_behind_transformers_show_the_secondary_side() -> None:
    """CT 20: 100 kWh in the mains move the register by 5 kWh; the ratio makes them 100 again."""
    adl, adw = AcrelAdl(unit=1, ct=20), AcrelAdw300(unit=2, start="10.5")
    adl.add(kwh=100)
    async with ModbusLine([adl, adw]) as line, connected(line) as client:
        assert await holding(client, 0x0000, 2) == [0, 500]
        assert await holding(client, 0x000A, 2) == [0, 500]
        assert await holding(client, 331, 1) == [20]
        words = (await client.read_holding_registers(62, count=2, device_id=2)).registers
        assert words == [0, 1050]
        assert (await client.read_holding_registers(66, count=1, device_id=2)).isError()


async def test_a_relay_board_switches_single_coils_runs_and_all() -> None:
    """Every way a barrier controller may be wired and written."""
    board = WaveshareRelay(unit=1)
    async with ModbusLine([board]) as line, connected(line) as client:

        async def coils() -> str:
            reply = await client.read_coils(0, count=8)
            return "".join(str(int(bit)) for bit in reply.bits[:8])

        await client.write_coil(2, True)
        assert await coils() == "00100000"
        await client.write_coils(4, [True, True])
        assert await coils() == "00101100"
        await client.write_coil(0x00FF, False)
        assert await coils() == "00000000"
        assert (await client.write_coil(8, True)).exception_code == 2
        assert (await client.write_coils(7, [True, True])).exception_code == 2
        assert (await client.read_coils(1, count=8)).exception_code == 2
        assert (await client.write_register(0, 1)).exception_code == 1
    assert line.log.find(function=5, address=2, values=(1,))
    assert line.log.find(function=15, address=4, values=(1, 1))


async def test_a_relay_board_hears_loops() -> None:
    """A car on a loop is a discrete input."""
    board = WaveshareRelay(unit=1)
    async with ModbusLine([board]) as line, connected(line) as client:
        board.set_input(1, on=True)
        reply = await client.read_discrete_inputs(0, count=8)
    assert reply.bits[:8] == [False, True, *[False] * 6]


async def test_a_relay_board_flashes_by_itself() -> None:
    """The vendor's timed pulse ends even if the hub dies; toggling is understood too."""
    board = WaveshareRelay(unit=1)
    now = [0.0]
    for relay in board.relays:
        relay.clock = lambda: now[0]
    board.write(Fn.WRITE_COIL, 0x0203, [7])
    assert board.read(Fn.READ_COILS, 3, 1) == [1]
    now[0] = 0.71
    assert board.read(Fn.READ_COILS, 3, 1) == [0]
    assert board.pulses(3) == [0.7]
    board.write(Fn.WRITE_COIL, 3, [0x5500])
    assert board.read(Fn.READ_COILS, 3, 1) == [1]


async def test_a_raw_coil_value_arrives_as_sent() -> None:
    """0x5500 is the vendor's toggle; read as a boolean it would be lost."""
    board = WaveshareRelay(unit=1)
    async with ModbusLine([board]) as line, connected(line) as client:
        await client.read_coils(0, count=1)
        client.ctx.send(bytes.fromhex("0009 0000 0006 01 05 0000 5500"))
        await line.log.seen(function=5, address=0, values=(0x5500,))
    assert board.relays[0].closed


async def test_a_generic_device_counts_where_it_is_told() -> None:
    """The manager's own register map: a float at 100, a supply coil, two settings."""
    device = GenericModbus(
        unit=1, start="1.5", counter_at=100, base_units_per_digit=1_000_000,
        encode=lambda kwh: f32(float(kwh)), supply_coil=16, holding={5: 7, 6: 8},
    )  # fmt: skip
    async with ModbusLine([device]) as line, connected(line) as client:
        assert as_float(await holding(client, 100, 2)) == 1.0
        assert await holding(client, 5, 2) == [7, 8]
        await client.write_registers(5, [70, 80])
        assert await holding(client, 5, 2) == [70, 80]
        assert (await client.write_register(7, 1)).exception_code == 2
        await client.write_coil(16, False)
        device.set_load(10)
        device.advance(3600)
        assert as_float(await holding(client, 100, 2)) == 1.0
        assert (await client.read_coils(16, count=1)).bits[0] is False
        await client.write_coil(16, True)
        device.advance(3600)
        assert as_float(await holding(client, 100, 2)) == 11.0


async def test_a_swapped_meter_has_another_number_and_another_count() -> None:
    """The new meter must never be billed from the old one's register."""
    device = AcrelDdsy1352(unit=1, serial="202600000001", start=500)
    async with ModbusLine([device]) as line, connected(line) as client:
        device.swap(serial="202600000777", start="0.5")
        assert await holding(client, 0x0000, 2) == [0, 50]
        assert (await holding(client, 0x0043, 3))[2] == 0x0777
