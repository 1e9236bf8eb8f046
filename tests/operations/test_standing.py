"""Charges for the days themselves: every day once, also while away, and a month its price exactly."""

from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import Act, Entry, Posting
from custom_components.prepaid_parking.core.shares import ShareBy
from custom_components.prepaid_parking.operations.adjusting_usage import adjust_usage
from custom_components.prepaid_parking.operations.assigning import Selection, assign_tariff
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.months import close_month
from custom_components.prepaid_parking.operations.office import (
    bind_meter,
    import_readings,
    replace_meter,
    unbind_meter,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.test_recurring import settled
from tests.operations.test_shares import stairwell
from tests.operations.test_units import set_
from tests.operations.world import DAY, KWH, MANAGER, World

START: Final = datetime(2026, 6, 30, 22, tzinfo=UTC)
STANDING: Final = {
    "tariff": "home",
    "quantity": "energy",
    "price": "0.80",
    "standing": [{"name": "meter", "price": "10.00"}],
}
MINIMUM: Final = {
    "tariff": "home",
    "quantity": "energy",
    "price": "1.00",
    "minimum": {"price": "15.00"},
}
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


async def entries(world: World, kind: EntryKind) -> list[Entry]:
    return [one for one in await world.books.entries(limit=100_000) if one.kind is kind]


async def charged(world: World, kind: EntryKind) -> int:
    """Return what entries of a kind came to."""
    return sum(leg.amount_minor for one in await entries(world, kind) for leg in one.postings)


async def days(world: World, until: date) -> None:
    """Let days go by with the hub at work."""
    while world.clock.now.date() < until:
        world.clock.now += DAY
        await settled(world)


async def metered(world: World, money: str = "500") -> tuple[WalletRun, MeterRun]:
    wallet = await world.wallet(money)
    return wallet, await world.meter(wallet)


async def test_thirty_days_away_are_thirty_days_charged(make_world: MakeWorld) -> None:
    """Nobody at home, nothing used: the meter is there all the same, and a month is 10.00."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, _ = await metered(world)
    await days(world, date(2026, 7, 31))
    assert world.text(wallet.posted_minor) == "490.00"
    assert await charged(world, EntryKind.STANDING) == 10_00
    found = await entries(world, EntryKind.STANDING)
    assert len(found) == 31
    assert found[0].detail["first"] == "2026-07-01"
    assert (await world.books.balances())[site_account(SiteAccount.REVENUE_STANDING)] == 10_00


async def test_days_on_which_the_hub_was_off_are_charged_once_as_one(
    make_world: MakeWorld,
) -> None:
    """The hub was off for a month: its days are in one entry that says which they are."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, _ = await metered(world)
    await days(world, date(2026, 7, 1))
    await world.restart()
    world.clock.now = datetime(2026, 8, 1, 5, tzinfo=UTC)
    await settled(world)
    await settled(world)
    found = await entries(world, EntryKind.STANDING)
    assert [(one.detail["first"], one.detail["last"]) for one in found] == [
        ("2026-07-01", "2026-07-01"),
        ("2026-07-02", "2026-08-01"),
    ]
    # The whole of July, and 1/31 of August.
    assert world.text(world.wallet_now(wallet).posted_minor) == "489.68"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["wait", "sleep", "die", "dark"]), st.integers(1, 40)),
        min_size=1,
        max_size=10,
    )
)
async def test_whatever_the_hub_goes_through_each_day_is_charged_once(
    make_world: MakeWorld, steps: list[tuple[str, int]]
) -> None:
    """Sleep, death and a full disk: the same sum to the cent as if nothing had happened."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, _ = await metered(world)
    for what, number in steps:
        match what:
            case "wait":
                await days(world, world.clock.now.date() + DAY * (number % 5))
            case "sleep":
                world.clock.now += number * DAY
            case "die":
                await world.tick()
                await world.restart()
            case "dark":
                with world.full_disk():
                    await world.tick(number * DAY)
    await settled(world)
    await world.restart()
    await settled(world)
    found = await entries(world, EntryKind.STANDING)
    expected = date(2026, 7, 1)
    for one in found:
        assert one.detail["first"] == expected.isoformat()
        expected = date.fromisoformat(str(one.detail["last"])) + DAY
    if found:
        assert expected == world.clock.now.date() + DAY
    exact, month = 0, date(2026, 7, 1)
    while month < expected:
        after = (month + 32 * DAY).replace(day=1)
        whole = (after - month).days
        exact += 10_00 * 1000 * min(whole, (expected - month).days) // whole
        month = after
    assert abs(await charged(world, EntryKind.STANDING) - exact // 1000) <= 1
    assert world.wallet_now(wallet).posted_minor == 500_00 - await charged(
        world, EntryKind.STANDING
    )


async def test_the_day_belongs_to_who_pays_at_its_start(make_world: MakeWorld) -> None:
    """One moves out at noon, the next moves in: the day is the first one's, and nobody pays twice."""
    world = await make_world(at=START, tariffs=(STANDING,))
    first, meter = await metered(world)
    await days(world, date(2026, 7, 10))
    world.clock.now = datetime(2026, 7, 10, 12, tzinfo=UTC)
    await unbind_meter(world.site, meter=meter.meter.id, actor=MANAGER)
    second = await world.wallet("100")
    await world.look(meter.meter.id)
    await bind_meter(
        world.site,
        meter=meter.meter.id,
        wallet=second.wallet.id,
        tariff="home",
        actor=MANAGER,
    )
    await days(world, date(2026, 7, 31))
    assert world.text(first.posted_minor) == "496.78"  # 10/31 of 10.00, rounded down
    assert world.text(second.posted_minor) == "93.23"  # 21/31
    found = await entries(world, EntryKind.STANDING)
    assert len(found) == 31


