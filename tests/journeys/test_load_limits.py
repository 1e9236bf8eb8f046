"""A limit that comes with the tariff, on the wire: who bought so much power gets so much."""

from datetime import datetime, timedelta

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .clock import Clock
from .conftest import Hub, meter_data
from .steps import meter_shows, paid_meter
from .test_supply_rules import BERLIN, CLOSE, FORCE, TRIP, frame, in_berlin

EVENING = "2031-05-12 19:00"


async def two_flats(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> AcrelDdsy1352:
    """Two flats at one tariff; returns the second one's meter."""
    second = AcrelDdsy1352(unit=2, serial="202611220002", start="500")
    line.add(second)
    await paid_meter(hub, line, device)
    line_id = next(
        one.subentry_id for one in hub.entry.subentries.values() if one.subentry_type == "line"
    )
    await hub.add(
        "meter",
        "Flat 3-202",
        f"meter:acrel_ddsy1352:{second.serial}",
        meter_data(line_id, second),
    )
    await hub.call("open_wallet", unit="Flat 3-202", purpose="utility")
    await hub.call("top_up", wallet="w2", amount="100")

    async def read() -> bool:
        return (await hub.meter("m2"))["register"] is not None

    await hub.until(read)
    await hub.call("bind_meter", meter="m2", wallet="w2", tariff="home")
    for meter in ("m1", "m2"):
        await meter_shows(hub, lambda one: bool(one["supply"] == "on"), meter=meter)
    return second


async def limit_of(hub: Hub, meter: str) -> tuple[str | None, int | None]:
    """Under which limit a meter is, and what it may draw."""
    rules = (await hub.meter(meter))["rules"]
    return rules["load_limit"], rules["load_limit_watts"]


async def until_tripped(hub: Hub, line: ModbusLine, time: Clock, unit: int) -> None:
    """Let seconds pass until a meter is told to switch off."""
    for _ in range(40):
        await time.pass_(timedelta(seconds=1))
        if line.log.find(unit=unit, address=FORCE, values=TRIP):
            return
    raise AssertionError("it never tripped")


async def test_a_tariff_limits_its_meters_and_a_meter_of_its_own_outranks_it(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row P12: the contract of 5 A is off at 900 W, the neighbour with a contract of its own is not."""
    time = await in_berlin(hub, EVENING)
    assert time.now() >= datetime(2031, 5, 12, 19, tzinfo=BERLIN)
    second = await two_flats(hub, modbus_line, modbus_device)
    await hub.call("set_load_limit", policy="standard", limit=5000)
    assert await limit_of(hub, "m1") == ("policy/standard", 5000)
    await hub.call("set_load_limit", tariff="home", limit=800, delay=2, retries=3, wait_minutes=10)
    await hub.call("set_load_limit", meter="m2", limit=2000)
    assert await limit_of(hub, "m1") == ("tariff/home", 800)
    assert await limit_of(hub, "m2") == ("meter/m2", 2000)
    await hub.restart()
    time = Clock(hub, time.now())
    modbus_line.log.clear()
    modbus_device.counter.rate = second.counter.rate = 900_000
    await until_tripped(hub, modbus_line, time, unit=1)
    await meter_shows(hub, lambda one: (one["supply"], one["why"]) == ("off", "overload"))
    assert (await hub.meter("m2"))["supply"] == "on"
    assert not modbus_line.log.writes(2)
    modbus_device.counter.rate = 0
    modbus_line.log.clear()
    await hub.call("publish_tariff", tariff="big", quantity="energy", price="1.00")
    await hub.call("assign_tariff", meters=["m1"], tariff="big")
    await time.pass_(timedelta(seconds=5))
    assert await limit_of(hub, "m1") == ("policy/standard", 5000)
    await time.pass_(timedelta(minutes=11))
    await frame(modbus_line, CLOSE)
    await meter_shows(hub, lambda one: bool(one["supply"] == "on"))
    modbus_line.log.clear()
    modbus_device.counter.rate = 900_000
    for _ in range(5):
        await time.pass_(timedelta(seconds=1))
    assert not modbus_line.log.writes(1)
    listed = (await hub.call("list_supply_rules"))["load_limits"]
    assert [(one["scope"], one["limit"]) for one in listed] == [
        ("meter/m2", 2000),
        ("policy/standard", 5000),
        ("tariff/home", 800),
    ]
