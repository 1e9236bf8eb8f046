"""A load limit trips what draws too much for too long, a counted number of times, then waits for a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.load_limit import (
    LoadCause,
    LoadLimit,
    LoadStand,
    LoadTrips,
    LoadWatch,
    closed,
    stand,
    trip,
    watch_load,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LIMIT = LoadLimit(scope="meter/m1", limit_w=800, delay_s=20, retries=2, wait_s=600, reset_s=7200)
NONE_YET = LoadTrips(meter=MeterId("m1"))
APART = 30 * SECOND


def trips_at(
    powers: list[int], limit: LoadLimit = LIMIT, every: timedelta = 10 * SECOND
) -> list[tuple[int, LoadCause]]:
    """Read these powers one after another; return at which reading what tripped."""
    watch, found = LoadWatch(), []
    for place, power in enumerate(powers):
        watch, cause = watch_load(watch, limit, power, NOW + place * every, APART)
        if cause is not None:
            found.append((place, cause))
    return found


def test_what_draws_too_much_for_long_enough_trips() -> None:
    """A kettle may boil for a moment; a heater may not run."""
    assert trips_at([100, 900, 900, 900]) == [(3, LoadCause.OVER)]
    assert trips_at([100, 900, 900, 800, 900, 900]) == []
    assert trips_at([800] * 20) == []


def test_no_delay_trips_at_once() -> None:
    """Zero seconds are none."""
    assert trips_at([900], replace(LIMIT, delay_s=0)) == [(0, LoadCause.OVER)]


def test_silence_is_no_load() -> None:
    """Two readings over the limit an hour apart say nothing about the hour between them."""
    assert trips_at([900, 900, 900], every=HOUR) == []


def test_a_jump_trips_before_any_delay() -> None:
    """An immersion heater plugged in: forbidden as such, whatever else runs."""
    jumpy = replace(LIMIT, jump_w=500)
    assert trips_at([100, 620, 630], jumpy) == [(1, LoadCause.JUMP)]
    assert trips_at([100, 580, 100, 590], jumpy) == []
    assert trips_at([600], jumpy) == []  # the first reading: nobody knows what was before


def test_a_jump_across_a_silence_is_none() -> None:
    """After an hour without readings everything may have grown slowly."""
    assert trips_at([100, 620], replace(LIMIT, jump_w=500), every=HOUR) == []


def test_it_comes_on_again_a_few_times_and_then_stays_off() -> None:
    """Three times over is not an accident any more."""
    trips, now, stands = NONE_YET, NOW, []
    for _ in range(3):
        trips = trip(trips, LIMIT, LoadCause.OVER, 952, now)
        stands.append([stand(trips, LIMIT, now + wait * MINUTE) for wait in (0, 9, 10, 600)])
        trips, now = closed(trips), now + 11 * MINUTE
    waits = [LoadStand.WAITING, LoadStand.WAITING, LoadStand.CLOSING, LoadStand.CLOSING]
    assert stands == [waits, waits, [LoadStand.LOCKED] * 4]
    assert trips.power_w == 952


def test_a_long_time_without_a_trip_forgives() -> None:
    """Once in March and once in May is not a habit."""
    first = closed(trip(NONE_YET, LIMIT, LoadCause.OVER, 900, NOW))
    soon = trip(first, LIMIT, LoadCause.OVER, 900, NOW + 2 * HOUR - SECOND)
    late = trip(first, LIMIT, LoadCause.OVER, 900, NOW + 2 * HOUR)
    assert (soon.trips, late.trips) == (2, 1)


@pytest.mark.parametrize("limit", [None, replace(LIMIT, limit_w=0)])
def test_a_limit_that_was_taken_away_keeps_nothing_off(limit: LoadLimit | None) -> None:
    """Who raised the contract need not go from door to door."""
    locked = replace(NONE_YET, trips=9, tripped_at=NOW)
    assert stand(locked, LIMIT, NOW) is LoadStand.LOCKED
    assert stand(locked, limit, NOW) is LoadStand.CLOSING


@given(
    powers=st.lists(st.integers(0, 3000), min_size=1, max_size=60),
    gaps=st.lists(st.integers(1, 60), min_size=60, max_size=60),
    delay=st.integers(0, 60),
)
def test_nothing_trips_that_was_not_over_the_limit_all_the_while(
    powers: list[int], gaps: list[int], delay: int
) -> None:
    """Nobody sits in the dark for one reading that was wrong."""
    limit, watch, at = replace(LIMIT, delay_s=delay), LoadWatch(), NOW
    read: list[tuple[datetime, int]] = []
    for power, gap in zip(powers, gaps, strict=False):
        at += gap * SECOND
        read.append((at, power))
        watch, cause = watch_load(watch, limit, power, at, APART)
        if cause is None:
            continue
        since = at - delay * SECOND
        before = [(when, drawn) for when, drawn in read if when > since]
        started = [when for when, _ in read if when <= since]
        chain = sorted({*(when for when, _ in before), *started[-1:], at})
        assert all(drawn > limit.limit_w for _, drawn in before)
        assert not delay or started
        assert all(later - one <= APART for one, later in pairwise(chain))
