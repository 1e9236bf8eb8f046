"""Who is inside and what is free: what the lanes let in by, and the sign at the street shows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.prepaid_parking.core.identity import (
    CardId,
    ReservationId,
    SpaceId,
    StayId,
    WalletId,
)
from custom_components.prepaid_parking.core.occupancy import Home, occupancy
from custom_components.prepaid_parking.core.parking_rules import ParkingRules, ZonePlaces
from custom_components.prepaid_parking.core.space import Grade, Location, Space, Tenure
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.visiting import Reservation
from custom_components.prepaid_parking.core.wallet import Card, CardState
from custom_components.prepaid_parking.operations.occupancy import (
    FEW,
    count,
    free_places,
    space_of,
    surely_free,
)
from custom_components.prepaid_parking.operations.stay_book import hold
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, HOUR, NOON, SECOND, World


async def space(world: World, tenure: Tenure = Tenure.TEMPORARY, **fields: Any) -> Space:
    """Describe a space."""
    no = len(world.site.parking.spaces) + 1
    one = Space(
        id=SpaceId(f"sp{no}"),
        no=no,
        name=f"P{no}",
        location=Location.OPEN_AIR,
        tenure=tenure,
        **fields,
    )
    world.site.parking.spaces[one.id] = one
    await world.books.record(one)
    return one


async def car(world: World, kind: StayKind = StayKind.TEMPORARY, **fields: Any) -> Stay:
    """Let a car be inside."""
    no = len(world.site.parking.stays) + 1
    about: dict[str, Any] = {
        "id": StayId(f"st{no}"),
        "no": no,
        "kind": kind,
        "state": StayState.INSIDE,
        "entered_at": world.clock.now,
        "plate": world.site.privacy.blind("plate", f"A{no}"),
        "changed": no,
    } | fields
    one = Stay(**about)
    await world.books.record(one)
    hold(world.site, one)
    return one


def card(world: World, of: Space) -> CardId:
    """Give a space a card."""
    no = len(world.site.cards) + 1
    one = Card(
        id=CardId(f"c{no}"),
        no=no,
        wallet=WalletId("w1"),
        state=CardState.ACTIVE,
        issued_at=NOON,
        space=of.id,
    )
    world.site.cards[one.id] = one
    return one.id


def keep(world: World, **fields: Any) -> Reservation:
    """Keep a place from now on for an hour."""
    no = len(world.site.parking.reservations) + 1
    about: dict[str, Any] = {
        "id": ReservationId(f"rs{no}"),
        "no": no,
        "from_at": world.clock.now,
        "to_at": world.clock.now + HOUR,
        "made_at": world.clock.now,
    } | fields
    one = Reservation(**about)
    world.site.parking.reservations[one.id] = one
    return one


async def test_nobody_counts_where_no_place_is_for_temporaries(world: World) -> None:
    """A lane that took "nobody counts" for "full" would keep everybody out."""
    assert free_places(world.site, "North") is None
    await space(world, Tenure.OWNED)
    assert free_places(world.site, "") is None


async def test_what_spaces_hold_is_counted_by_zone_and_tenure(world: World) -> None:
    """A tandem space holds two; an owner's car takes no visitor's place."""
    await space(world, zone="North", grade=Grade.TANDEM, capacity=2)
    await space(world, zone="South")
    own = await space(world, Tenure.OWNED, zone="South")
    await car(world, zone="North")
    await car(world, StayKind.OWNER, zone="North", card=card(world, own))
    now = count(world.site)
    assert [(one.zone, one.tenure, one.places, one.taken) for one in now.lines] == [
        ("North", Tenure.TEMPORARY, 2, 1),
        ("South", Tenure.OWNED, 1, 1),
        ("South", Tenure.TEMPORARY, 1, 0),
    ]
    assert (now.inside, now.places, now.taken, now.free) == (2, 4, 2, 2)
    assert free_places(world.site, "North") == 1
    assert free_places(world.site, "") == 2


async def test_one_car_too_many_of_a_group_takes_a_temporary_place(world: World) -> None:
    """The second car of a card with one space stands where visitors stand."""
    own = await space(world, Tenure.RENTED, zone="North")
    await space(world, zone="North")
    mine = card(world, own)
    await car(world, StayKind.RENTER, zone="North", card=mine)
    over = await car(world, StayKind.TEMPORARY, zone="North", card=mine)
    assert space_of(world.site, over) is None
    assert free_places(world.site, "North") == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.integers(0, 3 * FEW),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=4 * FEW),
)
async def test_a_lane_never_believes_in_more_free_places_than_there_are(
    make_world: MakeWorld, places: int, steps: list[tuple[bool, int]]
) -> None:
    """The last place must not be given away twice, however quickly the cars come."""
    world = await make_world()
    world.site.parking.rules = [
        ParkingRules(version=1, valid_from=NOON - DAY, places=(ZonePlaces(zone="", places=places),))
    ]
    inside: list[Stay] = []
    for comes, seconds in steps:
        world.clock.now += seconds * SECOND
        told, true = surely_free(world.site, ""), free_places(world.site, "")
        assert told == true or (told is not None and true is not None and FEW < told <= true)
        if comes:
            inside.append(await car(world))
        elif inside:
            hold(world.site, replace(inside.pop(), state=StayState.LEFT))


async def test_rules_say_the_places_of_a_zone_where_no_space_does(world: World) -> None:
    """A gravel field has no painted spaces, and yet only forty cars fit on it."""
    world.site.parking.rules = [
        ParkingRules(
            version=1, valid_from=NOON - DAY, places=(ZonePlaces(zone="Field", places=40),)
        ),
        ParkingRules(version=2, valid_from=NOON + DAY, places=()),
    ]
    await car(world, zone="Field")
    assert free_places(world.site, "Field") == 39
    world.clock.now += 2 * DAY
    assert free_places(world.site, "Field") is None


async def test_who_was_let_in_takes_the_place_before_the_car_has_passed(world: World) -> None:
    """Two lanes give the last place away at the same second otherwise."""
    await space(world, zone="North")
    waiting = await car(world, zone="North", state=StayState.ARRIVING)
    assert free_places(world.site, "North") == 0
    assert count(world.site).inside == 0
    world.site.parking.stays[waiting.id] = replace(waiting, state=StayState.BACKED_OUT)
    assert free_places(world.site, "North") == 1


async def test_lost_exits_never_make_it_less_than_none(world: World) -> None:
    """A broken exit camera leaves cars inside for ever: full is told, and not "minus three"."""
    await space(world, zone="North")
    lost = [await car(world, zone="North") for _ in range(4)]
    assert (free_places(world.site, "North"), count(world.site).taken) == (0, 1)
    await world.restart()
    assert free_places(world.site, "North") == 0
    for one in lost:
        gone = replace(world.site.parking.stays[one.id], state=StayState.CLOSED)
        world.site.parking.stays[one.id] = gone
        await world.books.record(gone)
    assert free_places(world.site, "North") == 1
    await world.restart()
    assert free_places(world.site, "North") == 1


async def test_a_reservation_takes_its_place_until_its_holder_stands_in_it(world: World) -> None:
    """Counted twice, the guest who comes would close the car park for the next one."""
    await space(world, zone="North")
    await space(world, zone="North")
    keep(world, zone="North", digest=world.site.privacy.blind("plate", "B1"))
    assert free_places(world.site, "North") == 1
    await car(world, zone="North", plate=world.site.privacy.blind("plate", "B1"))
    assert free_places(world.site, "North") == 1
    world.clock.now += 2 * HOUR
    assert free_places(world.site, "North") == 1
    world.site.parking.stays.clear()
    assert free_places(world.site, "North") == 2


async def test_a_reservation_of_tomorrow_takes_nothing_today(world: World) -> None:
    """A place that is kept for Friday stood empty since Monday otherwise."""
    one = await space(world, zone="North")
    keep(world, space=one.id, from_at=NOON + DAY, to_at=NOON + 2 * DAY)
    assert free_places(world.site, "North") == 1
    world.clock.now += DAY + timedelta(minutes=1)
    assert free_places(world.site, "North") == 0


async def test_a_car_of_no_zone_may_stand_in_any(world: World) -> None:
    """The gate at the street says no zone: a zone is not free when the whole car park is full."""
    await space(world, zone="North")
    await space(world, zone="South")
    await car(world)
    assert free_places(world.site, "North") == 1
    await car(world)
    assert free_places(world.site, "North") == 0


HOMES = st.tuples(st.sampled_from(["", "North", "South"]), st.sampled_from(list(Tenure)))


@given(
    places=st.dictionaries(HOMES, st.integers(0, 50)),
    taken=st.dictionaries(HOMES, st.integers(0, 80)),
    zone=st.sampled_from(["", "North", "South", "Nowhere"]),
)
def test_free_is_never_less_than_none_nor_more_than_there_is(
    places: dict[Home, int], taken: dict[Home, int], zone: str
) -> None:
    """A lane goes by this number: below zero it fails, above it lets in who finds no place."""
    full = occupancy(places, taken, inside=sum(taken.values()))
    free = full.free_in(zone)
    temporary = sum(number for (_, tenure), number in places.items() if tenure is Tenure.TEMPORARY)
    assert (free is None) == (temporary == 0)
    if free is not None:
        assert 0 <= free <= temporary
    assert 0 <= full.taken <= full.places
