"""One task reads a thousand meters: each in its time, the dead ones never at the others' cost."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from time import process_time

import pytest

from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.metering import Sample
from custom_components.prepaid_parking.links.poller import LinePoller, Outcome, back_off
from tests.links import warp

AT = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST_S = 0.05
TIMEOUT_S = 1.0


class Bus:
    """Meters that answer in 50 ms, or cost a second of silence; notes who was read when."""

    def __init__(self, dead: Iterable[int] = ()) -> None:
        self.dead = set(dead)
        self.offline = False
        self.slow = 0.0
        self.chance = Random(1)
        self.reads: dict[int, list[float]] = defaultdict(list)
        self.full: dict[int, list[float]] = defaultdict(list)
        self.heard: dict[MeterId, list[Outcome]] = defaultdict(list)
        self.recycled: list[float] = []
        self.poller = LinePoller(self.hear, recycle=self.recycle, clock=now)

    def meter(self, number: int) -> BusMeter:
        return BusMeter(self, number)

    def hear(self, meter: MeterId, outcome: Outcome) -> None:
        self.heard[meter].append(outcome)

    async def recycle(self) -> None:
        self.recycled.append(now())

    def add(self, count: int, interval: float = 10, **options: float) -> None:
        for number in range(count):
            self.poller.add(meter_id(number), self.meter(number), interval, **options)

    async def run(self, seconds: float) -> None:
        """Let time pass with the poller at work."""
        running = asyncio.create_task(self.poller.run())
        await asyncio.sleep(seconds)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def gaps(self, numbers: Iterable[int]) -> float:
        """The longest a meter went unread."""
        return max(
            later - earlier
            for number in numbers
            for earlier, later in zip(
                [0.0, *self.reads[number]], [*self.reads[number], now()], strict=True
            )
        )


class BusMeter:
    def __init__(self, bus: Bus, number: int) -> None:
        self.bus = bus
        self.number = number

    async def read(self, *, full: bool) -> Sample:
        if self.bus.offline:
            raise DeviceError(DeviceFault.OFFLINE)
        self.bus.reads[self.number].append(now())
        if full:
            self.bus.full[self.number].append(now())
        if self.number in self.bus.dead:
            await asyncio.sleep(TIMEOUT_S)
            raise DeviceError(DeviceFault.NO_ANSWER)
        await asyncio.sleep(self.bus.chance.random() * self.bus.slow or REQUEST_S)
        return Sample(at=AT, register=self.number)


def now() -> float:
    return asyncio.get_running_loop().time()


def meter_id(number: int) -> MeterId:
    return MeterId(f"m{number}")


def test_every_meter_is_read_at_its_own_interval_for_hours() -> None:
    """Nobody's reading drifts, and nobody is read twice as often as the line was planned for."""

    async def main() -> None:
        bus = Bus()
        bus.add(30)
        bus.poller.add(meter_id(99), bus.meter(99), 1)
        await bus.run(7200)
        assert all(719 <= len(bus.reads[number]) <= 721 for number in range(30))
        assert 7190 <= len(bus.reads[99]) <= 7201
        assert bus.gaps(range(30)) < 10 + 5 * REQUEST_S
        assert bus.poller.health().lateness_max == pytest.approx(0, abs=3 * REQUEST_S)

    warp.run(main())


def test_a_busy_line_still_reads_as_often_as_it_was_asked() -> None:
    """Waiting for one's turn must not add up: a late reading does not make the next one later."""

    async def main() -> None:
        bus = Bus()
        bus.slow = 0.6
        bus.add(14, interval=5)
        await bus.run(1000)
        assert all(199 <= len(times) <= 201 for times in bus.reads.values())

    warp.run(main())


def test_of_32_meters_with_five_dead_the_others_are_never_older_than_two_intervals() -> None:
    """A dead meter is a broken meter; it must not make its neighbours' bills late."""

    async def main() -> None:
        bus = Bus(dead={3, 9, 14, 20, 31})
        bus.add(32)
        await bus.run(60)
        healthy = sorted(set(range(32)) - bus.dead)
        assert bus.gaps(healthy) < 20
        await bus.run(3600)
        assert bus.gaps(healthy) < 20
        assert bus.poller.health().backed_off == tuple(meter_id(n) for n in sorted(bus.dead))
        assert isinstance(bus.heard[meter_id(3)][-1], DeviceError)

    warp.run(main())


