"""Points: earned by rule, spent oldest first, gone when they expire; never below zero, never money."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.points import (
    Lot,
    PointsRule,
    check_rule,
    earned,
    expired,
    held,
    lot,
    spend,
    take_back,
    usable,
    worth,
)
from custom_components.prepaid_parking.core.wallet import Purpose

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def rule(**fields: Any) -> PointsRule:
    """One point for each 1.00, a hundred points buy 1.00, good for a year."""
    usual: dict[str, Any] = {"points": 1, "per_minor": 100, "expires_days": 365}
    usual |= {"version": 1, "valid_from": NOW, "spend_points": 100, "worth_minor": 100}
    return PointsRule(**(usual | fields))


def lots(*pieces: tuple[int, int | None]) -> tuple[Lot, ...]:
    """Points, with the days until they expire, one lot earned each day."""
    return tuple(
        Lot(
            points=points,
            earned_at=NOW - 100 * DAY + number * DAY,
            expires_at=None if days is None else NOW + days * DAY,
        )
        for number, (points, days) in enumerate(pieces)
    )


@pytest.mark.parametrize(
    ("fields", "amount", "points"),
    [
        ({}, 50_000, 500),
        ({}, 99, 0),
        ({"points": 3, "per_minor": 1_000}, 2_999, 6),
        ({"points": 0}, 50_000, 0),
        ({"purposes": (Purpose.PARKING,)}, 50_000, 0),
        ({"purposes": (Purpose.UTILITY,)}, 50_000, 500),
    ],
)
def test_points_are_earned_by_the_rule(fields: dict[str, Any], amount: int, points: int) -> None:
    """500 brings the points that the poster says."""
    assert earned(rule(**fields), amount, Purpose.UTILITY) == points


def test_points_expire_by_lots() -> None:
    """What was earned in January goes in January, and not with what was earned in June."""
    until = lot(rule(expires_days=30), 5, NOW).expires_at
    assert until == NOW + 30 * DAY
    assert lot(rule(expires_days=None), 5, NOW).expires_at is None
    mine = lots((10, 0), (20, 1), (30, None))
    gone, stay = expired(mine, NOW)
    assert (gone, held(stay)) == (10, 50)
    assert usable(mine, NOW) == 50
    assert expired(stay, NOW + DAY)[0] == 20


def test_what_expires_first_is_spent_first() -> None:
    """Nobody spends the fresh points and loses the old ones."""
    mine = lots((10, 5), (10, 2), (10, None))
    left = spend(mine, 15, NOW)
    assert sorted((one.points, one.expires_at is None) for one in left) == [(5, False), (10, True)]
    with pytest.raises(CoreError, match="not_enough_points"):
        spend(lots((10, 0), (10, 1)), 11, NOW)


def test_a_refund_takes_back_the_newest_points_as_far_as_they_are_there() -> None:
    """Points that were spent are not owed."""
    part, left = take_back(lots((10, 5), (10, 2)), 12)
    assert (part, [one.points for one in left]) == (12, [8])
    assert take_back(lots((3, None)), 10) == (3, ())
    _, left = take_back(lots((10, 5), (20, 2)), 15)
    assert [one.points for one in left] == [10, 5]


def test_points_buy_whole_times_of_what_the_rule_names() -> None:
    """A hundred points are 1.00; ninety-nine are nothing yet."""
    assert worth(rule(), 300) == 300
    with pytest.raises(CoreError, match="points_not_whole"):
        worth(rule(), 250)
    with pytest.raises(CoreError, match="points_buy_nothing"):
        worth(rule(worth_minor=0), 100)


@pytest.mark.parametrize(
    "fields",
    [
        {"per_minor": 0},
        {"spend_points": 0},
        {"points": -1},
        {"worth_minor": -1},
        {"expires_days": 0},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    """Points for nothing, or points that expire before they are earned."""
    with pytest.raises(CoreError, match="points_negative"):
        check_rule(rule(**fields))
    check_rule(rule())


pieces = st.lists(
    st.tuples(st.integers(1, 500), st.one_of(st.none(), st.integers(-5, 50))), max_size=8
)


@given(pieces=pieces, points=st.integers(0, 3_000))
def test_every_point_is_somewhere(pieces: list[tuple[int, int | None]], points: int) -> None:
    """Spent, expired, taken back or still there: the lots always add up."""
    mine = lots(*pieces)
    gone, stay = expired(mine, NOW)
    assert gone + held(stay) == held(mine)
    if points <= usable(mine, NOW):
        left = spend(mine, points, NOW)
        assert held(left) == held(mine) - points
        assert expired(left, NOW)[0] == gone
    taken, rest = take_back(mine, points)
    assert taken + held(rest) == held(mine)
    assert taken <= points
