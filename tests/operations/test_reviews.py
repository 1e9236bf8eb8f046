"""Reviews: what cannot be right is asked once, settled once, and nobody is billed for a guess."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import LaneId, StayId, TariffId
from custom_components.prepaid_parking.core.review import Review, Seen, Suspicion, Verdict
from custom_components.prepaid_parking.core.stay import Stay, StayState
from custom_components.prepaid_parking.operations.lane_facts import (
    ReviewOpened,
    ReviewSettled,
    StayFact,
)
from custom_components.prepaid_parking.operations.plates import FIELD
from custom_components.prepaid_parking.operations.review_verdicts import Correction, settle_review
from custom_components.prepaid_parking.operations.reviews import open_review
from tests.operations.test_occupancy import car
from tests.operations.world import HOUR, MANAGER, NOON, World


async def asked(world: World, *stays: Stay, why: Suspicion = Suspicion.SECOND_ENTRY) -> Review:
    """Ask a person about stays."""
    review = await open_review(world.site, why, stays=[one.id for one in stays])
    await world.work()
    return review


async def settles(world: World, review: Review, verdict: Verdict, **more: Any) -> None:
    """Let the manager decide."""
    await settle_review(
        world.site,
        review=review.id,
        verdict=verdict,
        reason="looked at the pictures",
        actor=MANAGER,
        **more,
    )


async def written(world: World, stay: Stay) -> Stay:
    """Return a stay as the books have it."""
    (kept,) = await world.books.load(Stay, id=stay.id)
    return kept


def seen(world: World, masked: str = "A1***", lane: str = "l1", **more: Any) -> Seen:
    """What a lane saw."""
    return Seen(lane=LaneId(lane), at=world.clock.now, masked=masked, **more)


async def test_ten_reads_of_one_car_ask_one_question(world: World) -> None:
    """An attendant who clears the same car ten times stops looking at the list."""
    stay = await car(world)
    reviews = await asyncio.gather(
        *(open_review(world.site, Suspicion.LOW_SCORE, stays=[stay.id]) for _ in range(10))
    )
    await world.work()
    assert len({one.id for one in reviews}) == 1
    assert len(world.site.parking.reviews) == len(world.heard(ReviewOpened)) == 1
    assert (await written(world, stay)).review == reviews[0].id


async def test_another_reason_or_another_car_is_another_question(world: World) -> None:
    """Two things that are wrong about a car are two things to look at."""
    one, other = await car(world), await car(world)
    await asked(world, one, why=Suspicion.LOW_SCORE)
    await asked(world, one, why=Suspicion.NEAR_MATCH)
    await asked(world, other, why=Suspicion.LOW_SCORE)
    assert len(world.site.parking.reviews) == 3


async def test_a_car_without_a_stay_is_known_by_its_plate_or_its_moment(world: World) -> None:
    """A loop that flutters while one car forces its way is one car."""
    forced = Suspicion.FORCED
    await open_review(world.site, forced, reads=[seen(world, "")])
    world.clock.now += timedelta(seconds=20)
    await open_review(world.site, forced, reads=[seen(world, "")])
    assert len(world.site.parking.reviews) == 1
    await open_review(world.site, forced, reads=[seen(world, "", "l2")])
    world.clock.now += timedelta(minutes=10)
    await open_review(world.site, forced, reads=[seen(world, "")])
    assert len(world.site.parking.reviews) == 3
    await open_review(world.site, Suspicion.NO_ENTRY, reads=[seen(world)])
    world.clock.now += HOUR
    await open_review(world.site, Suspicion.NO_ENTRY, reads=[seen(world, lane="l2")])
    assert len(world.site.parking.reviews) == 4


async def test_a_question_outlives_a_restart_with_both_reads(world: World) -> None:
    """The night shift's question is for the morning, with the two pictures that do not fit."""
    stay = await car(world)
    reads = [seen(world, picture="media/1.jpg", score=612), seen(world, "A7***", "l2")]
    review = await open_review(world.site, Suspicion.NEAR_MATCH, stays=[stay.id], reads=reads)
    await world.work()
    await world.restart()
    assert world.site.parking.reviews == {review.id: review}
    assert list(world.site.parking.reviews[review.id].reads) == reads


