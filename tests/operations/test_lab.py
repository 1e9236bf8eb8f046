"""A tariff on trial against what real books hold."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.hours import MeterDay, pack
from custom_components.prepaid_parking.core.shares import Member, ShareBy
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.use_point import Basis, PointKind
from custom_components.prepaid_parking.core.wallet import Purpose, WalletKind
from custom_components.prepaid_parking.operations.counting import use_package
from custom_components.prepaid_parking.operations.lab import Preview, try_tariff
from custom_components.prepaid_parking.operations.lab_uses import try_uses
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.packages import sell_package
from custom_components.prepaid_parking.operations.sharing import set_shares
from custom_components.prepaid_parking.operations.usage import close_windows
from tests.operations.conftest import MakeWorld
from tests.operations.shop import HOURLY, Shop
from tests.operations.world import DAY, FLAT, HOUR, KWH, MANAGER, MINUTE, World

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
DEARER: dict[str, Any] = {
    "tariff": "next",
    "quantity": "energy",
    "rates": {"day": "1.20", "night": "0.30"},
    "bands": [{"rate": "day", "from": "07:00", "to": "22:00"}],
    "otherwise": "night",
}
WASHES: dict[str, Any] = {
    "kind": "counted",
    "tariff": "washes",
    "counted": {"uses": 10, "price": "20.00"},
}


async def trial(
    world: World, document: dict[str, Any], runs: Sequence[MeterRun] | None = None, months: int = 1
) -> Preview:
    """Try a draft with all meters."""
    return await try_tariff(
        world.site,
        draft=read_tariff(document, version=1, valid_from=ALWAYS),
        meters=list(world.site.meters.values()) if runs is None else runs,
        months=months,
    )


async def live(world: World, days: int, chance: Random) -> None:
    """Let all meters count for some days, read every hour, until the next day has begun."""
    end = world.clock.now + days * DAY
    while world.clock.now < end:
        for meter in world.registers:
            world.registers[meter] += chance.randrange(2 * KWH)
        world.clock.now += HOUR
        for meter in world.registers:
            await world.look(meter)
        await world.tick(timedelta())
    await close_windows(world.site, world.site.meters.values())


async def test_a_flat_draft_is_what_the_ledger_charged(make_world: MakeWorld) -> None:
    """If trying out today's price does not give today's bills, no other number can be believed."""
    world = await make_world(at=datetime(2026, 7, 1, tzinfo=UTC), tariffs=(FLAT,))
    for _ in range(3):
        await world.meter(await world.wallet("500"))
    await world.tick(MINUTE)
    world.clock.now -= MINUTE
    await live(world, 3, Random(7))
    preview = await trial(world, FLAT | {"tariff": "draft"})
    assert (preview.first, preview.last) == (date(2026, 6, 1), date(2026, 7, 3))
    assert len(preview.wallets) == 3
    for row in preview.wallets:
        spent = 50_000 - world.site.wallets[row.wallet].posted_minor  # type: ignore[index]
        assert row.old.minor == row.new.minor == row.charged_minor == spent > 0
        assert (row.days, row.missing) == (3, 0)


async def test_who_pays_most_more_comes_first(world: World) -> None:
    """A manager looks at the top of the list, and there must be those who will complain."""
    by_day = await world.meter(await world.wallet("500"))
    by_night = await world.meter(await world.wallet("500"))
    yesterday = world.clock.now.date() + 2 * DAY
    for run, hours in ((by_day, range(8, 20)), (by_night, range(6))):
        used = [KWH if hour in hours else 0 for hour in range(24)]
        await world.books.record(MeterDay(meter=run.meter.id, day=yesterday, hours=pack(used)))
    world.clock.now += 3 * DAY
    preview = await trial(world, DEARER)
    first, second = preview.wallets
    assert (first.meters, second.meters) == ((by_day.meter.id,), (by_night.meter.id,))
    assert (first.old.minor, first.new.minor, first.difference_minor) == (960, 1_440, 480)
    assert (second.old.minor, second.new.minor, second.difference_minor) == (480, 180, -300)
    assert (first.days, first.missing) == (1, 2)
    assert await trial(world, DEARER) == preview


async def test_a_changed_clock_is_a_day_of_25_hours(make_world: MakeWorld) -> None:
    """On the day the clock is set back the night is an hour longer, and cheap for as long."""
    berlin = ZoneInfo("Europe/Berlin")
    world = await make_world(at=datetime(2026, 10, 24, 6, tzinfo=UTC), zone=berlin)
    run = await world.meter(await world.wallet("500"))
    sunday = MeterDay(meter=run.meter.id, day=date(2026, 10, 25), hours=pack([KWH] * 25))
    await world.books.record(sunday)
    world.clock.now += 2 * DAY
    (row,) = (await trial(world, DEARER)).wallets
    assert row.new.minor == 15 * 120 + 10 * 30


async def test_hours_of_the_tenant_before_are_not_the_new_ones(world: World) -> None:
    """Who moved in at noon would not have paid for the morning."""
    run = await world.meter(await world.wallet("500"))
    today = world.clock.now.date()
    await world.books.record(
        MeterDay(meter=run.meter.id, day=today - DAY, hours=pack([KWH] * 24)),
        MeterDay(meter=run.meter.id, day=today, hours=pack([KWH] * 24)),
    )
    world.clock.now += DAY
    (row,) = (await trial(world, FLAT)).wallets
    assert row.new.quantity == 12 * KWH


async def test_what_cannot_be_priced_is_said(world: World) -> None:
    """A meter that is silently missing makes a total that nobody can check."""
    bound = await world.meter(await world.wallet("500"))
    unbound = await world.meter()
    preview = await trial(world, FLAT)
    assert [(one.meter, one.why) for one in preview.left_out] == [(unbound.meter.id, "not_bound")]
    assert [row.meters for row in preview.wallets] == [(bound.meter.id,)]
    with pytest.raises(CoreError) as refused:
        await trial(world, FLAT, [unbound])
    assert refused.value.key == "lab_nothing_to_price"
    with pytest.raises(CoreError) as refused:
        await trial(world, WASHES)
    assert refused.value.key == "lab_wrong_kind"


async def test_a_second_trial_ends_the_first(world: World) -> None:
    """Who changes the draft does not wait for the old one, and is not given its numbers."""
    await world.meter(await world.wallet("500"))
    first = asyncio.create_task(trial(world, FLAT, months=12))
    while world.site.outlook.trial is None or not world.site.outlook.trial.percent:
        await asyncio.sleep(0)
    second = await trial(world, FLAT)
    assert second.wallets
    with pytest.raises(CoreError) as refused:
        await first
    assert refused.value.key == "lab_replaced"
    assert world.site.outlook.trial is None


async def test_counted_uses_are_tried_out(make_world: MakeWorld) -> None:
    """A laundry that wants smaller packages sees who pays more."""
    world = await make_world(tariffs=(FLAT, WASHES))
    run = await world.wallet("100", purpose=Purpose.PROPERTY)
    await sell_package(world.site, wallet=run.wallet.id, tariff="washes", actor=MANAGER)
    for _ in range(6):
        world.clock.now += HOUR
        await use_package(world.site, wallet=run.wallet.id, actor=MANAGER)
    world.clock.now += DAY
    document = WASHES | {"counted": {"uses": 4, "price": "10.00"}}
    draft = read_tariff(document, version=1, valid_from=ALWAYS)
    came: list[int | None] = []

    def told() -> None:
        """Note how far it is; None once it is over."""
        under_way = world.site.outlook.trial
        came.append(under_way.percent if under_way is not None else None)

    preview = await try_uses(
        world.site, draft=draft, tariffs={"washes"}, wallets=set(), months=1, told=told
    )
    (row,) = preview.wallets
    assert (row.old.minor, row.new.minor, row.charged_minor) == (1_200, 1_500, 1_200)
    percents = [one for one in came if one is not None]
    assert percents == sorted(set(percents))
    assert percents[-1] == 50
    assert came[-1] is None


async def test_a_second_trial_of_uses_ends_the_first(make_world: MakeWorld) -> None:
    """Uses are tried as hours are: whoever changes the draft does not get the old one's numbers."""
    world = await make_world(tariffs=(FLAT, WASHES))
    run = await world.wallet("100", purpose=Purpose.PROPERTY)
    await sell_package(world.site, wallet=run.wallet.id, tariff="washes", actor=MANAGER)
    await use_package(world.site, wallet=run.wallet.id, actor=MANAGER)
    world.clock.now += DAY
    draft = read_tariff(WASHES, version=1, valid_from=ALWAYS)

    async def tried() -> int:
        preview = await try_uses(
            world.site, draft=draft, tariffs={"washes"}, wallets=set(), months=1
        )
        return len(preview.wallets)

    first = asyncio.create_task(tried())
    while world.site.outlook.trial is None:
        await asyncio.sleep(0)
    assert await tried() == 1
    with pytest.raises(CoreError) as refused:
        await first
    assert refused.value.key == "lab_replaced"


