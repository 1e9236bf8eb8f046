"""A stay from one lane to the other: right or price, loops, money, and what cannot be right."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from time import process_time
from typing import Any

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import DeviceFault
from custom_components.prepaid_parking.core.identity import CardId, StayId
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.review import Suspicion
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.supply import CommandOutcome
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.gate import (
    issue_ticket,
    plate_read,
    present,
)
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed, StayEvent
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.releasing import release_barrier
from custom_components.prepaid_parking.operations.stay_book import hold, open_stay
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.stay_refunding import refund_stay
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.money import is_sound
from tests.operations.park import LOOPS, OTHER, PLATE, Park
from tests.operations.world import MANAGER, World

INSIDE, LEFT = StayState.INSIDE, StayState.LEFT


async def test_a_card_comes_in_and_its_wallet_pays_on_the_way_out(world: World) -> None:
    """Two hours, two prices, one entry: the driver touches nothing."""
    park = await Park.open(world)
    wallet = await park.customer()
    assert (await park.come()).kind is PassageKind.ADMITTED
    answer = await park.go(after=2 * 3600)
    assert (answer.kind, answer.fee_minor) == (PassageKind.ADMITTED, 10_00)
    assert wallet.posted_minor == 90_00
    (stay,) = await park.stays()
    assert (stay.state, stay.amount_minor, stay.paid_minor) == (LEFT, 10_00, 10_00)
    assert (park.into.pulses, park.out.pulses) == (1, 1)
    assert park.events() == [StayEvent.ARRIVED, StayEvent.DEPARTED]
    (passage,) = [one for one in await world.books.load(Passage) if one.lane == park.exit.id]
    (entry,) = await world.books.entries(kinds=(EntryKind.STAY_CHARGED,))
    assert (passage.stay, entry.detail["stay"]) == (stay.id, stay.id)
    assert PLATE not in str(await park.stays()) + str(world.facts) + str(entry)


async def test_all_of_an_exit_is_in_the_books_before_the_barrier_moves(world: World) -> None:
    """A hub that dies at the pulse must not have let somebody out whom nobody charged."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()
    seen: list[Any] = []
    balance = world.books.balances

    def opened() -> None:
        seen.append(world.site.parking.stays[StayId("st1")].state)
        seen.append(wallet.posted_minor)

    park.out.opened = opened
    await park.go()
    assert seen == [StayState.LEAVING, 95_00]
    assert sum((await balance()).values()) == 0


async def test_a_stranger_pays_at_the_desk_and_the_exit_opens_for_it(world: World) -> None:
    """Refused with the amount and its reason; paid; the barrier goes up while the car stands there."""
    park = await Park.open(world)
    await park.come(OTHER)
    refused = await park.go(OTHER)
    assert (refused.kind, refused.reason, refused.due_minor) == (
        PassageKind.REFUSED,
        "to_pay",
        5_00,
    )
    assert world.heard(Passed)[-1].due_minor == 5_00
    stay = refused.stay
    assert stay is not None
    for _ in range(3):  # The terminal says it three times.
        await pay_stay(world.site, which=Which(stay=stay), actor=MANAGER, reference="t1")
    assert park.out.pulses == 1
    assert await park.states() == [LEFT]
    await park.read(park.exit, OTHER, 1)
    assert park.out.pulses == 1


async def test_a_payment_opens_nothing_for_a_car_that_is_not_there(world: World) -> None:
    """It paid upstairs and walks to its car: the barrier waits for it, and not for the car in front."""
    park = await Park.open(world)
    await park.come(OTHER)
    world.clock.now += timedelta(hours=1)
    await pay_stay(world.site, which=Which(stay="st1"), actor=MANAGER)
    assert park.out.pulses == 0
    assert (await park.go("粤C55555", after=1)).kind is PassageKind.ASKED
    answer = await park.go(OTHER, after=300)
    assert (answer.kind, answer.reason, answer.fee_minor) == (PassageKind.ADMITTED, "paid", 0)


