"""An arm is where its limit switches say, and nowhere else."""

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.arm import LIMITS, Arm, arm_of, has_limits

BOTH = frozenset(LIMITS)


def at(is_open: bool, is_closed: bool) -> dict[str, bool]:
    """What the two switches say."""
    return {"limit_open": is_open, "limit_closed": is_closed}


def test_an_arm_goes_up_and_comes_down() -> None:
    """Whoever looks at the page at night sees that it moves, and which way."""
    seen: list[Arm | None] = [None]
    for is_open, is_closed in (
        (False, True), (False, False), (False, False), (True, False), (False, False), (False, True),
    ):  # fmt: skip
        seen.append(arm_of(BOTH, at(is_open, is_closed), seen[-1]))
    assert seen[1:] == [
        Arm.CLOSED, Arm.OPENING, Arm.OPENING, Arm.OPEN, Arm.CLOSING, Arm.CLOSED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fitted", "inputs", "arm"),
    [
        (BOTH, at(True, True), None),
        (BOTH, {"limit_open": False}, None),
        (BOTH, {"limit_open": True}, Arm.OPEN),
        (BOTH, at(False, False), None),
        ({"limit_closed"}, {"limit_closed": True}, Arm.CLOSED),
        ({"limit_closed"}, {"limit_closed": False}, Arm.OPEN),
        ({"limit_closed"}, {}, None),
        ({"limit_open"}, {"limit_open": True}, Arm.OPEN),
        ({"limit_open"}, {"limit_open": False}, None),
        (frozenset(), at(True, False), None),
    ],
)
def test_what_no_switch_says_is_not_claimed(
    fitted: frozenset[str], inputs: dict[str, bool], arm: Arm | None
) -> None:
    """ "Closed" on the page while the arm is up lets in whoever comes."""
    assert arm_of(fitted, inputs, None) is arm


@given(
    st.frozensets(st.sampled_from(sorted(LIMITS))),
    st.dictionaries(st.sampled_from(sorted(LIMITS)), st.booleans()),
    st.none() | st.sampled_from(Arm),
)
def test_closed_is_said_only_by_the_switch_that_feels_it(
    fitted: frozenset[str], inputs: dict[str, bool], before: Arm | None
) -> None:
    """Nobody is told that a barrier is down unless something touched it there."""
    arm = arm_of(fitted, inputs, before)
    if arm is Arm.CLOSED:
        assert "limit_closed" in fitted
        assert inputs["limit_closed"]
    if not has_limits(fitted):
        assert arm is None