async def test_who_is_gone_before_the_morning_has_paid_the_day(make_world: MakeWorld) -> None:
    """The hub wakes up late and the first thing is a move: the days before are still charged."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, meter = await metered(world)
    world.clock.now = datetime(2026, 7, 5, 6, tzinfo=UTC)
    await unbind_meter(world.site, meter=meter.meter.id, actor=MANAGER)
    (entry,) = await entries(world, EntryKind.STANDING)
    assert (entry.detail["first"], entry.detail["last"]) == ("2026-07-01", "2026-07-05")
    await days(world, date(2026, 8, 1))
    assert len(await entries(world, EntryKind.STANDING)) == 1
    assert world.text(wallet.posted_minor) == "498.39"


async def test_a_wallet_is_closed_with_its_days_charged(make_world: MakeWorld) -> None:
    """What is paid out at the end is what is left after the last day."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, _ = await metered(world)
    world.clock.now = datetime(2026, 7, 5, 6, tzinfo=UTC)
    receipt = await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    assert receipt.detail["settled"] == 498_39
    assert wallet.posted_minor == 0


@pytest.mark.parametrize(
    ("by", "unit", "july"),
    [
        ("each", {}, "490.00"),
        ("area", {"area_cm2": 885_000}, "278.75"),  # 2.50 x 88.5 m²
        ("persons", {"persons": 3}, "492.50"),
        ("capacity", {"capacity_w": 12_000}, "470.00"),
    ],
)
async def test_a_price_goes_by_what_the_unit_is(
    make_world: MakeWorld, by: str, unit: dict[str, Any], july: str
) -> None:
    """Heat by area, water by heads, power by the contracted kVA: a month exactly its price."""
    price = "10.00" if by == "each" else "2.50"
    tariff = STANDING | {"standing": [{"name": "base", "price": price, "by": by}]}
    world = await make_world(at=START, tariffs=(tariff,))
    wallet, meter = await metered(world)
    if unit:
        await set_(world, name="Flat 1", meters=[meter.meter.id], **unit)
    await days(world, date(2026, 7, 31))
    assert world.text(world.site.wallet(wallet.wallet.id).posted_minor) == july