async def test_a_payment_long_after_the_read_waits_for_the_next_one(world: World) -> None:
    """The car went back to its place: the barrier must not open for whoever stands there now."""
    park = await Park.open(world, paid_s=60)
    await park.come(OTHER)
    await park.go(OTHER)
    world.clock.now += timedelta(seconds=61)
    await pay_stay(world.site, which=Which(stay="st1"), actor=MANAGER)
    assert park.out.pulses == 0
    assert (await park.go(OTHER, after=60)).kind is PassageKind.ADMITTED


# --- loops ---------------------------------------------------------------------------------------


async def test_a_car_is_in_when_it_has_passed(world: World) -> None:
    """Until then it stands in the street, and the place is free."""
    park = await Park.open(world, fitted=LOOPS)
    await park.read(park.entry)
    assert await park.states() == [StayState.ARRIVING]
    assert park.events() == []
    await park.drive(park.entry)
    assert await park.states() == [INSIDE]
    assert park.events() == [StayEvent.ARRIVED]


async def test_a_car_that_backs_out_of_the_entry_never_was_in(world: World) -> None:
    """It may come again at once, and owes nothing."""
    park = await Park.open(world, fitted=LOOPS)
    await park.read(park.entry)
    await world.tick(timedelta(seconds=31))
    assert await park.states() == [StayState.BACKED_OUT]
    assert (await park.passages())[-1] == (PassageKind.BACKED_OUT, "not_passed")
    await park.come(after=1)
    assert await park.states() == [StayState.BACKED_OUT, INSIDE]
    assert park.into.pulses == 2


async def test_who_backs_out_of_the_exit_keeps_its_money(world: World) -> None:
    """Charged, turned round for a forgotten bag: the next exit takes only what has become more."""
    park = await Park.open(world, fitted=LOOPS)
    wallet = await park.customer()
    await park.come()
    await park.read(park.exit, after=3590)
    assert (await park.states(), wallet.posted_minor) == ([StayState.LEAVING], 95_00)
    await world.tick(timedelta(seconds=31))
    assert await park.states() == [INSIDE]
    answer = await park.go(after=300)
    assert (answer.kind, answer.fee_minor, wallet.posted_minor) == (PassageKind.ADMITTED, 0, 95_00)
    assert await park.states() == [LEFT]


async def test_who_backs_out_and_stays_pays_the_rest(world: World) -> None:
    """Three hours more are three hours more, less what was paid."""
    park = await Park.open(world, fitted=LOOPS)
    wallet = await park.customer()
    await park.come()
    await park.read(park.exit, after=3590)
    await world.tick(timedelta(seconds=31))
    answer = await park.go(after=3 * 3600 - 60)
    assert (answer.fee_minor, wallet.posted_minor) == (15_00, 80_00)


async def test_who_backs_out_has_paid_for_the_passage(world: World) -> None:
    """Where time has no price the way out has one: turned back for a bag, it was taken twice."""
    park = await Park.open(world, fitted=LOOPS, temporaries=False)
    await set_parking_rules(world.site, changes={"tariffs": ()}, actor=MANAGER)
    park.exit.fee_minor = 3_00
    wallet = await park.customer()
    await park.come()
    await park.read(park.exit, after=3590)
    assert wallet.posted_minor == 97_00
    await world.tick(timedelta(seconds=31))
    assert (await park.go(after=120)).kind is PassageKind.ADMITTED
    assert (wallet.posted_minor, await park.states()) == (97_00, [LEFT])
    await refund_stay(world.site, which=Which(stay="st1"), reason="kind", actor=MANAGER)
    assert wallet.posted_minor == 100_00
    await is_sound(world)


async def test_a_tailgater_is_told_and_looked_at(world: World) -> None:
    """The second car on one ticket has a time, a lane and the picture of whom it followed."""
    park = await Park.open(world, fitted=LOOPS)
    await park.read(park.entry)
    await park.drive(park.entry)
    await park.drive(park.entry)
    assert (await park.passages())[-1] == (PassageKind.TAILGATED, "tailgated")
    assert park.suspicions() == [Suspicion.TAILGATED]


