"""Let in and not come in: the hub died, the barrier kept silent, or the driver turned round."""

from datetime import timedelta
from typing import Literal

import pytest

from custom_components.prepaid_parking.core.chart import Bucket
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import DeviceFault
from custom_components.prepaid_parking.core.identity import CardId
from custom_components.prepaid_parking.core.parking_rules import PassBack, ZonePlaces
from custom_components.prepaid_parking.core.permit import Permit
from custom_components.prepaid_parking.core.stay import StayState
from custom_components.prepaid_parking.core.wallet import Spending
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.day_close import close_day
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, StayEvent
from custom_components.prepaid_parking.operations.occupancy import count, free_places
from custom_components.prepaid_parking.operations.releasing import release_barrier
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.garage import Garage
from tests.operations.money import in_bucket, is_sound, promise
from tests.operations.park import LOOPS, OTHER, PLATE, Park
from tests.operations.test_park_races import bundle
from tests.operations.world import MANAGER, World

ARRIVING, BACKED_OUT = StayState.ARRIVING, StayState.BACKED_OUT
INSIDE, LEFT = StayState.INSIDE, StayState.LEFT
type How = Literal["killed", "not confirmed"]
BOTH: tuple[How, ...] = ("killed", "not confirmed")


async def stuck(park: Park, how: How, plate: str = PLATE) -> None:
    """Let a car be let in by the books, and not by the barrier."""
    park.into.fault = DeviceFault.OFFLINE
    assert (await park.come(plate)).kind is PassageKind.NOT_CONFIRMED
    park.into.fault = None
    if how == "killed":
        await park.restart()


# --- lanes without loops -------------------------------------------------------------------------


@pytest.mark.parametrize("how", BOTH)
async def test_a_car_that_was_never_let_in_is_not_inside(make_world: MakeWorld, how: How) -> None:
    """Its driver went round the block, and the next day stood before "still inside"."""
    park = await Park.open(await make_world(), pass_back=PassBack.REFUSE)
    await park.customer()
    await stuck(park, how)
    assert (await park.states(), park.events()) == ([ARRIVING], [])
    assert (await park.come(after=40)).kind is PassageKind.ADMITTED
    assert (await park.states(), park.suspicions()) == ([BACKED_OUT, INSIDE], [])
    assert park.events()[-1:] == [StayEvent.ARRIVED]


@pytest.mark.parametrize("how", BOTH)
async def test_a_car_that_was_never_let_in_holds_a_place_for_a_quarter_of_an_hour(
    make_world: MakeWorld, how: How
) -> None:
    """It stands before the arm, or it has gone: its place stood empty until somebody asked why."""
    world = await make_world()
    park = await Park.open(world, places=(ZonePlaces(zone="North", places=1),))
    await stuck(park, how, OTHER)
    assert free_places(world.site, "North") == 0
    await world.tick(timedelta(minutes=16))
    assert (free_places(world.site, "North"), count(world.site).inside) == (1, 0)
    assert (await park.come("粤C55555")).kind is PassageKind.ADMITTED


@pytest.mark.parametrize("how", BOTH)
async def test_the_last_place_is_for_the_car_that_stands_before_it(
    make_world: MakeWorld, how: How
) -> None:
    """It was told that the car park is full: by itself."""
    park = await Park.open(await make_world(), places=(ZonePlaces(zone="North", places=1),))
    await stuck(park, how, OTHER)
    assert (await park.come(OTHER, after=40)).kind is PassageKind.ADMITTED
    assert await park.states() == [BACKED_OUT, INSIDE]


async def test_the_other_car_of_a_card_is_not_kept_out_by_one_that_never_came(
    make_world: MakeWorld,
) -> None:
    """One right, two cars: the first turned away at a dead barrier, the second stayed out for good."""
    world = await make_world()
    park = await Park.open(world, temporaries=False)
    wallet = await park.customer(plates=(PLATE, OTHER))
    garage = Garage(world)
    await garage.package(price_minor=0)
    await garage.sell(world.site.cards[CardId("c1")])
    await stuck(park, "killed")
    assert (await park.come(OTHER)).reason == "still_inside"
    world.clock.now += timedelta(minutes=15)
    assert (await park.come(OTHER)).reason == "package"
    assert wallet.wallet.id == "w1"