async def test_heat_is_charged_in_its_season_only(make_world: MakeWorld) -> None:
    """From 15 November to 15 March: the whole season its price, the summer nothing."""
    season = {"from": "11-15", "to": "03-15"}
    tariff = STANDING | {
        "standing": [{"name": "heat", "price": "2400.00", "per": "season", "season": season}]
    }
    world = await make_world(at=datetime(2026, 11, 10, 22, tzinfo=UTC), tariffs=(tariff,))
    wallet, _ = await metered(world, "5000")
    world.clock.now = datetime(2027, 7, 1, 1, tzinfo=UTC)
    await settled(world)
    assert world.text(wallet.posted_minor) == "2600.00"


async def test_a_new_price_begins_with_its_day(make_world: MakeWorld) -> None:
    """Dearer from the 16th: fifteen days at the old price, sixteen at the new, also seen later."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, _ = await metered(world)
    await world.publish(
        STANDING | {"standing": [{"name": "meter", "price": "31.00"}]},
        since=datetime(2026, 7, 16, tzinfo=UTC),
    )
    world.clock.now = datetime(2026, 7, 31, 1, tzinfo=UTC)
    await settled(world)
    # 15/31 of 10.00 are 4.8387, 16/31 of 31.00 are 16.00.
    assert world.text(wallet.posted_minor) == "479.17"
    (entry,) = await entries(world, EntryKind.STANDING)
    lines = entry.detail["lines"]
    assert isinstance(lines, list)
    assert [(line["first"], line["last"]) for line in lines] == [
        ("2026-07-01", "2026-07-15"),
        ("2026-07-16", "2026-07-31"),
    ]


async def test_a_meter_that_went_over_to_another_tariff_was_charged_by_the_old_one_before(
    make_world: MakeWorld,
) -> None:
    """The hub slept over the change; the days before it cost what they cost then."""
    free = {"tariff": "free", "quantity": "energy", "price": "0.80"}
    world = await make_world(at=START, tariffs=(STANDING, free))
    wallet, meter = await metered(world)
    await assign_tariff(
        world.site,
        tariff="free",
        selection=Selection(meters=(meter.meter.id,)),
        at=datetime(2026, 7, 11, tzinfo=UTC),
        actor=MANAGER,
    )
    world.clock.now = datetime(2026, 7, 25, 6, tzinfo=UTC)
    await world.read(meter.meter.id)
    await settled(world)
    assert meter.binding is not None
    assert meter.binding.tariff == "free"
    assert await charged(world, EntryKind.STANDING) == 3_22  # 10/31 of 10.00
    assert world.text(wallet.posted_minor) == "496.78"


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_tariff_that_was_planned_for_one_who_has_gone_is_not_the_next_ones(
    make_world: MakeWorld, restarted: bool
) -> None:
    """The old tenant was to pay by the day from the fifth on; the new one never agreed to that."""
    free = {"tariff": "free", "quantity": "energy", "price": "0.80"}
    world = await make_world(at=START, tariffs=(STANDING, free))
    leaving, come = await world.wallet("100"), await world.wallet("100")
    meter = await world.meter(leaving, tariff="free")
    await assign_tariff(
        world.site,
        tariff="home",
        selection=Selection(meters=(meter.meter.id,)),
        at=datetime(2026, 7, 5, tzinfo=UTC),
        actor=MANAGER,
    )
    world.clock.now = datetime(2026, 7, 3, 12, tzinfo=UTC)
    await unbind_meter(world.site, meter=meter.meter.id, actor=MANAGER)
    await world.look(meter.meter.id)
    await bind_meter(
        world.site, meter=meter.meter.id, wallet=come.wallet.id, tariff="free", actor=MANAGER
    )
    if restarted:
        await world.restart()
    await days(world, date(2026, 7, 20))
    assert await entries(world, EntryKind.STANDING) == []
    assert world.text(world.wallet_now(come).available_minor) == "100.00"


async def test_tax_and_fees_come_with_it_to_the_cent(make_world: MakeWorld) -> None:
    """13 % on top: over a whole month exactly 1.30 of 10.00, in the tax office's account."""
    tariff = STANDING | {"levies": [{"name": "VAT", "kind": "tax", "percent": "13"}]}
    world = await make_world(at=START, tariffs=(tariff,))
    wallet, _ = await metered(world)
    await days(world, date(2026, 7, 31))
    assert world.text(wallet.posted_minor) == "488.70"
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.TAX)] == 1_30
    assert balances[site_account(SiteAccount.REVENUE_STANDING)] == 10_00


