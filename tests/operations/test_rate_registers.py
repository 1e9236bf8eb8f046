"""Time of use by the meter's own registers: the same bill as by our clock, and never a guess."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.carries import RateCursor
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import Entry
from custom_components.prepaid_parking.operations.facts import StepRefused
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import replace_meter
from custom_components.prepaid_parking.operations.usage import checkpoint, close_windows
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.test_pools import lines_of
from tests.operations.world import HOUR, KWH, MANAGER, MINUTE, World

BY_CLOCK: dict[str, Any] = {
    "tariff": "home",
    "quantity": "energy",
    "rates": {"sharp": "2.00", "peak": "1.00", "flat": "0.50", "valley": "0.25"},
    "bands": [
        {"rate": "sharp", "from": "18:00", "to": "20:00"},
        {"rate": "peak", "from": "08:00", "to": "22:00"},
        {"rate": "valley", "from": "00:00", "to": "06:00"},
    ],
    "otherwise": "flat",
}
BY_METER = BY_CLOCK | {"registers": ["sharp", "peak", "flat", "valley"]}
THREE: dict[str, Any] = {
    "tariff": "home",
    "quantity": "energy",
    "rates": {"peak": "1.00", "flat": "0.50", "valley": "0.25"},
    "bands": [
        {"rate": "peak", "from": "08:00", "to": "22:00"},
        {"rate": "valley", "from": "00:00", "to": "06:00"},
    ],
    "otherwise": "flat",
    "registers": ["peak", "flat", "valley"],
}
RATES = ("sharp", "peak", "flat", "valley")
PRICES = {"sharp": 200, "peak": 100, "flat": 50, "valley": 25}
DIGIT = KWH // 100
"""The last digit of the meter's display."""


