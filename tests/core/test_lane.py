"""Loops tell who has passed: one grant, one car; who turned round or pushed through is found."""

from datetime import timedelta

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.identity import StayId
from custom_components.prepaid_parking.core.lane import (
    Crossing,
    Grant,
    LaneInput,
    Movement,
    felt,
    granted,
    lapsed,
)
from tests.operations.world import NOON, SECOND

LASTING = timedelta(seconds=30)
STAY = StayId("st1")


class Lane:
    """A lane's loops, moved by hand."""

    def __init__(self, *, exit_loop: bool = False) -> None:
        self.exit_loop, self.now, self.crossing = exit_loop, NOON, Crossing()
        self.inputs: dict[str, bool] = {}

    def grant(self, stay: StayId | None = STAY) -> None:
        """Let one car through."""
        self.crossing = granted(self.crossing, Grant(at=self.now, stay=stay))

    def feel(self, after: float = 1, **inputs: bool) -> tuple[Movement | None, Grant | None]:
        """Let the loops change some seconds later."""
        self.now += timedelta(seconds=after)
        self.inputs |= inputs
        self.crossing, movement, grant = felt(
            self.crossing, self.inputs, self.now, exit_loop=self.exit_loop, lasting=LASTING
        )
        return movement, grant

    def drive(self, after: float = 1) -> Movement | None:
        """Let one car go over the safety loop."""
        self.feel(after, safety_loop=True)
        return self.feel(2, safety_loop=False)[0]


def test_a_car_that_was_let_through_has_passed_when_it_leaves_the_loop() -> None:
    """Before that the arm stands over it, and nobody may count it as inside."""
    lane = Lane()
    lane.grant()
    assert lane.feel(safety_loop=True) == (None, None)
    movement, grant = lane.feel(safety_loop=False)
    assert (movement, grant and grant.stay) == (Movement.PASSED, STAY)


def test_a_second_car_on_one_grant_is_a_tailgater() -> None:
    """Who pays once and brings a friend through is found."""
    lane = Lane()
    lane.grant()
    assert [lane.drive(), lane.drive()] == [Movement.PASSED, Movement.TAILGATED]


def test_who_comes_when_nobody_was_let_through_has_forced_its_way() -> None:
    """Also long after the last car: that one did not bring it along."""
    lane = Lane()
    assert lane.drive() is Movement.FORCED
    lane.grant()
    lane.drive()
    assert lane.drive(after=40) is Movement.FORCED


def test_two_cars_on_two_grants_pass_in_their_order() -> None:
    """A queue at the gate is no crime."""
    lane = Lane()
    lane.grant(StayId("st1"))
    lane.grant(StayId("st2"))
    seen = []
    for _ in range(2):
        lane.feel(safety_loop=True)
        seen.append(lane.feel(safety_loop=False))
    assert [(one, grant and grant.stay) for one, grant in seen] == [
        (Movement.PASSED, "st1"),
        (Movement.PASSED, "st2"),
    ]


def test_a_grant_that_nobody_uses_lapses() -> None:
    """A car that turned round must not let the next one in on its grant."""
    lane = Lane()
    lane.grant()
    assert lapsed(lane.crossing, lane.now + LASTING, LASTING)[1] == ()
    lane.crossing, over = lapsed(lane.crossing, lane.now + LASTING + SECOND, LASTING)
    assert [one.stay for one in over] == [STAY]
    assert lane.drive(after=31) is Movement.FORCED


def test_who_stands_under_the_arm_does_not_lapse() -> None:
    """A lorry that stalls there for a minute is passing, not gone."""
    lane = Lane()
    lane.grant()
    lane.feel(safety_loop=True)
    assert lapsed(lane.crossing, lane.now + 3 * LASTING, LASTING) == (lane.crossing, ())
    assert lane.feel(90, safety_loop=False)[0] is Movement.PASSED


def test_with_a_loop_behind_the_barrier_rolling_back_is_no_passage() -> None:
    """A driver who reverses off the loop has not come in."""
    lane = Lane(exit_loop=True)
    lane.grant()
    assert lane.drive() is None
    lane.feel(safety_loop=True)
    lane.feel(exit_loop=True)
    assert lane.feel(safety_loop=False)[0] is Movement.PASSED


def test_the_loop_behind_counts_whenever_it_felt_the_car() -> None:
    """A short car has left it before it leaves the arm; a quick one comes on it in that moment."""
    lane = Lane(exit_loop=True)
    lane.grant()
    lane.feel(safety_loop=True)
    lane.feel(exit_loop=True)
    lane.feel(exit_loop=False)
    assert lane.feel(safety_loop=False)[0] is Movement.PASSED
    lane.grant()
    lane.feel(safety_loop=True)
    assert lane.feel(safety_loop=False, exit_loop=True)[0] is Movement.PASSED


def test_an_input_that_cannot_be_read_tells_nothing() -> None:
    """A torn wire must neither let a car in nor call it a thief."""
    lane = Lane()
    lane.grant()
    lane.feel(safety_loop=True)
    del lane.inputs[LaneInput.SAFETY_LOOP]
    assert lane.feel() == (None, None)
    assert lane.crossing.under


@given(st.lists(st.sampled_from(["grant", "drive", "wait", "noise"]), max_size=30))
def test_no_more_cars_pass_by_right_than_were_let_through(steps: list[str]) -> None:
    """Whatever happens in whatever order: every car is counted once, and rights are used once."""
    lane, grants, drives, seen = Lane(), 0, 0, list[Movement | None]()
    lapses = 0
    for step in steps:
        match step:
            case "grant":
                grants += 1
                lane.grant()
            case "drive":
                drives += 1
                seen.append(lane.drive())
            case "wait":
                lane.now += 2 * LASTING
                lane.crossing, over = lapsed(lane.crossing, lane.now, LASTING)
                lapses += len(over)
            case _:
                assert lane.feel(0)[0] is None
    assert len(seen) == drives
    assert None not in seen
    assert seen.count(Movement.PASSED) + lapses + len(lane.crossing.grants) == grants
