"""What is said of a meter that does not fit, and what is not: nobody is accused of a holiday."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.tamper import (
    KEPT_DAYS,
    Hint,
    HintKind,
    Misfit,
    Thresholds,
    days_after,
    flowed_back,
    lost,
    much_more,
    nothing_used,
    used_while_off,
    usual,
)

KWH = 1_000_000
USUAL = Thresholds()
WEEK = [5 * KWH] * 7
ENERGY = Quantity.ENERGY


def hint(kind: HintKind, expected: int = 5 * KWH) -> Hint:
    """Something that was said and is not over."""
    since = datetime(2026, 7, 1, tzinfo=UTC)
    return Hint(meter=MeterId("m1"), kind=kind, since=since, found=0, expected=expected)


def test_a_usual_day_is_the_middle_one() -> None:
    """A wedding and a week away do not change what is usual."""
    assert usual([5, 5, 5, 90, 0, 5, 6]) == 5
    assert usual([]) == 0
    assert usual([1, 2, 8, 9]) == 2  # Of two in the middle the lower one: a hint must be sure.


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([*WEEK, *[0] * 7], Misfit(0, 5 * KWH)),
        ([*WEEK, *[0] * 6], None),  # A week away is no more than that.
        ([*WEEK, *[0] * 6, 1], None),
        ([*[0] * 21], None),  # Nobody ever used anything here.
        ([*[KWH // 30] * 14, *[0] * 7], None),  # A cellar's lamp.
        ([0] * 7, None),
    ],
)
def test_a_meter_that_stands_still_against_its_habit_is_said(
    days: list[int], said: Misfit | None
) -> None:
    """A bridge around the meter shows as nothing at all, for days."""
    assert nothing_used(days, USUAL, ENERGY, None) == said


def test_standing_still_is_over_with_the_first_day_of_use() -> None:
    """It was the holidays: the hint goes by itself, and not because a month of nothing is usual."""
    still = hint(HintKind.NOTHING_USED)
    assert nothing_used([0] * KEPT_DAYS, USUAL, ENERGY, still) == Misfit(0, 5 * KWH)
    assert nothing_used([*[0] * 27, KWH], USUAL, ENERGY, still) is None
    assert nothing_used([], USUAL, ENERGY, still) is None


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([*WEEK, *[15 * KWH] * 3], Misfit(15 * KWH, 5 * KWH)),
        ([*WEEK, 5 * KWH, 15 * KWH, 15 * KWH], None),  # A weekend with guests.
        ([*WEEK[:6], *[15 * KWH] * 3], None),
        ([*[KWH // 100] * 7, *[KWH] * 3], None),
        ([*WEEK, *[14 * KWH] * 3], None),
    ],
)
def test_a_multiple_of_the_habit_for_days_is_said(days: list[int], said: Misfit | None) -> None:
    """Ten people where two were agreed, or a machine nobody asked for."""
    assert much_more(days, USUAL, ENERGY, None) == said


def test_more_stays_said_by_what_was_usual_before() -> None:
    """It does not become the habit by going on, and ends when it is as before."""
    more = hint(HintKind.MUCH_MORE)
    assert much_more([15 * KWH] * KEPT_DAYS, USUAL, ENERGY, more) == Misfit(15 * KWH, 5 * KWH)
    assert much_more([*[15 * KWH] * 25, *[6 * KWH] * 3], USUAL, ENERGY, more) is None


def test_what_a_coarse_register_still_had_in_it_is_no_theft() -> None:
    """The hundredth of a kilowatt-hour that was nearly full at the cut may still fall."""
    assert used_while_off(100 * KWH, 100 * KWH + KWH // 100, 1_000, ENERGY) is None
    assert used_while_off(100 * KWH, 100 * KWH + KWH // 50, 1_000, ENERGY) == Misfit(20_000, 0)
    assert used_while_off(0, 50_000, 60_000, ENERGY) is None


def test_a_loss_is_said_above_the_limit_on_either_side() -> None:
    """8 % is the limit; and a house that gives out more than it took has a wrong meter."""
    assert lost(80_000, 100 * KWH, USUAL, ENERGY) is None
    assert lost(80_001, 100 * KWH, USUAL, ENERGY) == Misfit(80_001, 80_000)
    assert lost(-90_000, 100 * KWH, USUAL, ENERGY) == Misfit(-90_000, 80_000)
    assert lost(900_000, KWH // 2, USUAL, ENERGY) is None
    assert flowed_back(KWH - 1, ENERGY) is None
    assert flowed_back(KWH, ENERGY) == Misfit(KWH, 0)


@given(
    st.lists(st.integers(0, 10**9), max_size=KEPT_DAYS), st.integers(0, 10**10), st.integers(0, 60)
)
def test_days_nobody_read_are_filled_evenly_and_lose_nothing(
    days: list[int], quantity: int, passed: int
) -> None:
    """A meter that was silent for a week is not one that used nothing."""
    after = days_after(days, quantity, passed)
    assert len(after) <= KEPT_DAYS
    if not passed:
        assert after == tuple(days)
    elif passed <= KEPT_DAYS:
        fresh = after[-passed:]
        assert sum(fresh) == quantity
        assert max(fresh) - min(fresh) <= 1
        kept = len(after) - passed
        assert after[:kept] == tuple(days)[len(days) - kept :]
