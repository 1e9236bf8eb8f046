"""Demand and power factor: the month's highest quarter, charged once, whoever dies in between."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import Entry
from custom_components.prepaid_parking.operations.assigning import Selection, assign_tariff
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import unbind_meter
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.test_standing import charged, entries
from tests.operations.test_units import set_
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, World

START: Final = datetime(2026, 6, 30, 22, tzinfo=UTC)
JULY: Final = datetime(2026, 7, 1, tzinfo=UTC)
ELEVENTH: Final = datetime(2026, 7, 11, tzinfo=UTC)
AUGUST: Final = datetime(2026, 8, 1, tzinfo=UTC)
QUARTER: Final = timedelta(minutes=15)
DEMAND: Final = {
    "tariff": "home",
    "quantity": "energy",
    "price": "1.00",
    "demand": {"price": "40.00"},
}
FREE: Final = {"tariff": "free", "quantity": "energy", "price": "1.00"}
NO_LONGER: Final = FREE | {"tariff": "home"}
FACTOR: Final = {
    "tariff": "home",
    "quantity": "energy",
    "price": "1.00",
    "power_factor": {
        "table": [{"from": "0", "percent": "10"}, {"from": "0.90", "percent": "-1"}],
    },
}
INSIDE: Final = {"name": "VAT", "kind": "tax", "percent": "13", "included": True}
ON_TOP: Final = {"name": "duty", "kind": "tax", "percent": "10"}


async def shop(world: World) -> tuple[WalletRun, MeterRun]:
    """A shop that draws up to a hundred kilowatts."""
    wallet = await world.wallet("10000")
    return wallet, await world.meter(wallet, max_rate=100 * KWH)


async def read(world: World, meter: MeterRun, at: datetime, kwh: float = 0) -> None:
    """Let a meter be read at a time, when so much more has gone through."""
    world.clock.now = at
    world.registers[meter.meter.id] += int(kwh * KWH)
    await world.look(meter.meter.id)


async def minutes(world: World, count: int = 3) -> None:
    for _ in range(count):
        await world.tick(MINUTE)


async def a_month_at_80(world: World) -> tuple[WalletRun, Entry]:
    """A shop whose factor was 0.80 in July; returns what it was charged for that."""
    wallet, meter = await shop(world)
    reactive = await world.meter(max_rate=100 * KWH)
    await update_meter_place(
        world.site, meter=meter.meter.id, reactive=reactive.meter.id, actor=MANAGER
    )
    await read(world, reactive, JULY)
    await read(world, meter, JULY)
    await read(world, reactive, JULY + 40 * QUARTER, 75)
    await read(world, meter, JULY + 40 * QUARTER, 100)
    await read(world, meter, AUGUST + MINUTE)
    await minutes(world)
    (entry,) = await entries(world, EntryKind.POWER_FACTOR)
    return wallet, entry


def line_of(entry: Entry) -> dict[str, Any]:
    lines = entry.detail["lines"]
    assert isinstance(lines, list)
    (line,) = lines
    assert isinstance(line, dict)
    return line


async def test_the_highest_quarter_of_the_month_is_charged_at_its_end(
    make_world: MakeWorld,
) -> None:
    """20 kW at 40.00 are 800.00, once, with when it was."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    wallet, meter = await shop(world)
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 2)
    await read(world, meter, JULY + 2 * QUARTER, 5)
    await read(world, meter, AUGUST - QUARTER, 1)
    await minutes(world)
    assert await entries(world, EntryKind.DEMAND) == []
    await read(world, meter, AUGUST + MINUTE)
    await minutes(world)
    (entry,) = await entries(world, EntryKind.DEMAND)
    assert entry.detail["peak"] == 20 * KWH
    assert entry.detail["peak_at"] == (JULY + QUARTER).isoformat()
    assert (line_of(entry)["rule"], line_of(entry)["amount"]) == ("demand", 800_00)
    assert await charged(world, EntryKind.DEMAND) == 800_00
    assert wallet.available_minor == 10_000_00 - 800_00 - 8_00
    await world.restart()
    await minutes(world)
    assert len(await entries(world, EntryKind.DEMAND)) == 1