def test_a_hundred_dead_of_250_do_not_stop_the_line() -> None:
    """A riser that lost its power: 100 s of silence must not become 100 s without readings."""

    async def main() -> None:
        bus = Bus()
        bus.add(250, interval=30)
        await bus.run(60)
        bus.dead = set(range(100))
        await bus.run(600)
        later = now() - 300
        for number in range(100, 250):
            ages = [at for at in bus.reads[number] if at > later]
            assert len(ages) >= 9

    warp.run(main())


def test_a_dead_meter_is_left_alone_longer_and_longer_and_found_again() -> None:
    """2, 4 … 300 s: the line stays quick, and a meter that is back is read as before."""

    async def main() -> None:
        bus = Bus(dead={1})
        bus.add(2)
        await bus.run(1000)
        gaps = [
            round(later - earlier - TIMEOUT_S)
            for earlier, later in zip(bus.reads[1], bus.reads[1][1:], strict=False)
        ]
        assert gaps[:8] == [2, 4, 8, 16, 32, 64, 128, 256]
        assert set(gaps[8:]) <= {300}
        bus.dead.clear()
        await bus.run(301)
        assert isinstance(bus.heard[meter_id(1)][-1], Sample)
        assert bus.poller.health().backed_off == ()

    warp.run(main())


def test_back_off_grows_to_five_minutes_and_no_further() -> None:
    """Neither a flood of tries nor an hour of not noticing."""
    assert [back_off(n) for n in (1, 2, 3, 8, 9, 1000)] == [2, 4, 8, 256, 300, 300]


def test_when_all_are_silent_the_line_backs_off_reconnects_and_comes_back_at_once() -> None:
    """A cut cable: one try at a time instead of 32 silences; and when it is mended, all at once."""

    async def main() -> None:
        bus = Bus(dead=range(32))
        bus.add(32)
        await bus.run(1000)
        tries = sum(len(times) for times in bus.reads.values())
        assert 32 < tries < 60
        assert bus.poller.health().down_since is not None
        assert bus.recycled
        bus.dead.clear()
        mended = now()
        await bus.run(305)
        assert bus.poller.health().down_since is None
        back = [next(at for at in times if at >= mended) for times in bus.reads.values()]
        assert max(back) - min(back) < 32 * REQUEST_S + 1

    warp.run(main())


def test_a_line_that_is_offline_blames_no_meter_and_tells_everybody_once() -> None:
    """32 repairs for one unplugged gateway would send somebody to 32 flats."""

    async def main() -> None:
        bus = Bus()
        bus.add(32)
        await bus.run(15)
        bus.offline = True
        for heard in bus.heard.values():
            heard.clear()
        await bus.run(120)
        health = bus.poller.health()
        assert health.backed_off == ()
        assert health.down_since is not None
        counts = sorted(len(heard) for heard in bus.heard.values())
        assert counts[:31] == [1] * 31
        assert counts[31] < 10
        assert all(
            isinstance(one, DeviceError) and one.fault is DeviceFault.OFFLINE
            for heard in bus.heard.values()
            for one in heard
        )
        bus.offline = False
        await bus.run(130)
        assert all(isinstance(heard[-1], Sample) for heard in bus.heard.values())

    warp.run(main())


def test_a_meter_near_its_mark_is_read_every_second_from_the_next_on() -> None:
    """The cut must leave within two seconds of the crossing, without reading everybody fast."""

    async def main() -> None:
        bus = Bus()
        bus.add(20)
        await bus.run(5)
        bus.poller.set_interval(meter_id(7), 1)
        fast_from = now()
        await bus.run(30)
        fast = [at for at in bus.reads[7] if at >= fast_from]
        assert fast[0] - fast_from < 0.2
        assert len(fast) >= 29
        assert bus.gaps(set(range(20)) - {7}) < 10.5
        bus.poller.set_interval(meter_id(7), 10)
        slow_from = now()
        await bus.run(60)
        assert len([at for at in bus.reads[7] if at >= slow_from]) in (5, 6, 7)

    warp.run(main())


