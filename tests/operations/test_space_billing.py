"""Owned spaces are billed for each of their days once, whatever happens to the hub or the clock."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.bill import Bill
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.fee_item import FeeItem
from custom_components.prepaid_parking.core.identity import FeeItemId, SpaceId
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.space import Location, Space, Tenure
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.billing import run_billing
from custom_components.prepaid_parking.operations.space_billing import space_unpaid
from tests.operations.world import HOUR, World

DAY = timedelta(days=1)


async def put_space(world: World, wallet: str, **fields: Any) -> Space:
    """Write a space down as the office would."""
    terms = {
        "id": SpaceId(f"sp{len(world.site.parking.spaces) + 1}"),
        "no": len(world.site.parking.spaces) + 1,
        "name": f"B1-{len(world.site.parking.spaces) + 1:03}",
        "location": Location.UNDERGROUND,
        "tenure": Tenure.OWNED,
        "wallet": wallet,
        "first": world.clock.now.date(),
    }
    space = Space(**(terms | fields))  # type: ignore[arg-type]  # as given
    await world.books.record(space)
    world.site.parking.spaces[space.id] = space
    return space


async def put_item(world: World, name: str, price: str, **fields: Any) -> FeeItem:
    """Write a fee item down as the office would."""
    versions = world.site.parking.fee_items.setdefault(FeeItemId(name), [])
    terms = {
        "valid_from": date(2026, 1, 1),
        "category": Category.PROPERTY,
        "every": Every.MONTH,
        "name": name.capitalize(),
    }
    item = FeeItem(
        id=FeeItemId(name),
        version=len(versions) + 1,
        price_micro=round(float(price) * 1_000_000),
        **(terms | fields),  # type: ignore[arg-type]  # as given
    )
    await world.books.record(item)
    versions.append(item)
    return item


async def bills(world: World) -> list[Bill]:
    """All bills, in the order of their days."""
    return sorted(await world.books.load(Bill), key=lambda bill: (bill.from_day, bill.no))


async def test_a_month_is_billed_on_its_first_day_and_what_came_before_by_days(
    world: World,
) -> None:
    """Who buys a space on 1 July noon, and the rest of the year: the bill says what the contract says."""
    run = await world.wallet("1000", purpose=Purpose.PROPERTY)
    await put_space(world, run.wallet.id, day=15)
    await put_item(world, "management", "200")
    await run_billing(world.site)
    world.clock.now = datetime(2026, 7, 15, 1, tzinfo=UTC)
    await world.tick()
    found = await bills(world)
    assert [(bill.from_day, bill.to_day, bill.total_minor) for bill in found] == [
        (date(2026, 7, 1), date(2026, 7, 15), 9_333),  # 14 of the 30 days from 15 June on
        (date(2026, 7, 15), date(2026, 8, 15), 20_000),
    ]
    assert [bill.source for bill in found] == [
        "space/sp1/2026-07-01/property",
        "space/sp1/2026-07-15/property",
    ]
    assert run.available_minor == 100_000 - 29_333
    assert world.site.parking.spaces[SpaceId("sp1")].billed_to == date(2026, 8, 15)


async def test_an_unpaid_bill_is_known_from_the_day_after(world: World) -> None:
    """The lane asks: it must not refuse who was asked for the money today."""
    run = await world.wallet("", purpose=Purpose.PROPERTY)
    space = await put_space(world, run.wallet.id)
    await put_item(world, "management", "200")
    await run_billing(world.site)
    assert not space_unpaid(world.site, space)
    world.clock.now += DAY
    assert space_unpaid(world.site, space)
    await world.restart()
    assert space_unpaid(world.site, space)
    await world.pay(world.site.wallet(run.wallet.id), "200")
    await world.tick()
    assert not space_unpaid(world.site, space)


async def test_a_bill_whose_answer_was_lost_is_neither_doubled_nor_forgotten(world: World) -> None:
    """The disk took it and the hub never heard: the next try finds it in the books."""
    run = await world.wallet("1000", purpose=Purpose.PROPERTY)
    await put_space(world, run.wallet.id)
    await put_item(world, "management", "200")
    write = world.books.commit_all

    async def deaf(*args: Any, **options: Any) -> Any:
        world.books.commit_all = write  # type: ignore[method-assign]  # it fails once
        await write(*args, **options)
        raise StoreError("failed", "no answer")

    world.books.commit_all = deaf  # type: ignore[method-assign]  # it fails once
    with pytest.raises(StoreError):
        await run_billing(world.site)
    await run_billing(world.site)
    assert len(await bills(world)) == 1
    (space,) = await world.books.load(Space)
    assert world.site.parking.spaces[space.id] == space
    assert len(run.bills) == 1


async def test_an_item_for_another_purpose_is_paid_by_the_same_customers_wallet(
    world: World,
) -> None:
    """Parking money pays for parking; without a wallet for it the whole period waits, and it is said."""
    run = await world.wallet("1000", purpose=Purpose.PROPERTY, person={"name": "Li"})
    await put_space(world, run.wallet.id)
    await put_item(world, "management", "200")
    await put_item(world, "charging", "30", category=Category.PARKING)
    billed = await run_billing(world.site)
    assert [space.id for space in billed.spaces.nobody_pays] == ["sp1"]
    assert not await bills(world)
    assert [why.key for why in world.site.refusals.values()] == ["space_nobody_pays"]
    other = await world.wallet("50", purpose=Purpose.PARKING, customer=run.wallet.id)
    foreseen = await run_billing(world.site, dry_run=True)
    assert len(foreseen.spaces.bills) == 2
    await run_billing(world.site)
    assert [(bill.wallet, bill.category, bill.total_minor) for bill in await bills(world)] == [
        (run.wallet.id, Category.PROPERTY, 20_000),
        (other.wallet.id, Category.PARKING, 3_000),
    ]
    assert not world.site.refusals


async def test_what_is_set_up_today_is_billed_tomorrow_and_from_the_first_day(
    world: World,
) -> None:
    """Spaces first, fee items an hour later: nobody's first month is free for that."""
    await world.tick()
    run = await world.wallet("1000", purpose=Purpose.PROPERTY)
    await put_space(world, run.wallet.id)
    await world.tick(HOUR)
    await put_item(world, "management", "310")
    await world.tick(HOUR)
    await put_item(world, "cleaning", "31")
    assert not await bills(world)
    await world.tick(DAY)
    (bill,) = await bills(world)
    assert (bill.from_day, bill.total_minor) == (date(2026, 7, 1), 34_100)
    assert bill.due_on == date(2026, 7, 2)
