"""Hours of a permit: what lies outside them is paid for, to the second, on every night of the year."""

from datetime import UTC, date, datetime, time, timedelta
import itertools
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.rights import Held, TimeWindow, covers, outside

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = (TimeWindow(start=time(18), end=time(8)),)
OFFICE = (TimeWindow(start=time(8), end=time(18), weekdays=(0, 1, 2, 3, 4)),)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

windows = st.lists(
    st.builds(
        TimeWindow,
        start=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
        end=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
        weekdays=st.sets(st.integers(0, 7), min_size=1).map(lambda days: tuple(sorted(days))),
    ),
    max_size=3,
)
arrivals = st.integers(0, 230 * 24 * 3600).map(
    lambda second: datetime(2026, 3, 20, tzinfo=UTC) + timedelta(seconds=second)
)


def test_without_windows_every_hour_is_covered() -> None:
    """Who bought a month may come at any time of it."""
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert covers((), at, BERLIN)
    assert outside([Held()], at, at + 50 * HOUR, BERLIN) == []


def test_a_night_permit_leaves_the_day_between_its_nights() -> None:
    """The night customer who sleeps in pays from eight o'clock on, and not for the night."""
    begin = datetime(2026, 7, 1, 20, tzinfo=BERLIN)
    end = datetime(2026, 7, 3, 9, 30, tzinfo=BERLIN)
    assert outside([Held(windows=NIGHTS)], begin, end, BERLIN) == [
        (datetime(2026, 7, 2, 8, tzinfo=BERLIN), datetime(2026, 7, 2, 18, tzinfo=BERLIN)),
        (datetime(2026, 7, 3, 8, tzinfo=BERLIN), datetime(2026, 7, 3, 9, 30, tzinfo=BERLIN)),
    ]


@pytest.mark.parametrize(("day", "hours"), [(28, 13), (29, 14)])
def test_the_night_the_clock_is_set_is_as_long_as_it_is(day: int, hours: int) -> None:
    """In the night to 29 March 2026 the permit of ten dark hours holds for one hour less of real time."""
    begin = datetime(2026, 3, day, 18, tzinfo=BERLIN).astimezone(UTC)
    assert outside([Held(windows=NIGHTS)], begin, begin + hours * HOUR, BERLIN) == []
    assert outside([Held(windows=NIGHTS)], begin, begin + (hours + 1) * HOUR, BERLIN) == [
        (begin + hours * HOUR, begin + (hours + 1) * HOUR)
    ]


def test_a_holiday_is_no_weekday_unless_the_window_says_so() -> None:
    """An office permit is for office days; a weekend permit of the site may name holidays."""
    may_day = datetime(2026, 5, 1, 12, tzinfo=BERLIN)  # a Friday

    def holidays(calendar: str, day: date) -> DayKind | None:
        return DayKind.HOLIDAY if calendar == "de" and day == date(2026, 5, 1) else None

    assert covers(OFFICE, may_day, BERLIN)
    assert not covers(OFFICE, may_day, BERLIN, holidays, "de")
    named = (TimeWindow(start=time(0), end=time(0), weekdays=(5, 6, 7)),)
    assert covers(named, may_day, BERLIN, holidays, "de")
    assert not covers(named, may_day, BERLIN, holidays, "fr")


@given(windows=windows, begin=arrivals, hours=st.integers(0, 200), minutes=st.integers(0, 12_000))
def test_every_instant_is_either_covered_or_outside(
    windows: list[TimeWindow], begin: datetime, hours: int, minutes: int
) -> None:
    """No minute is paid for twice, and none falls between permit and overtime."""
    end = begin + hours * HOUR
    found = outside([Held(windows=tuple(windows))], begin, end, BERLIN)
    assert all(first < last for first, last in found)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(found))
    assert not found or (begin <= found[0][0] and found[-1][1] <= end)
    at = begin + timedelta(minutes=minutes)
    if at < end:
        inside = any(first <= at < last for first, last in found)
        assert covers(windows, at, BERLIN) is not inside


@given(windows=windows, begin=arrivals, first=st.integers(0, 5_000), second=st.integers(0, 5_000))
def test_a_stay_in_two_parts_is_outside_as_long_as_in_one(
    windows: list[TimeWindow], begin: datetime, first: int, second: int
) -> None:
    """Who is asked at noon what it costs so far is not asked for more in the evening."""
    middle = begin + timedelta(minutes=first)
    end = middle + timedelta(minutes=second)

    def length(from_at: datetime, to_at: datetime) -> timedelta:
        spans = outside([Held(windows=tuple(windows))], from_at, to_at, BERLIN)
        return sum((last - first for first, last in spans), timedelta())

    assert length(begin, middle) + length(middle, end) == length(begin, end)


DAYS = st.tuples(st.integers(0, 240), st.integers(0, 40)).map(
    lambda pair: (date(2026, 3, 15) + pair[0] * DAY, date(2026, 3, 15) + sum(pair) * DAY)
)


@given(
    permits=st.lists(st.tuples(windows, DAYS), min_size=1, max_size=3),
    begin=arrivals,
    hours=st.integers(0, 2_000),
    minutes=st.integers(0, 120_000),
)
def test_a_minute_is_paid_for_exactly_where_no_permit_holds(
    permits: list[tuple[list[TimeWindow], tuple[date, date]]],
    begin: datetime,
    hours: int,
    minutes: int,
) -> None:
    """Between the end of one permit and the start of the next nobody parks for nothing, nor pays twice."""
    held = [Held(windows=tuple(one), first=days[0], after=days[1]) for one, days in permits]
    end, at = begin + hours * HOUR, begin + timedelta(minutes=minutes)
    found = outside(held, begin, end, BERLIN)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(found))
    if at < end:
        day = at.astimezone(BERLIN).date()
        covered = any(days[0] <= day < days[1] and covers(one, at, BERLIN) for one, days in permits)
        assert any(first <= at < last for first, last in found) is not covered
