"""Settlement: three ends, one rounding, and what was rounded is named."""

from fractions import Fraction

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.settlement import Settled, settle


@pytest.mark.parametrize(
    ("cash", "owed", "result", "amount"),
    [
        (3_000, 0, Settled.REFUND, 3_000),
        (-700, 0, Settled.PAY_UP, -700),
        (0, 0, Settled.ZERO, 0),
        (3_000, 1_000, Settled.REFUND, 2_000),
        (3_000, 3_000, Settled.ZERO, 0),
        (1_000, 3_000, Settled.PAY_UP, -2_000),
    ],
)
def test_a_settlement_ends_in_one_of_three_ways(
    cash: int, owed: int, result: Settled, amount: int
) -> None:
    """Refund, pay up, or zero: the till moves by this and nothing else."""
    settled = settle(cash, owed, [])
    assert (settled.result, settled.amount_minor, settled.rounding_minor) == (result, amount, 0)


@pytest.mark.parametrize(
    ("carries", "rounding"),
    [
        ([Fraction(1, 2)], 0),
        ([Fraction(51, 100)], 1),
        ([Fraction(1, 3)] * 3, 1),
        ([Fraction(9, 10)] * 3, 3),
        ([Fraction(3, 10)] * 3, 1),
        ([], 0),
    ],
)
def test_the_remainder_of_all_meters_is_rounded_once(
    carries: list[Fraction], rounding: int
) -> None:
    """Three meters that each leave a third of a cent have used a cent."""
    settled = settle(1_000, 0, carries)
    assert settled.rounding_minor == rounding
    assert settled.remainder == sum(carries)
    assert settled.amount_minor == 1_000 - rounding


fractions = st.fractions(min_value=0, max_value=1, max_denominator=10**10).filter(lambda x: x < 1)


@given(cash=st.integers(-(10**6), 10**6), owed=st.integers(0, 10**6), carries=st.lists(fractions))
def test_rounding_moves_less_than_a_cent(cash: int, owed: int, carries: list[Fraction]) -> None:
    """Nobody loses a cent by moving out; what is settled, charged and owed is what there was."""
    settled = settle(cash, owed, carries)
    assert abs(settled.rounding_minor - settled.remainder) <= Fraction(1, 2)
    assert settled.amount_minor + owed + settled.rounding_minor == cash
