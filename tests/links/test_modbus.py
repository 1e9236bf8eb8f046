"""Every profile reads what the device of its family says, over TCP and over RTU alike."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.core.metering import Sample
from custom_components.prepaid_parking.links.generic import generic_modbus
from custom_components.prepaid_parking.links.modbus import IDENTITY_EVERY_S, ModbusMeter
from custom_components.prepaid_parking.links.profile import MeterProfile
from custom_components.prepaid_parking.links.profile_file import build_profile
from custom_components.prepaid_parking.simulator.acrel import AcrelAdl, AcrelAdw300, AcrelDdsy1352
from custom_components.prepaid_parking.simulator.chint import ChintDtsu666
from custom_components.prepaid_parking.simulator.device import Fn, Span
from custom_components.prepaid_parking.simulator.eastron import (
    EastronSdm120,
    EastronSdm230,
    EastronSdm630,
)
from custom_components.prepaid_parking.simulator.flow_meters import SpiraxTva, XintaiWater
from custom_components.prepaid_parking.simulator.generic import GenericModbus
from custom_components.prepaid_parking.simulator.hiking import HikingDds238
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.meter import Meter
from custom_components.prepaid_parking.simulator.wire import Framing
from custom_components.prepaid_parking.simulator.words import f32, u32
from tests.links.modbus_peer import connection, meter_profile

FRAMINGS = pytest.mark.parametrize("framing", list(Framing))
NOW = datetime(2026, 3, 29, 1, 59, 30, tzinfo=UTC)


class Time:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ddsy(unit: int = 1, **options: Any) -> AcrelDdsy1352:
    return AcrelDdsy1352(unit=unit, serial="260000000001", start="1234.56", **options)


def generic() -> MeterProfile:
    return generic_modbus(
        {
            "commodity": "water",
            "max_power": "5",
            "address": 0x0100,
            "type": "u32",
            "unit": "L",
            "relay_function": 5,
            "relay_address": 7,
            "relay_cut": 0,
            "relay_restore": 1,
            "state_space": "coil",
            "state_address": 7,
            "state_supplied": 1,
            "state_cut": 0,
        }
    )


FAMILIES: list[tuple[str, Callable[[], Meter], int, dict[str, float]]] = [
    (
        "acrel_ddsy1352",
        lambda: AcrelDdsy1352(unit=1, start="1234.56", now=lambda: NOW),
        1_234_560_000,
        {"voltage_l1": 230.0, "current_l1": 10.0, "power": 2300.0, "power_factor": 1.0},
    ),
    ("acrel_adl", lambda: AcrelAdl(unit=1, start="1234.56"), 1_234_560_000, {"power": 2300.0}),
    (
        "acrel_adw300",
        lambda: AcrelAdw300(unit=1, start="1234.56"),
        1_234_560_000,
        {"voltage_l2": 230.0, "power": 2300.0},
    ),
    (
        # A float32 near 1234.567: 1234.5670166015625, so 1,234,567,017 mWh, not ...000.
        "eastron_sdm120",
        lambda: EastronSdm120(unit=1, start="1234.567"),
        1_234_567_017,
        {"voltage_l1": 230.0, "power": 2300.0, "frequency": 50.0},
    ),
    (
        "eastron_sdm230",
        lambda: EastronSdm230(unit=1, start="1234.567"),
        1_234_567_017,
        {"power": 2300.0},
    ),
    (
        "eastron_sdm630",
        lambda: EastronSdm630(unit=1, start="1234.567"),
        1_234_567_017,
        {"voltage_l3": 230.0, "power": 2300.0},
    ),
    (
        "chint_dtsu666",
        lambda: ChintDtsu666(unit=1, start="1234.5"),
        1_234_500_000,
        {"voltage_l1": 230.0, "power": 2300.0, "frequency": 50.0},
    ),
    (
        "hiking_dds238",
        lambda: HikingDds238(unit=1, start="1234.56"),
        1_234_560_000,
        {"voltage_l1": 230.0, "current_l1": 10.0, "power": 2300.0},
    ),
    (
        "xintai_valve_water",
        lambda: XintaiWater(unit=1, start="1234.5"),
        1_234_500_000,
        {"flow": 2.3, "temperature": 14.5, "pressure": 3.2},
    ),
    (
        "spirax_tva",
        lambda: SpiraxTva(unit=1, start=123_456),
        123_456_000,
        {"mass_flow": 2.0, "pressure": 7.0, "temperature": 170.4},
    ),
    (
        "spirax_tva_energy",
        lambda: SpiraxTva(unit=1, start=123_456),
        123_456 * 2769 // 3600 * 1_000_000,
        {"mass_flow": 2.0},
    ),
]


@FRAMINGS
@pytest.mark.parametrize(
    ("profile_id", "build", "register", "values"), FAMILIES, ids=lambda one: str(one)[:20]
)
async def test_a_profile_reads_its_device_exactly(
    framing: Framing,
    profile_id: str,
    build: Callable[[], Meter],
    register: int,
    values: dict[str, float],
) -> None:
    """A misplaced word or decimal would be on every bill of every tenant with this meter."""
    device = build()
    device.set_load("2.3")
    async with ModbusLine([device], framing=framing) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile(profile_id))
        full, short = await meter.read(full=True), await meter.read(full=False)
    assert full.register == short.register == register
    assert full.supplied is short.supplied is (True if device.relay else None)
    assert {name: full.values[name] for name in values} == pytest.approx(values)
    assert set(full.values) == set(meter_profile(profile_id).values)


@FRAMINGS
async def test_a_generic_meter_reads_and_switches(framing: Framing) -> None:
    """A register and a coil typed in by hand do what a profile does."""
    device = GenericModbus(
        unit=1, measured_in="m3", start="1.234", counter_at=0x0100, supply_coil=7
    )
    async with ModbusLine([device], framing=framing) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), generic(), tested=True)
        assert (await meter.read()).register == 1_234_000
        await meter.switch(on=False)
        assert (await meter.read()).supplied is False
        await meter.switch(on=True)
        assert (await meter.read()).supplied is True
    assert [frame.function for frame in line.log.writes()] == [5, 5]


@FRAMINGS
async def test_a_cut_is_the_vendors_frame_and_is_seen_in_the_relay(framing: Framing) -> None:
    """`0001 0001` at 0x0057 by FC16 puts a flat in the dark, `0001 0000` gives it light again."""
    device = ddsy()
    async with ModbusLine([device], framing=framing) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352"))
        await meter.switch(on=False)
        assert (await meter.read()).supplied is False
        await meter.switch(on=True)
        assert (await meter.read()).supplied is True
    assert [(one.function, one.address, one.values) for one in line.log.writes()] == [
        (16, 0x0057, (1, 1)),
        (16, 0x0057, (1, 0)),
    ]


async def test_an_acknowledged_relay_that_did_not_move_still_reads_on() -> None:
    """Whoever trusts the acknowledgement believes a lit flat is dark."""
    device = ddsy()
    device.contacts.stuck = True
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352"))
        await meter.switch(on=False)
        assert (await meter.read()).supplied is True


async def test_an_experimental_valve_is_commanded_only_after_its_test_trip() -> None:
    """The profile is one farm's word; a wrong register at a main valve floods or dries a house."""
    device = XintaiWater(unit=1)
    async with ModbusLine([device]) as line, connection(line) as link:
        profile = meter_profile("xintai_valve_water")
        with pytest.raises(DeviceError) as caught:
            await ModbusMeter(link.for_unit(1), profile).switch(on=False)
        assert caught.value.fault is DeviceFault.UNSUPPORTED
        assert not line.log.writes()
        meter = ModbusMeter(link.for_unit(1), profile, tested=True)
        await meter.switch(on=False)
        assert (await meter.read()).supplied is False
    assert [(one.function, one.address, one.values) for one in line.log.writes()] == [
        (6, 0x001C, (2,))
    ]