@pytest.mark.parametrize("how", BOTH)
async def test_who_came_in_unseen_leaves_like_everybody(make_world: MakeWorld, how: How) -> None:
    """The arm had gone up, and its answer was lost: hours later the exit knows since when it is in."""
    world = await make_world()
    park = await Park.open(world)
    wallet = await park.customer()
    await stuck(park, how)
    world.clock.now += timedelta(hours=1)
    answer = await park.go()
    assert (answer.kind, answer.fee_minor) == (PassageKind.ADMITTED, 10_00)
    assert (await park.states(), world.wallet_now(wallet).posted_minor) == ([LEFT], 90_00)


@pytest.mark.parametrize("how", BOTH)
async def test_a_visit_of_a_car_that_was_not_let_in_is_taken_once(
    make_world: MakeWorld, how: How
) -> None:
    """Ten visits were nine after the dead barrier, and eight after the next look."""
    park = await Park.open(await make_world())
    await bundle(park)
    await stuck(park, how)
    await park.come(after=40)
    (permit,) = await park.world.books.load(Permit, id="pm1")
    assert (permit.left, park.world.site.parking.permits[permit.id].left) == (9, 9)


async def test_at_a_lane_for_both_ways_a_car_that_waits_to_come_in_is_not_going_out(
    make_world: MakeWorld,
) -> None:
    """The hub died before the arm went up: at the next look the lane let the car "out", and in it was."""
    world = await make_world()
    park = await Park.open(world)
    park.entry.direction = "both"
    await park.customer()
    park.into.fault = DeviceFault.OFFLINE
    await park.come()
    park.into.fault = None
    assert (await park.come(after=40)).kind is PassageKind.ADMITTED
    assert await park.states() == [BACKED_OUT, INSIDE]
    assert (await park.come(after=3500)).fee_minor == 5_00
    assert await park.states() == [BACKED_OUT, LEFT]


async def test_who_is_let_in_by_hand_at_a_dead_barrier_is_not_inside_yet(world: World) -> None:
    """The attendant presses, and the arm stays down: the car must be let in at the next look."""
    park = await Park.open(world, temporaries=False, pass_back=PassBack.REFUSE)
    await park.read(park.entry, OTHER)
    park.into.fault = DeviceFault.OFFLINE
    await release_barrier(world.site, lane=park.entry.id, reason="guest", actor=MANAGER)
    assert (await park.states(), park.events()) == ([ARRIVING], [])


async def test_a_car_let_in_unwritten_before_a_dead_barrier_is_not_inside(world: World) -> None:
    """Full disk and broken arm at once: it was written up as inside when the disk was back."""
    park = await Park.open(world, pass_back=PassBack.REFUSE)
    await bundle(park)
    park.into.fault = DeviceFault.OFFLINE
    with world.full_disk():
        assert (await park.come()).kind is PassageKind.NOT_CONFIRMED
    park.into.fault = None
    await world.tick()
    assert await park.states() == [ARRIVING]
    assert (await park.passages())[-1][0] == PassageKind.NOT_CONFIRMED
    assert (await park.come(after=40)).kind is PassageKind.ADMITTED


@pytest.mark.parametrize("way", ["in", "out"])
@pytest.mark.parametrize("how", BOTH)
async def test_a_person_who_opens_for_the_car_that_was_stuck_lets_that_one_through(
    make_world: MakeWorld, how: How, way: str
) -> None:
    """The attendant is told to look and to open by hand: the car went in, and its place was given away."""
    world = await make_world()
    park = await Park.open(world)
    await park.customer()
    if way == "in":
        await stuck(park, how)
        lane, expected = park.entry, [INSIDE]
    else:
        await park.come()
        park.out.fault = DeviceFault.OFFLINE
        await park.go(after=600)
        park.out.fault = None
        if how == "killed":
            await park.restart()
        lane, expected = park.exit, [LEFT]
    world.clock.now += timedelta(seconds=20)
    answer = await release_barrier(world.site, lane=lane.id, reason="arm stuck", actor=MANAGER)
    assert (answer.kind, answer.stay) == (PassageKind.RELEASED, "st1")
    assert await park.states() == expected
    await world.tick(timedelta(minutes=16))
    assert await park.states() == expected


