"""A building as a whole: time, restarts, and nothing left behind."""

import asyncio
from pathlib import Path

import pytest

from custom_components.prepaid_parking.simulator import memory
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.esphome import EspHomeNumber
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.site import Site
from tests.brokers import mosquitto

from .conftest import connected


def flat(start: int = 100) -> AcrelDdsy1352:
    """One prepaid meter."""
    return AcrelDdsy1352(unit=1, serial="202600000001", start=start)


async def test_a_site_starts_and_stops_everything_together() -> None:
    """Lines listen, gadgets are online, and afterwards no task of ours is left."""
    node = EspHomeNumber("node")
    before = asyncio.all_tasks()
    with mosquitto() as broker:
        site = Site([ModbusLine([flat()])], [node], broker=Broker.from_url(broker.url), tick_s=0.01)
        async with site, connected(site.lines[0]) as client:
            async with asyncio.timeout(5):
                await node.connected.wait()
            assert not (await client.read_holding_registers(0, count=2)).isError()
            assert site.device("202600000001") is site.devices[0]
            with pytest.raises(KeyError):
                site.device("202600000002")
        assert not node.connected.is_set()
    assert asyncio.all_tasks() == before


async def test_a_port_that_is_taken_leaves_nothing_half_started() -> None:
    """Whoever starts the demo twice is told, and the first one is not disturbed."""
    async with ModbusLine() as first:
        lines = [ModbusLine([flat()]), ModbusLine(port=first.port)]
        with pytest.raises(OSError, match="address already in use"):
            await Site(lines).start()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(lines[0].host, lines[0].port)


async def test_time_runs_at_the_speed_it_is_told() -> None:
    """An hour of the meters in a fraction of ours: the register moves while one watches."""
    meter = flat()
    meter.set_load(10)
    async with Site([ModbusLine([meter])], tick_s=0.005, speed=3600) as site:
        async with asyncio.timeout(5):
            # A tenth of a second is six minutes: one kWh.
            while meter.register < 10100:  # The wire itself is what is watched.
                await asyncio.sleep(0.005)
    stopped = meter.counter.total
    await asyncio.sleep(0.02)
    assert meter.counter.total == stopped
    site.advance(3600)
    assert meter.counter.total == stopped + 10_000_000


async def test_the_counts_survive_a_restart(tmp_path: Path) -> None:
    """A simulator that began at zero again would look like a swapped meter to the ledger."""
    state = tmp_path / "site.json"
    meter = flat()
    async with Site([ModbusLine([meter])], state_path=state):
        meter.add(kwh="1.234567")
        meter.contacts.by_hand(closed=False)
        meter.change_ratio(ct=5)
    again = flat(start=0)
    async with Site([ModbusLine([again])], state_path=state):
        assert again.counter.total == 101_234_567
        assert not again.supply_on
        assert (again.ct, again.counter.ratio) == (5, 5)


def test_a_crash_while_saving_leaves_the_old_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file would be no file, and every meter a doubt."""
    state = tmp_path / "site.json"
    memory.save(state, {"1": {"total": 1}})

    def power_cut(_: int) -> None:
        raise OSError("no power")

    monkeypatch.setattr("os.fsync", power_cut)
    with pytest.raises(OSError, match="no power"):
        memory.save(state, {"1": {"total": 2}})
    assert memory.load(state) == {"1": {"total": 1}}
