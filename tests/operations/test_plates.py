"""A whole plate is there for who has to know whose car it was, and for no longer than that."""

from datetime import timedelta
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.review import Suspicion
from custom_components.prepaid_parking.core.stay import Stay, StayState
from custom_components.prepaid_parking.core.vehicle import RuleKind, VehicleRule
from custom_components.prepaid_parking.operations.plates import KEPT, forget_plates, whole_plate
from custom_components.prepaid_parking.operations.reviews import open_review
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.unpaid_exits import (
    let_out_unpaid,
    write_off_stay,
)
from custom_components.prepaid_parking.operations.vehicle_rules import (
    lift_vehicle_rule,
    set_vehicle_rule,
)
from custom_components.prepaid_parking.store import writer
from custom_components.prepaid_parking.store.group import Group
from custom_components.prepaid_parking.store.records import Subject
from tests.operations.park import OTHER, PLATE, Park
from tests.operations.world import DAY, HOUR, MANAGER, World


class DiesError(Exception):
    """The hub dies here."""


async def stay_of(world: World) -> Stay:
    """Return the one stay there is, open or over."""
    (stay,) = await world.books.load(Stay)
    return stay


async def later(world: World, length: timedelta) -> None:
    """Let time pass, and the chore be done."""
    world.clock.now += length
    await forget_plates(world.site, world.clock.now)


async def test_a_strangers_plate_is_destroyed_a_month_after_the_stay(world: World) -> None:
    """Nobody may keep for years who parked where, only because it lay there."""
    park = await Park.open(world)
    await park.come(PLATE)
    await world.work()
    assert await whole_plate(world.site, (await stay_of(world)).subject) == PLATE
    await later(world, 2 * KEPT)
    assert await whole_plate(world.site, (await stay_of(world)).subject) == PLATE
    await let_out(world)
    await later(world, KEPT - HOUR)
    stay = await stay_of(world)
    assert (stay.state, await whole_plate(world.site, stay.subject)) == (StayState.LEFT, PLATE)
    await later(world, 2 * HOUR)
    assert (await stay_of(world)).subject == ""
    assert await world.books.load(Subject) == []
    assert await whole_plate(world.site, stay.subject) is None
    await world.restart()
    await later(world, DAY)


async def test_a_strangers_plate_is_on_the_disk_before_the_barrier_opens(world: World) -> None:
    """A hub that dies as the arm goes up still knows whose car is inside, and whom to write to."""
    park = await Park.open(world)

    def dies() -> None:
        raise DiesError

    park.into.opened = dies
    with pytest.raises(DiesError):
        await park.come(PLATE)
    park.into.opened = lambda: None
    await park.restart()
    assert await whole_plate(world.site, (await stay_of(world)).subject) == PLATE


async def test_who_is_let_in_as_a_stranger_costs_no_commit_more(world: World) -> None:
    """In a rush each one keeps the next car waiting; two for each car are enough."""
    park = await Park.open(world)
    commits: list[None] = []
    settled = Group.settle

    def counting(group: Group, series: dict[str, int]) -> None:
        commits.append(None)
        settled(group, series)

    with patch.object(Group, "settle", counting), patch.object(writer, "PATIENCE_S", 0.5):
        await park.come(PLATE)
        await world.work()
    assert len(commits) == 2
    assert len(await world.books.load(Subject)) == 1


async def let_out(world: World) -> None:
    """Let the car out unpaid, and give up what it owes."""
    stay = await stay_of(world)
    await let_out_unpaid(world.site, which=Which(stay=stay.id), reason="test", actor=MANAGER)
    await write_off_stay(world.site, stay=stay.id, reason="test", actor=MANAGER)


async def test_who_owes_is_known_until_it_is_settled(world: World) -> None:
    """A letter is written to a whole plate, also three months later."""
    park = await Park.open(world)
    await park.come(PLATE)
    await world.work()
    world.clock.now += DAY
    stay = await stay_of(world)
    await let_out_unpaid(world.site, which=Which(stay=stay.id), reason="barrier", actor=MANAGER)
    await later(world, 3 * KEPT)
    stay = await stay_of(world)
    assert (stay.state, await whole_plate(world.site, stay.subject)) == (StayState.UNPAID, PLATE)


async def test_an_open_review_keeps_what_it_is_about(world: World) -> None:
    """Who is to compare two reads must be able to read them."""
    park = await Park.open(world)
    await park.come(PLATE)
    await world.work()
    stay = await stay_of(world)
    await open_review(world.site, Suspicion.LONG_STAY, stays=(stay.id,))
    world.clock.now += DAY
    await let_out(world)
    await later(world, 2 * KEPT)
    assert await whole_plate(world.site, (await stay_of(world)).subject) == PLATE


async def test_a_rule_that_was_lifted_keeps_its_plate_for_a_month(world: World) -> None:
    """Who was kept out last year is nobody's business this year."""
    receipt = await set_vehicle_rule(
        world.site, plate=OTHER, kind=RuleKind.BLOCKED, reason="damage", actor=MANAGER
    )
    await later(world, 2 * KEPT)
    (rule,) = await world.books.load(VehicleRule)
    assert await whole_plate(world.site, rule.subject) == OTHER
    await lift_vehicle_rule(
        world.site, rule=str(receipt.detail["rule"]), reason="paid", actor=MANAGER
    )
    await later(world, KEPT + HOUR)
    (rule,) = await world.books.load(VehicleRule)
    assert (rule.subject, await world.books.load(Subject)) == ("", [])