async def test_a_question_is_asked_though_the_books_are_full(world: World) -> None:
    """The disk is full at night; the car is still there in the morning, and so is the question."""
    with world.full_disk():
        review = await open_review(world.site, Suspicion.TAILGATED, reads=[seen(world)])
    assert review.id in world.site.parking.reviews
    await settles(world, review, Verdict.DISMISSED)
    await world.restart()
    assert not world.site.parking.reviews


async def test_a_dismissed_review_leaves_the_stay_as_it_is(world: World) -> None:
    """Somebody looked, and it was right after all."""
    stay = await car(world)
    review = await asked(world, stay)
    before = await written(world, stay)
    await settles(world, review, Verdict.DISMISSED)
    assert await written(world, stay) == before
    (kept,) = await world.books.load(Review)
    assert (kept.verdict, kept.settled_by, kept.note) == (
        Verdict.DISMISSED,
        "user:manager",
        "looked at the pictures",
    )
    (entry,) = await world.books.entries(kinds=[EntryKind.REVIEW_SETTLED])
    assert not entry.postings
    assert entry.detail["stays"] == [stay.id]
    assert [one.review.verdict for one in world.heard(ReviewSettled)] == [Verdict.DISMISSED]


async def test_a_review_is_settled_once_and_by_a_reason(world: World) -> None:
    """Two attendants at two screens: the second one hears that it is done."""
    review = await asked(world, await car(world))
    with pytest.raises(CoreError, match="reason_missing"):
        await settle_review(
            world.site, review=review.id, verdict=Verdict.DISMISSED, reason=" ", actor=MANAGER
        )
    both = await asyncio.gather(
        settles(world, review, Verdict.DISMISSED),
        settles(world, review, Verdict.CLOSED),
        return_exceptions=True,
    )
    assert [str(one) for one in both if one is not None] == [f"unknown_review(review={review.id})"]


async def test_merged_stays_are_one_from_the_earliest_arrival(world: World) -> None:
    """The car that was read twice at the entry stood there since the first read, and pays once."""
    first = await car(
        world, zone="North", tariff=TariffId("day"), version=1, state=StayState.CLOSED
    )
    world.clock.now += HOUR
    second = await car(world, id=StayId("st2"), no=2, tariff=TariffId("day"), version=2)
    review = await asked(world, first, second)
    await settles(world, review, Verdict.MERGED)
    kept = world.site.parking.stays[second.id]
    assert (kept.entered_at, kept.zone, kept.version) == (NOON, "North", 1)
    assert list(world.site.parking.stays) == [second.id]
    gone = await written(world, first)
    assert (gone.state, gone.amount_minor, gone.owed_minor) == (StayState.CLOSED, 0, 0)
    await world.restart()
    assert world.site.parking.stays == {kept.id: kept}


async def test_merging_takes_nobodys_money_away(world: World) -> None:
    """What was paid for the one stay would be gone with it."""
    first = await car(world, paid_minor=500)
    world.clock.now += HOUR
    second = await car(world)
    review = await asked(world, first, second)
    with pytest.raises(CoreError, match="stay_has_money"):
        await settles(world, review, Verdict.MERGED)
    assert world.site.parking.reviews
    assert world.site.parking.stays[first.id].state is StayState.INSIDE