async def test_a_person_who_opens_for_another_car_says_nothing_of_the_stuck_one(
    world: World,
) -> None:
    """It gave up and drove away; the next one is not it."""
    park = await Park.open(world, temporaries=False)
    await park.customer()
    await stuck(park, "not confirmed")
    await park.read(park.entry, OTHER, after=20)
    await release_barrier(world.site, lane=park.entry.id, reason="guest", actor=MANAGER)
    assert await park.states() == [ARRIVING, INSIDE]
    world.clock.now += timedelta(seconds=5)
    await release_barrier(world.site, lane=park.entry.id, reason="queue", actor=MANAGER)
    assert await park.states() == [ARRIVING, INSIDE]


async def test_a_resident_let_through_unwritten_has_forced_nothing(world: World) -> None:
    """Full disk: the loops felt a car that no book knew of, and who had gone back to pay owed its stay."""
    park = await Park.open(world, fitted=LOOPS)
    await bundle(park)
    await park.come()
    await park.come(OTHER)
    assert (await park.go(OTHER)).reason == "to_pay"
    with world.full_disk():
        await park.go(after=30)
    await world.tick()
    assert await park.states() == [LEFT, INSIDE]
    assert park.suspicions() == []


# --- the price of a passage ----------------------------------------------------------------------


async def toll(world: World, *, tracked: bool = True, loops: bool = True) -> Park:
    """A way in that costs a card 5.00."""
    park = await Park.open(world, fitted=LOOPS if loops else (), tariffs=())
    park.entry.fee_minor = 5_00
    park.exit.reads = tracked
    return park


@pytest.mark.parametrize("tracked", [True, False], ids=["exits read", "exits blind"])
async def test_who_pays_at_the_entry_and_turns_round_has_its_money_back(
    world: World, tracked: bool
) -> None:
    """A hand bag forgotten at home: 5.00 for a way in that it did not take, and 5.00 for the next."""
    park = await toll(world, tracked=tracked)
    wallet = await park.customer("5")
    await park.read(park.entry)
    assert wallet.posted_minor == 0
    await world.tick(timedelta(seconds=31))
    assert wallet.posted_minor == 5_00
    assert (await park.passages())[-1] == (PassageKind.BACKED_OUT, "not_passed")
    await park.come(after=31)
    assert wallet.posted_minor == 0
    await is_sound(world)
    total = (await close_day(world.site, world.clock.now.date()))["total"]
    assert isinstance(total, dict)
    assert (total["charged"], total["refunded"], total["paid"]) == (
        "10.00",
        "5.00",
        {"wallet": "5.00"},
    )


async def test_what_was_bonus_at_the_entry_is_bonus_again(world: World) -> None:
    """A gift that came back as cash could be paid out."""
    park = await toll(world)
    await promise(world)
    wallet = await park.customer("500")
    await park.read(park.entry)
    before = (await in_bucket(world, wallet), await in_bucket(world, wallet, Bucket.BONUS))
    assert sum(before) == 595_00
    await world.tick(timedelta(seconds=31))
    assert wallet.wallet.spending is Spending.BONUS_FIRST
    assert await in_bucket(world, wallet, Bucket.BONUS) == 100_00
    assert await in_bucket(world, wallet) == 500_00
    await is_sound(world)