class RateMeter:
    """A meter that counts by its own clock, of which it shows each register cut off at its last digit."""

    def __init__(self, world: World, run: MeterRun) -> None:
        self.world, self.meter = world, run.meter.id
        self.total = world.registers[self.meter]
        self.rates = dict.fromkeys(RATES, 0)
        self.rates["flat"] = self.total

    def rate_of(self, at: datetime) -> str:
        """What the meter's clock says."""
        if 18 <= at.hour < 20:
            return "sharp"
        if 8 <= at.hour < 22:
            return "peak"
        return "valley" if at.hour < 6 else "flat"

    async def count(
        self, used: int, after: timedelta, *, rate: str = "", full: bool = True
    ) -> None:
        """Count, and be read: in full with the rate registers, or only the total."""
        self.world.clock.now += after
        rate = rate or self.rate_of(self.world.clock.now - timedelta(microseconds=1))
        self.total += used
        self.rates[rate] += used
        shown = tuple(count // DIGIT * DIGIT for count in self.rates.values())
        await self.world.look(
            self.meter, register=self.total // DIGIT * DIGIT, rates=shown if full else ()
        )

    def cost(self) -> int:
        """What its registers come to, times a thousand kilowatt-hours' worth of cents."""
        start = 1000 * KWH * PRICES["flat"]
        return sum(count * PRICES[rate] for rate, count in self.rates.items()) - start


async def rate_meter(
    make_world: MakeWorld, tariff: dict[str, Any] = BY_METER
) -> tuple[World, WalletRun, RateMeter]:
    """A bound meter whose registers have been seen once."""
    world = await make_world(tariffs=(tariff,))
    wallet = await world.wallet("1000")
    run = await world.meter(wallet)
    meter = RateMeter(world, run)
    await meter.count(0, MINUTE)
    return world, wallet, meter


async def posted(world: World, meter: RateMeter) -> list[Entry]:
    """Post what is open; return all charges."""
    await close_windows(world.site, (world.run(meter.meter),))
    return await world.books.entries(kinds=(EntryKind.USAGE,), limit=10_000)


async def test_both_sources_give_the_same_bill_over_a_day(make_world: MakeWorld) -> None:
    """The same meter, once split by our clock and once by its own: not a cent between them."""
    ends = []
    for tariff in (BY_CLOCK, BY_METER):
        world, wallet, meter = await rate_meter(make_world, tariff)
        meter.world.clock.now = datetime(2026, 7, 1, 13, tzinfo=UTC)
        await meter.count(0, timedelta())
        for step in range(24 * 6):
            await meter.count(2 * DIGIT, 10 * MINUTE, full=step % 6 == 5)
        await posted(world, meter)
        assert wallet.posted_minor == 100_000 - meter.cost() // KWH
        ends.append(wallet.posted_minor)
    assert ends[0] == ends[1]


async def test_the_meters_clock_is_right_where_ours_is_not(make_world: MakeWorld) -> None:
    """The meter counts summer tariffs we know nothing of: what it says is charged."""
    world, wallet, meter = await rate_meter(make_world)
    await meter.count(10 * KWH, HOUR, rate="valley")
    assert wallet.available_minor == 100_000 - 250
    entries = await posted(world, meter)
    assert entries[-1].detail["rated_to"] == 1010 * KWH
    assert [line["rate"] for line in lines_of(entries[-1])] == ["valley"]


async def test_between_two_looks_our_clock_divides_and_the_next_look_puts_it_right(
    make_world: MakeWorld,
) -> None:
    """Posted in between by the wrong rate, the sum is right again with the next full reading."""
    world, wallet, meter = await rate_meter(make_world)
    await meter.count(4 * KWH, HOUR, rate="valley", full=False)
    assert wallet.available_minor == 100_000 - 400  # our clock says peak
    await posted(world, meter)
    (cursor,) = await world.books.load(RateCursor)
    assert cursor.registers == (0, 4 * KWH, 1000 * KWH, 0)
    await meter.count(6 * KWH, HOUR, rate="peak")
    # Of ten, six were at the peak and four in the valley: two are left for the peak.
    await posted(world, meter)
    assert wallet.posted_minor == 100_000 - meter.cost() // KWH


@pytest.mark.parametrize("lost", ["reset", "stopped", "missing"])
async def test_registers_that_do_not_fit_leave_it_to_our_clock(
    make_world: MakeWorld, lost: str
) -> None:
    """A technician has set the rate registers back: no guess, and from there they count again."""
    world, wallet, meter = await rate_meter(make_world)
    await meter.count(KWH, HOUR)
    before = wallet.available_minor
    if lost == "reset":
        meter.rates = dict.fromkeys(RATES, 0)
        await meter.count(5 * KWH, HOUR)
    elif lost == "stopped":
        kept = dict(meter.rates)
        await meter.count(5 * KWH, HOUR, full=False)
        meter.rates = kept
        await meter.count(0, MINUTE)
    else:
        await meter.count(5 * KWH, HOUR, full=False)
    assert before - wallet.available_minor == 500  # peak, by our clock
    entries = await posted(world, meter)
    assert entries[-1].detail["rated_to"] == 1001 * KWH  # and no further
    before = wallet.available_minor
    await meter.count(0, MINUTE)
    await meter.count(2 * KWH, HOUR, rate="valley")
    await posted(world, meter)
    assert before - wallet.available_minor == 50


async def test_registers_that_start_over_count_on(make_world: MakeWorld) -> None:
    """999 999.99 and then zero: the difference is what went through."""
    world = await make_world(tariffs=(BY_METER,))
    wallet = await world.wallet("1000")
    run = await world.meter(wallet, modulus=100_000 * KWH)
    meter = RateMeter(world, run)
    meter.rates["valley"] = 100_000 * KWH - KWH
    await meter.count(0, MINUTE)
    meter.rates["valley"] -= 100_000 * KWH
    await meter.count(3 * KWH, HOUR, rate="valley")
    await posted(world, meter)
    assert wallet.posted_minor == 100_000 - 75


async def test_a_swapped_meter_begins_its_rates_anew(make_world: MakeWorld) -> None:
    """The new meter's registers stand elsewhere: they are looked at before they are believed."""
    world, wallet, meter = await rate_meter(make_world)
    await meter.count(KWH, HOUR)
    await replace_meter(
        world.site,
        meter=meter.meter,
        final_register=meter.total,
        start_register=0,
        serial="B1",
        reason="worn out",
        actor=MANAGER,
    )
    meter.total, meter.rates = 0, dict.fromkeys(RATES, 777 * KWH)
    await meter.count(0, MINUTE)
    before = wallet.available_minor
    await meter.count(4 * KWH, HOUR, rate="valley")
    assert before - wallet.available_minor == 100
    assert await posted(world, meter)


async def test_a_crash_forgets_no_register(make_world: MakeWorld) -> None:
    """What is charged of each rate is on disk with the charge; the open stretch is divided again."""
    world, wallet, meter = await rate_meter(make_world)
    await meter.count(KWH, HOUR, rate="sharp")
    await posted(world, meter)
    await meter.count(KWH, HOUR, rate="valley")
    await checkpoint(world.site)
    await world.restart()
    await meter.count(KWH, HOUR, rate="flat")
    await world.keeper.stop()
    assert world.wallet_now(wallet).posted_minor == 100_000 - meter.cost() // KWH


async def test_a_tariff_that_names_other_registers_than_there_are_is_said_and_billed_by_our_clock(
    make_world: MakeWorld,
) -> None:
    """Four names for three registers: no guess which is which, and somebody is told."""
    world = await make_world(tariffs=(BY_METER,))
    wallet = await world.wallet("1000")
    meter = (await world.meter(wallet)).meter.id
    shown = (0, 500 * KWH, 500 * KWH)
    for _ in range(3):
        world.clock.now += HOUR
        world.registers[meter] += KWH
        await world.look(meter, rates=shown)
    assert wallet.available_minor == 100_000 - 300  # peak, by our clock
    (said,) = world.heard(StepRefused)
    assert said.what == meter
    assert said.why is not None
    assert said.why.placeholders["shown"] == "3"
    assert said.why.placeholders["named"] == "4"
    await world.publish(THREE)
    await world.read(meter, 0)
    await world.look(meter, rates=shown)
    await world.look(meter, rates=shown)
    before = wallet.available_minor
    world.clock.now += HOUR
    world.registers[meter] += KWH
    await world.look(meter, rates=(0, 500 * KWH, 501 * KWH))
    assert before - wallet.available_minor == 25
    assert [one.why for one in world.heard(StepRefused)][1:] == [None]


async def test_registers_that_are_counted_otherwise_from_a_day_on_go_on_being_charged(
    make_world: MakeWorld,
) -> None:
    """The technician leaves a meter of three rates behind, and the tariff follows: nothing stops."""
    world, _, meter = await rate_meter(make_world)
    await meter.count(KWH, HOUR, rate="peak")
    await world.publish(THREE)
    rates = [meter.rates["peak"], meter.rates["flat"], meter.rates["valley"]]
    for _ in range(3):
        world.clock.now += HOUR
        meter.total += KWH
        rates[2] += KWH
        await world.look(meter.meter, register=meter.total, rates=tuple(rates))
    await posted(world, meter)
    entries = await world.books.entries(kinds=(EntryKind.USAGE,))
    lines = [line for entry in entries for line in lines_of(entry)]
    assert sum(line["quantity"] for line in lines) == 4 * KWH
    assert sum(line["quantity"] for line in lines if line["rate"] == "valley") >= 2 * KWH
    assert world.site.refusals == {}


steps = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from(RATES),
        st.booleans(),
        st.sampled_from(["", "", "close", "crash"]),
    ),
    max_size=25,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_in_the_end_each_rate_is_charged_what_its_register_counted(
    make_world: MakeWorld, steps: list[tuple[int, str, bool, str]]
) -> None:
    """However it is read, posted and interrupted: the energy exactly, each rate to its last digits."""
    world, _, meter = await rate_meter(make_world)
    for used, rate, full, then in steps:
        await meter.count(used * DIGIT // 10, 5 * MINUTE, rate=rate, full=full)
        if then == "close" and full:
            await posted(world, meter)
        elif then == "crash":
            await world.restart()
            await world.look(meter.meter, register=meter.total // DIGIT * DIGIT)
    await meter.count(KWH, HOUR, rate="flat")
    await meter.count(0, MINUTE, rate="flat")
    entries = await posted(world, meter)
    charged = dict.fromkeys(RATES, 0)
    for entry in entries:
        for line in lines_of(entry):
            charged[line["rate"]] += line["quantity"]
    assert sum(charged.values()) == meter.total // DIGIT * DIGIT - 1000 * KWH
    if not any(then == "crash" for _, _, _, then in steps):
        for rate, count in meter.rates.items():
            start = 1000 * KWH if rate == "flat" else 0
            assert abs(charged[rate] - (count - start)) <= 4 * DIGIT
