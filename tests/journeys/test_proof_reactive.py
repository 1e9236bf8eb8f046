"""Reactive energy, from a register in kvarh to the adjustment on the month's bill."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.simulator.eastron import EastronSdm630
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import is_sound
from .clock import Clock
from .conftest import Hub, line_data
from .steps import attend, meter_shows
from .test_supply_rules import local

JUNE: Final = local("2031-06-01 00:00").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
WORKSHOP: Final[dict[str, Any]] = {
    "tariff": "workshop",
    "quantity": "energy",
    "price": "0.5344",
    "standing": [{"name": "capacity", "price": "26.00", "by": "capacity"}],
    "power_factor": {
        "table": [
            {"from": "0.00", "percent": "45"},
            {"from": "0.52", "percent": "41"},
            {"from": "0.53", "percent": "39"},
            {"from": "0.90", "percent": "0"},
            {"from": "0.95", "percent": "-0.75"},
        ]
    },
}
"""Rows of docs/tariffs/workshop_power.yaml around the three factors that come out here."""
KVARH: Final[dict[str, Any]] = {
    "space": "input",
    "address": 0x004C,
    "type": "float32",
    "unit": "kvarh",
    "commodity": "electricity",
    "max_power": "70",
}
"""Import kvarh of the SDM630, as a manager types it in from the data sheet."""


def eastron_data(line_id: str, device: EastronSdm630, **more: Any) -> dict[str, Any]:
    """Return the configuration of one register of the workshop's meter."""
    return {
        "source": "modbus",
        "line_id": line_id,
        "profile": device.profile,
        "unit_id": device.unit,
        "serial": device.serial,
        "commodity": "electricity",
        "quantity": "energy",
        "interval": 1,
        "max_power": "70",
        "restore": "by_hand",
        "relay": {"kind": "none"},
        **more,
    }


async def workshop(hub: Hub, line: ModbusLine) -> tuple[EastronSdm630, Clock]:
    """Set up a workshop of 400 kVA with its meter: m1 its kilowatt-hours, m2 its kvarh."""
    await hub.hass.config.async_set_time_zone("Asia/Shanghai")
    await hub.restart()
    time = Clock(hub, JUNE - timedelta(hours=1))
    # What a month cost is asked by when it was booked: the books go by the same clock here.
    writer = hub.data.books._writer
    assert writer is not None
    writer._clock = time.now
    device = EastronSdm630(unit=4, serial="20260630", start="1000")
    device.add_reactive(kvarh="500")
    line.add(device)
    line_id = await hub.add("line", "Line", "line:1", line_data(line))
    await hub.add("meter", "Workshop", "meter:4", eastron_data(line_id, device))
    reactive = eastron_data(
        line_id, device, profile="generic_modbus", quantity="reactive", serial="", generic=KVARH
    )
    await hub.add("meter", "Workshop reactive", "meter:4:kvarh", reactive)
    await meter_shows(hub, lambda one: one["register"] == "1000", meter="m1")
    await meter_shows(hub, lambda one: one["register"] == "500", meter="m2")
    await hub.call("update_meter", meter="m1", reactive="Workshop reactive")
    await hub.call("publish_tariff", **WORKSHOP)
    await hub.call("open_wallet", unit="Workshop")
    await hub.call("top_up", wallet="w1", amount="30000")
    await hub.call("set_unit", name="Workshop", meters=["m1"], capacity="400")
    await hub.call("move_in", unit="Workshop", wallet="w1")
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="workshop")
    return device, time


@pytest.mark.parametrize(
    ("kvarh", "factor", "adjustment"),
    [("4353", "0.520", "4844.63"), ("1283", "0.900", "0.00"), ("500", "0.980", "-88.62")],
)
async def test_a_month_of_reactive_energy_is_on_the_bill(
    hub: Hub, modbus_line: ModbusLine, kvarh: str, factor: str, adjustment: str
) -> None:
    """Row 57: 2,650 kWh and 400 kVA are 11,816.16; what is due for their factor comes on top, once."""
    device, time = await workshop(hub, modbus_line)
    for day in (5, 15, 25):
        time.set(JUNE + timedelta(days=day))
        device.add(kwh=Decimal(2650) / 5 if day == 5 else Decimal(2650) * 2 / 5)
        device.add_reactive(kvarh=Decimal(kvarh) / 5 if day == 5 else Decimal(kvarh) * 2 / 5)
        await attend(hub)
        await attend(hub)
    await time.is_now(JUNE + timedelta(days=29, hours=23))
    for minutes in (5, 7, 9):
        await time.is_now(JUNE + timedelta(days=30, minutes=minutes))
    assert (await hub.call("get_meter", meter="m2"))["unit"] == "kvarh"
    totals = [
        one.attributes["unit_of_measurement"]
        for one in hub.hass.states.async_all("sensor")
        if one.attributes.get("device_class") == "reactive_energy"
    ]
    assert totals == ["kvarh"]
    told = await hub.call("get_statement", wallet="w1")
    lines = [one for one in told["lines"] if one["kind"] == "power_factor"]
    amounts = [one["amount"] for one in lines]
    assert sum(map(Decimal, amounts)) == -Decimal(adjustment), told["lines"]
    if lines:
        (line,) = lines
        assert factor[:4] in line["explained"], line
    used = sum(Decimal(one["amount"]) for one in told["lines"] if one["kind"] == "usage")
    assert abs(used) == Decimal("1416.16")
    await time.is_now(JUNE + timedelta(days=31, minutes=5))
    again = await hub.call("get_statement", wallet="w1")
    assert len([one for one in again["lines"] if one["kind"] == "power_factor"]) == len(lines)
    await is_sound(hub.data.books)
