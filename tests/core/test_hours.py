"""Hours of a meter are kept small and add up."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.hours import HOUR, hours_of, pack, spread, unpack

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 3, 29, tzinfo=BERLIN).astimezone(UTC)
"""In front of the day on which the clocks go forward."""


@given(st.lists(st.integers(0, 2**63), max_size=25))
def test_packed_hours_come_back(quantities: list[int]) -> None:
    """Whatever a meter counts, from a flat's night to a substation's noon."""
    assert list(unpack(pack(quantities))) == quantities


def test_a_usual_day_takes_a_hundred_bytes() -> None:
    """A campus keeps a year of them on an SD card."""
    assert len(pack([1_500_000] * 24)) == 97


@given(
    quantity=st.integers(0, 10**12),
    start=st.integers(0, 5 * 86_400),
    length=st.integers(1, 5 * 86_400),
)
def test_what_is_spread_adds_up_and_stays_within_its_hours(
    quantity: int, start: int, length: int
) -> None:
    """Nothing is lost at a midnight or on a day of 23 hours."""
    from_at = MIDNIGHT + timedelta(seconds=start - 2 * 86_400)
    to_at = from_at + timedelta(seconds=length)
    found = spread(quantity, from_at, to_at, BERLIN)
    assert sum(sum(cells.values()) for cells in found.values()) == quantity
    for day, cells in found.items():
        assert set(cells) <= set(range(hours_of(day, BERLIN)))
        most = -(-quantity * 3600 // length) + 1
        assert all(0 <= cell <= most for cell in cells.values())


def test_days_have_the_hours_that_the_zone_gives_them() -> None:
    """A profile of the day the clocks change is not shifted by one."""
    assert [hours_of(date(2026, month, day), BERLIN) for month, day in ((3, 29), (7, 1), (10, 25))] == [
        23, 24, 25,
    ]  # fmt: skip
    found = spread(60, MIDNIGHT + HOUR / 2, MIDNIGHT + 2 * HOUR, BERLIN)
    assert found == {date(2026, 3, 29): {0: 20, 1: 40}}
