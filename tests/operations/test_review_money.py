"""Reviews that move money: an amount that a person names, and what was paid too much, each once."""

import contextlib
from typing import Any

import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.identity import StayId
from custom_components.prepaid_parking.core.review import Review, Suspicion, Verdict
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.arrears import arrears_of
from custom_components.prepaid_parking.operations.plates import FIELD
from custom_components.prepaid_parking.operations.review_verdicts import Correction
from custom_components.prepaid_parking.operations.reviews import open_review
from custom_components.prepaid_parking.operations.stay_finding import Which, stay_by_id
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.stay_refunding import refund_stay
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.money import is_sound
from tests.operations.staying import CITY, arrive, leave
from tests.operations.test_reviews import asked, seen, settles
from tests.operations.world import HOUR, MANAGER, World


@pytest.fixture
async def world(make_world: MakeWorld) -> World:
    """A site that charges stays."""
    return await make_world(tariffs=(CITY,))


async def closed(world: World, stay: Stay, money: str, **more: Any) -> Stay:
    """Let the manager end a stay at an amount."""
    review = await asked(world, stay, why=Suspicion.LONG_STAY)
    amount = world.site.currency.parse(money)
    await settles(world, review, Verdict.CLOSED, amount_minor=amount, **more)
    return await stay_by_id(world.site, stay.id)


async def test_a_stay_that_is_closed_at_an_amount_is_owed_by_its_car(world: World) -> None:
    """Four days at the day's cap would be 240; the manager says 20, and that is what is asked for."""
    stay = await arrive(world)
    world.clock.now += 96 * HOUR
    gone = await closed(world, stay, "20")
    assert (gone.state, gone.owed_minor, gone.amount_minor) == (StayState.UNPAID, 2_000, 2_000)
    assert not world.site.parking.reviews
    await world.restart()
    assert world.site.parking.stays[stay.id].owed_minor == 2_000
    await is_sound(world)


async def test_a_car_with_a_wallet_owes_by_its_wallet_and_what_it_paid_counts(
    world: World,
) -> None:
    """The amount is for the whole stay: what was paid at the desk is not asked for again."""
    wallet = await world.wallet("100", purpose=Purpose.PARKING)
    stay = await arrive(world, kind=StayKind.CARD, wallet=wallet)
    world.clock.now += HOUR
    await pay_stay(
        world.site, which=Which(stay=stay.id), amount_minor=500, reference="r1", actor=MANAGER
    )
    world.clock.now += 90 * HOUR
    gone = await closed(world, stay, "20")
    assert (gone.state, gone.paid_minor) == (StayState.LEFT, 500)
    assert arrears_of(wallet) == {Category.PARKING: 1_500}
    await is_sound(world)


@pytest.mark.parametrize("at", range(3))
async def test_killed_at_any_write_a_stay_is_closed_with_its_review_or_not_at_all(
    world: World, at: int
) -> None:
    """The stay was over and owed, and its question waited for an answer that nobody could give."""
    stay = await arrive(world)
    world.clock.now += 96 * HOUR
    review = await asked(world, stay, why=Suspicion.LONG_STAY)
    Dying(world, at)
    with contextlib.suppress(StoreError):
        await settles(world, review, Verdict.CLOSED, amount_minor=2_000)
    await world.restart()
    state, waits = world.site.parking.stays[stay.id].state, bool(world.site.parking.reviews)
    assert (state, waits) == ((StayState.INSIDE, True) if at == 0 else (StayState.UNPAID, False))
    await is_sound(world)


async def test_an_amount_below_nothing_is_refused(world: World) -> None:
    """A slip of the finger would pay the driver."""
    stay = await arrive(world)
    with pytest.raises(CoreError, match="amount_not_positive"):
        await closed(world, stay, "-5")
    assert world.site.parking.stays[stay.id].state is StayState.INSIDE


async def paid(world: World, plate: str) -> Stay:
    """Let a car come, pay for an hour at the desk and leave."""
    stay = await arrive(world, plate)
    world.clock.now += HOUR
    await pay_stay(
        world.site, which=Which(stay=stay.id), amount_minor=500, reference=plate, actor=MANAGER
    )
    await leave(world, stay)
    return stay


async def test_what_was_paid_for_a_wrong_read_is_given_back_once(world: World) -> None:
    """Charged for the neighbour's hour: the money comes back, and not twice after a crash."""
    stay = await paid(world, "京A11111")
    review = await asked(world, stay, why=Suspicion.NEAR_MATCH)
    await refund_stay(
        world.site,
        which=Which(stay=stay.id),
        reason="looked at the pictures",
        actor=MANAGER,
        reference=f"{review.id}/{stay.id}",
    )
    await settles(world, review, Verdict.REFUNDED)
    kept = await stay_by_id(world.site, stay.id)
    assert (kept.paid_minor, kept.refunded_minor) == (500, 500)
    assert not world.site.parking.reviews
    await is_sound(world)


async def test_a_part_is_given_back_of_the_stay_that_is_named(world: World) -> None:
    """Two stays and one amount: which of them it is for nobody should guess."""
    one, other = await paid(world, "京A11111"), await paid(world, "京A22222")
    review = await asked(world, one, other, why=Suspicion.NEAR_MATCH)
    with pytest.raises(CoreError, match="review_which_stay"):
        await settles(world, review, Verdict.REFUNDED, amount_minor=200)
    with pytest.raises(CoreError, match="unknown_stay"):
        await settles(world, review, Verdict.REFUNDED, correction=Correction(stay="st99"))
    named = Correction(stay=other.id)
    await settles(world, review, Verdict.REFUNDED, amount_minor=200, correction=named)
    kept = [(await stay_by_id(world.site, stay.id)).refunded_minor for stay in (one, other)]
    assert kept == [0, 200]
    await is_sound(world)


async def test_nothing_is_given_back_of_what_nobody_paid(world: World) -> None:
    """The review stays open: the person meant something else."""
    stay = await arrive(world)
    review = await asked(world, stay)
    with pytest.raises(CoreError, match="review_nothing_paid"):
        await settles(world, review, Verdict.REFUNDED)
    assert world.site.parking.reviews


async def sealed(world: World, plate: str) -> str:
    """Seal a plate."""
    return await world.site.privacy.put_subject({FIELD: plate})


async def test_plates_that_were_sealed_for_a_question_go_when_it_is_answered(
    world: World,
) -> None:
    """Nobody keeps plates of cars that nobody has to look at; what the stay has sealed stays."""
    mine = await sealed(world, "A1")
    stay = await arrive(world, subject=mine)
    first, again = await sealed(world, "A1"), await sealed(world, "A1")

    async def ask(*subjects: str) -> Review:
        reads = [seen(world, subject=one) for one in subjects]
        return await open_review(
            world.site, Suspicion.NEAR_MATCH, stays=[StayId(stay.id)], reads=reads
        )

    review = await ask(mine, first)
    assert await ask(again) == review
    await world.work()
    with pytest.raises(CoreError, match="subject_unknown"):
        await world.site.privacy.get_subject(again)
    assert await world.site.privacy.get_subject(first)
    await settles(world, review, Verdict.DISMISSED)
    await world.work()
    with pytest.raises(CoreError, match="subject_unknown"):
        await world.site.privacy.get_subject(first)
    assert await world.site.privacy.get_subject(mine)