async def test_a_meter_without_a_relay_is_never_written_to() -> None:
    """Writing 0 to a DDS238's total erases its counters."""
    async with ModbusLine([HikingDds238(unit=1)]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("hiking_dds238"))
        with pytest.raises(DeviceError, match="no relay"):
            await meter.switch(on=False)
        assert await meter.own_prepaid() is None
    assert not line.log.writes()


async def test_the_meters_own_prepaid_mode_is_seen() -> None:
    """A meter that keeps its own account cuts whoever paid into ours."""
    device = ddsy()
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352"))
        assert await meter.own_prepaid() is False
        device.prepaid_mode = True
        assert await meter.own_prepaid() is True


async def test_one_request_per_contiguous_block() -> None:
    """A request is what costs on a slow line: five values one by one take five times as long."""
    async with (
        ModbusLine([ddsy(1), EastronSdm630(unit=2), ChintDtsu666(unit=3)]) as line,
        connection(line) as link,
    ):
        acrel = ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352"))
        eastron = ModbusMeter(link.for_unit(2), meter_profile("eastron_sdm630"))
        chint = ModbusMeter(link.for_unit(3), meter_profile("chint_dtsu666"))
        for meter in (acrel, eastron, chint):
            await meter.read(full=True)
            await meter.read(full=False)
        counted = [(one.requests(full=True), one.requests(full=False)) for one in
                   (acrel, eastron, chint)]  # fmt: skip
    asked = [(frame.unit, frame.address, frame.count) for frame in line.log]
    assert asked == [
        (1, 0x0043, 3), (1, 0x0200, 44), (1, 0x0213, 18),
        (2, 0xFC00, 2), (2, 0x0000, 76), (2, 0x0048, 2),
        (3, 0x0006, 2), (3, 0x101E, 2), (3, 0x1028, 2), (3, 0x2006, 20), (3, 0x2044, 2),
        (3, 0x101E, 2),
    ]  # fmt: skip
    assert counted == [(2, 1), (2, 1), (5, 1)]


