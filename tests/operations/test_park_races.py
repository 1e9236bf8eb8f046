"""Two things at once at the lanes: whatever comes first, nobody is let in, charged or counted twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.identity import CardId
from custom_components.prepaid_parking.core.permit import Permit
from custom_components.prepaid_parking.core.rights import Rights
from custom_components.prepaid_parking.core.stay import StayState
from custom_components.prepaid_parking.core.visiting import Invitation
from custom_components.prepaid_parking.operations.cards import block_card, unblock_card
from custom_components.prepaid_parking.operations.changing_cards import replace_card
from custom_components.prepaid_parking.operations.changing_permits import suspend_permit
from custom_components.prepaid_parking.operations.ending_permits import end_permit
from custom_components.prepaid_parking.operations.gate import plate_read
from custom_components.prepaid_parking.operations.invitations import (
    cancel_invitation,
    invite_visitor,
)
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from custom_components.prepaid_parking.operations.lane_watch import watch_grants
from custom_components.prepaid_parking.operations.passing import Answer
from custom_components.prepaid_parking.operations.releasing import release_barrier
from custom_components.prepaid_parking.operations.selling_permits import renew_permit
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from tests.operations.garage import Garage
from tests.operations.money import is_sound
from tests.operations.park import LOOPS, OTHER, PLATE, Park
from tests.operations.world import MANAGER, World

INSIDE, LEFT = StayState.INSIDE, StayState.LEFT


def seen(world: World, lane: LaneRun, plate: str = PLATE) -> Awaitable[Answer]:
    """A camera reads a plate now."""
    return plate_read(world.site, lane=lane.id, read=PlateRead(plate=plate, at=world.clock.now))


def released(world: World, lane: LaneRun) -> Awaitable[Answer]:
    """An attendant presses the button."""
    return release_barrier(world.site, lane=lane.id, reason="queue", actor=MANAGER)


async def test_two_attendants_let_one_car_in(world: World) -> None:
    """Both saw it on their screens: it was inside twice, and for ever."""
    park = await Park.open(world, temporaries=False)
    await park.read(park.entry, OTHER)
    await asyncio.gather(*(released(world, park.entry) for _ in range(2)))
    assert await park.states() == [INSIDE]


@pytest.mark.parametrize("first", [0, 1])
async def test_a_car_that_is_let_in_by_hand_is_read_once_more(world: World, first: int) -> None:
    """Its card was unblocked that moment: the camera began a second stay, and ended the first."""
    park = await Park.open(world)
    await park.customer()
    await block_card(world.site, card="c1", reason="lost", actor=MANAGER)
    await park.read(park.entry)
    await unblock_card(world.site, card="c1", reason="found", actor=MANAGER)
    world.clock.now += timedelta(seconds=8)
    at_once: list[Awaitable[Any]] = [released(world, park.entry), seen(world, park.entry)]
    await asyncio.gather(*(at_once if first else reversed(at_once)))
    await world.work()
    assert (await park.states(), park.suspicions()) == ([INSIDE], [])
    assert (await park.read(park.entry, after=10)).repeated


@pytest.mark.parametrize("first", [0, 1])
async def test_a_payment_while_the_attendant_opens_counts_once(world: World, first: int) -> None:
    """It pays by phone, and the attendant loses patience: it owes nothing and has paid once."""
    park = await Park.open(world)
    await park.come(OTHER)
    await park.go(OTHER)
    paid = pay_stay(world.site, which=Which(plate=OTHER), actor=MANAGER)
    at_once: list[Awaitable[Any]] = [paid, released(world, park.exit)]
    await asyncio.gather(*(reversed(at_once) if first else at_once))
    await world.work()
    (stay,) = await park.stays()
    assert (stay.state, stay.paid_minor, stay.owed_minor) == (LEFT, 5_00, 0)
    await is_sound(world)


async def test_a_payment_while_the_exit_decides_is_taken_once(world: World) -> None:
    """At the desk and out of the wallet in the same second: one of them finds nothing due."""
    park = await Park.open(world)
    await park.customer()
    await park.come()
    world.clock.now += timedelta(minutes=30)
    paid = pay_stay(world.site, which=Which(plate=PLATE), actor=MANAGER)
    await asyncio.gather(seen(world, park.exit), paid, return_exceptions=True)
    await world.work()
    (stay,) = await park.stays()
    assert (stay.state, stay.paid_minor, stay.over_minor) == (LEFT, 5_00, 0)
    assert park.out.pulses == 1
    await is_sound(world)


async def test_one_car_at_two_exits_pays_at_one(world: World) -> None:
    """Two cameras see the same lane: one charge."""
    park = await Park.open(world)
    wallet = await park.customer()
    second, _ = world.lane(direction="exit", reads=True)
    await park.come()
    world.clock.now += timedelta(minutes=30)
    await asyncio.gather(seen(world, park.exit), seen(world, second))
    await world.work()
    assert (wallet.posted_minor, await park.states()) == (95_00, [LEFT])


# --- visits --------------------------------------------------------------------------------------


async def bundle(park: Park) -> Garage:
    """Sell ten visits to the card of a customer."""
    garage = Garage(park.world)
    await park.customer()
    await garage.package("visits", price_minor=0, rights=Rights(visits=10))
    await garage.sell(park.world.site.cards[CardId("c1")], "visits")
    return garage


CHANGES: dict[str, Callable[..., Awaitable[Any]]] = {
    "suspended": suspend_permit,
    "ended": end_permit,
    "renewed": renew_permit,
}


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_visit_counts_whatever_is_done_to_its_permit(
    world: World, change: Callable[..., Awaitable[Any]], first: int
) -> None:
    """The office changed the permit while the car came in: the visit was given away."""
    park = await Park.open(world)
    await bundle(park)
    told = {} if change is renew_permit else {"reason": "holiday"}
    changed = change(world.site, permit="pm1", actor=MANAGER, **told)
    at_once: list[Awaitable[Any]] = [changed, seen(world, park.entry)]
    await asyncio.gather(*(reversed(at_once) if first else at_once))
    await world.work()
    (stay,) = await park.stays()
    (permit,) = await world.books.load(Permit, id="pm1")
    assert permit.left == (9 if stay.permit == "pm1" else 10)
    assert permit.suspended_on or permit.ended_on or permit.renewed
    assert world.site.parking.permits[permit.id] == permit


async def test_a_visit_counts_while_its_card_is_replaced(world: World) -> None:
    """The new card had the visit back that the old one had just taken."""
    park = await Park.open(world)
    await bundle(park)
    replaced = replace_card(world.site, card="c1", reason="lost", actor=MANAGER)
    await asyncio.gather(seen(world, park.entry), replaced)
    await world.work()
    (permit,) = await world.books.load(Permit, id="pm1")
    assert (permit.left, permit.card) == (9, "c2")


async def test_a_visit_comes_back_to_a_permit_that_rests_meanwhile(world: World) -> None:
    """Turned round at the entry in the second in which the office let the permit rest."""
    park = await Park.open(world, fitted=LOOPS)
    await bundle(park)
    await park.read(park.entry)
    world.clock.now += timedelta(seconds=31)
    rests = suspend_permit(world.site, permit="pm1", reason="holiday", actor=MANAGER)
    await asyncio.gather(watch_grants(world.site, world.clock.now), rests)
    (permit,) = await world.books.load(Permit, id="pm1")
    assert (permit.left, permit.suspended_on is not None) == (10, True)


@pytest.mark.parametrize("late", range(4))
async def test_an_invitation_that_is_taken_back_stays_taken_back(world: World, late: int) -> None:
    """The guest drove in at that moment, and could come twice more."""
    park = await Park.open(world, temporaries=False)
    now = world.clock.now
    await invite_visitor(
        world.site,
        plate=OTHER,
        visits=3,
        from_at=now,
        to_at=now + timedelta(hours=5),
        actor=MANAGER,
    )

    async def comes() -> None:
        for _ in range(late):
            await asyncio.sleep(0)
        await seen(world, park.entry, OTHER)

    await asyncio.gather(cancel_invitation(world.site, invitation="iv1", actor=MANAGER), comes())
    await world.work()
    (invitation,) = await world.books.load(Invitation)
    assert invitation.ended_at is not None
    assert not world.site.parking.invitations
