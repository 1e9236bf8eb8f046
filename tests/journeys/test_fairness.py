"""Journey 4: dead and busy devices on a line hold up neither their neighbours nor a command."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from time import monotonic

import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.frames import Frame, Outcome
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, line_data, meter_data
from .steps import meter_shows

INTERVAL_S = 4
REQUEST_S = 0.5
"""The line's time limit: what a dead device costs the others each time it is asked."""
WATCHED_S = 2.5 * INTERVAL_S
WIRE_S = 0.02
"""A request of the status block and its answer at 38,400 baud, roughly."""
FORCE = 0x0057
TRIP = (1, 1)
READ = 3
REGISTER = 0x0215
"""Where the billed register lies: a request that fetches it is a reading, of whatever length."""


@pytest.fixture
def many_devices() -> list[AcrelDdsy1352]:
    """Thirty-two prepaid meters."""
    return [AcrelDdsy1352(unit=unit, serial=f"{unit:012}", start="100") for unit in range(1, 33)]


@pytest.fixture
async def crowded_line(
    many_devices: list[AcrelDdsy1352], socket_enabled: None
) -> AsyncIterator[ModbusLine]:
    """One wire with all of them on it."""
    async with ModbusLine(many_devices, wire_time_s=WIRE_S) as line:
        yield line


async def wired(
    hub: Hub, line: ModbusLine, devices: list[AcrelDdsy1352], interval: int = INTERVAL_S
) -> None:
    """Set up the line with these meters and wait until each that is alive was read."""
    data = line_data(line, timeout=REQUEST_S)
    line_id = await hub.add("line", "Line", f"line:tcp:127.0.0.1:{line.port}", data)
    for device in devices:
        await hub.add(
            "meter",
            f"Flat {device.unit}",
            f"meter:acrel_ddsy1352:{device.serial}",
            meter_data(line_id, device, interval=interval),
        )
    alive = [device for device in devices if not device.faults.silent]

    async def all_read() -> bool:
        meters = (await hub.call("list_meters"))["meters"]
        return sum(meter["register"] is not None for meter in meters) == len(alive)

    await hub.until(all_read, within=60)
    assert (await hub.call("list_meters"))["count"] == len(devices)


async def pays(hub: Hub, name: str, amount: str) -> str:
    """Bind the meter of that name to a wallet with so much money and no grace; return its id."""
    meter = str((await hub.call("get_meter", meter=name))["meter"])
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="0.80")
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="0", alert2="0")
    wallet = str((await hub.call("open_wallet", unit=name, purpose="utility"))["wallet"])
    await hub.call("top_up", wallet=wallet, amount=amount, channel="cash")
    await hub.call("bind_meter", meter=meter, wallet=wallet, tariff="home")
    await meter_shows(hub, lambda one: one["supply"] == "on", meter=meter)
    return meter


def readings(line: ModbusLine, unit: int, since: float = 0.0) -> list[Frame]:
    """Return the answered readings of a unit, from a moment on."""
    return [
        one
        for one in line.log.find(unit=unit, function=READ)
        if one.address <= REGISTER < one.address + one.count
        and one.outcome is Outcome.ANSWERED
        and one.at >= since
    ]


async def test_five_dead_of_32_leave_the_others_no_older_than_two_intervals(
    hub: Hub, crowded_line: ModbusLine, many_devices: list[AcrelDdsy1352]
) -> None:
    """A burnt-out meter in the cellar must not make 27 tenants' balances stale."""
    dead = many_devices[3::7]
    assert len(dead) == 5
    await wired(hub, crowded_line, many_devices)
    await crowded_line.log.until(
        lambda: all(len(readings(crowded_line, one.unit)) > 1 for one in many_devices), timeout=30
    )
    for device in dead:
        device.faults.silent = FOREVER
    crowded_line.log.clear()
    began = monotonic()
    await asyncio.sleep(WATCHED_S)
    for device in many_devices:
        if device not in dead:
            times = [one.at for one in readings(crowded_line, device.unit)]
            seen = [began, *times, monotonic()]
            assert max(later - one for one, later in pairwise(seen)) < 2 * INTERVAL_S, device.unit
    # They are asked again all the same: who comes back is found.
    assert {frame.unit for frame in crowded_line.log} >= {device.unit for device in dead}


def between(line: ModbusLine, deciding: Frame, command: Frame) -> list[Frame]:
    """Return what was on the wire between a reading and the command that followed it."""
    frames = list(line.log)
    return frames[frames.index(deciding) + 1 : frames.index(command)]


async def cut(line: ModbusLine, unit: int) -> tuple[Frame, Frame]:
    """Wait for the cut of a unit; return the reading that decided it, and the command."""
    command = (await line.log.seen(unit=unit, address=FORCE, values=TRIP, timeout=30))[0]
    return [one for one in readings(line, unit) if one.at < command.at][-1], command


@pytest.mark.parametrize("trouble", ["dead", "busy"])
async def test_a_cut_waits_for_one_request_at_most(
    hub: Hub, crowded_line: ModbusLine, many_devices: list[AcrelDdsy1352], trouble: str
) -> None:
    """Behind devices that are silent or answer that they are busy, a command still goes at once."""
    devices = many_devices[:12]
    payer = devices[5]
    await wired(hub, crowded_line, devices, interval=1)
    await pays(hub, f"Flat {payer.unit}", "8")
    for device in devices:
        if device is payer:
            continue
        if trouble == "dead":
            device.faults.silent = FOREVER
        else:
            device.faults.busy = FOREVER
    seen = len(crowded_line.log)
    await crowded_line.log.until(lambda: len(crowded_line.log) > seen + 3, timeout=20)
    payer.add(kwh=12)
    deciding, command = await cut(crowded_line, payer.unit)
    waited_for = between(crowded_line, deciding, command)
    # The request that was on the wire already when the reading was judged, and no other.
    assert len(waited_for) <= 1, waited_for
    assert command.received_at - deciding.at < REQUEST_S + 2 * WIRE_S + 0.5
    assert command.received_at - deciding.at < 2


async def test_a_relay_that_answers_busy_does_not_hold_up_the_line(
    hub: Hub, crowded_line: ModbusLine, many_devices: list[AcrelDdsy1352]
) -> None:
    """The one who is to be cut is busy for a while: the neighbours are read, and then it is cut."""
    devices = many_devices[:4]
    payer = devices[1]
    await wired(hub, crowded_line, devices, interval=1)
    meter = await pays(hub, f"Flat {payer.unit}", "8")
    payer.faults.refuse_writes(1.5)
    crowded_line.log.clear()
    payer.add(kwh=12)
    await meter_shows(hub, lambda one: one["supply"] == "off", meter=meter, within=30)
    refused = [one for one in crowded_line.log.writes(payer.unit) if one.outcome is Outcome.REFUSED]
    assert refused
    took = crowded_line.log.writes(payer.unit)[-1].at - refused[0].at
    for device in devices:
        if device is not payer:
            assert len(readings(crowded_line, device.unit, refused[0].at)) >= int(took)
