"""A main meter against what lies behind it: said exactly, passed on once, and not beyond the cap."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.shares import ShareBy
from custom_components.prepaid_parking.core.wallet import WalletKind
from custom_components.prepaid_parking.operations.loss_sharing import (
    LossPeriod,
    plan_loss,
    share_loss,
)
from custom_components.prepaid_parking.operations.losses import LossReport, loss_report
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.moving import (
    HandOver,
    Settlement,
    move,
    move_in,
)
from custom_components.prepaid_parking.operations.office import replace_meter
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.test_shares import share
from tests.operations.test_units import set_
from tests.operations.world import DAY, FLAT, HOUR, KWH, MANAGER, MINUTE, World

MAIN_RATE = 1_000 * KWH
CAPPED = {**FLAT, "tariff": "loss", "loss_cap": "6"}
TAXED = {
    **FLAT,
    "tariff": "taxed",
    "levies": [{"name": "VAT", "kind": "tax", "percent": "13"}],
}
FIRST, SECOND, THIRD, FOURTH = (datetime(2026, 7, day, tzinfo=UTC) for day in (1, 2, 3, 4))


class House:
    """A main meter that nobody pays for, and two flats behind it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.main: MeterRun
        self.subs: list[MeterRun] = []
        self.wallets: list[WalletRun] = []

    async def build(self, flats: int = 2) -> None:
        """Set the meters; where they stand is taken down at once."""
        world = self.world
        self.main = await world.meter(max_rate=MAIN_RATE)
        for _ in range(flats):
            wallet = await world.wallet("1000")
            self.wallets.append(wallet)
            self.subs.append(await world.meter(wallet, max_rate=MAIN_RATE))
        for sub in self.subs:
            await update_meter_place(
                world.site, meter=sub.meter.id, main=self.main.meter.id, actor=MANAGER
            )
        await world.tick(MINUTE)

    async def day(self, main: int, *subs: int) -> None:
        """Let a day pass in which these were counted, and be read after its midnight."""
        world = self.world
        for run, used in zip((self.main, *self.subs), (main, *subs), strict=True):
            world.registers[run.meter.id] += used
        now = world.clock.now
        midnight = now.replace(hour=0, minute=0, second=0) + DAY
        world.clock.now = midnight + MINUTE
        for run in (self.main, *self.subs):
            await world.look(run.meter.id)
        await world.tick(MINUTE)

    async def report(self, since: datetime, until: datetime) -> LossReport:
        """What the report says of a period."""
        return await loss_report(self.world.site, main=self.main.meter.id, since=since, until=until)

    def period(self, **fields: Any) -> LossPeriod:
        """The second of July, unless told otherwise."""
        told = {"main": self.main.meter.id, "since": SECOND, "until": THIRD, "tariff": "home"}
        return LossPeriod(**(told | fields))  # type: ignore[arg-type]


@pytest.fixture
async def house(make_world: MakeWorld) -> House:
    """The house, on the first of July, with prices of all kinds."""
    house = House(await make_world(tariffs=(FLAT, CAPPED, TAXED)))
    await house.build()
    await house.day(0, 0, 0)
    return house


async def test_three_of_a_hundred_are_lost(house: House) -> None:
    """3 % is what cables lose; the manager sees from which readings that was made."""
    await house.day(100 * KWH, 60 * KWH, 37 * KWH)
    report = await house.report(SECOND, THIRD)
    assert report.loss is not None
    assert (report.loss.quantity, report.loss.part_micro) == (3 * KWH, 30_000)
    assert report.loss.main.begin.at == SECOND + MINUTE
    assert report.loss.main.end.at == THIRD + MINUTE
    assert not any(one.late for one in (report.loss.main, *report.loss.subs))
    await house.world.restart()
    assert (await house.report(SECOND, THIRD)).loss == report.loss


async def test_the_running_month_is_reported_up_to_the_last_reading(house: House) -> None:
    """On the tenth the manager does not wait for the end of the month."""
    await house.day(100 * KWH, 60 * KWH, 37 * KWH)
    await house.world.read(house.main.meter.id, 10 * KWH, HOUR)
    report = await loss_report(house.world.site, main=house.main.meter.id)
    assert report.loss is not None
    assert report.loss.quantity == 13 * KWH


