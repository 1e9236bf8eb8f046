"""Tariffs are published within the law and the calendar, withdrawn before they begin, assigned to many."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from custom_components.prepaid_parking.core.assigned import TariffChange
from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.operations.assigning import (
    Assigned,
    Selection,
    assign_tariff,
    planned,
    withdraw_assignment,
)
from custom_components.prepaid_parking.operations.handing_over import HandReading
from custom_components.prepaid_parking.operations.moving import HandOver, move, move_in
from custom_components.prepaid_parking.operations.office import (
    bind_meter,
    replace_meter,
    unbind_meter,
)
from custom_components.prepaid_parking.operations.tariff_book import (
    publish_tariff,
    withdraw_version,
)
from custom_components.prepaid_parking.operations.units import Draft, set_unit
from custom_components.prepaid_parking.operations.usage import checkpoint, close_windows
from tests.operations.conftest import MakeWorld
from tests.operations.test_pools import TIERS, flat_with_meters
from tests.operations.world import DAY, FLAT, HOUR, KWH, MANAGER, World

CAPPED = FLAT | {"ceiling": "0.90"}
OTHER = FLAT | {"tariff": "other", "price": "1.80"}
LEVIED_HIGH: dict[str, Any] = {
    "price": "0.85",
    "levies": [{"name": "Service", "kind": "fee", "percent": "10"}],
}


async def assign(world: World, tariff: str = "other", **more: Any) -> Assigned:
    """Assign a tariff to a selection."""
    at = more.pop("at", None)
    return await assign_tariff(
        world.site, tariff=tariff, selection=Selection(**more), at=at, actor=MANAGER
    )


def outcomes(assigned: Assigned) -> dict[str, str]:
    """What became of each that was asked for."""
    return {
        one.run.meter.id if one.run is not None else one.asked: one.problem.key
        if one.problem is not None
        else "planned"
        for one in assigned.targets
    }


# --- the law -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"price": "0.91"},
        {"ceiling": "2.00", "price": "0.91"},
        {"ceiling": None, "price": "0.91"},
        LEVIED_HIGH,
    ],
)
async def test_a_price_above_the_legal_ceiling_needs_a_reason(
    make_world: MakeWorld, changes: dict[str, Any]
) -> None:
    """Also where the ceiling is raised or dropped with it, and where a fee lifts the price over it."""
    world = await make_world(tariffs=(CAPPED,))
    document = {key: value for key, value in (CAPPED | changes).items() if value is not None}
    with pytest.raises(CoreError, match="tariff_above_ceiling"):
        await world.publish(document)
    version = read_tariff(document, version=2, valid_from=world.clock.now)
    with pytest.raises(CoreError, match="reason_missing"):
        await publish_tariff(world.site, version=version, override=True, actor=MANAGER)
    await publish_tariff(
        world.site,
        version=version,
        override=True,
        reason="Regulation 12/2026",
        actor=MANAGER,
    )
    (entry,) = (await world.books.entries(kinds=(EntryKind.TARIFF_PUBLISHED,)))[1:]
    assert entry.reason == "Regulation 12/2026"
    overridden: Any = entry.detail["overridden"]
    assert overridden["rule"] == "tariff_above_ceiling"


async def test_a_loss_cap_is_not_raised_in_passing(make_world: MakeWorld) -> None:
    """The share of line loss that tenants bear is limited; the limit is not a typing matter."""
    world = await make_world(tariffs=(FLAT | {"loss_cap": "4"},))
    for document in (FLAT | {"loss_cap": "5"}, FLAT):
        with pytest.raises(CoreError, match="tariff_above_loss_cap"):
            await world.publish(document)
    await world.publish(FLAT | {"loss_cap": "3"})


async def test_a_calendar_that_nobody_keeps_is_refused(world: World) -> None:
    """A misspelt calendar would make every holiday an ordinary day."""
    with pytest.raises(CoreError, match="unknown_calendar"):
        await world.publish(FLAT | {"calendar": "DE-XX"})


async def test_holidays_are_asked_for_once_they_are_learned(make_world: MakeWorld) -> None:
    """National Day at the holiday price, and the Saturday that is worked for it at the weekday's."""
    world = await make_world(at=datetime(2026, 9, 30, 12, tzinfo=UTC))
    learned: list[str] = []

    async def learn(calendar: str) -> None:
        learned.append(calendar)

    def holidays(calendar: str, day: date) -> DayKind | None:
        assert calendar == "CN"
        return {
            date(2026, 10, 1): DayKind.HOLIDAY,
            date(2026, 10, 10): DayKind.WORKDAY,
        }.get(day)

    world.site.learn_calendar, world.site.holidays = learn, holidays
    await world.publish(
        {
            "tariff": "home",
            "quantity": "energy",
            "calendar": "CN",
            "rates": {"work": "1.00", "free": "0.50"},
            "bands": [
                {
                    "rate": "work",
                    "days": ["mon", "tue", "wed", "thu", "fri"],
                    "from": "00:00",
                    "to": "24:00",
                }
            ],
            "otherwise": "free",
        }
    )
    assert learned == ["CN"]
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    for day, price in ((0, 100), (1, 50), (10, 100)):
        before = wallet.available_minor
        world.clock.now = datetime(2026, 9, 30, 13, tzinfo=UTC) + day * DAY
        await world.read(run.meter.id, 0)
        await world.read(run.meter.id, KWH, HOUR)
        assert before - wallet.available_minor == price


