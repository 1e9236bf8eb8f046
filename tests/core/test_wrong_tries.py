"""Who guesses numbers has to wait, and fills no memory."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.wrong_tries import (
    COOL_DOWN,
    MOST_KNOWN,
    MOST_WRONG,
    WITHIN,
    WrongTries,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_fifth_wrong_number_in_ten_minutes_shuts_the_window_for_half_an_hour() -> None:
    """A thief at the keypad gets five tries, and an honest person is not shut out for the day."""
    tries = WrongTries()
    for number in range(MOST_WRONG - 1):
        tries.wrong("w1", NOW + number * SECOND)
    assert tries.cooling_until("w1", NOW + 10 * SECOND) is None
    last = NOW + 10 * SECOND
    tries.wrong("w1", last)
    assert tries.cooling_until("w1", last + COOL_DOWN - SECOND) == last + COOL_DOWN
    assert tries.cooling_until("w1", last + COOL_DOWN) is None
    assert tries.cooling_until("w2", last) is None


def test_five_slips_in_a_day_are_no_attack() -> None:
    """Wrong numbers that lie far apart do not add up."""
    tries = WrongTries()
    for number in range(20):
        at = NOW + number * (WITHIN + SECOND)
        tries.wrong("w1", at)
        assert tries.cooling_until("w1", at) is None


def test_a_clock_that_is_set_back_shuts_nobody_out_for_years() -> None:
    """A hub that woke up in 2036 for a minute must not remember that for ten years."""
    tries = WrongTries()
    for _ in range(MOST_WRONG):
        tries.wrong("w1", NOW + timedelta(days=3650))
    until = tries.cooling_until("w1", NOW)
    assert until is not None
    assert until <= NOW + COOL_DOWN


@given(st.lists(st.integers(0, 3 * MOST_KNOWN), max_size=200))
def test_as_many_are_remembered_as_was_said(names: list[int]) -> None:
    """Whoever comes under a million names must not fill the hub's memory."""
    tries = WrongTries()
    for name in range(MOST_KNOWN):
        tries.wrong(f"old{name}", NOW)
    for name in names:
        tries.wrong(str(name), NOW)
    assert len(tries) == MOST_KNOWN