async def test_the_peak_survives_a_death(make_world: MakeWorld) -> None:
    """What was seen a minute before the crash is on the bill."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    _, meter = await shop(world)
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 5)
    await minutes(world)
    await world.restart()
    meter = world.run(meter.meter.id)
    await read(world, meter, JULY + 4 * QUARTER, 1)
    await read(world, meter, AUGUST + MINUTE)
    await minutes(world)
    (entry,) = await entries(world, EntryKind.DEMAND)
    assert entry.detail["peak"] == 20 * KWH
    assert entry.detail["active"] == 6 * KWH


async def test_silence_is_not_the_end_of_a_month(make_world: MakeWorld) -> None:
    """A meter that is not read says nothing; when it speaks, both months are charged, in order."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    _, meter = await shop(world)
    await read(world, meter, JULY)
    world.clock.now = datetime(2026, 8, 20, tzinfo=UTC)
    await minutes(world)
    assert await entries(world, EntryKind.DEMAND) == []
    await read(world, meter, datetime(2026, 9, 1, 1, tzinfo=UTC), 62 * 24)
    await minutes(world)
    found = await entries(world, EntryKind.DEMAND)
    assert [one.detail["month"] for one in found] == ["2026-07", "2026-08"]


async def test_who_moves_out_pays_the_demand_of_their_days(make_world: MakeWorld) -> None:
    """Ten of 31 days of 20 kW; who comes next begins with a peak of nothing."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    wallet, meter = await shop(world)
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 5)
    world.clock.now = datetime(2026, 7, 10, 12, tzinfo=UTC)
    await unbind_meter(world.site, meter=meter.meter.id, actor=MANAGER)
    assert await charged(world, EntryKind.DEMAND) == 258_06
    assert wallet.posted_minor == 10_000_00 - 5_00 - 258_06
    assert world.site.periodic.demands == {}


async def test_a_contract_is_paid_used_or_not(make_world: MakeWorld) -> None:
    """80 kVA contracted at 24.00; the unit's own 100 kVA stand for them."""
    tariff = DEMAND | {"demand": {"price": "24.00", "contracted": "80", "excess_price": "48.00"}}
    world = await make_world(at=START, tariffs=(tariff,))
    _, meter = await shop(world)
    _, second = await shop(world)
    await set_(world, name="Shop 2", meters=[second.meter.id], capacity_w=100_000)
    for one in (meter, second):
        await read(world, world.run(one.meter.id), JULY)
    for one in (meter, second):
        await read(world, world.run(one.meter.id), AUGUST + MINUTE)
    await minutes(world)
    found = await entries(world, EntryKind.DEMAND)
    assert {one.detail["meter"]: line_of(one)["amount"] for one in found} == {
        meter.meter.id: 1_920_00,
        second.meter.id: 2_400_00,
    }


async def test_reactive_energy_costs_a_share_of_the_month(make_world: MakeWorld) -> None:
    """A factor of 0.80 is ten percent more on what the month cost."""
    world = await make_world(at=START, tariffs=(FACTOR,))
    wallet, entry = await a_month_at_80(world)
    assert (line_of(entry)["name"], line_of(entry)["amount"]) == ("0.800", 10_00)
    assert wallet.available_minor == 10_000_00 - 100_00 - 10_00


@pytest.mark.parametrize(
    ("levies", "due"), [((INSIDE,), 11_30), ((ON_TOP,), 12_43), ((INSIDE, ON_TOP), 12_43)]
)
async def test_a_factor_is_taken_of_use_with_the_tax_in_its_price_and_without_that_on_top(
    make_world: MakeWorld, levies: tuple[dict[str, object], ...], due: int
) -> None:
    """Ten percent of 113.00 with 13 % in it are 11.30; 10 % on top are due on these, no part of them."""
    tariff = FACTOR | {"price": "1.13", "levies": list(levies)}
    world = await make_world(at=START, tariffs=(tariff,))
    _, entry = await a_month_at_80(world)
    assert line_of(entry)["amount"] == 11_30
    assert await charged(world, EntryKind.POWER_FACTOR) == due