# --- withdrawing -------------------------------------------------------------------------------


async def test_a_version_is_taken_back_before_it_begins(world: World) -> None:
    """The wrong price of next month never holds, and its number is not given out again."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.publish(FLAT | {"price": "8.00"}, since=world.clock.now + HOUR)
    await withdraw_version(world.site, tariff="home", version=2, actor=MANAGER, reason="typo")
    await world.restart()
    await world.look(run.meter.id)
    await world.read(run.meter.id, KWH, 2 * HOUR)
    assert world.text(world.wallet_now(wallet).available_minor) == "99.20"
    await world.publish(FLAT | {"price": "0.90"})
    assert [one.version for one in world.site.pricing.published[TariffId("home")]] == [1, 2, 3]
    with pytest.raises(CoreError, match="tariff_has_begun"):
        await withdraw_version(world.site, tariff="home", version=3, actor=MANAGER)
    with pytest.raises(CoreError, match="unknown_version"):
        await withdraw_version(world.site, tariff="home", version=2, actor=MANAGER)


async def test_a_version_that_meters_wait_for_is_not_taken_back(world: World) -> None:
    """A meter that goes over tomorrow to a tariff without a price would be charged nothing."""
    await world.publish(OTHER, since=world.clock.now + HOUR)
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await assign(world, meters=[run.meter.id], at=world.clock.now + 2 * HOUR)
    with pytest.raises(CoreError, match="tariff_in_use"):
        await withdraw_version(world.site, tariff="other", version=1, actor=MANAGER)


# --- assigning ---------------------------------------------------------------------------------


async def test_a_meter_goes_over_at_the_instant_whenever_it_is_read(
    make_world: MakeWorld,
) -> None:
    """Read an hour before and an hour after: half of it by each tariff, and both are in the books."""
    world = await make_world(tariffs=(FLAT, OTHER))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await assign(world, meters=[run.meter.id], at=world.clock.now + 2 * HOUR)
    await world.read(run.meter.id, KWH, HOUR)
    await world.read(run.meter.id, 2 * KWH, 2 * HOUR)
    assert world.text(wallet.available_minor) == "96.60"  # 0.80 + 0.80 + 1.80
    assert run.binding is not None
    assert run.binding.tariff == "other"
    await close_windows(world.site, (run,))
    entries = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert [entry.detail["to_register"] for entry in entries] == [1002 * KWH, 1003 * KWH]
    await world.restart()
    assert planned(world.site) == []
    await world.read(run.meter.id, 0)
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(world.wallet_now(wallet).available_minor) == "94.80"


async def test_a_crash_at_the_instant_changes_nothing(make_world: MakeWorld) -> None:
    """Killed after the old tariff's last entry: the change is still to come, at the same instant."""
    world = await make_world(tariffs=(FLAT, OTHER))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await assign(world, meters=[run.meter.id], at=world.clock.now + HOUR)
    commit = world.books.commit

    async def dies(act: Any) -> Any:
        if act.kind is EntryKind.TARIFF_ASSIGNED:
            raise RuntimeError("killed")
        return await commit(act)

    world.books.commit = dies  # type: ignore[method-assign]
    await world.read(run.meter.id, 2 * KWH, 2 * HOUR)
    world.books.commit = commit  # type: ignore[method-assign]
    await checkpoint(world.site)
    await world.restart()
    assert len(planned(world.site)) == 1
    await world.look(run.meter.id)
    assert world.text(world.wallet_now(wallet).available_minor) == "97.40"


