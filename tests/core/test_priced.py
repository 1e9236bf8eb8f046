"""Rounding once, and cutting so that the parts are the whole."""

from fractions import Fraction
import itertools

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.priced import (
    PricedLine,
    PriceRule,
    Rounding,
    priced,
    tiled,
    to_minor,
)


@pytest.mark.parametrize(
    ("numerator", "half", "up", "down"),
    [(0, 0, 0, 0), (1, 0, 1, 0), (4, 0, 1, 0), (5, 1, 1, 0), (14, 1, 2, 1), (15, 2, 2, 1), (20, 2, 2, 2), (-4, 0, 0, -1), (-5, -1, 0, -1), (-15, -2, -1, -2)],
)  # fmt: skip
def test_tenths_become_whole_units(numerator: int, half: int, up: int, down: int) -> None:
    """A credit note is rounded as the bill that it takes back was."""
    assert to_minor(numerator, 10, Rounding.HALF_UP) == half
    assert to_minor(numerator, 10, Rounding.UP) == up
    assert to_minor(numerator, 10, Rounding.DOWN) == down


@given(
    st.integers(-(10**9), 10**12),
    st.integers(1, 400),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_any_tiling_adds_up_to_the_total(total: int, whole: int, cuts: list[int]) -> None:
    """Two tenants in a month pay the month, not a cent more or less, wherever it is cut."""
    marks = sorted({0, whole, *(cut % (whole + 1) for cut in cuts)})
    parts = [tiled(total, begin, end, whole) for begin, end in itertools.pairwise(marks)]
    assert sum(parts) == total
    for part, (begin, end) in zip(parts, itertools.pairwise(marks), strict=True):
        assert abs(part - Fraction(total * (end - begin), whole)) <= 1


@given(
    st.lists(st.integers(-(10**6), 10**6), max_size=12),
    st.integers(1, 1000),
    st.sampled_from(Rounding),
)
def test_the_amounts_of_the_lines_add_up_to_the_amount(
    numerators: list[int], denominator: int, rounding: Rounding
) -> None:
    """Who adds up the receipt must get its total."""
    lines = [PricedLine(rule=PriceRule.UNITS, numerator=one) for one in numerators]
    whole = priced(lines, denominator, rounding)
    assert sum(whole.amounts()) == whole.amount_minor
    assert whole.amount_minor == to_minor(sum(numerators), denominator, rounding)
    for amount, numerator in zip(whole.amounts(), numerators, strict=True):
        assert abs(amount - Fraction(numerator, denominator)) <= 2