def test_a_hurried_meter_is_next_even_one_that_stands_aside() -> None:
    """Somebody paid and stands in the dark: the next request on the line is theirs."""

    async def main() -> None:
        bus = Bus(dead={5})
        bus.add(20)
        await bus.run(200)
        bus.dead.clear()
        bus.poller.hurry(meter_id(5))
        asked = now()
        await bus.run(1)
        assert bus.reads[5][-1] - asked <= REQUEST_S
        bus.poller.hurry(meter_id(5))
        asked = now()
        await bus.run(1)
        assert bus.reads[5][-1] - asked <= REQUEST_S

    warp.run(main())


def test_a_meter_hurried_while_it_is_read_is_read_again() -> None:
    """The relay moved after the request had left: the old answer proves nothing."""

    async def main() -> None:
        bus = Bus()
        bus.add(2)
        running = asyncio.create_task(bus.poller.run())
        await asyncio.sleep(REQUEST_S / 2)
        bus.poller.hurry(meter_id(0))
        await asyncio.sleep(5)
        assert bus.reads[0] == pytest.approx([0, REQUEST_S])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    warp.run(main())


def test_a_hurried_meter_is_tried_even_on_a_line_that_is_down() -> None:
    """Somebody looks at the gateway and presses the button: the answer must not take minutes."""

    async def main() -> None:
        bus = Bus()
        bus.add(2)
        await bus.run(5)
        bus.offline = True
        await bus.run(400)
        bus.offline = False
        bus.poller.hurry(meter_id(1))
        asked = now()
        await bus.run(1)
        assert bus.reads[1][-1] == asked

    warp.run(main())


def test_a_full_look_comes_first_and_then_once_a_minute() -> None:
    """Volts are for people; the charged register is what the time on the line is for."""

    async def main() -> None:
        bus = Bus()
        bus.add(5)
        await bus.run(305)
        assert all(len(times) == 6 for times in bus.full.values())
        assert all(len(times) >= 30 for times in bus.reads.values())

    warp.run(main())


def test_a_meter_whose_power_matters_is_looked_at_in_full_each_time() -> None:
    """A load limit is judged by what is drawn now, its neighbours are not read more for it."""

    async def main() -> None:
        bus = Bus()
        bus.add(2)
        await bus.run(5)
        bus.poller.set_full_every(meter_id(1), 0)
        await bus.run(100)
        assert len(bus.reads[1]) - len(bus.full[1]) <= 1
        assert len(bus.full[0]) == 2
        bus.poller.set_full_every(meter_id(1), 60)
        before = len(bus.full[1])
        await bus.run(121)
        assert len(bus.full[1]) - before == 2

    warp.run(main())


def test_an_interval_is_kept_within_a_second_and_an_hour() -> None:
    """A typing error of 0 s must not take a line, and one of a week must not hide a theft."""

    async def main() -> None:
        bus = Bus()
        bus.poller.add(meter_id(1), bus.meter(1), 0)
        bus.poller.add(meter_id(2), bus.meter(2), 1e9)
        await bus.run(7201)
        assert 7190 < len(bus.reads[1]) < 7210
        assert len(bus.reads[2]) == 3

    warp.run(main())


def test_a_removed_meter_is_read_no_more_and_one_put_in_its_place_is() -> None:
    """A subentry was deleted, and added again with another address."""

    async def main() -> None:
        bus = Bus()
        bus.add(3)
        await bus.run(15)
        bus.poller.remove(meter_id(0))
        bus.poller.add(meter_id(1), bus.meter(11), 10)
        before = {number: len(times) for number, times in bus.reads.items()}
        await bus.run(30)
        assert len(bus.reads[0]) == before[0]
        assert len(bus.reads[1]) == before[1]
        assert len(bus.reads[11]) >= 3

    warp.run(main())


