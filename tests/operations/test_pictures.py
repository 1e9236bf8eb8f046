"""Pictures: named in what is written down, taken after it and after the pulse, and of nobody else."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.identity import LaneId
from custom_components.prepaid_parking.core.lane import LaneInput
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.review import Suspicion
from custom_components.prepaid_parking.operations.gate import plate_read
from custom_components.prepaid_parking.operations.helping import answer_help, help_call
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, ReviewOpened
from custom_components.prepaid_parking.operations.lane_watch import lane_inputs
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.releasing import release_barrier
from tests.operations.park import OTHER, PLATE, Park
from tests.operations.world import MANAGER, World

FRIGATE = "api/events/1-abc/snapshot.jpg"


class Wall:
    """A camera at some lanes, that notes what had happened when it was asked."""

    def __init__(self, *lanes: LaneId, held: Collection[str] = ()) -> None:
        self.lanes = lanes
        self.held = {*held}
        self.seen: Callable[[], object] = lambda: None
        self.kept: list[tuple[LaneId, str, object]] = []
        self.names: list[str] = []
        self.erased: set[str] = set()

    def name(self, lane: LaneId, known: str = "") -> str:
        """Name a picture."""
        if known in self.held or lane not in self.lanes:
            return known
        self.names.append(f"picture-{len(self.names)}")
        return self.names[-1]

    def has(self, name: str) -> bool:
        """Tell whether it was kept."""
        return any(kept == name for _, kept, _ in self.kept)

    async def keep(self, lane: LaneId, name: str) -> None:
        """Take it."""
        if name in self.held or name in self.names:
            self.kept.append((lane, name, self.seen()))

    async def forget(self, now: datetime) -> None:
        """Nothing is that old."""

    async def erase(self, names: Collection[str]) -> None:
        """Note what goes."""
        self.erased |= set(names)


def looks(world: World, *lanes: LaneId, held: Collection[str] = ()) -> Wall:
    """Put cameras up."""
    world.site.parking.pictures = wall = Wall(*lanes, held=held)
    return wall


async def passages(world: World) -> list[Passage]:
    """What was written down."""
    await world.work()
    return await world.books.load(Passage)


async def test_a_release_is_pictured_after_its_pulse(world: World) -> None:
    """A camera that is asked first would keep an ambulance waiting."""
    lane, barrier = world.lane()
    wall = looks(world, lane.id)
    wall.seen = lambda: barrier.pulses
    await release_barrier(world.site, lane=lane.id, reason="ambulance", actor=MANAGER)
    (written,) = await passages(world)
    assert wall.kept == [(lane.id, written.picture, 1)]
    assert written.picture == "picture-0"


async def test_a_release_on_a_full_disk_is_pictured_too(world: World) -> None:
    """The barrier opens, the picture is tried for; neither waits for the other."""
    lane, barrier = world.lane()
    wall = looks(world, lane.id)
    wall.seen = lambda: barrier.pulses
    with world.full_disk():
        await release_barrier(world.site, lane=lane.id, reason="ambulance", actor=MANAGER)
        await world.work()
    assert wall.kept == [(lane.id, "picture-0", 1)]


async def test_what_a_person_calls_a_picture_is_left_as_it_is(world: World) -> None:
    """An automation that has its own snapshot names it; the hub's camera is not asked for another."""
    lane, _ = world.lane()
    wall = looks(world, lane.id)
    await help_call(world.site, lane=lane.id, picture="/media/intercom/7.jpg", actor=MANAGER)
    await answer_help(world.site, lane=lane.id, reason="was lost", actor=MANAGER)
    called, noted = await passages(world)
    assert (called.picture, noted.picture) == ("/media/intercom/7.jpg", "")
    assert not wall.names


@pytest.mark.parametrize("camera", [True, False])
async def test_a_reads_own_picture_is_kept_where_it_was_refused(world: World, camera: bool) -> None:
    """What the reader saw when it read is the proof; a still from later shows another car."""
    park = await Park.open(world, temporaries=False)
    wall = looks(world, *([park.entry.id] if camera else []), held=["posted"])
    read = PlateRead(plate=OTHER, at=world.clock.now, picture="posted")
    assert (await plate_read(world.site, lane=park.entry.id, read=read)).kind is PassageKind.REFUSED
    (written,) = await passages(world)
    assert wall.kept == [(park.entry.id, "posted", None)]
    assert written.picture == "posted"


async def test_who_drives_in_as_every_day_is_not_kept(world: World) -> None:
    """A car park is no album of its customers."""
    park = await Park.open(world)
    await park.customer()
    wall = looks(world, park.entry.id, park.exit.id, held=["posted"])
    read = PlateRead(plate=PLATE, at=world.clock.now, picture="posted")
    assert (
        await plate_read(world.site, lane=park.entry.id, read=read)
    ).kind is PassageKind.ADMITTED
    await world.work()
    assert not wall.kept
    assert not wall.names


async def test_where_another_system_has_the_picture_is_noted_only(world: World) -> None:
    """Frigate keeps its own snapshots, by its own rules."""
    park = await Park.open(world, temporaries=False)
    wall = looks(world)
    read = PlateRead(plate=OTHER, at=world.clock.now, picture=FRIGATE)
    await plate_read(world.site, lane=park.entry.id, read=read)
    (written,) = await passages(world)
    assert written.picture == FRIGATE
    assert not wall.kept


async def test_a_barrier_that_was_forced_is_pictured_once_in_its_review(world: World) -> None:
    """Who pushed the arm up has gone in a second; one still of it is enough for both places."""
    park = await Park.open(world, fitted=("safety_loop", "limit_open", "limit_closed"))
    wall = looks(world, park.entry.id)
    closed: dict[str, bool | None] = {LaneInput.LIMIT_CLOSED: True, LaneInput.LIMIT_OPEN: False}
    await lane_inputs(world.site, park.entry.id, closed, world.clock.now)
    world.clock.now += timedelta(minutes=5)
    opened: dict[str, bool | None] = {LaneInput.LIMIT_CLOSED: False, LaneInput.LIMIT_OPEN: True}
    await lane_inputs(world.site, park.entry.id, opened, world.clock.now)
    (written,) = [one for one in await passages(world) if one.kind == PassageKind.FORCED]
    (asked,) = world.heard(ReviewOpened)
    assert asked.review.why is Suspicion.FORCED
    assert [one.picture for one in asked.review.reads] == [written.picture] == wall.names[:1]
    assert {name for _, name, _ in wall.kept} == {written.picture}


async def test_a_second_entry_is_asked_about_with_both_pictures(world: World) -> None:
    """Which of two cars has the copied plate is seen on two pictures, not on one."""
    park = await Park.open(world, temporaries=False)
    wall = looks(world, park.entry.id)
    await park.come(OTHER)
    await release_barrier(world.site, lane=park.entry.id, reason="guest", actor=MANAGER)
    await world.work()
    await set_parking_rules(world.site, changes={"temporaries": True}, actor=MANAGER)
    await park.come(OTHER, after=20 * 3600)
    await world.work()
    (asked,) = world.heard(ReviewOpened)
    assert asked.review.why is Suspicion.SECOND_ENTRY
    pictures = [one.picture for one in asked.review.reads]
    assert len(set(pictures)) == 2
    assert all(wall.has(name) for name in pictures)