@pytest.mark.parametrize("loops", [True, False], ids=["loops", "no loops"])
@pytest.mark.parametrize("how", BOTH)
async def test_a_way_in_is_paid_once_however_often_the_hub_dies_before_it(
    make_world: MakeWorld, how: How, loops: bool
) -> None:
    """The last 5.00 of a wallet paid for an arm that stayed down; the next look had "no money"."""
    world = await make_world()
    park = await toll(world, loops=loops)
    wallet = await park.customer("5")
    park.into.fault = DeviceFault.OFFLINE
    await park.read(park.entry)
    park.into.fault = None
    if how == "killed":
        await park.restart()
        park.entry.fee_minor = 5_00
    answer = await park.come(after=40)
    assert answer.kind is PassageKind.ADMITTED
    assert world.wallet_now(wallet).posted_minor == 0
    assert await park.states() == [BACKED_OUT, INSIDE]
    await is_sound(world)


async def test_what_a_person_gave_back_already_is_not_given_back_twice(world: World) -> None:
    """The attendant was quicker than the half minute: the driver must not earn 5.00."""
    park = await toll(world)
    wallet = await park.customer("5")
    await park.read(park.entry)
    (paid,) = await world.books.entries(kinds=(EntryKind.PASSAGE,))
    await reverse_entry(world.site, entry=paid.id, reason="arm stayed down", actor=MANAGER)
    await world.tick(timedelta(seconds=31))
    assert (wallet.posted_minor, await park.states()) == (5_00, [BACKED_OUT])
    await is_sound(world)


async def test_while_nothing_can_be_written_what_was_paid_is_not_forgotten(world: World) -> None:
    """The disk is full as the car turns round: its next arrival costs nothing more."""
    park = await toll(world)
    wallet = await park.customer("5")
    await park.read(park.entry)
    with world.full_disk():
        await world.tick(timedelta(seconds=31))
    assert await park.states() == [ARRIVING]
    assert (await park.come(after=5)).kind is PassageKind.ADMITTED
    assert (wallet.posted_minor, await park.states()) == (0, [BACKED_OUT, INSIDE])
    await is_sound(world)


async def test_a_tag_that_is_shown_twice_pays_one_way_in(world: World) -> None:
    """The arm is slow, the driver holds the tag up again: one price, one stay, one car that may pass."""
    park = await toll(world)
    wallet = await park.customer("10")
    await park.read(park.entry)
    park.entry.recent.clear()  # As a tag or a ticket, which is no arrival.
    await park.read(park.entry, after=2)
    await park.drive(park.entry)
    assert (wallet.posted_minor, await park.states()) == (5_00, [BACKED_OUT, INSIDE])
    assert park.entry.crossing.grants == ()


async def test_who_went_on_with_a_stay_and_turned_round_has_left_as_before(world: World) -> None:
    """Back within the quarter that counts as one stay, and away again at the arm: that stay is paid."""
    park = await Park.open(world, fitted=LOOPS, reentry_minutes=15)
    wallet = await park.customer()
    await park.come()
    await park.go()
    await park.read(park.entry, after=300)
    assert await park.states() == [ARRIVING]
    await world.tick(timedelta(seconds=31))
    assert (await park.states(), wallet.posted_minor) == ([LEFT], 95_00)
    await park.come(after=60)
    assert await park.states() == [INSIDE]


@pytest.mark.parametrize("loops", [True, False], ids=["loops", "no loops"])
@pytest.mark.parametrize("at", range(12))
async def test_killed_at_any_write_one_way_in_is_paid_in_the_end(
    make_world: MakeWorld, at: int, loops: bool
) -> None:
    """Turned round, come again, and the hub died somewhere between: the car is in, and paid once."""
    world = await make_world()
    park = await toll(world, loops=loops)
    wallet = await park.customer("10")
    Dying(world, at)
    park.into.fault = None if loops else DeviceFault.OFFLINE
    await park.read(park.entry)
    park.into.fault = None
    await world.tick(timedelta(seconds=40))
    await park.come(after=40)
    await park.restart()
    park.entry.fee_minor = 5_00
    if INSIDE not in await park.states():
        assert (await park.come(after=60)).kind is PassageKind.ADMITTED
    assert (await park.states()).count(INSIDE) == 1
    assert world.wallet_now(wallet).posted_minor == 5_00
    await is_sound(world)
    assert not (await world.books.verify()).problem