@pytest.mark.parametrize("verdict", [Verdict.MERGED, Verdict.CLOSED])
async def test_what_is_over_is_not_ended_again(world: World, verdict: Verdict) -> None:
    """The car left while the attendant was looking: what it paid stays as it is."""
    one, other = await car(world), await car(world)
    review = await asked(world, one, other)
    for stay in (one, other):
        gone = replace(await written(world, stay), state=StayState.LEFT)
        world.site.parking.stays.pop(stay.id)
        await world.books.record(gone)
    with pytest.raises(CoreError, match="review_nothing_open"):
        await settles(world, review, verdict)
    alone = await asked(world, one, why=Suspicion.LOW_SCORE)
    with pytest.raises(CoreError, match="review_one_stay"):
        await settles(world, alone, Verdict.MERGED)


async def test_a_corrected_plate_is_found_sealed_and_the_old_one_destroyed(world: World) -> None:
    """B read as 8: the driver's own plate opens at the exit, and the wrong one is nobody's."""
    wrong = await world.site.privacy.put_subject({FIELD: "A8812"})
    stay = await car(world, subject=wrong, masked="A8***")
    review = await asked(world, stay, why=Suspicion.NEAR_MATCH)
    await settles(world, review, Verdict.CORRECTED, correction=Correction(plate="ab 812"))
    now = world.site.parking.stays[stay.id]
    assert now.plate == world.site.privacy.blind("plate", "AB812")
    assert await world.site.privacy.get_subject(now.subject) == {FIELD: "AB812"}
    with pytest.raises(CoreError, match="subject_unknown"):
        await world.site.privacy.get_subject(wrong)
    said = str(await world.books.entries(kinds=[EntryKind.REVIEW_SETTLED]))
    assert "AB812" not in said
    assert [one.reason for one in world.heard(StayFact)] == ["corrected"]


async def test_a_corrected_arrival_is_in_the_past_and_a_plate_nobody_elses(world: World) -> None:
    """An arrival of tomorrow would park for free; one plate in two stays would pay by chance."""
    stay = await car(world)
    review = await asked(world, stay)
    with pytest.raises(CoreError, match="correction_missing"):
        await settles(world, review, Verdict.CORRECTED)
    with pytest.raises(CoreError, match="plate_missing"):
        await settles(world, review, Verdict.CORRECTED, correction=Correction(plate="--"))
    with pytest.raises(CoreError, match="arrival_in_future"):
        await settles(
            world, review, Verdict.CORRECTED, correction=Correction(entered_at=NOON + HOUR)
        )
    await car(world, plate=world.site.privacy.blind("plate", "B77"))
    with pytest.raises(CoreError, match="vehicle_inside"):
        await settles(world, review, Verdict.CORRECTED, correction=Correction(plate="B77"))
    await settles(world, review, Verdict.CORRECTED, correction=Correction(entered_at=NOON - HOUR))
    assert world.site.parking.stays[stay.id].entered_at == NOON - HOUR


async def test_closed_stays_end_at_no_cost(world: World) -> None:
    """Nobody saw it leave: nobody knows when, and nobody pays for what nobody knows."""
    stay = await car(world)
    review = await asked(world, stay, why=Suspicion.LONG_STAY)
    world.clock.now += 80 * HOUR
    with pytest.raises(CoreError, match="departure_wrong"):
        await settles(world, review, Verdict.CLOSED, left_at=NOON - HOUR)
    await settles(world, review, Verdict.CLOSED, left_at=NOON + HOUR)
    assert not world.site.parking.stays
    gone = await written(world, stay)
    assert (gone.state, gone.left_at, gone.owed_minor) == (StayState.CLOSED, NOON + HOUR, 0)


async def test_what_cannot_be_written_has_not_been_decided(world: World) -> None:
    """Half a merge would leave a car twice inside, or not at all."""
    first = await car(world)
    world.clock.now += HOUR
    second = await car(world)
    review = await asked(world, first, second)
    before = dict(world.site.parking.stays)
    with world.full_disk(), pytest.raises(Exception, match=r"disk_full|failed"):
        await settles(world, review, Verdict.MERGED)
    assert world.site.parking.stays == before
    assert review.id in world.site.parking.reviews