async def test_bonus_pays_its_part_as_it_does_of_use(make_world: MakeWorld) -> None:
    """A gift is spent before the tenant's own money, and below zero goes the money, not the gift."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, _ = await metered(world, "")
    bonus = wallet_account(wallet.wallet.no, Bucket.BONUS)
    promotion = site_account(SiteAccount.PROMOTION)
    wallet.booked(
        await world.books.commit(
            Act(
                kind=EntryKind.BONUS,
                event="bonus/1",
                occurred=world.clock(),
                actor=MANAGER,
                postings=(Posting(source=promotion, target=bonus, amount_minor=4_00),),
            )
        )
    )
    world.clock.now = datetime(2026, 7, 31, 1, tzinfo=UTC)
    await settled(world)
    assert (wallet.bonus_minor, wallet.posted_minor) == (0, -6_00)


async def test_the_days_of_a_shared_meter_are_shared_by_its_members(
    make_world: MakeWorld,
) -> None:
    """The lift's standing charge is three flats', to the cent, and none of it is the stairwell's."""
    world = await make_world(at=START, tariffs=(STANDING,))
    flats = [await world.wallet("100") for _ in range(3)]
    stairs, _ = await stairwell(world, ShareBy.FIXED, *((one.wallet.id, 1) for one in flats))
    await days(world, date(2026, 7, 31))
    assert stairs.posted_minor == 0
    paid = [100_00 - one.posted_minor for one in flats]
    assert sum(paid) == 10_00
    assert max(paid) - min(paid) <= 1


async def test_the_local_midnight_begins_the_day(make_world: MakeWorld) -> None:
    """In Shanghai the first of July begins while it is still June in London."""
    world = await make_world(
        at=datetime(2026, 6, 30, 15, tzinfo=UTC), zone=SHANGHAI, tariffs=(STANDING,)
    )
    await metered(world)
    await settled(world)
    assert await entries(world, EntryKind.STANDING) == []
    world.clock.now = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
    await settled(world)
    (entry,) = await entries(world, EntryKind.STANDING)
    assert entry.detail["first"] == "2026-07-01"


