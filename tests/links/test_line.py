"""A command waits for the one request on the wire and for no other, whatever is dead or busy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from random import Random
from time import monotonic

import pytest

from custom_components.prepaid_parking.core.errors import DeviceError
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.metering import Sample
from custom_components.prepaid_parking.links.line import Line, Wire, Wires
from custom_components.prepaid_parking.links.modbus import ModbusMeter
from custom_components.prepaid_parking.links.poller import LinePoller, Outcome
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.wire import Framing
from tests.links import warp
from tests.links.modbus_peer import connection, meter_profile

SLACK_S = 0.15
"""What a crowded test machine may take by itself; without fairness these waits are seconds."""
FRAMINGS = pytest.mark.parametrize("framing", list(Framing))


class Request:
    """One request of the tests' own, that lasts as long as it is told to."""

    def __init__(self, line: Line, done: list[str]) -> None:
        self.line = line
        self.done = done

    async def __call__(self, name: str, seconds: float = 1.0) -> str:
        async with self.line.turn():
            await asyncio.sleep(seconds)
            self.done.append(name)
        return name


def now() -> float:
    return asyncio.get_running_loop().time()


def test_requests_of_all_lines_on_one_endpoint_go_one_after_another() -> None:
    """Two sites behind one gateway: it has one wire, and answers to two questions collide on it."""

    async def main() -> None:
        wires = Wires()
        ours, theirs = (Line(wires.of(("tcp", "gateway", 502)), clock=now) for _ in range(2))
        elsewhere = Line(wires.of(("tcp", "another", 502)), clock=now)
        on_wire = 0

        async def request(line: Line) -> None:
            nonlocal on_wire
            async with line.turn():
                on_wire += 1
                assert on_wire == 1
                await asyncio.sleep(1)
                on_wire -= 1

        await asyncio.gather(*(request(line) for line in (ours, theirs) for _ in range(10)))
        assert now() == pytest.approx(20)
        await asyncio.gather(Request(elsewhere, [])("a"), Request(ours, [])("b"))
        assert now() == pytest.approx(21)

    warp.run(main())


def test_a_command_goes_before_every_reading_that_waits_and_after_the_one_on_the_wire() -> None:
    """Thirty readings wait; the flat that ran empty does not wait for them."""

    async def main() -> None:
        done: list[str] = []
        line = Line(clock=now)
        request = Request(line, done)

        async def switch_and_look() -> None:
            await request("write")
            await request("look")

        readings = [asyncio.create_task(request(f"r{n}")) for n in range(30)]
        await asyncio.sleep(0.5)
        await line.command(switch_and_look)
        await asyncio.gather(*readings)
        assert done[:5] == ["r0", "write", "r1", "look", "r2"]
        health = line.health()
        assert (health.requests, health.failures, health.commands) == (32, 0, 1)
        assert (health.command_wait_last, health.command_wait_max) == pytest.approx((1, 1))
        assert health.latency_p50 == health.latency_last == pytest.approx(1)

    warp.run(main())


def test_what_a_command_starts_in_the_background_goes_first_too() -> None:
    """The off that ends a barrier's pulse is part of the pulse."""

    async def main() -> None:
        done: list[str] = []
        line = Line(clock=now)
        request = Request(line, done)

        async def pulse() -> asyncio.Task[str]:
            await request("on")
            return asyncio.create_task(request("off"))

        readings = [asyncio.create_task(request(f"r{n}")) for n in range(5)]
        await asyncio.sleep(0)
        await (await line.command(pulse))
        assert done == ["r0", "on", "r1", "off"]
        await asyncio.gather(*readings)

    warp.run(main())


def test_a_failed_request_is_counted_and_gives_the_wire_back() -> None:
    """Health is read by whoever is called at night."""

    async def main() -> None:
        line = Line(clock=now)
        with pytest.raises(DeviceError):
            async with line.turn():
                raise DeviceError("no_answer")  # type: ignore[arg-type]  # any kind
        await Request(line, [])("next")
        health = line.health()
        assert (health.requests, health.failures) == (2, 1)

    warp.run(main())


@pytest.mark.parametrize("seed", range(20))
def test_no_turn_is_lost_whoever_is_cancelled(seed: int) -> None:
    """A cancelled request that kept the wire would silence a whole building for good."""

    async def main() -> None:
        chance = Random(seed)
        line = Line(clock=now)
        request = Request(line, [])
        tasks: list[asyncio.Task[str]] = []
        for n in range(200):
            act = partial(request, f"r{n}", chance.random())
            commanded = chance.random() < 0.2
            tasks.append(asyncio.create_task(line.command(act) if commanded else act()))
            if chance.random() < 0.5:
                chance.choice(tasks).cancel()
            await asyncio.sleep(chance.choice((0, 0, 0.3)))
            chance.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(request("last"), 2)
        assert line.health().requests > 20

    warp.run(main())


def test_a_turn_given_to_somebody_cancelled_at_that_moment_is_passed_on() -> None:
    """The one instant in which both happen, made on purpose."""

    async def main() -> None:
        wire = Wire()
        await wire.take(first=False)
        second = asyncio.create_task(wire.take(first=False))
        third = asyncio.create_task(wire.take(first=False))
        await asyncio.sleep(0)
        wire.give()
        second.cancel()
        await asyncio.wait_for(third, 1)
        assert second.cancelled()

    warp.run(main())


def test_an_endpoints_wire_lasts_as_long_as_a_line_holds_it() -> None:
    """A line that is reloaded while another site still uses the gateway gets the same wire."""
    wires = Wires()
    one = wires.of("a")
    assert wires.of("a") is one
    assert wires.of("b") is not one


