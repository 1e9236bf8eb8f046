"""A barrier is held open by what was made for it, and closed only over a loop that is clear."""

from dataclasses import dataclass, field

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, LaneId
from custom_components.prepaid_parking.core.lane import FailPolicy
from custom_components.prepaid_parking.core.supply import CommandOutcome
from custom_components.prepaid_parking.operations.closing_barrier import can_close, close_barrier
from custom_components.prepaid_parking.operations.emergency import (
    begin_emergency,
    end_emergency,
    hold_lanes,
    set_free_flow,
)
from custom_components.prepaid_parking.operations.fail_level import (
    fail_lanes,
    is_free_flow,
    wanted_level,
)
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from tests.operations.world import BarrierDevice, World

GUARD = Actor(kind=ActorKind.USER, id="guard")


@dataclass
class Level:
    """An output that stays as it was left."""

    said: list[bool] = field(default_factory=list)
    fault: DeviceFault | None = None

    async def hold(self, is_open: bool) -> None:
        """Take the level."""
        if self.fault is not None:
            raise DeviceError(self.fault)
        self.said.append(is_open)


def lane(world: World, fail: FailPolicy = FailPolicy.HOLD_LAST) -> tuple[LaneRun, Level]:
    """A lane that can be held open and closed."""
    level = Level()
    run = LaneRun(
        id=LaneId("l1"),
        name="North",
        direction="exit",
        barrier=BarrierDevice(),
        holder=level,
        closer=BarrierDevice(),
        fail=fail,
        fitted=frozenset({"safety_loop"}),
        inputs={"safety_loop": False},
    )
    world.site.lanes[run.id] = run
    return run, level


async def test_a_lane_is_held_open_by_choice_and_let_go(world: World) -> None:
    """The market day is over; the barrier must come down again."""
    run, level = lane(world)
    await set_free_flow(world.site, lane="l1", on=True, reason="market", actor=GUARD)
    assert (is_free_flow(world.site, run), level.said) == (True, [True])
    await set_free_flow(world.site, lane="l1", on=False, reason="market", actor=GUARD)
    assert (is_free_flow(world.site, run), level.said) == (False, [True, False])
    run.holder = None
    with pytest.raises(CoreError, match="lane_cannot_hold"):
        await set_free_flow(world.site, lane="l1", on=True, reason="market", actor=GUARD)


async def test_a_lane_that_is_held_open_is_so_from_its_first_moment_after_a_restart(
    world: World,
) -> None:
    """Cars stream through: it must not be closed on them, nor each of them be taken for a thief."""
    lane(world)
    await set_free_flow(world.site, lane="l1", on=True, reason="market", actor=GUARD)
    await world.restart()
    run, _ = lane(world)
    assert wanted_level(world.site, run) is True
    with pytest.raises(CoreError, match="lane_held_open"):
        await close_barrier(world.site, lane="l1", reason="tidy up", actor=GUARD)


async def test_fire_holds_every_lane_until_a_person_ends_it(world: World) -> None:
    """People leave in panic: no barrier may come down between two cars."""
    _, level = lane(world)
    await begin_emergency(world.site, reason="fire_alarm", actor=GUARD)
    await hold_lanes(world.site, world.site.clock())
    assert level.said == [True]
    await fail_lanes(world.site)
    assert level.said == [True]
    await end_emergency(world.site, reason="false alarm", actor=GUARD)
    assert level.said == [True, False]


@pytest.mark.parametrize(
    ("fail", "level"),
    [(FailPolicy.OPEN, True), (FailPolicy.CLOSED, False), (FailPolicy.HOLD_LAST, None)],
)
async def test_a_lane_does_what_was_chosen_for_it_while_nobody_decides(
    world: World, fail: FailPolicy, level: bool | None
) -> None:
    """A broken disk at the hub must not shut in a car park that chose to open then."""
    run, output = lane(world, fail)
    assert wanted_level(world.site, run) is False
    world.site.books_trouble("corrupt")
    assert wanted_level(world.site, run) is level
    await hold_lanes(world.site, world.site.clock())
    assert output.said == ([] if level is None else [level])
    world.site.books_trouble("")
    output.said.clear()
    await hold_lanes(world.site, world.site.clock())
    assert run.held is False
    output.said.clear()
    await fail_lanes(world.site)
    assert output.said == ([] if level is None else [level])


