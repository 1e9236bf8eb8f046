"""Visits to the payer's page: short, bounded, and no way to find out who is inside."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.admission import Way as Direction
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import LaneId
from custom_components.prepaid_parking.core.pay_channel import Way
from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.core.pay_order import AimKind
from custom_components.prepaid_parking.core.pay_visit import LASTS
from custom_components.prepaid_parking.core.stay import Stay
from custom_components.prepaid_parking.core.wallet import CredentialKind
from custom_components.prepaid_parking.operations.lane_run import AtLane, LaneRun, Shown
from custom_components.prepaid_parking.operations.pay_tokens import Opened, opened_by, screen_token
from custom_components.prepaid_parking.operations.pay_visit_book import MOST, PayVisits
from custom_components.prepaid_parking.operations.pay_visits import (
    WAITS,
    Typed,
    ask_for_order,
    begin_visit,
    car_there,
    take_car,
    tell_car,
)
from tests.operations.provider import Provider, connect
from tests.operations.staying import CITY, PLATE, arrive
from tests.operations.world import HOUR, NOON, SECOND, World

LANE: Final = "l1"
HERE: Final = "192.0.2.7"


async def inside(world: World) -> Stay:
    """Let a car in, two hours ago."""
    await world.publish(CITY)
    stay = await arrive(world)
    world.clock.now += 2 * HOUR
    return stay


def stands(world: World, stay: Stay) -> LaneRun:
    """Have a car stand at the exit that must pay first."""
    run = LaneRun(id=LaneId(LANE), name="Exit", direction="exit")
    read = PlateRead(plate=PLATE, at=world.clock())
    run.last = AtLane(
        vehicle=Shown(kind=CredentialKind.PLATE, digest=stay.plate, read=read, masked=stay.masked),
        way=Direction.EXIT,
        at=world.clock(),
        admitted=False,
        reason="to_pay",
        stay=stay.id,
        due_minor=1000,
    )
    world.site.lanes[run.id] = run
    return run


def test_a_visit_is_found_by_its_name_alone_and_for_a_quarter_of_an_hour() -> None:
    """A name that was read over a shoulder is worth nothing after lunch."""
    visits = PayVisits()
    name, visit = visits.begin(PayFor.WALLET, "w1", NOON, personal=True)
    assert len(name) == 32
    assert name not in repr(visits)
    assert visits.find(name, NOON + LASTS - SECOND) is visit
    assert visits.find(name, NOON + LASTS) is None
    assert visits.find(name[:-1], NOON) is None
    assert visits.find("\ud800", NOON) is None


def test_a_flood_of_scans_fills_no_memory_and_forgets_nobody_who_is_paying() -> None:
    """A sticker on the internet must not throw out who stands at the barrier."""
    visits = PayVisits()
    paying, visit = visits.begin(PayFor.LANE, LANE, NOON, personal=False)
    visits.act(paying, visit)
    for _ in range(MOST + 100):
        visits.begin(PayFor.LANE, LANE, NOON, personal=False)
    assert len(visits) == MOST
    assert visits.find(paying, NOON) is visit
    visits.begin(PayFor.LANE, LANE, NOON + LASTS, personal=False)
    assert len(visits) == 1


async def test_the_car_at_the_lane_is_offered_only_while_it_waits_to_pay(world: World) -> None:
    """What stood there an hour ago is nobody's business, nor is who was let through."""
    stay = await inside(world)
    run = stands(world, stay)
    name, visit = world.site.pay_visits.begin(PayFor.LANE, LANE, world.clock(), personal=False)
    last = run.last
    assert last is not None
    assert car_there(world.site, visit) is last
    for other in (
        replace(last, admitted=True),
        replace(last, way=Direction.ENTRY),
        replace(last, due_minor=0),
        replace(last, reason="near_match"),
        replace(last, stay=None),
        replace(last, at=last.at - WAITS - SECOND),
        replace(last, at=last.at + SECOND),
        None,
    ):
        run.last = other
        assert car_there(world.site, visit) is None
        with pytest.raises(CoreError, match="pay_nobody_there"):
            take_car(world.site, visit)
    run.last = last
    take_car(world.site, visit)
    assert visit.aim is not None
    assert (visit.aim.kind, visit.aim.id) == (AimKind.STAY, stay.id)
    assert PLATE not in repr(visit)
    assert name


async def test_a_place_is_not_a_lane_and_offers_nobody(world: World) -> None:
    """A space's number may be a lane's."""
    stands(world, await inside(world))
    _, visit = world.site.pay_visits.begin(PayFor.SPACE, LANE, world.clock(), personal=False)
    assert car_there(world.site, visit) is None


async def test_of_many_right_answers_at_once_each_counts_no_miss(world: World) -> None:
    """A family that pays with three phones is not a thief."""
    stay = await inside(world)
    since = f"{stay.entered_at.astimezone(world.site.zone):%Y-%m-%dT%H}"
    site = world.site
    for _ in range(50):
        _, visit = site.pay_visits.begin(PayFor.SPACE, "sp1", world.clock(), personal=False)
        assert await tell_car(site, visit, Typed(plate=PLATE, since=since), HERE)
    _, visit = site.pay_visits.begin(PayFor.SPACE, "sp1", world.clock(), personal=False)
    assert not await tell_car(site, visit, Typed(plate=PLATE), HERE)
    assert visit.misses == 1


async def test_a_screens_code_begins_one_visit(world: World) -> None:
    """A photograph of the screen opens nothing for the next one."""
    wallet = await world.wallet()
    token, _ = screen_token(world.site, PayFor.WALLET, wallet.wallet.id)
    opened = opened_by(world.site, token)
    assert opened is not None
    begun = begin_visit(world.site, opened, HERE)
    assert begun is not None
    assert not begun[1].personal
    assert begin_visit(world.site, opened, HERE) is None
    assert opened_by(world.site, token) is None


async def test_what_scans_all_the_time_is_refused_and_others_are_not(world: World) -> None:
    """One phone that scans in a loop must not keep the whole car park from paying."""
    wallet = await world.wallet()
    opened = Opened(kind=PayFor.WALLET, target=wallet.wallet.id, until=NOON + timedelta(days=1))
    for _ in range(120):
        assert begin_visit(world.site, opened, HERE)
    with pytest.raises(CoreError, match="pay_too_often"):
        begin_visit(world.site, opened, "192.0.2.99")
    assert begin_visit(world.site, opened, "198.51.100.1")


async def test_a_hundred_taps_at_once_make_one_order(world: World) -> None:
    """The payer would see one code and could pay a hundred."""
    wallet = await world.wallet()
    provider = Provider()
    run = connect(world.site, provider)
    opened = Opened(kind=PayFor.WALLET, target=wallet.wallet.id, until=NOON + timedelta(days=1))
    begun = begin_visit(world.site, opened, HERE)
    assert begun is not None
    _, visit = begun
    taps = (
        ask_for_order(
            world.site, visit, channel=run.key, way=Way.QR, amount_minor=2000, address=HERE
        )
        for _ in range(100)
    )
    await asyncio.gather(*taps)
    assert visit.order is not None
    assert len(world.site.paying.orders) == 1