async def test_the_remainder_and_the_tiers_go_on_by_their_own_tariff(
    make_world: MakeWorld,
) -> None:
    """Back on the first tariff, its month's count is where it was."""
    world = await make_world(tariffs=(TIERS, OTHER))
    wallet, (run,) = await flat_with_meters(world, 1)
    await world.read(run.meter.id, 9 * KWH, HOUR)
    await assign(world, meters=[run.meter.id], at=world.clock.now + HOUR)
    await assign(world, "home", meters=[run.meter.id], at=world.clock.now + 2 * HOUR)
    await world.read(run.meter.id, 9 * KWH, 3 * HOUR)  # 3, 3 and 3
    # 10 at 2.00 and 2 at 3.00 of the first tariff, 3... at 1.80, 3 at 3.00.
    spent = 9 * 200 + (200 + 2 * 300) + 3 * 180 + 3 * 300
    assert wallet.available_minor == 100_000 - spent


async def test_nothing_selected_is_refused(make_world: MakeWorld) -> None:
    """ "0 planned" reads as done: the new price was thought to be in force, and nobody paid it."""
    world = await make_world()
    await world.publish(OTHER)
    with pytest.raises(CoreError, match="nothing_selected"):
        await assign(world)
    with pytest.raises(CoreError, match="nothing_selected"):
        await assign(world, commodity=Commodity.WATER)


async def test_each_of_a_selection_stands_for_itself(make_world: MakeWorld) -> None:
    """200 flats, three of which cannot: 197 go over, and the three are named with the reason."""
    water = {"tariff": "water", "quantity": "volume", "price": "3.00"}
    world = await make_world(tariffs=(FLAT, OTHER, water))
    wallets = [await world.wallet("10") for _ in range(6)]
    runs = [await world.meter(wallet) for wallet in wallets[:4]]
    heat = await world.meter(wallets[3], commodity=Commodity.HEAT)
    loose = await world.meter()
    assigned = await assign(
        world,
        wallets=[*(wallet.wallet.id for wallet in wallets[:5]), "w99"],
        meters=[loose.meter.id, runs[0].meter.id, "m99"],
        units=["u9"],
    )
    assert outcomes(assigned) == {
        "m1": "planned",
        "m2": "planned",
        "m3": "planned",
        "m4": "several_commodities",
        heat.meter.id: "several_commodities",
        loose.meter.id: "meter_not_bound",
        "m99": "unknown_meter",
        "w5": "nothing_to_assign",
        "w99": "unknown_wallet",
        "u9": "unknown_unit",
    }
    only = await assign(world, wallets=[wallets[3].wallet.id], commodity=Commodity.ELECTRICITY)
    assert outcomes(only) == {"m4": "planned"}
    assert outcomes(await assign(world, meters=["m1"])) == {"m1": "tariff_is_assigned"}
    with pytest.raises(CoreError, match="unknown_tariff"):
        await assign(world, "nothing", meters=["m1"])
    assert outcomes(await assign(world, "water", meters=["m1"])) == {"m1": "tariff_wrong_quantity"}