class Building:
    """Meters on one line, their readings and when they came."""

    def __init__(self, bus: ModbusLine, line: Line) -> None:
        self.bus = bus
        self.line = line
        self.heard: dict[MeterId, list[tuple[float, Outcome]]] = {}
        self.meters: dict[int, ModbusMeter] = {}
        self.poller = LinePoller(self.hear)

    def hear(self, meter: MeterId, outcome: Outcome) -> None:
        self.heard.setdefault(meter, []).append((monotonic(), outcome))

    def good(self, number: int) -> list[float]:
        return [at for at, one in self.heard.get(meter_id(number), []) if isinstance(one, Sample)]


def meter_id(number: int) -> MeterId:
    return MeterId(f"m{number}")


@asynccontextmanager
async def building(
    count: int,
    framing: Framing,
    *,
    interval: float,
    request_timeout: float,
    wire_time_s: float = 0.0,
) -> AsyncIterator[Building]:
    """A running line with so many DDSY1352, each read at the interval."""
    devices = [AcrelDdsy1352(unit=n, serial=f"{n:012}", start=n) for n in range(1, count + 1)]
    bus = ModbusLine(devices, framing=framing, wire_time_s=wire_time_s)
    async with bus, connection(bus) as link:
        site = Building(bus, Line())
        for number in range(1, count + 1):
            site.meters[number] = ModbusMeter(
                link.for_unit(number),
                meter_profile("acrel_ddsy1352"),
                turn=site.line.turn,
                request_timeout=request_timeout,
            )
            site.poller.add(meter_id(number), site.meters[number], interval)
        running = asyncio.create_task(site.poller.run())
        try:
            yield site
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_of_32_units_five_dead_the_others_stay_fresh_and_commands_leave_at_once() -> None:
    """Two lines, one of each framing, three times as fast as the usual."""
    await asyncio.gather(*(_with_five_dead(framing) for framing in Framing))


async def _with_five_dead(framing: Framing) -> None:
    dead, patience, interval = {3, 9, 14, 20, 31}, 0.4, 3.0
    async with building(
        32, framing, interval=interval, request_timeout=patience, wire_time_s=0.01
    ) as site:
        for number in dead:
            site.bus.devices[number].faults.silent = FOREVER
        began = monotonic()
        waits: list[float] = []
        while monotonic() - began < 7:
            number = 1 + len(waits) % 2
            asked = monotonic()
            await site.line.command(partial(site.meters[number].switch, on=len(waits) % 4 < 2))
            write = site.bus.log.writes()[-1]
            waits.append(write.received_at - asked)
            await asyncio.sleep(0.3)
        until = monotonic()
        assert max(waits) < patience + SLACK_S
        for number in set(range(1, 33)) - dead:
            times = [began, *site.good(number), until]
            assert max(later - earlier for earlier, later in pairwise(times)) < 2 * interval
        assert set(site.poller.health().backed_off) == {meter_id(number) for number in dead}
        assert site.line.health().command_wait_max is not None


@FRAMINGS
async def test_a_command_behind_a_busy_unit_leaves_within_one_time_limit(framing: Framing) -> None:
    """The hub's link asks a busy unit again for a minute: measured, a write behind it took 65 s."""
    patience = 0.3
    async with building(4, framing, interval=1, request_timeout=patience) as site:
        await site.bus.log.seen(unit=4)
        site.bus.devices[2].faults.busy = FOREVER
        busy_before = len(site.bus.log.find(unit=2))
        await site.bus.log.until(lambda: len(site.bus.log.find(unit=2)) > busy_before)
        asked = monotonic()
        await site.line.command(lambda: site.meters[1].switch(on=False))
        write = site.bus.log.writes()[-1]
        assert write.received_at - asked < patience + SLACK_S
        assert (write.function, write.address, write.values) == (16, 0x0057, (1, 1))
        assert (await site.meters[1].read()).supplied is False


async def test_a_9600_baud_line_with_32_meters_keeps_its_interval() -> None:
    """A short block takes 60 ms on 9600 baud, so 32 of them fit 10 s with room for commands.

    Here three times as fast: 20 ms and 3 s.
    """
    async with building(
        32, Framing.RTU_OVER_TCP, interval=3, request_timeout=1, wire_time_s=0.02
    ) as site:
        await site.bus.log.until(lambda: len(site.bus.log.find()) >= 64, timeout=20)
        first_round = monotonic()
        await site.bus.log.until(
            lambda: all(len(site.good(number)) >= 3 for number in range(1, 33)), timeout=20
        )
        assert monotonic() - first_round < 2 * 3 + 1.5
        short = [frame for frame in site.bus.log if frame.at > first_round]
        assert {(frame.address, frame.count) for frame in short} == {(0x0213, 18)}
        lateness = site.poller.health().lateness_p50
        assert lateness is not None
        assert lateness < 1


async def test_a_line_cut_off_and_back_reads_on() -> None:
    """The gateway is restarted: everybody is heard again, and nobody was blamed for it."""
    async with building(4, Framing.TCP, interval=1, request_timeout=0.2) as site:
        await site.bus.log.seen(unit=4)
        await site.bus.stop()
        async with asyncio.timeout(5):
            while site.poller.health().down_since is None:
                await asyncio.sleep(0.05)
        assert site.poller.health().backed_off == ()
        await site.bus.start()
        back = monotonic()
        async with asyncio.timeout(10):
            while not all(site.good(n)[-1] > back for n in range(1, 5)):
                await asyncio.sleep(0.05)
        assert site.poller.health().down_since is None