async def test_an_empty_wallet_goes_below_zero_by_its_days(make_world: MakeWorld) -> None:
    """It is owed like what was used, and warned of like it; it is a utility's own charge."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, meter = await metered(world, "0.10")
    await days(world, date(2026, 7, 3))
    assert wallet.posted_minor < 0
    assert wallet.watch.crossed_at is not None
    assert meter.binding is not None


async def test_a_tariff_without_days_writes_nothing(make_world: MakeWorld) -> None:
    """Five thousand flat meters are not looked after at midnight."""
    world = await make_world(at=START)
    await metered(world)
    await days(world, date(2026, 7, 20))
    assert await entries(world, EntryKind.STANDING) == []
    assert world.site.periodic.standing == {}


# --- the minimum of a period -----------------------------------------------------------------------


async def used(world: World, meter: MeterRun, kwh: int, at: datetime) -> None:
    """Let a meter count on and be read at a time."""
    world.clock.now = at
    world.registers[meter.meter.id] += kwh * KWH
    await world.look(meter.meter.id)


@pytest.mark.parametrize(("kwh", "added"), [(0, 15_00), (10, 5_00), (14, 1_00), (15, 0), (40, 0)])
async def test_what_a_month_cost_less_than_the_minimum_is_added_at_its_end(
    make_world: MakeWorld, kwh: int, added: int
) -> None:
    """15.00 at least: who used for 10.00 pays 5.00 more, who used for 40.00 nothing."""
    world = await make_world(at=START, tariffs=(MINIMUM,))
    wallet, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 1, 0, 0, tzinfo=UTC))
    await used(world, meter, kwh, datetime(2026, 7, 20, 6, tzinfo=UTC))
    await days(world, date(2026, 7, 31))
    assert await charged(world, EntryKind.MINIMUM) == 0
    await days(world, date(2026, 8, 20))
    assert await charged(world, EntryKind.MINIMUM) == added
    assert wallet.available_minor == 500_00 - kwh * 1_00 - added


async def test_a_minimum_ends_with_its_days(make_world: MakeWorld) -> None:
    """Ten days of July are 10/31 of 15.00, for who moves out; the next one's begin the day after."""
    world = await make_world(at=START, tariffs=(MINIMUM,))
    first, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 10, 12, tzinfo=UTC))
    await unbind_meter(world.site, meter=meter.meter.id, actor=MANAGER)
    assert world.text(first.posted_minor) == "495.16"
    second = await world.wallet("100")
    await bind_meter(
        world.site, meter=meter.meter.id, wallet=second.wallet.id, tariff="home", actor=MANAGER
    )
    await days(world, date(2026, 8, 1))
    assert await charged(world, EntryKind.MINIMUM) == 15_00
    assert world.text(second.posted_minor) == "89.84"


async def test_months_in_which_the_hub_was_off_are_judged_each(make_world: MakeWorld) -> None:
    """Three empty months are three minimums, once."""
    world = await make_world(at=START, tariffs=(MINIMUM,))
    wallet, _ = await metered(world)
    world.clock.now = datetime(2026, 10, 5, tzinfo=UTC)
    await settled(world)
    await world.restart()
    await settled(world)
    found = await entries(world, EntryKind.MINIMUM)
    assert [one.detail["period"] for one in found] == ["2026-07", "2026-08", "2026-09"]
    assert world.text(world.wallet_now(wallet).posted_minor) == "455.00"


async def test_what_was_used_before_a_swap_counts_for_the_minimum(make_world: MakeWorld) -> None:
    """The old meter's last ten kilowatt-hours are in the entry of the swap: they were paid as well."""
    world = await make_world(at=START, tariffs=(MINIMUM,))
    wallet, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 1, tzinfo=UTC))
    world.clock.now = datetime(2026, 7, 20, 6, tzinfo=UTC)
    register = world.registers[meter.meter.id]
    await replace_meter(
        world.site,
        meter=meter.meter.id,
        final_register=register + 10 * KWH,
        start_register=0,
        serial="B1",
        reason="worn out",
        actor=MANAGER,
    )
    await days(world, date(2026, 8, 2))
    assert await charged(world, EntryKind.MINIMUM) == 5_00
    assert wallet.available_minor == 500_00 - 15_00


@pytest.mark.parametrize(("late", "august"), [(3, 12_00), (10, 5_00), (40, 0)])
async def test_what_comes_to_light_after_the_month_was_judged_counts_in_the_next(
    make_world: MakeWorld, late: int, august: int
) -> None:
    """July was judged without its last reading: whoever paid 15.00 for nothing pays less for August."""
    world = await make_world(at=START, tariffs=(MINIMUM,))
    wallet, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 20, tzinfo=UTC))
    await days(world, date(2026, 8, 2))
    assert await charged(world, EntryKind.MINIMUM) == 15_00
    last = datetime(2026, 7, 31, 23, tzinfo=UTC)
    world.registers[meter.meter.id] += late * KWH
    reading = [(last, world.registers[meter.meter.id])]
    await import_readings(world.site, meter=meter.meter.id, readings=reading, actor=MANAGER)
    await days(world, date(2026, 9, 2))
    assert await charged(world, EntryKind.MINIMUM) == 15_00 + august
    assert wallet.available_minor == 500_00 - late * 1_00 - 15_00 - august
    await days(world, date(2026, 10, 2))
    assert await charged(world, EntryKind.MINIMUM) == 15_00 + august + 15_00