async def test_a_swapped_meter_and_a_silent_one_are_said(house: House) -> None:
    """A swap loses nothing; a meter that has been silent for days is marked as late."""
    world, sub = house.world, house.subs[0]
    await house.day(50 * KWH, 30 * KWH, 20 * KWH)
    await replace_meter(
        world.site,
        meter=sub.meter.id,
        final_register=1030 * KWH,
        start_register=0,
        serial="B1",
        reason="age",
        actor=MANAGER,
    )
    world.registers[sub.meter.id] = 0
    await house.day(50 * KWH, 30 * KWH, 20 * KWH)
    report = await house.report(SECOND, FOURTH)
    assert report.loss is not None
    assert [one.quantity // KWH for one in report.loss.subs] == [60, 40]
    world.clock.now += 3 * DAY
    await world.read(house.main.meter.id, 100 * KWH)
    await world.tick(MINUTE)
    later = await house.report(SECOND, world.clock.now)
    assert later.loss is not None
    assert [one.late for one in later.loss.subs] == [True, True]


async def test_a_main_meter_without_any_behind_it_has_no_loss(house: House) -> None:
    """The manager is told what is missing, not that all is well."""
    with pytest.raises(CoreError, match="meter_has_no_subs"):
        await loss_report(house.world.site, main=house.subs[0].meter.id)


async def test_the_loss_is_borne_by_what_each_used(house: House) -> None:
    """5 kWh at 0.80: three quarters for who used three times as much; in one entry, exactly."""
    await house.day(105 * KWH, 75 * KWH, 25 * KWH)
    before = [one.posted_minor for one in house.wallets]
    receipt = await share_loss(house.world.site, period=house.period(), actor=MANAGER)
    paid = [old - one.posted_minor for old, one in zip(before, house.wallets, strict=True)]
    assert paid == [300, 100]
    parts: Any = receipt.detail["parts"]
    assert [one["quantity"] for one in parts] == [3_750_000, 1_250_000]
    (entry,) = await house.world.books.entries(kinds=(EntryKind.LOSS_SHARED,))
    assert sum(leg.amount_minor for leg in entry.postings) == 400


async def test_a_loss_is_passed_on_once(house: House) -> None:
    """The second click, and the report of an overlapping month, charge nobody again."""
    await house.day(105 * KWH, 75 * KWH, 25 * KWH)
    first = await share_loss(house.world.site, period=house.period(), actor=MANAGER)
    await house.world.restart()
    again = await share_loss(house.world.site, period=house.period(), actor=MANAGER)
    assert (again.entry, again.repeated) == (first.entry, True)
    with pytest.raises(CoreError, match="loss_shared_before"):
        await share_loss(house.world.site, period=house.period(since=FIRST), actor=MANAGER)
    with pytest.raises(CoreError, match="reference_reused"):
        await share_loss(house.world.site, period=house.period(by=ShareBy.FIXED), actor=MANAGER)


async def test_more_than_the_cap_is_the_sites(house: House) -> None:
    """The law lets 6 % of what went in be passed on; the tenants do not pay for a broken cable."""
    await house.day(100 * KWH, 50 * KWH, 40 * KWH)
    plan = await plan_loss(house.world.site, house.period(tariff="loss"))
    assert (plan.loss.quantity, plan.shared, plan.dues.minor) == (10 * KWH, 6 * KWH, 480)
    assert not await house.world.books.entries(kinds=(EntryKind.LOSS_SHARED,))


async def test_taxes_are_on_a_shared_loss_as_well(house: House) -> None:
    """What is sold is taxed, also where it is lost on the way."""
    await house.day(110 * KWH, 50 * KWH, 50 * KWH)
    before = sum(one.posted_minor for one in house.wallets)
    await share_loss(house.world.site, period=house.period(tariff="taxed"), actor=MANAGER)
    assert before - sum(one.posted_minor for one in house.wallets) == 904


async def test_a_tenant_bears_the_loss_of_their_own_days(house: House) -> None:
    """Who moved in at noon bears what was used from then on; the old tenant bears the rest."""
    world, (first, second) = house.world, house.wallets
    new = await world.wallet("1000")
    await set_(world, name="Flat 1", meters=(house.subs[0].meter.id,))
    world.clock.now = SECOND + 12 * HOUR
    await world.read(house.subs[0].meter.id, 60 * KWH)
    await world.read(house.main.meter.id, 60 * KWH)
    await move_in(world.site, HandOver(unit="u1", wallet=first.wallet.id, actor=MANAGER))
    await move(world.site, HandOver(unit="u1", wallet=new.wallet.id, actor=MANAGER))
    await house.day(50 * KWH, 20 * KWH, 20 * KWH)
    before = [one.posted_minor for one in (first, new, second)]
    await share_loss(world.site, period=house.period(), actor=MANAGER)
    after = [one.posted_minor for one in (first, new, second)]
    assert [old - now for old, now in zip(before, after, strict=True)] == [480, 160, 160]


async def test_the_part_of_who_has_left_is_the_owners_or_the_sites(house: House) -> None:
    """A closed wallet is not charged after its settlement, and the neighbours not for it."""
    world, (first, second) = house.world, house.wallets
    new = await world.wallet("1000")
    await set_(world, name="Flat 1", meters=(house.subs[0].meter.id,))
    await move_in(world.site, HandOver(unit="u1", wallet=first.wallet.id, actor=MANAGER))
    await house.day(110 * KWH, 50 * KWH, 50 * KWH)
    await move(world.site, HandOver(unit="u1", wallet=new.wallet.id, actor=MANAGER), Settlement())
    before = second.posted_minor
    receipt = await share_loss(world.site, period=house.period(), actor=MANAGER)
    assert (before - second.posted_minor, first.posted_minor, new.posted_minor) == (
        400,
        0,
        100_000,
    )
    parts: Any = receipt.detail["parts"]
    assert [(one["wallet"], one["quantity"]) for one in parts] == [
        ("", 5 * KWH),
        (second.wallet.id, 5 * KWH),
    ]


async def test_what_a_shared_meter_bears_its_members_bear(house: House) -> None:
    """The lift's part of the loss is the house's, like the lift's power."""
    world = house.world
    members = [await world.wallet("100") for _ in range(2)]
    lift = await world.wallet(kind=WalletKind.SHARED)
    run = await world.meter(lift, max_rate=MAIN_RATE)
    await share(world, lift, ShareBy.FIXED, *((one.wallet.id, 1) for one in members))
    await update_meter_place(
        world.site, meter=run.meter.id, main=house.main.meter.id, actor=MANAGER
    )
    house.subs.append(run)
    await house.day(110 * KWH, 0, 0, 100 * KWH)
    before = [one.posted_minor for one in members]
    await share_loss(world.site, period=house.period(), actor=MANAGER)
    assert [old - one.posted_minor for old, one in zip(before, members, strict=True)] == [400, 400]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"main": "m9"}, "unknown_meter"),
        ({"tariff": "none"}, "unknown_tariff"),
        ({"until": FOURTH}, "moment_ahead"),
        ({"by": ShareBy.AREA}, "meter_without_unit"),
        ({"by": ShareBy.FIXED}, "weights_not_positive"),
    ],
)
async def test_a_loss_that_cannot_be_passed_on_is_refused(
    house: House, fields: dict[str, Any], key: str
) -> None:
    """Nobody is charged by a measure that is not known, or for a day that is not over."""
    await house.day(110 * KWH, 50 * KWH, 50 * KWH)
    with pytest.raises(CoreError) as refused:
        await share_loss(house.world.site, period=house.period(**fields), actor=MANAGER)
    assert refused.value.key == key