def test_a_meter_removed_while_it_is_read_is_not_heard_of_again() -> None:
    """Its subentry is gone: a late answer would be charged to nobody."""

    async def main() -> None:
        bus = Bus()
        bus.add(1)
        running = asyncio.create_task(bus.poller.run())
        await asyncio.sleep(REQUEST_S / 2)
        bus.poller.remove(meter_id(0))
        await asyncio.sleep(30)
        assert bus.reads[0] == [0]
        assert not bus.heard
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    warp.run(main())


def test_trouble_nobody_foresaw_ends_no_line() -> None:
    """A mistake in one meter's adapter, or in whoever listens, must not stop 31 bills."""

    class Broken(BusMeter):
        async def read(self, *, full: bool) -> Sample:
            await asyncio.sleep(REQUEST_S)
            raise RuntimeError("unforeseen")

    async def main() -> None:
        bus = Bus()
        bus.add(3)
        bus.poller.add(meter_id(1), Broken(bus, 1), 10)
        hear = bus.hear

        def deaf(meter: MeterId, outcome: Outcome) -> None:
            hear(meter, outcome)
            raise RuntimeError("nobody listens")

        bus.poller._report = deaf
        await bus.run(35)
        assert len(bus.reads[0]) == len(bus.reads[2]) == 4
        assert isinstance(bus.heard[meter_id(1)][0], DeviceError)

    warp.run(main())


def test_stopping_lets_the_reading_under_way_end_and_reads_nobody_else() -> None:
    """The hub stops: what was read is still charged, and the bus falls quiet."""

    async def main() -> None:
        bus = Bus()
        bus.add(5)
        running = asyncio.create_task(bus.poller.run())
        await asyncio.sleep(REQUEST_S / 2)
        bus.poller.stop()
        await running
        assert len(bus.heard) == 1

    warp.run(main())


def test_a_poller_without_meters_waits_for_the_first() -> None:
    """A line is set up before its meters."""

    async def main() -> None:
        bus = Bus()
        running = asyncio.create_task(bus.poller.run())
        await asyncio.sleep(1)
        bus.add(1)
        await asyncio.sleep(1)
        assert len(bus.reads[0]) == 1
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    warp.run(main())


@pytest.mark.parametrize("seed", range(10))
def test_nobody_is_forgotten_whatever_happens(seed: int) -> None:
    """Meters come, go, die, wake and are hurried in any order: who is alive is read in time."""

    async def main() -> None:
        chance = Random(seed)
        bus = Bus()
        bus.add(20, interval=5)
        running = asyncio.create_task(bus.poller.run())
        for _ in range(300):
            number = chance.randrange(20)
            match chance.randrange(6):
                case 0:
                    bus.dead ^= {number}
                case 1:
                    bus.poller.hurry(meter_id(number))
                case 2:
                    bus.poller.set_interval(meter_id(number), chance.choice((1, 5, 60)))
                case 3:
                    bus.offline = not bus.offline
                case 4:
                    bus.poller.remove(meter_id(number))
                    bus.poller.add(meter_id(number), bus.meter(number), 5)
            await asyncio.sleep(chance.random() * 10)
        bus.dead.clear()
        bus.offline = False
        for number in range(20):
            bus.poller.set_interval(meter_id(number), 5)
        await asyncio.sleep(301 + 20)
        settled = now()
        await asyncio.sleep(60)
        assert all(
            len([at for at in bus.reads[number] if at >= settled]) >= 11 for number in range(20)
        )
        assert len(bus.poller._appointments) < 200
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    warp.run(main())


def test_a_thousand_meters_on_four_lines_cost_little() -> None:
    """One task per line, no task per meter: the choosing itself is microseconds."""

    async def main() -> float:
        lines = [Bus() for _ in range(4)]
        for line in lines:
            line.add(250, interval=15)
        began = process_time()
        await asyncio.gather(*(line.run(150) for line in lines))
        spent = process_time() - began
        assert sum(len(t) for line in lines for t in line.reads.values()) >= 9_900
        return spent

    # 0.4 s where this was written, most of it the test's own loop and meters.
    assert warp.run(main()) < 3