async def test_a_minimum_is_reached_by_prices_as_they_are_said_tax_included(
    make_world: MakeWorld,
) -> None:
    """Prices that contain 13 %: who used for 11.30 pays 3.70 more, and no tax a second time."""
    vat = {"name": "VAT", "kind": "tax", "percent": "13", "included": True}
    service = {"name": "service", "kind": "fee", "percent": "10", "included": True}
    world = await make_world(
        at=START, tariffs=(MINIMUM | {"price": "1.13", "levies": [vat, service]},)
    )
    wallet, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 1, tzinfo=UTC))
    await used(world, meter, 10, datetime(2026, 7, 20, 6, tzinfo=UTC))
    await days(world, date(2026, 8, 2))
    assert await charged(world, EntryKind.MINIMUM) == 3_70
    assert wallet.available_minor == 500_00 - 15_00


async def test_a_minimum_leaves_out_the_tax_that_comes_on_top(make_world: MakeWorld) -> None:
    """Of two taxes one is included and one on top: 10.00 used by the prices are 5.00 short of 15.00."""
    inside = {"name": "duty", "kind": "tax", "percent": "25", "included": True}
    on_top = {"name": "VAT", "kind": "tax", "percent": "10"}
    world = await make_world(at=START, tariffs=(MINIMUM | {"levies": [inside, on_top]},))
    _, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 1, tzinfo=UTC))
    await used(world, meter, 10, datetime(2026, 7, 20, 6, tzinfo=UTC))
    await days(world, date(2026, 8, 2))
    assert await charged(world, EntryKind.MINIMUM) == 5_00 + 50


async def test_each_tariff_of_a_month_counts_for_the_minimum_by_its_own_taxes(
    make_world: MakeWorld,
) -> None:
    """11.30 by prices with VAT inside and 2.00 by prices without it are 1.70 short of 15.00."""
    vat = {"name": "VAT", "kind": "tax", "percent": "13"}
    inside = MINIMUM | {"price": "1.13", "levies": [vat | {"included": True}]}
    plain = {"tariff": "plain", "quantity": "energy", "price": "1.00", "levies": [vat]}
    world = await make_world(at=START, tariffs=(inside, plain))
    wallet, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 1, tzinfo=UTC))
    await used(world, meter, 10, datetime(2026, 7, 20, 6, tzinfo=UTC))
    await settled(world)
    await assign_tariff(
        world.site,
        tariff="plain",
        selection=Selection(meters=(meter.meter.id,)),
        at=world.clock.now,
        actor=MANAGER,
    )
    await used(world, meter, 2, datetime(2026, 7, 25, 6, tzinfo=UTC))
    await days(world, date(2026, 8, 2))
    assert await charged(world, EntryKind.MINIMUM) == 1_70
    assert world.text(wallet.available_minor) == "484.74"  # VAT of 2.00 comes on top.


async def test_what_is_corrected_for_who_has_gone_is_not_the_next_ones(
    make_world: MakeWorld,
) -> None:
    """July is closed, so a correction of it is August's: the new tenant's minimum stays what it is."""
    world = await make_world(at=START, tariffs=(MINIMUM,))
    _, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 1, tzinfo=UTC))
    await used(world, meter, 1, datetime(2026, 7, 31, 12, tzinfo=UTC))
    await unbind_meter(world.site, meter=meter.meter.id, actor=MANAGER)
    assert await charged(world, EntryKind.MINIMUM) == 14_00
    come = await world.wallet("100")
    await bind_meter(
        world.site, meter=meter.meter.id, wallet=come.wallet.id, tariff="home", actor=MANAGER
    )
    await days(world, date(2026, 8, 5))
    await close_month(world.site, month="2026-07", actor=MANAGER)
    wrong = (await entries(world, EntryKind.USAGE))[-1].id
    await adjust_usage(
        world.site, entry=wrong, quantity=11 * KWH, reason="read wrong", actor=MANAGER
    )
    await days(world, date(2026, 9, 2))
    assert world.text(come.posted_minor) == "85.00"


