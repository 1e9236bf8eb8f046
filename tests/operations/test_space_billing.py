"""Owned spaces are billed for each of their days once, whatever happens to the hub or the clock."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from custom_components.prepaid_parking.core.bill import Bill
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.fee_item import FeeItem
from custom_components.prepaid_parking.core.identity import FeeItemId, SpaceId
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.space import Location, Space, Tenure
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.billing import run_billing
from custom_components.prepaid_parking.operations.space_billing import space_unpaid
from tests.operations.world import World

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