async def test_who_the_meter_is_is_asked_at_first_once_a_minute_and_after_each_failure() -> None:
    """A meter swapped behind our back must not be charged to the old one's account for long."""
    device, time = ddsy(), Time()
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(
            link.for_unit(1), meter_profile("acrel_ddsy1352"), clock=time, request_timeout=1.0
        )
        assert (await meter.read()).serial == "260000000001"
        assert (await meter.read()).serial is None
        time.now = IDENTITY_EVERY_S
        device.serial = "260000000002"
        assert (await meter.read()).serial == "260000000002"
        assert (await meter.read()).serial is None
        device.faults.silent = 1
        with pytest.raises(DeviceError):
            await meter.read()
        assert (await meter.read()).serial == "260000000002"


async def test_another_kind_of_meter_at_the_address_is_refused() -> None:
    """The three-phase sister answers the same requests with other meanings."""
    device = ddsy()
    status = next(span for span in device.spans if span.start == 0x0200)
    device.spans.remove(status)
    device.spans.append(Span(Fn.READ_HOLDING, 0x0200, 48, lambda: [5, *status.content()[1:]]))
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352"))
        with pytest.raises(DeviceError, match="type 5, not 7") as caught:
            await meter.read()
    assert caught.value.fault is DeviceFault.UNSUPPORTED


async def test_the_register_is_multiplied_by_the_ratio_the_meter_tells() -> None:
    """Behind 200/5 A the meter counts a fortieth; charged bare, the owner pays 39 of 40 parts."""
    acrel, chint = AcrelAdl(unit=1, start=100, ct=40), ChintDtsu666(unit=2, start=100, ct=40)
    settings = chint.spans.pop(0)
    chint.spans.append(Span(Fn.READ_HOLDING, 0, 8, lambda: [*settings.content()[:7], 15]))
    acrel.set_load("92")
    async with ModbusLine([acrel, chint]) as line, connection(line) as link:
        adl = ModbusMeter(link.for_unit(1), meter_profile("acrel_adl"))
        dtsu = ModbusMeter(link.for_unit(2), meter_profile("chint_dtsu666"))
        first, second = await adl.read(full=True), await adl.read()
        behind = await dtsu.read(full=True)
        acrel.change_ratio(ct=60)
        changed = await adl.read(full=True)
    assert first.register == second.register == 4_000_000_000
    assert (first.ratio, second.ratio, changed.ratio) == ("40", "40", "60")
    assert first.values["power"] == 92_000
    assert (behind.register, behind.ratio) == (6_000_000_000, "40x1.5")
    assert behind.values["voltage_l1"] == 345.0


async def test_a_ratio_changed_at_a_ddsy1352_shows_in_the_very_next_reading() -> None:
    """It stands next to the register, so nothing is charged under a ratio that is no longer so."""
    device = ddsy()
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352"))
        assert (await meter.read()).ratio == "1x1"
        device.change_ratio(ct=10)
        assert (await meter.read()).ratio == "1x10"


