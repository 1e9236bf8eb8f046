"""Holiday calendars: whatever goes by one asks for it at once, and again at every start."""

from datetime import time, timedelta

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.schedule import OffHours
from custom_components.prepaid_parking.operations.schedules import set_schedule
from custom_components.prepaid_parking.operations.supply_book import SupplyBook
from custom_components.prepaid_parking.operations.supply_loading import load
from tests.operations.world import MANAGER, World

NIGHT = OffHours(days=tuple(range(8)), start=time(23), end=time(6))


async def schedule(world: World, calendar: str, *, days: int = 0) -> None:
    """Lights out by night, from some days on."""
    await set_schedule(
        world.site,
        schedule="night",
        off=[NIGHT],
        calendar=calendar,
        valid_from=world.clock.now + timedelta(days=days),
        actor=MANAGER,
    )


async def test_holidays_are_known_from_the_start_also_those_of_what_ends_next_month(
    world: World,
) -> None:
    """A hub that was restarted in October cuts nobody on the national holiday."""
    learned: list[str] = []

    async def learn(calendar: str) -> None:
        learned.append(calendar)

    world.site.learn_calendar = learn
    await schedule(world, "DE")
    await schedule(world, "", days=30)
    await world.policy(no_cut_calendar="CN")
    assert learned == ["DE", "CN"]
    learned.clear()
    world.site.supplying = SupplyBook()
    await load(world.site)
    assert learned == ["CN", "DE"]


async def test_a_calendar_that_nobody_keeps_is_refused_when_it_is_named(world: World) -> None:
    """Who mistypes it hears so, and not the tenants on the holiday."""
    with pytest.raises(CoreError, match="unknown_calendar"):
        await schedule(world, "XX")
    with pytest.raises(CoreError, match="unknown_calendar"):
        await world.policy(no_cut_calendar="XX")
