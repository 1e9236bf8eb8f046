"""Reading faster near the mark: a cut leaves within two seconds of the crossing, not an interval."""

import asyncio
from time import monotonic

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter

FORCE = 0x0057
TRIP = (1, 1)


async def test_a_cut_leaves_soon_after_the_crossing_though_the_interval_is_long(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who is cut late owes more than they were warned of."""
    await bound_meter(hub, modbus_line, modbus_device, interval=4)
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="100")
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="5", alert2="1")
    await hub.call("top_up", wallet="w1", amount="8.50", channel="cash")
    start = modbus_device.register
    crossed: float | None = None

    async def live() -> None:
        nonlocal crossed
        modbus_device.set_load("13")
        while True:
            await asyncio.sleep(0.1)
            modbus_device.advance(0.2)
            if crossed is None and (modbus_device.register - start) > 8:
                crossed = monotonic()

    life = asyncio.create_task(live())
    try:
        trips = await modbus_line.log.seen(unit=1, address=FORCE, values=TRIP, timeout=90)
    finally:
        life.cancel()
    assert crossed is not None
    assert trips[0].at - crossed <= 2.0
    reads = [frame.at for frame in modbus_line.log.find(unit=1) if frame.at <= trips[0].at]
    assert reads[-1] - reads[-3] <= 3.0