async def test_two_cars_in_one_grant_each_are_no_tailgaters(world: World) -> None:
    """A queue at the gate, both read before the first has moved."""
    park = await Park.open(world, fitted=LOOPS)
    await park.read(park.entry)
    await park.read(park.entry, OTHER, 2)
    await park.drive(park.entry)
    await park.drive(park.entry)
    assert await park.states() == [INSIDE, INSIDE]
    assert park.suspicions() == []


async def test_who_breaks_out_owes_what_it_was_to_pay(world: World) -> None:
    """Refused for 5.00, and then the arm is pushed up: a debt with a masked plate and a review."""
    park = await Park.open(world, fitted=LOOPS)
    await park.come(OTHER)
    assert (await park.go(OTHER)).reason == "to_pay"
    await park.drive(park.exit)
    (stay,) = await park.stays()
    assert (stay.state, stay.owed_minor) == (StayState.UNPAID, 5_00)
    assert (await park.passages())[-1] == (PassageKind.FORCED, "forced")
    assert park.suspicions() == [Suspicion.FORCED]


async def test_an_arm_that_goes_up_by_itself_is_forced(world: World) -> None:
    """Nobody let anybody through, had the key, or opened by hand."""
    park = await Park.open(world, fitted=(*LOOPS, "limit_open", "manual_key"))
    await park.feel(park.entry, limit_open=False)
    await park.feel(park.entry, limit_open=True)
    assert (await park.passages())[-1] == (PassageKind.FORCED, "limit_open")
    await park.feel(park.entry, limit_open=False)
    await park.feel(park.entry, manual_key=True)
    await park.feel(park.entry, limit_open=True)
    assert (await park.passages())[-1] == (PassageKind.RELEASED, "manual_key")
    await park.drive(park.entry)
    assert [one for one, _ in await park.passages()] == [PassageKind.FORCED, PassageKind.RELEASED]


async def test_after_a_read_the_arm_may_go_up(world: World) -> None:
    """What the hub itself opened is no crime, also without a safety loop."""
    park = await Park.open(world, fitted=("limit_open",))
    await park.feel(park.entry, limit_open=False)
    await park.read(park.entry)
    await park.feel(park.entry, limit_open=True)
    assert [one for one, _ in await park.passages()] == [PassageKind.ADMITTED]


# --- by hand -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fitted", [(), LOOPS])
async def test_who_is_let_out_by_hand_owes_what_it_has_not_paid(
    world: World, fitted: tuple[str, ...]
) -> None:
    """The attendant opens for a driver without money: the site still knows what it is owed."""
    park = await Park.open(world, fitted=fitted)
    await park.come(OTHER)
    await park.go(OTHER)
    await release_barrier(world.site, lane=park.exit.id, reason="no money", actor=MANAGER)
    if fitted:
        assert await park.states() == [StayState.LEAVING]
        await park.drive(park.exit)
    (stay,) = await park.stays()
    assert (stay.state, stay.owed_minor, park.out.pulses) == (StayState.UNPAID, 5_00, 1)
    assert park.suspicions() == []


async def test_who_is_let_in_by_hand_is_inside(world: World) -> None:
    """A stranger where none may come in: let in by a person, it has a stay and a price."""
    park = await Park.open(world, temporaries=False)
    assert (await park.come(OTHER)).kind is PassageKind.REFUSED
    answer = await release_barrier(world.site, lane=park.entry.id, reason="guest", actor=MANAGER)
    (stay,) = await park.stays()
    assert (answer.stay, stay.kind, stay.state) == (stay.id, StayKind.TEMPORARY, INSIDE)
    assert (await park.go(OTHER)).due_minor == 5_00