async def test_days_that_had_a_minimum_are_judged_after_the_tariff_has_none(
    make_world: MakeWorld,
) -> None:
    """Three days of 2.00 at least under the old tariff are 6.00, though the new one asks for nothing."""
    daily = MINIMUM | {"minimum": {"price": "2.00", "per": "day"}}
    plain = {"tariff": "plain", "quantity": "energy", "price": "1.00"}
    world = await make_world(at=START, tariffs=(daily, plain))
    wallet, meter = await metered(world)
    await used(world, meter, 0, datetime(2026, 7, 3, 6, tzinfo=UTC))
    await settled(world)
    await assign_tariff(
        world.site,
        tariff="plain",
        selection=Selection(meters=(meter.meter.id,)),
        at=datetime(2026, 7, 3, 7, tzinfo=UTC),
        actor=MANAGER,
    )
    await used(world, meter, 0, datetime(2026, 7, 3, 9, tzinfo=UTC))
    await days(world, date(2026, 7, 6))
    assert await charged(world, EntryKind.MINIMUM) == 6_00
    assert wallet.available_minor == 500_00 - 6_00


@pytest.mark.parametrize(
    ("minimum", "added"),
    [({"price": "2.00", "per": "day"}, 22 * 2_00), ({"price": "15.50"}, 11_00)],
)
async def test_a_minimum_that_begins_in_mid_month_begins_on_its_day(
    make_world: MakeWorld, minimum: dict[str, str], added: int
) -> None:
    """From 10 July on: 22 days of 2.00 are 44.00, and 22/31 of 15.50 a month are 11.00."""
    plain = {name: value for name, value in MINIMUM.items() if name != "minimum"}
    world = await make_world(at=START, tariffs=(plain,))
    wallet, _ = await metered(world)
    await world.publish(plain | {"minimum": minimum}, since=datetime(2026, 7, 10, tzinfo=UTC))
    await days(world, date(2026, 7, 11))
    assert await charged(world, EntryKind.MINIMUM) == (2_00 if "per" in minimum else 0)
    await days(world, date(2026, 8, 1))
    assert await charged(world, EntryKind.MINIMUM) == added
    assert wallet.available_minor == 500_00 - added


async def test_a_charge_that_was_written_before_the_crash_is_not_made_again(
    make_world: MakeWorld,
) -> None:
    """Killed between the disk and the memory: the day is charged once."""
    world = await make_world(at=START, tariffs=(STANDING,))
    wallet, meter = await metered(world)
    world.clock.now = datetime(2026, 7, 2, 1, tzinfo=UTC)
    await settled(world)
    world.site.periodic.standing.pop(meter.meter.id)  # As if the answer had not come.
    world.site.billing.day = None
    await settled(world)
    await settled(world)
    assert len(await entries(world, EntryKind.STANDING)) == 1
    assert wallet.posted_minor == 500_00 - await charged(world, EntryKind.STANDING)


async def test_a_statement_names_the_days(make_world: MakeWorld) -> None:
    """The tenant sees which days were charged and why."""
    world = await make_world(at=START, tariffs=(STANDING,))
    await metered(world)
    world.clock.now = datetime(2026, 7, 31, 1, tzinfo=UTC)
    await settled(world)
    (entry,) = await entries(world, EntryKind.STANDING)
    lines = entry.detail["lines"]
    assert isinstance(lines, list)
    assert lines == [
        {
            "rule": "standing",
            "name": "meter",
            "quantity": 31,
            "price": 10_000_000,
            "per": 31,
            "first": "2026-07-01",
            "last": "2026-07-31",
            "amount": 10_00,
        }
    ]