async def test_a_meter_that_is_silent_is_not_taken_for_a_loss(house: House) -> None:
    """Its use would be everybody's loss; the office looks at it first."""
    world = house.world
    world.registers[house.main.meter.id] += 100 * KWH
    world.clock.now = THIRD + MINUTE
    await world.look(house.main.meter.id)
    await world.tick(MINUTE)
    with pytest.raises(CoreError, match="meters_not_read") as refused:
        await share_loss(world.site, period=house.period(), actor=MANAGER)
    assert refused.value.placeholders["meters"] == "m2, m3"


async def test_where_nothing_is_lost_there_is_nothing_to_share(house: House) -> None:
    """More came out than went in: a meter is wrong, and nobody gets money for it."""
    await house.day(100 * KWH, 60 * KWH, 60 * KWH)
    with pytest.raises(CoreError, match="no_loss"):
        await share_loss(house.world.site, period=house.period(), actor=MANAGER)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    used=st.lists(st.integers(0, 50 * KWH), min_size=2, max_size=5).filter(any),
    lost=st.integers(1, 100 * KWH),
    by=st.sampled_from([ShareBy.CONSUMPTION, ShareBy.FIXED]),
)
async def test_the_parts_of_a_loss_are_the_loss(
    make_world: MakeWorld, used: list[int], lost: int, by: ShareBy
) -> None:
    """Kilowatt-hours and cents: what the bills of the house say of it adds up."""
    house = House(await make_world())
    await house.build(len(used))
    await house.day(0, *[0] * len(used))
    await house.day(sum(used) + lost, *used)
    weights = {run.meter.id: number + 1 for number, run in enumerate(house.subs)}
    before = sum(one.posted_minor for one in house.wallets)
    receipt = await share_loss(
        house.world.site, period=house.period(by=by, weights=weights), actor=MANAGER
    )
    parts: Any = receipt.detail["parts"]
    assert sum(one["quantity"] for one in parts) == lost
    amount = lost * 800_000 // 10**10
    assert sum(one["amount"] for one in parts) == amount
    assert before - sum(one.posted_minor for one in house.wallets) == amount


async def test_what_is_below_a_cent_is_carried_into_the_next_period(house: House) -> None:
    """Half a cent in July and half in August are a cent."""
    for since, until in ((SECOND, THIRD), (THIRD, FOURTH)):
        await house.day(KWH + KWH // 160, KWH, 0)
        await share_loss(
            house.world.site, period=house.period(since=since, until=until), actor=MANAGER
        )
    entries = await house.world.books.entries(kinds=(EntryKind.LOSS_SHARED,))
    assert [sum(leg.amount_minor for leg in entry.postings) for entry in entries] == [0, 1]
