"""Deposits: what is held is given back or claimed, and not a cent beyond."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.deposit import (
    Deposit,
    DepositState,
    taken,
    tax_within,
)
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import DepositId, WalletId

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def deposit(amount_minor: int) -> Deposit:
    """A deposit just held."""
    return Deposit(
        id=DepositId("h1"),
        no=1,
        wallet=WalletId("w1"),
        reason="room 12",
        amount_minor=amount_minor,
        held_at=NOON,
    )


def test_300_held_80_claimed_220_released_leave_nothing() -> None:
    """The guest who broke a lamp gets back all but the lamp."""
    after = taken(deposit(30_000), NOON, claimed=8_000)
    assert (after.held_minor, after.state, after.ended_at) == (22_000, DepositState.HELD, None)
    after = taken(after, NOON, released=22_000)
    assert (after.held_minor, after.state, after.ended_at) == (0, DepositState.ENDED, NOON)


@given(
    st.integers(1, 10**6),
    st.lists(st.tuples(st.integers(-5, 10**6), st.integers(-5, 10**6)), max_size=8),
)
def test_no_sequence_takes_more_than_was_held(amount: int, steps: list[tuple[int, int]]) -> None:
    """Two clerks who both settle one deposit must not give it back twice."""
    kept = deposit(amount)
    for released, claimed in steps:
        before = kept
        try:
            kept = taken(kept, NOON, released=released, claimed=claimed)
        except CoreError:
            continue
        assert before.held_minor - kept.held_minor == released + claimed > 0
        assert kept.held_minor >= 0
        assert kept.released_minor + kept.claimed_minor + kept.held_minor == amount


@pytest.mark.parametrize(
    ("amount", "percent", "tax"),
    [(10_600, "6", 600), (11_300, "13", 1_300), (100, "0", 0), (1, "50", 0), (3, "50", 1)],
)
def test_the_tax_in_an_amount(amount: int, percent: str, tax: int) -> None:
    """Whoever files the tax divides by 1.06, not by 1."""
    assert tax_within(amount, int(percent) * 1_000_000) == tax


def test_a_tax_below_zero_is_refused() -> None:
    """It would make the income more than what was paid."""
    with pytest.raises(CoreError, match="tax_negative"):
        tax_within(100, -1)