async def test_a_car_without_a_plate_comes_and_goes_on_a_ticket(world: World) -> None:
    """A code at the entry, the same code at the exit, and the price in between."""
    park = await Park.open(world)
    answer, code = await issue_ticket(world.site, lane=park.entry.id)
    assert (answer.kind, park.into.pulses) == (PassageKind.ADMITTED, 1)
    world.clock.now += timedelta(hours=1)
    shown = {"lane": park.exit.id, "kind": CredentialKind.CODE}
    assert (await present(world.site, value="0000", **shown)).reason == "no_entry"  # type: ignore[arg-type]
    assert (await present(world.site, value=code, **shown)).due_minor == 5_00  # type: ignore[arg-type]
    await pay_stay(world.site, which=Which(stay="st1"), actor=MANAGER)
    assert (park.out.pulses, await park.states()) == (1, [LEFT])
    assert code not in str(await park.stays()) + str(world.facts)


# --- what cannot be right ------------------------------------------------------------------------


async def test_a_second_entry_closes_the_first_stay_at_nothing(world: World) -> None:
    """The exit camera missed it yesterday: it is not billed for a night it slept at home."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()
    await park.come(after=20 * 3600)
    assert await park.states() == [StayState.CLOSED, INSIDE]
    assert park.suspicions() == [Suspicion.SECOND_ENTRY]
    (review,) = world.site.parking.reviews.values()
    assert (review.stays, len(review.reads)) == (("st1", "st2"), 2)
    await park.go(after=3600)
    assert wallet.posted_minor == 95_00


async def test_a_plate_at_two_lanes_at_once_is_looked_at(world: World) -> None:
    """One of the two has a copied plate."""
    park = await Park.open(world, travel_s=20)
    await park.come()
    await park.go(after=10)
    assert Suspicion.IMPOSSIBLE_TRAVEL in park.suspicions()


async def test_a_camera_that_sees_badly_is_told_once(world: World) -> None:
    """Five reads in a row that it is not sure of: somebody wipes the glass."""
    park = await Park.open(world)
    park.entry.least_score = 800
    for number in range(9):
        await park.read(park.entry, f"京A0000{number}", 40, score=300)
    assert park.suspicions() == [Suspicion.LOW_SCORE]
    assert park.into.pulses == 0


async def test_a_blocked_car_does_not_get_in_by_a_misread(world: World) -> None:
    """One sign wrong makes it a stranger, and strangers may come in: but it is the same car."""
    park = await Park.open(world)
    await park.customer()
    card = world.site.cards[CardId("c1")]
    world.site.cards[card.id] = replace(card, valid_until=world.clock.now)
    assert (await park.come()).kind is PassageKind.REFUSED
    assert (await park.read(park.entry, "京A12346", 1)).repeated
    assert park.into.pulses == 0


# --- crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fitted", [(), LOOPS])
@pytest.mark.parametrize("at", range(8))
async def test_killed_at_any_write_a_car_is_charged_once_or_not_at_all(
    make_world: MakeWorld, at: int, fitted: tuple[str, ...]
) -> None:
    """What was not written did not happen; what was is not done again."""
    world = await make_world()
    park = await Park.open(world, fitted=fitted)
    wallet = await park.customer()
    Dying(world, at)
    await park.come()
    await park.go(after=600)
    pulses = park.out.pulses
    await park.restart()
    stays = await park.stays()
    paid = sum(one.paid_minor for one in stays)
    assert world.wallet_now(wallet).posted_minor == 100_00 - paid
    assert paid in (0, 5_00)
    assert pulses == int(paid > 0)
    assert sum((await world.books.balances()).values()) == 0
    assert not (await world.books.verify()).problem
    before = park.into.pulses + park.out.pulses
    await world.tick(timedelta(seconds=60))
    assert park.into.pulses + park.out.pulses == before
    answer = await park.go(after=60)
    assert world.wallet_now(wallet).posted_minor in (95_00, 100_00)
    assert answer.kind in (PassageKind.ADMITTED, PassageKind.ASKED)


async def test_killed_between_record_and_pulse_nobody_fires_and_the_stay_is_as_it_was(
    make_world: MakeWorld,
) -> None:
    """The car may have gone; it has paid; whoever stands there is read again."""
    world = await make_world()
    park = await Park.open(world, fitted=LOOPS)
    wallet = await park.customer()
    await park.come()
    world.clock.now += timedelta(minutes=50)

    async def dies() -> None:
        await asyncio.get_running_loop().create_future()

    park.out.pulse = dies  # type: ignore[method-assign]
    read = PlateRead(plate=PLATE, at=world.clock.now)
    task = asyncio.create_task(plate_read(world.site, lane=park.exit.id, read=read))
    while await park.states() != [StayState.LEAVING]:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    del park.out.pulse
    await park.restart()
    assert await park.states() == [StayState.LEAVING]
    assert [one.outcome for one in await park.commands()][-1] is CommandOutcome.NOT_CONFIRMED
    answer = await plate_read(world.site, lane=park.exit.id, read=read)
    assert (answer.repeated, park.out.pulses) == (True, 0)
    assert world.wallet_now(wallet).posted_minor == 95_00
    assert (await park.go(after=40)).kind is PassageKind.ADMITTED
    assert (park.out.pulses, await park.states()) == (1, [LEFT])
    assert world.wallet_now(wallet).posted_minor == 95_00


async def test_a_thousand_reads_with_many_twice_lose_nobody_and_open_once(world: World) -> None:
    """Rush hour: every car is in once, every barrier pulse belongs to one car."""
    park = await Park.open(world)
    cars = [f"京{chr(65 + number % 26)}{number * 7919 % 100000:05d}" for number in range(600)]
    for number, car in enumerate(cars):
        world.clock.now += timedelta(seconds=2)
        read = PlateRead(plate=car, at=world.clock.now)
        times = 3 if number % 3 == 0 else 1
        await asyncio.gather(
            *(plate_read(world.site, lane=park.entry.id, read=read) for _ in range(times))
        )
    await world.work()
    stays: list[Stay] = await park.stays()
    assert len(stays) == len({one.plate for one in stays}) == park.into.pulses == len(cars)
    assert len(await park.passages()) == len(cars)


@pytest.mark.parametrize("fitted", [(), LOOPS])
async def test_everything_of_a_stay_survives_a_restart(
    world: World, fitted: tuple[str, ...]
) -> None:
    """Who came in before the update leaves after it."""
    park = await Park.open(world, fitted=fitted)
    wallet = await park.customer()
    await park.come()
    await park.restart()
    assert (await park.go()).fee_minor == 5_00
    assert world.wallet_now(wallet).posted_minor == 95_00


async def test_who_came_in_by_plate_may_leave_by_tag_and_pays_once(world: World) -> None:
    """The exit camera is blind: the driver holds up the tag of the same card, and reads go on."""
    park = await Park.open(world)
    wallet = await world.wallet("100", purpose=Purpose.PARKING)
    await issue_card(
        world.site, wallet=wallet.wallet.id, plates=[PLATE], tags=["AABB"], actor=MANAGER
    )
    await park.come()
    world.clock.now += timedelta(minutes=50)
    read = PlateRead(plate=PLATE, at=world.clock.now)
    answers = await asyncio.gather(
        present(world.site, lane=park.exit.id, kind=CredentialKind.TAG, value="AABB"),
        plate_read(world.site, lane=park.exit.id, read=read),
    )
    assert answers[0].kind is PassageKind.ADMITTED
    assert (wallet.posted_minor, await park.states()) == (95_00, [LEFT])


async def test_ten_thousand_inside_slow_nobody_down(world: World) -> None:
    """A full car park on a Saturday: the next car is found as quickly as the first."""
    park = await Park.open(world)
    for number in range(10_000):
        hold(
            world.site,
            Stay(
                id=StayId(f"st{number + 1}"),
                no=number + 1,
                kind=StayKind.TEMPORARY,
                state=INSIDE,
                entered_at=world.clock.now,
                plate=world.site.privacy.blind("plate", f"京{number:06d}"),
            ),
        )
    began = process_time()
    for number in range(100):
        open_stay(world.site, world.site.privacy.blind("plate", f"京{number * 97:06d}"))
    assert process_time() - began < 0.1
    assert (await park.go("京000042")).kind is PassageKind.ADMITTED
    assert len(world.site.parking.stays) == 9_999


async def test_a_car_is_back_within_half_a_minute_and_gone_again(world: World) -> None:
    """A taxi sets somebody down and is sent back: it must not stand before an arm that ignores it."""
    park = await Park.open(world)
    wallet = await park.customer()
    for after in (60, 10):
        assert (await park.come(after=after)).kind is PassageKind.ADMITTED
        assert (await park.go(after=8)).kind is PassageKind.ADMITTED
    assert await park.states() == [LEFT, LEFT]
    assert (park.into.pulses, park.out.pulses, wallet.posted_minor) == (2, 2, 90_00)


async def test_a_late_read_of_who_has_left_since_begins_nothing(world: World) -> None:
    """A camera whose network stuttered tells of a car that is long gone: nobody stands there."""
    park = await Park.open(world)
    await park.customer()
    await park.come()
    await park.go(after=8)
    seen = world.clock.now - timedelta(seconds=4)
    assert (await park.read(park.entry, after=1, at=seen)).repeated
    assert (await park.states(), park.into.pulses) == ([LEFT], 1)


NEXT = "沪B98766"
"""One sign from the other."""


@pytest.mark.parametrize(("fitted", "apart"), [((), 6), (LOOPS, 1)], ids=["no loops", "loops"])
async def test_two_strangers_with_nearly_one_plate_both_come_in(
    world: World, fitted: tuple[str, ...], apart: float
) -> None:
    """The second stood half a minute before a closed barrier, and nobody knew why."""
    park = await Park.open(world, fitted=fitted)
    await park.come(OTHER)
    answer = await park.come(NEXT, after=apart)
    assert (answer.kind, park.into.pulses) == (PassageKind.ADMITTED, 2)
    assert await park.states() == [INSIDE, INSIDE]


async def test_a_car_that_hesitates_before_the_open_barrier_is_one_car(world: World) -> None:
    """Read wrongly while it stands there, it would have let the next one in, and paid for two."""
    park = await Park.open(world, fitted=LOOPS)
    await park.read(park.entry, OTHER)
    for plate in (NEXT, OTHER, NEXT):
        assert (await park.read(park.entry, plate, 8)).repeated
    await park.drive(park.entry)
    assert (park.into.pulses, await park.states()) == (1, [INSIDE])


async def test_a_car_ahead_that_passes_says_nothing_of_the_one_behind(world: World) -> None:
    """Two are let in one behind the other: the first over the loop is not the second."""
    park = await Park.open(world, fitted=LOOPS)
    await park.read(park.entry)
    await park.read(park.entry, OTHER, 2)
    await park.drive(park.entry)
    assert (await park.read(park.entry, NEXT, 1)).repeated
    await park.drive(park.entry)
    assert await park.states() == [INSIDE, INSIDE]


@pytest.mark.parametrize("how", ["killed", "not confirmed"])
async def test_who_has_paid_and_was_not_let_out_is_let_out_at_the_next_look(
    make_world: MakeWorld, how: str
) -> None:
    """Without loops too: the money is gone and the arm is down; nobody is kept inside, or pays again."""
    world = await make_world()
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()
    park.out.fault = DeviceFault.OFFLINE
    await park.go(after=600)
    park.out.fault = None
    if how == "killed":
        await park.restart()
    assert await park.states() == [StayState.LEAVING]
    before = park.out.pulses
    answer = await park.go(after=40)
    assert (answer.kind, answer.reason) == (PassageKind.ADMITTED, "paid")
    assert (park.out.pulses - before, await park.states()) == (1, [LEFT])
    assert world.wallet_now(wallet).posted_minor == 95_00


async def test_who_was_not_seen_any_more_at_a_dead_barrier_has_left(world: World) -> None:
    """An attendant lifted the arm off by hand: the place is free, and the stay is over."""
    park = await Park.open(world)
    await park.customer()
    await park.come()
    park.out.fault = DeviceFault.OFFLINE
    await park.go(after=600)
    await world.tick(timedelta(minutes=20))
    assert await park.states() == [LEFT]
    assert park.events() == [StayEvent.ARRIVED, StayEvent.DEPARTED]
