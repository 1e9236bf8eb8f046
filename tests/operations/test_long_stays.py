"""Stays nobody believes: found by the clock, told once, and shown to a person."""

from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.parking_rules import ParkingRules
from custom_components.prepaid_parking.core.review import Suspicion, Verdict
from custom_components.prepaid_parking.core.stay import StayKind, StayState
from custom_components.prepaid_parking.operations.lane_facts import StayEvent, StayFact
from custom_components.prepaid_parking.operations.long_stays import MOST_AT_ONCE
from custom_components.prepaid_parking.operations.review_verdicts import settle_review
from tests.operations.test_occupancy import car
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, NOON, World


def overdue(world: World) -> int:
    """How often a long stay was told."""
    return sum(one.event is StayEvent.OVERDUE for one in world.heard(StayFact))


async def test_a_three_day_stay_is_told_once_also_over_restarts(world: World) -> None:
    """A message each minute of the night would be switched off, with all the others."""
    stay = await car(world)
    await world.tick(71 * HOUR)
    assert not world.site.parking.reviews
    await world.tick(HOUR)
    await world.tick(MINUTE)
    await world.restart()
    await world.tick(MINUTE)
    assert overdue(world) == 1
    (review,) = world.site.parking.reviews.values()
    assert (review.why, review.stays) == (Suspicion.LONG_STAY, (stay.id,))
    await settle_review(
        world.site, review=review.id, verdict=Verdict.DISMISSED, reason="on holiday", actor=MANAGER
    )
    await world.tick(DAY)
    assert not world.site.parking.reviews
    assert overdue(world) == 1


@pytest.mark.parametrize("kind", [StayKind.OWNER, StayKind.RENTER, StayKind.PACKAGE])
async def test_who_has_a_right_to_stand_may_stand(world: World, kind: StayKind) -> None:
    """An owner on a journey of two weeks is nothing to look at."""
    await car(world, kind)
    await world.tick(14 * DAY)
    assert not world.site.parking.reviews


async def test_a_site_says_how_long_is_long(world: World) -> None:
    """At a station a week is usual; in front of a shop a day is not."""
    world.site.parking.rules = [
        ParkingRules(version=1, valid_from=NOON - DAY, long_stay_hours=24),
    ]
    await car(world)
    await world.tick(DAY)
    assert len(world.site.parking.reviews) == 1


@pytest.mark.parametrize("kind", [StayKind.TEMPORARY, StayKind.PACKAGE])
async def test_who_was_let_in_as_the_hub_died_is_looked_for(world: World, kind: StayKind) -> None:
    """Nobody saw whether it came in: it took a place, and its card's right, until the end of days."""
    stay = await car(world, kind, state=StayState.ARRIVING)
    await world.tick(3 * DAY)
    (review,) = world.site.parking.reviews.values()
    assert (review.why, review.stays) == (Suspicion.LONG_STAY, (stay.id,))
    await settle_review(
        world.site, review=review.id, verdict=Verdict.CLOSED, reason="not here", actor=MANAGER
    )
    assert not world.site.parking.stays


async def test_hundreds_of_long_stays_are_taken_up_in_portions(world: World) -> None:
    """After a week with a dead exit camera the tick must not hold up the meters."""
    for _ in range(MOST_AT_ONCE + 5):
        await car(world)
    await world.tick(4 * DAY)
    assert len(world.site.parking.reviews) == MOST_AT_ONCE
    await world.tick(MINUTE)
    assert len(world.site.parking.reviews) == MOST_AT_ONCE + 5


async def test_a_clock_that_nobody_believes_finds_no_long_stays(world: World) -> None:
    """A hub that wakes up in 2031 for a minute would mark everybody."""
    await car(world)
    world.site.not_before = NOON + timedelta(days=400)
    await world.tick(4 * DAY)
    assert not world.site.parking.reviews