async def test_an_output_that_is_away_does_not_hold_up_the_stop(world: World) -> None:
    """The hub has seconds to stop; the next start tells the level again."""
    run, level = lane(world, FailPolicy.OPEN)
    level.fault = DeviceFault.OFFLINE
    await fail_lanes(world.site)
    assert run.held is not True


async def closed(world: World) -> None:
    """Ask the lane to close."""
    await close_barrier(world.site, lane="l1", reason="left open", actor=GUARD)


async def test_a_barrier_closes_once_over_a_clear_loop_and_it_is_written_down(world: World) -> None:
    """Who closed it, and when, is asked after every scratch."""
    run, _ = lane(world)
    assert can_close(run)
    await closed(world)
    assert isinstance(run.closer, BarrierDevice)
    assert run.closer.pulses == 1
    (command,) = await world.books.commands(world.site.not_before)
    assert (command.action, command.outcome) == ("close", CommandOutcome.VERIFIED)
    assert command.actor == str(GUARD)
    run.closer.fault = DeviceFault.NO_ANSWER
    await closed(world)
    assert run.closer.pulses == 2
    last = max(await world.books.commands(world.site.not_before), key=lambda one: one.id)
    assert last.outcome is CommandOutcome.NOT_CONFIRMED


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"inputs": {"safety_loop": True}}, "car_under_arm"),
        ({"inputs": {}}, "safety_loop_unknown"),
        ({"fitted": frozenset()}, "close_needs_safety_loop"),
        ({"closer": None}, "lane_cannot_close"),
    ],
)
async def test_a_barrier_is_not_closed_where_it_could_hit_somebody(
    world: World, change: dict[str, object], key: str
) -> None:
    """A hub that is not the safety device never closes on a guess."""
    run, _ = lane(world)
    closer = run.closer
    for name, value in change.items():
        setattr(run, name, value)
    with pytest.raises(CoreError, match=key):
        await closed(world)
    assert isinstance(closer, BarrierDevice)
    assert not closer.pulses


async def test_a_barrier_that_a_person_holds_open_is_not_closed(world: World) -> None:
    """Somebody wants it open: whoever closes it ends that first."""
    run, _ = lane(world)
    await set_free_flow(world.site, lane="l1", on=True, reason="market", actor=GUARD)
    with pytest.raises(CoreError, match="lane_held_open"):
        await closed(world)
    assert isinstance(run.closer, BarrierDevice)
    assert not run.closer.pulses


async def test_a_car_that_drives_under_the_arm_meanwhile_stops_the_closing(world: World) -> None:
    """The disk takes a moment; the car behind does not."""
    run, _ = lane(world)
    record = world.books.record

    async def slow(*records: object, patient: bool = False) -> None:
        await record(*records, patient=patient)
        run.inputs["safety_loop"] = True

    world.books.record = slow  # type: ignore[method-assign]  # a slow disk
    with pytest.raises(CoreError, match="car_under_arm"):
        await closed(world)
    assert isinstance(run.closer, BarrierDevice)
    assert not run.closer.pulses


async def test_nothing_closes_in_an_emergency_or_without_a_reason(world: World) -> None:
    """The lane is the way out."""
    lane(world)
    with pytest.raises(CoreError, match="reason_missing"):
        await close_barrier(world.site, lane="l1", reason="", actor=GUARD)
    await begin_emergency(world.site, reason="fire_alarm", actor=GUARD)
    with pytest.raises(CoreError, match="lane_held_open"):
        await closed(world)