async def test_a_good_factor_gives_back(make_world: MakeWorld) -> None:
    """Without reactive energy one percent of 100.00 comes back, as a posting the other way."""
    world = await make_world(at=START, tariffs=(FACTOR,))
    wallet, meter = await shop(world)
    await read(world, meter, JULY)
    await read(world, meter, JULY + 40 * QUARTER, 100)
    await read(world, meter, AUGUST + MINUTE)
    await minutes(world)
    assert wallet.available_minor == 10_000_00 - 100_00 + 1_00
    (entry,) = await entries(world, EntryKind.POWER_FACTOR)
    assert line_of(entry)["amount"] == -1_00


async def test_a_full_disk_delays_the_charge_and_doubles_none(make_world: MakeWorld) -> None:
    """The first of the month with a full disk: charged when there is room, once."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    _, meter = await shop(world)
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 5)
    await minutes(world)
    with world.full_disk():
        await read(world, meter, AUGUST + MINUTE)
        await minutes(world)
    await minutes(world)
    assert await charged(world, EntryKind.DEMAND) == 800_00
    assert date(2026, 8, 1) == world.clock.now.date()


async def test_a_flat_tariff_is_not_watched(make_world: MakeWorld) -> None:
    """Nobody pays the processor for a peak that nobody charges."""
    world = await make_world(at=START)
    _, meter = await shop(world)
    await read(world, meter, JULY, 1)
    assert world.site.periodic.demands == {}


@pytest.mark.parametrize("way", ["another tariff", "another version"])
@pytest.mark.parametrize("hour", [0, 15])
async def test_a_tariff_without_demand_does_not_forgive_what_was_measured(
    make_world: MakeWorld, way: str, hour: int
) -> None:
    """20 kW on the first, no demand from the eleventh: ten of 31 days of it, once, whoever dies."""
    world = await make_world(at=START, tariffs=(DEMAND, FREE))
    _, meter = await shop(world)
    change = ELEVENTH + hour * HOUR
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 5)
    if way == "another version":
        await world.publish(NO_LONGER, since=change)
    else:
        await assign_tariff(
            world.site,
            tariff="free",
            selection=Selection(meters=(meter.meter.id,)),
            at=change,
            actor=MANAGER,
        )
    await read(world, meter, change - HOUR, 1)
    await minutes(world)
    assert await entries(world, EntryKind.DEMAND) == []
    await read(world, meter, change + HOUR, 50)
    await minutes(world)
    (entry,) = await entries(world, EntryKind.DEMAND)
    days = 11 if hour else 10  # A day belongs to what holds at its start.
    # Fifty kilowatt-hours in two hours: 25 kW until the change.
    assert entry.detail["peak"] == 25 * KWH
    assert line_of(entry)["amount"] == (1000_00 * days * 10 // 31 + 5) // 10
    assert entry.detail["active"] == (5 + 1 + 25) * KWH
    await world.restart()
    await read(world, world.run(meter.meter.id), change + 2 * HOUR, 50)
    await minutes(world)
    await read(world, world.run(meter.meter.id), AUGUST + MINUTE, 1)
    await minutes(world)
    assert len(await entries(world, EntryKind.DEMAND)) == 1
    assert world.site.periodic.demands == {}


async def test_demand_that_comes_and_goes_within_a_month_is_paid_for_its_days(
    make_world: MakeWorld,
) -> None:
    """Ten days, a pause of ten, and eleven days: each with its own peak, no day twice."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    _, meter = await shop(world)
    await world.publish(NO_LONGER, since=ELEVENTH)
    await world.publish(DEMAND, since=ELEVENTH + 10 * DAY)
    await read(world, meter, JULY)
    for at, kwh in ((JULY, 5), (ELEVENTH, 10), (ELEVENTH + 10 * DAY, 2.5)):
        await read(world, meter, at + MINUTE)
        await read(world, meter, at + QUARTER)
        await minutes(world)
        await read(world, meter, at + 2 * QUARTER, kwh)
        await minutes(world)
    await read(world, meter, AUGUST + MINUTE)
    await minutes(world)
    found = await entries(world, EntryKind.DEMAND)
    assert [one.detail["peak"] for one in found] == [20 * KWH, 10 * KWH]
    assert [line_of(one)["amount"] for one in found] == [258_06, 141_94]