async def test_what_is_planned_is_taken_back_until_it_begins(make_world: MakeWorld) -> None:
    """The owners' meeting changed its mind in time."""
    world = await make_world(tariffs=(FLAT, OTHER))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    assigned = await assign(world, meters=[run.meter.id], at=world.clock.now + HOUR)
    await withdraw_assignment(world.site, assignment=assigned.assignment, actor=MANAGER)
    await world.restart()
    assert planned(world.site) == []
    await world.look(run.meter.id)
    await world.read(run.meter.id, KWH, 3 * HOUR)
    assert world.text(world.wallet_now(wallet).available_minor) == "99.20"
    with pytest.raises(CoreError, match="unknown_assignment"):
        await withdraw_assignment(world.site, assignment=assigned.assignment, actor=MANAGER)
    (change,) = await world.books.load(TariffChange)
    assert change.withdrawn_at is not None


async def test_what_has_begun_is_not_taken_back(make_world: MakeWorld) -> None:
    """The hour has struck, also where the meter was not read since: its tenant may rely on it."""
    world = await make_world(tariffs=(FLAT, OTHER))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    assigned = await assign(world, meters=[run.meter.id], at=world.clock.now + HOUR)
    world.clock.now += 2 * HOUR
    with pytest.raises(CoreError, match="assignment_has_begun"):
        await withdraw_assignment(world.site, assignment=assigned.assignment, actor=MANAGER)
    await world.read(run.meter.id, 3 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "95.60"


async def test_a_second_plan_for_the_same_instant_takes_the_place_of_the_first(
    make_world: MakeWorld,
) -> None:
    """The list of what is to come names what will come, and nothing that will not."""
    third = FLAT | {"tariff": "third", "price": "2.00"}
    world = await make_world(tariffs=(FLAT, OTHER, third))
    run = await world.meter(await world.wallet("100"))
    at = world.clock.now + HOUR
    for tariff in ("other", "third"):
        await assign(world, tariff, meters=[run.meter.id], at=at)
    assert [one.tariff for one in planned(world.site)] == ["third"]
    await world.restart()
    assert [one.tariff for one in planned(world.site)] == ["third"]


async def test_a_plan_for_one_tenant_does_not_bind_the_next(make_world: MakeWorld) -> None:
    """Who moves in has a contract of his own."""
    world = await make_world(tariffs=(FLAT, OTHER))
    first = await world.wallet("100")
    run = await world.meter(first)
    await assign(world, meters=[run.meter.id], at=world.clock.now + HOUR)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    second = await world.wallet("100")
    await bind_meter(
        world.site, meter=run.meter.id, wallet=second.wallet.id, tariff="home", actor=MANAGER
    )
    assert planned(world.site) == []
    await world.read(run.meter.id, KWH, 2 * HOUR)
    assert world.text(second.available_minor) == "99.20"


async def test_a_hand_over_after_the_instant_is_split_there_as_well(
    make_world: MakeWorld,
) -> None:
    """The meter is silent, its display is read: who leaves pays an hour by each tariff."""
    world = await make_world(tariffs=(FLAT, OTHER))
    old, new = await world.wallet("100"), await world.wallet("100", unit="waiting")
    run = await world.meter(old)
    await set_unit(
        world.site,
        draft=Draft(changes={"name": "Flat 1"}, meters=(run.meter.id,)),
        actor=MANAGER,
    )
    await move_in(world.site, HandOver(unit="u1", wallet=old.wallet.id, actor=MANAGER))
    await assign(world, meters=[run.meter.id], at=world.clock.now + HOUR)
    world.clock.now += 2 * HOUR
    reading = HandReading(meter=run.meter.id, register=1002 * KWH)
    await move(
        world.site,
        HandOver(unit="u1", wallet=new.wallet.id, readings=(reading,), actor=MANAGER),
    )
    assert world.text(old.available_minor) == "97.40"


async def test_a_swap_after_the_instant_is_split_there_as_well(make_world: MakeWorld) -> None:
    """The old meter's last stretch lies across the change: an hour by each."""
    world = await make_world(tariffs=(FLAT, OTHER))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await assign(world, meters=[run.meter.id], at=world.clock.now + HOUR)
    world.clock.now += 2 * HOUR
    await replace_meter(
        world.site,
        meter=run.meter.id,
        final_register=1002 * KWH,
        start_register=0,
        serial="B1",
        reason="worn out",
        actor=MANAGER,
    )
    assert world.text(wallet.available_minor) == "97.40"
