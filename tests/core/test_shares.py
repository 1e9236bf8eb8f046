"""What many pay together: every part is whole, and all of them are the whole."""

from fractions import Fraction
import itertools

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.shares import OWED_SCALE, apportion

WEIGHTS = st.lists(st.integers(0, 10**8), min_size=1, max_size=8).filter(any)
AMOUNTS = st.lists(st.integers(0, 10**6) | st.integers(0, 3), min_size=1, max_size=40)


def divided(amounts: list[int], weights: list[int]) -> list[list[int]]:
    """What each got of each amount, one after the other."""
    owed, rounds = [0] * len(weights), []
    for amount in amounts:
        parts, owed = apportion(amount, weights, owed)
        rounds.append(parts)
    return rounds


def test_a_cent_for_three_is_paid_by_each_in_turn() -> None:
    """The stairwell's odd cent must not be the first floor's for years."""
    assert divided([1] * 6, [1, 1, 1]) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]] * 2
    assert divided([100] * 3, [1, 1, 1]) == [[34, 33, 33], [33, 34, 33], [33, 33, 34]]


def test_half_of_the_house_pays_half() -> None:
    """Areas of 50, 30 and 20 m²: a bill of ten is five, three and two."""
    assert apportion(1000, [500_000, 300_000, 200_000], [0, 0, 0]) == ([500, 300, 200], [0, 0, 0])


@given(AMOUNTS, WEIGHTS)
def test_the_parts_are_the_whole_and_nobody_is_a_cent_away_from_fair(
    amounts: list[int], weights: list[int]
) -> None:
    """Whoever adds up the house's bills must find the meter's charge, and their own share in it."""
    rounds = divided(amounts, weights)
    assert [sum(parts) for parts in rounds] == amounts
    assert all(part >= 0 for parts in rounds for part in parts)
    so_far = [0] * len(weights)
    for total, parts in zip(itertools.accumulate(amounts), rounds, strict=True):
        so_far = [before + part for before, part in zip(so_far, parts, strict=True)]
        for given_so_far, weight in zip(so_far, weights, strict=True):
            assert abs(given_so_far - Fraction(total * weight, sum(weights))) < 1


@given(st.lists(st.tuples(st.integers(0, 10**4), WEIGHTS.filter(lambda one: len(one) == 8))))
def test_weights_that_change_lose_nothing(rounds: list[tuple[int, list[int]]]) -> None:
    """People move in and out, use more and less: each charge is still divided to the last cent."""
    owed = [0] * 8
    for amount, weights in rounds:
        parts, owed = apportion(amount, weights, owed)
        assert sum(parts) == amount
        assert min(parts) >= 0
        assert sum(owed) == 0
        assert all(abs(one) < 3 * OWED_SCALE for one in owed)


@given(st.integers(0, 10**6), WEIGHTS, st.data())
def test_counts_that_do_not_fit_together_still_divide_exactly(
    amount: int, weights: list[int], data: st.DataObject
) -> None:
    """Whatever was remembered of those who came and went: the charge is the charge."""
    count = st.integers(-2 * OWED_SCALE, 2 * OWED_SCALE)
    owed = data.draw(st.lists(count, min_size=len(weights), max_size=len(weights)))
    parts, _ = apportion(amount, weights, owed)
    assert sum(parts) == amount
    assert min(parts) >= 0


@given(AMOUNTS, WEIGHTS)
def test_what_is_given_back_is_taken_from_the_same_fair_shares(
    amounts: list[int], weights: list[int]
) -> None:
    """A correction of a shared charge goes back to those who paid it."""
    owed = [0] * len(weights)
    for amount in amounts:
        _, owed = apportion(amount, weights, owed)
    for amount in amounts:
        parts, owed = apportion(-amount, weights, owed)
        assert sum(parts) == -amount
        assert max(parts) <= 0
    assert all(abs(one) < OWED_SCALE for one in owed)


def test_weights_that_add_up_to_nothing_divide_nothing() -> None:
    """An empty house has nobody to bear the lift; that is said, not guessed."""
    with pytest.raises(CoreError, match="weights_not_positive"):
        apportion(100, [0, 0], [0, 0])