async def test_a_serial_number_an_old_meter_does_not_have_is_no_fault() -> None:
    """Firmware differs; but one that told its number once and now does not is another meter."""
    device = EastronSdm120(unit=1, serial="4711", start=5)
    serial = device.spans[-1]
    device.spans.remove(serial)
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("eastron_sdm120"))
        samples = [await meter.read(full=True) for _ in range(3)]
        assert [(one.register, one.serial) for one in samples] == [(5_000_000, None)] * 3
        assert len(line.log.find(address=0xFC00)) == 1
        device.spans.append(serial)
        again = ModbusMeter(link.for_unit(1), meter_profile("eastron_sdm120"))
        assert (await again.read(full=True)).serial == "4711"
        device.spans.remove(serial)
        with pytest.raises(DeviceError):
            await again.read(full=True)


async def test_a_meter_whose_number_was_never_set_tells_none() -> None:
    """Twelve zeros are no serial number: every meter fresh from the box would be the same one."""
    async with ModbusLine([AcrelDdsy1352(unit=1)]) as line, connection(line) as link:
        sample = await ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352")).read()
    assert sample.serial is None


async def test_rates_and_the_meters_clock_come_with_a_full_reading() -> None:
    """Where the meter's own rate registers are billed, its clock decides the price."""
    device = ddsy(now=lambda: NOW)
    device.clock_offset = timedelta(seconds=61)
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("acrel_ddsy1352"))
        full, short = await meter.read(full=True), await meter.read()
        device.clock_offset = timedelta()
        status = next(span for span in device.spans if span.start == 0x0200)
        device.spans.remove(status)
        never_set = [*status.content()[:0x28], *[0] * 8]
        device.spans.append(Span(Fn.READ_HOLDING, 0x0200, 48, lambda: never_set))
        unset = await meter.read(full=True)
    assert full.clock == NOW + timedelta(seconds=61)
    assert full.rates == (0, 0, 1_234_560_000, 0)
    assert (short.clock, short.rates) == (None, ())
    assert (unset.clock, unset.register) == (None, full.register)


async def test_a_count_in_two_parts_is_one_number() -> None:
    """Flow meters keep whole cubic metres and their fraction in two registers."""
    profile = generic_modbus({"commodity": "water", "max_power": "5", "address": 0, "type": "u32",
                              "unit": "m³"})  # fmt: skip
    with_fraction = _with_fraction()
    device = GenericModbus(
        unit=1,
        measured_in="m3",
        start="12.345678",
        base_units_per_digit=1,
        encode=lambda total: [*u32(total // 1_000_000), *u32(total % 1_000_000)],
    )
    async with ModbusLine([device]) as line, connection(line) as link:
        whole = await ModbusMeter(link.for_unit(1), profile).read()
        both = await ModbusMeter(link.for_unit(1), with_fraction).read()
    assert (whole.register, both.register) == (12_000_000, 12_345_678)
    assert len(line.log.find()) == 2


def _with_fraction() -> MeterProfile:
    profile = build_profile(
        "flow",
        {
            "schema": 1,
            "kind": "meter",
            "link": "modbus",
            "name": "Flow meter",
            "manufacturer": "-",
            "model": "-",
            "confidence": "unverified",
            "experimental": True,
            "data_sheet": "-",
            "commodity": "water",
            "quantity": "volume",
            "max_power": 5,
            "register": {
                "address": 0,
                "type": "u32",
                "unit": "m³",
                "plus": [{"address": 2, "type": "u32", "unit": "L", "scale": "0.001"}],
            },
        },
    )
    assert isinstance(profile, MeterProfile)
    return profile


@pytest.mark.parametrize("content", [f32(float("nan")), f32(float("inf")), f32(-1.0), f32(3e38)])
async def test_a_register_that_holds_no_sane_number_is_no_reading(content: list[int]) -> None:
    """A zero in its place would look like a reset, and a huge one like a leap to be charged."""
    device = EastronSdm120(unit=1, start=5)
    device.spans = [Span(Fn.READ_INPUT, 0x0048, 2, lambda: content)]
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(link.for_unit(1), meter_profile("eastron_sdm120"))
        with pytest.raises(DeviceError) as caught:
            await meter.read()
    assert caught.value.fault is DeviceFault.GARBLED


async def test_a_sample_carries_the_time_its_register_was_read() -> None:
    """The instant belongs to the register, not to the last slow block behind it."""
    times = iter(NOW + timedelta(seconds=second) for second in range(100))
    device = EastronSdm120(unit=1, start=5)
    async with ModbusLine([device]) as line, connection(line) as link:
        meter = ModbusMeter(
            link.for_unit(1), meter_profile("eastron_sdm120"), now=lambda: next(times)
        )
        sample: Sample = await meter.read()
    assert sample.at == NOW + timedelta(seconds=1)