@pytest.mark.parametrize("hour", [0, 9])
@pytest.mark.parametrize("kills", [False, True])
@pytest.mark.parametrize("way", ["another tariff", "another version"])
async def test_each_of_two_prices_is_paid_its_demand_for_its_days(
    make_world: MakeWorld, hour: int, kills: bool, way: str
) -> None:
    """20 kW at 40.00 until the eleventh, then 10 kW at 62.00: neither price is paid for the other's days."""
    dear = DEMAND | {"tariff": "dear", "demand": {"price": "62.00"}}
    world = await make_world(at=START, tariffs=(DEMAND, dear))
    _, meter = await shop(world)
    change = ELEVENTH + hour * HOUR
    if way == "another version":
        await world.publish(dear | {"tariff": "home"}, since=change)
    else:
        await assign_tariff(
            world.site,
            tariff="dear",
            selection=Selection(meters=(meter.meter.id,)),
            at=change,
            actor=MANAGER,
        )
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 5)
    await read(world, meter, change)
    await read(world, meter, change + QUARTER)
    await minutes(world)
    if kills:
        await world.restart()
        meter = world.run(meter.meter.id)
    await read(world, meter, change + DAY)
    await read(world, meter, change + DAY + QUARTER, 2.5)
    await read(world, meter, AUGUST + MINUTE)
    await minutes(world)
    days = 11 if hour else 10  # A day belongs to what holds at its start.
    found = await entries(world, EntryKind.DEMAND)
    assert [one.detail["peak"] for one in found] == [20 * KWH, 10 * KWH]
    assert [line_of(one)["amount"] for one in found] == [
        (800_00 * days * 10 // 31 + 5) // 10,
        620_00 - (620_00 * days * 10 // 31 + 5) // 10,
    ]


async def test_silence_over_a_change_of_the_price_pays_each_version_for_its_days(
    make_world: MakeWorld,
) -> None:
    """The line was down from the first to August: 10 days at 40.00 and 21 at 62.00, of the mean power."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    _, meter = await shop(world)
    await world.publish(DEMAND | {"demand": {"price": "62.00"}}, since=ELEVENTH)
    await read(world, meter, JULY)
    await read(world, meter, AUGUST + DAY, 32 * 24)
    await minutes(world)
    found = await entries(world, EntryKind.DEMAND)
    assert [one.detail["peak"] for one in found] == [1 * KWH, 1 * KWH]
    assert [line_of(one)["amount"] for one in found] == [12_90, 42_00]
    assert [one.detail["active"] for one in found] == [10 * 24 * KWH, 21 * 24 * KWH]


async def test_who_leaves_unread_pays_both_prices_for_their_days(make_world: MakeWorld) -> None:
    """Nobody reads after the price changed on the eleventh: 10 days of 20 kW at 40.00 are not forgiven."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    _, meter = await shop(world)
    await world.publish(DEMAND | {"demand": {"price": "62.00"}}, since=ELEVENTH)
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 5)
    await read(world, meter, ELEVENTH - HOUR)
    world.clock.now = ELEVENTH + 4 * DAY
    await unbind_meter(world.site, meter=meter.meter.id, actor=MANAGER)
    found = await entries(world, EntryKind.DEMAND)
    assert [(one.detail["peak"], line_of(one)["amount"]) for one in found] == [(20 * KWH, 258_06)]
