"""Held operations: every way to confirm one, wrongly or rightly, in every order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.held_operation import (
    MOST_TRIES,
    WAITS,
    HeldOperation,
    HeldState,
    Need,
    answered,
)
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, HeldId

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ASKED = Actor(kind=ActorKind.USER, id="asked")
ACTORS = (
    ASKED,
    Actor(kind=ActorKind.USER, id="other"),
    Actor(kind=ActorKind.AUTOMATION),
    Actor(kind=ActorKind.SYSTEM),
)


def held(*needs: Need) -> HeldOperation:
    """An operation that waits."""
    return HeldOperation(
        id=HeldId("cf1"),
        no=1,
        kind="refund",
        needs=needs,
        asked_by=str(ASKED),
        asked_at=NOON,
        expires_at=NOON + WAITS,
        reference="r",
        code=b"digest",
    )


@given(
    st.sets(st.sampled_from(list(Need)), min_size=1),
    st.lists(
        st.tuples(st.sampled_from(ACTORS), st.none() | st.booleans(), st.integers(0, 300)),
        max_size=12,
    ),
)
def test_only_who_may_and_knows_confirms_and_only_in_time_and_within_three_tries(
    needs: set[Need], tries: list[tuple[Actor, bool | None, int]]
) -> None:
    """No order of tries gets an operation through that should have stopped it."""
    one, now, wrong = held(*needs), NOON, 0
    for by, right, pause in tries:
        now += timedelta(seconds=pause)
        before = one
        may = Need.PERSON not in needs or (by.kind is ActorKind.USER and by != ASKED)
        if one.state is HeldState.WAITING and now < one.expires_at and not may:
            with pytest.raises(CoreError, match="operation_same_person"):
                answered(one, by=by, right=right, now=now)
            continue
        asked = before.state is HeldState.WAITING and now < before.expires_at
        if asked and Need.CODE in needs and right is None:
            with pytest.raises(CoreError, match="operation_needs_code"):
                answered(one, by=by, right=right, now=now)
            continue
        one = answered(one, by=by, right=right, now=now)
        if before.state is not HeldState.WAITING:
            assert one == before
            continue
        if now >= before.expires_at:
            assert (one.state, one.code) == (HeldState.EXPIRED, b"")
            continue
        if Need.CODE in needs and not right:
            wrong += 1
            assert one.tries == wrong
            assert one.state is (HeldState.BLOCKED if wrong == MOST_TRIES else HeldState.WAITING)
            continue
        assert may
        assert (one.state, one.confirmed_by, one.code) == (HeldState.CONFIRMED, str(by), b"")
