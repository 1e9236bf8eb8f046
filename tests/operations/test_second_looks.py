"""A look that answered nobody is followed by one that does, whatever the answer is."""

from dataclasses import replace

from custom_components.prepaid_parking.core.admission import Reason
from custom_components.prepaid_parking.core.identity import CardId
from custom_components.prepaid_parking.core.lane import LaneInput
from custom_components.prepaid_parking.operations.lane_facts import PassageKind
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from tests.operations.park import Park
from tests.operations.world import MANAGER, World


async def test_a_car_that_was_first_read_badly_is_refused_once_it_is_read_well(
    world: World,
) -> None:
    """The driver of a blocked card stood there unanswered, and the office heard of no refusal."""
    park = await Park.open(world)
    await park.customer()
    park.entry.least_score = 850
    card = world.site.cards[CardId("c1")]
    world.site.cards[card.id] = replace(card, valid_until=world.clock.now)
    assert (await park.read(park.entry, score=800)).reason == Reason.LOW_SCORE
    answer = await park.read(park.entry, after=0.4, score=950)
    assert (answer.kind, answer.reason) == (PassageKind.REFUSED, Reason.EXPIRED)
    assert (await park.read(park.entry, after=0.4, score=980)).repeated
    assert (await park.read(park.entry, after=0.4, score=800)).repeated


async def test_a_visitor_who_was_first_read_badly_is_told_what_to_pay_and_pays(
    world: World,
) -> None:
    """Without the second answer there is nothing to be paid at the lane, and no way out."""
    park = await Park.open(world)
    await park.come()
    park.exit.least_score = 850
    assert (await park.read(park.exit, after=3500, score=800)).reason == Reason.LOW_SCORE
    answer = await park.read(park.exit, after=0.4, score=950)
    assert (answer.kind, answer.reason) == (PassageKind.REFUSED, Reason.TO_PAY)
    await pay_stay(world.site, which=Which(lane=park.exit.id), actor=MANAGER)
    await world.work()
    assert park.out.pulses == 1


async def test_a_car_that_was_read_before_it_stood_on_the_loop_is_answered_on_it(
    world: World,
) -> None:
    """The camera sees further than the loop, and had misread one sign from there."""
    park = await Park.open(world, fitted=[LaneInput.ENTRY_LOOP])
    await park.feel(park.entry, **{LaneInput.ENTRY_LOOP: False})
    early = await park.read(park.entry, "京A12346", after=60)
    assert (early.kind, early.reason) == (PassageKind.RECORDED, Reason.NO_CAR)
    await park.feel(park.entry, **{LaneInput.ENTRY_LOOP: True})
    assert (await park.read(park.entry, after=1)).kind is PassageKind.ADMITTED
    assert park.into.pulses == 1
