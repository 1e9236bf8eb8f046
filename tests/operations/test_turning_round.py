"""A car turns round, or stands before an arm that did not move: nobody waits longer than half a minute."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.errors import DeviceFault
from custom_components.prepaid_parking.core.lane import LaneInput
from custom_components.prepaid_parking.core.stay import StayState
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from tests.operations.money import is_sound
from tests.operations.park import OTHER, PLATE, Park
from tests.operations.world import BarrierDevice, World

LOOPS = (LaneInput.SAFETY_LOOP, LaneInput.EXIT_LOOP)
FREE: dict[str, Any] = {
    "tariff": "short",
    "kind": "duration",
    "duration": {"price": "5.00", "free": 10},
}


class Gate:
    """One barrier for both ways, with a camera that sees what stands before it."""

    def __init__(self, park: Park, lane: LaneRun, barrier: BarrierDevice) -> None:
        self.park, self.lane, self.barrier = park, lane, barrier

    @property
    def pulses(self) -> int:
        """How often it was opened."""
        return self.barrier.pulses

    async def read(self, after: float = 1, plate: str = PLATE) -> str:
        """Let the camera read some seconds later; say what came of it."""
        answer = await self.park.read(self.lane, plate, after)
        return "repeated" if answer.repeated else f"{answer.kind} {answer.reason}"

    async def passes(self, seconds: float = 2) -> None:
        """Let a car go over the loops."""
        for loop, on in (
            (LaneInput.SAFETY_LOOP, True),
            (LaneInput.EXIT_LOOP, True),
            (LaneInput.SAFETY_LOOP, False),
            (LaneInput.EXIT_LOOP, False),
        ):
            await self.park.feel(self.lane, seconds / 4, **{loop: on})

    async def states(self) -> list[StayState]:
        """How far each stay has come."""
        return await self.park.states()


async def gate_of(world: World, *, loops: bool, direction: str = "both") -> Gate:
    """Put up a car park with one gate, where the first ten minutes are free."""
    park = await Park.open(world)
    await world.publish(FREE)
    park.world.site.lanes.clear()
    lane, barrier = world.lane(
        direction=direction, reads=True, fitted=frozenset(LOOPS if loops else ())
    )
    return Gate(park, lane, barrier)


@pytest.mark.parametrize("back", [8, 20, 29])
async def test_who_drove_in_and_turns_round_is_let_out_at_once(world: World, back: float) -> None:
    """The wrong car park, a forgotten bag: the driver stood before a closed arm for half a minute."""
    gate = await gate_of(world, loops=True)
    await gate.park.customer()
    assert await gate.read() == "admitted card"
    assert await gate.read() == "repeated"
    await gate.passes()
    assert await gate.states() == [StayState.INSIDE]
    assert await gate.read(back) == "admitted card"
    assert (await gate.states(), gate.pulses) == ([StayState.LEAVING], 2)
    await gate.passes()
    assert await gate.states() == [StayState.LEFT]
    assert await gate.read(back) == "admitted card"  # And back in once more.
    await gate.passes()
    assert gate.pulses == 3
    await is_sound(world)


async def test_the_plate_at_the_back_of_a_car_that_drives_on_opens_for_nobody(
    world: World,
) -> None:
    """Its stay would end, and the barrier stand open, because it waits for a pedestrian behind the arm."""
    gate = await gate_of(world, loops=True)
    await gate.park.customer()
    assert await gate.read() == "admitted card"
    await gate.passes()
    for _ in range(12):
        assert await gate.read(4) == "repeated"
    assert (await gate.states(), gate.pulses) == ([StayState.INSIDE], 1)
    assert await gate.read(6) == "admitted card"


async def test_a_car_that_was_let_in_and_has_not_passed_yet_has_not_turned_round(
    world: World,
) -> None:
    """A stalled engine under the arm is no car on its way out."""
    gate = await gate_of(world, loops=True)
    await gate.park.customer()
    assert await gate.read() == "admitted card"
    assert await gate.read(8) == "repeated"
    assert await gate.read(20) == "repeated"
    assert (await gate.states(), gate.pulses) == ([StayState.ARRIVING], 1)


async def test_without_loops_who_turns_round_waits_no_longer_than_half_a_minute(
    world: World,
) -> None:
    """Every look at the waiting car put its answer off by another half minute."""
    gate = await gate_of(world, loops=False)
    await gate.park.customer()
    assert await gate.read() == "admitted card"
    assert await gate.read(2) == "repeated"
    for second in range(15, 31):
        assert await gate.read(15 if second == 15 else 1) == "repeated"
    assert await gate.read() == "admitted card"
    assert (await gate.states(), gate.pulses) == ([StayState.LEFT], 2)


async def test_without_loops_a_car_that_stands_and_is_read_on_is_still_that_arrival(
    world: World,
) -> None:
    """The arm is slow, the driver is on the phone: nobody drove out."""
    gate = await gate_of(world, loops=False)
    await gate.park.customer()
    assert await gate.read() == "admitted card"
    for _ in range(60):
        assert await gate.read(4) == "repeated"
    assert (await gate.states(), gate.pulses) == ([StayState.INSIDE], 1)


@pytest.mark.parametrize("direction", ["entry", "exit"])
async def test_a_lane_for_one_way_waits_for_the_car_to_go_away(
    world: World, direction: str
) -> None:
    """Nobody turns round there: a camera that reads a standing car now and then must not open twice."""
    park = await Park.open(world)
    await park.customer("100")
    await park.customer("100", [OTHER])
    await park.come(OTHER)
    lane, barrier = (park.entry, park.into) if direction == "entry" else (park.exit, park.out)
    plate = PLATE if direction == "entry" else OTHER
    await park.read(lane, plate, 120)
    pulses = barrier.pulses
    for _ in range(10):
        assert (await park.read(lane, plate, 20)).repeated
    assert barrier.pulses == pulses


@pytest.mark.parametrize("every", [1, 4, 12])
async def test_at_an_arm_that_did_not_move_the_car_is_let_out_again_in_half_a_minute(
    world: World, every: float
) -> None:
    """It has paid and stands there: to be let out it had to back away from the camera."""
    park = await Park.open(world)
    run = await park.customer("100")
    await park.come()
    park.out.fault = DeviceFault.NO_ANSWER
    first = await park.go()
    assert first.kind == "not_confirmed"
    park.out.fault, began = None, world.clock.now
    while (answer := await park.read(park.exit, PLATE, every)).repeated:
        assert world.clock.now - began <= timedelta(seconds=30)
    assert world.clock.now - began <= timedelta(seconds=30 + every)
    assert answer.kind == "admitted"
    assert (await park.states(), park.out.pulses) == ([StayState.LEFT], 2)
    assert run.available_minor == 95_00
    assert (await park.read(park.exit, PLATE, 20)).repeated
    await is_sound(world)


async def test_an_entry_that_did_not_move_is_answered_anew_and_paid_once(world: World) -> None:
    """One car, one place, one price, however often the relay kept silent."""
    park = await Park.open(world)
    park.entry.fee_minor = 3_00
    run = await park.customer("100")
    park.into.fault = DeviceFault.NO_ANSWER
    assert (await park.come()).kind == "not_confirmed"
    for _ in range(8):
        await park.read(park.entry, PLATE, 10)
    park.into.fault = None
    for _ in range(4):
        await park.read(park.entry, PLATE, 10)
    states = await park.states()
    assert states.count(StayState.INSIDE) == 1
    assert set(states) == {StayState.BACKED_OUT, StayState.INSIDE}
    assert run.available_minor == 97_00
    await is_sound(world)


async def test_a_passage_without_a_stay_is_not_charged_again_while_the_car_stands_there(
    world: World,
) -> None:
    """Where nobody tracks who is inside, a second pulse would be a second price."""
    park = await Park.open(world)
    run = await park.customer("100")
    world.site.lanes.pop(park.exit.id)
    park.entry.fee_minor = 3_00
    park.into.fault = DeviceFault.NO_ANSWER
    assert (await park.read(park.entry)).kind == "not_confirmed"
    for _ in range(12):
        assert (await park.read(park.entry, PLATE, 10)).repeated
    assert run.available_minor == 97_00