async def test_uses_by_the_clock_are_tried_out(make_world: MakeWorld) -> None:
    """A washing hour at another price: by the minutes that machines ran for somebody."""
    world = await make_world(tariffs=(FLAT,))
    shop = Shop(world)
    await shop.open(HOURLY)
    await shop.point(PointKind.METERED, tariff="hourly", basis=Basis.CLOCK)
    run = await shop.customer("100")
    began = await shop.start(run)
    world.clock.now += timedelta(minutes=90)
    await shop.end(began.use.id)
    world.clock.now += DAY
    dearer = {"price": "8", "per": 60, "step": 1, "counting": "exact"}
    document: dict[str, Any] = HOURLY | {"duration": dearer}
    draft = read_tariff(document, version=1, valid_from=ALWAYS)
    preview = await try_uses(world.site, draft=draft, tariffs={"hourly"}, wallets=set(), months=1)
    (row,) = preview.wallets
    assert (row.old.minor, row.new.minor, row.charged_minor) == (900, 1_200, 900)


async def test_a_meter_that_is_shared_falls_on_its_members(world: World) -> None:
    """The stairwell pays nothing itself; who lives there wants to know what the new price costs."""
    members = [await world.wallet("100") for _ in range(2)]
    stairwell = await world.wallet(unit="Stairwell", kind=WalletKind.SHARED)
    run = await world.meter(stairwell)
    await set_shares(
        world.site,
        wallet=stairwell.wallet.id,
        by=ShareBy.FIXED,
        members=[
            Member(member=one.wallet.id, weight=weight)
            for one, weight in zip(members, (3, 1), strict=True)
        ],
        actor=MANAGER,
    )
    tomorrow = world.clock.now.date() + DAY
    row = MeterDay(meter=run.meter.id, day=tomorrow, hours=pack([KWH] * 10 + [0] * 14))
    await world.books.record(row)
    world.clock.now += 2 * DAY
    preview = await trial(world, FLAT | {"price": "1.20"})
    first, second = preview.wallets
    assert [first.wallet, second.wallet] == [one.wallet.id for one in members]
    assert (first.old.minor, first.new.minor) == (600, 900)
    assert (second.old.minor, second.new.minor) == (200, 300)
