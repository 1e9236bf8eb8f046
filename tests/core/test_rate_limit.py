"""How often somebody may ask: a share, then one for each that has become free, and bounded memory."""

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.rate_limit import (
    NOWHERE,
    Allowance,
    RateLimit,
    network_of,
)

NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEN_AN_HOUR: Final = Allowance(most=10, every=timedelta(hours=1))
MINUTE: Final = timedelta(minutes=1)


def test_a_share_is_had_at_once_and_then_one_for_each_that_is_free() -> None:
    """Who asks ten times at once is served, and waits then; the eleventh would flood the provider."""
    limit = RateLimit(TEN_AN_HOUR)
    assert [limit.take("a", NOON) for _ in range(11)] == [True] * 10 + [False]
    assert not limit.take("a", NOON + 5 * MINUTE)
    assert limit.take("a", NOON + 6 * MINUTE)
    assert not limit.take("a", NOON + 6 * MINUTE)
    assert limit.take("b", NOON)


def test_what_is_refused_counts_nothing() -> None:
    """Who is impatient must not wait for longer than who is patient."""
    limit = RateLimit(TEN_AN_HOUR)
    for _ in range(100):
        limit.take("a", NOON)
    assert limit.take("a", NOON + 6 * MINUTE)


def test_what_is_given_back_is_free_again() -> None:
    """A right answer is no miss."""
    limit = RateLimit(Allowance(most=1, every=timedelta(hours=1)))
    assert limit.take("a", NOON)
    limit.give_back("a")
    limit.give_back("nobody")
    assert limit.take("a", NOON)
    assert not limit.take("a", NOON)


def test_a_clock_that_was_set_back_shuts_nobody_out_for_long() -> None:
    """A hub whose clock ran a day ahead until the time server answered."""
    limit = RateLimit(TEN_AN_HOUR)
    for _ in range(10):
        limit.take("a", NOON + timedelta(days=1))
    assert not limit.take("a", NOON)
    assert limit.take("a", NOON + 6 * MINUTE)


def test_memory_is_bounded_and_who_asked_longest_ago_is_forgotten_first() -> None:
    """A flood from a million addresses must not end the hub."""
    limit = RateLimit(TEN_AN_HOUR, askers=3)
    for _ in range(10):
        limit.take("old", NOON)
    for asker in ("x", "y", "z"):
        assert limit.take(asker, NOON)
        assert len(limit) <= 3
    assert limit.take("old", NOON)


@given(
    st.integers(1, 50),
    st.integers(1, 3600),
    st.lists(st.integers(0, 600), min_size=1, max_size=200),
)
def test_in_no_while_more_than_twice_the_share_is_had(
    most: int, seconds: int, pauses: list[int]
) -> None:
    """A share at once and what becomes free meanwhile: never more, however somebody asks."""
    every = timedelta(seconds=seconds)
    limit = RateLimit(Allowance(most=most, every=every))
    now, had = NOON, list[datetime]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        if limit.take("a", now):
            had.append(now)
    for first in had:
        assert sum(first <= one < first + every for one in had) <= 2 * most


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.1", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2ff::7", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", NOWHERE),
        (None, NOWHERE),
        ("not an address", NOWHERE),
    ],
)
def test_a_household_counts_as_one(address: str | None, network: str) -> None:
    """One subscriber of IPv6 has more addresses than memory has room."""
    assert network_of(address) == network
