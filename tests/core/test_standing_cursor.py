"""Whose day it is: each local day belongs to one payer, at most."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.local_day import DAY
from custom_components.prepaid_parking.core.standing_cursor import (
    StandingCursor,
    begun,
    first_day,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
METER = MeterId("m1")


@pytest.mark.parametrize(
    ("from_at", "first"),
    [
        (datetime(2026, 6, 30, 16, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 6, 30, 16, 0, 1, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 7, 1, 15, 59, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_the_day_belongs_to_who_pays_at_its_start(from_at: datetime, first: date) -> None:
    """Who moves in at noon pays from tomorrow; who has it at midnight pays from today."""
    assert first_day(from_at, SHANGHAI) == first


def test_a_new_binding_begins_where_the_one_before_was_charged_to() -> None:
    """A move that is entered with yesterday's date does not charge today twice."""
    known = StandingCursor(
        meter=METER,
        binding="m1/1",
        charged_to=date(2026, 7, 10),
        minimum_to=date(2026, 7, 8),
        carry=7,
        levies={"VAT": 3},
    )
    assert begun(known, METER, "m1/1", date(2026, 1, 1)) == known
    after = begun(known, METER, "m1/2", date(2026, 7, 9))
    assert (after.charged_to, after.minimum_to) == (date(2026, 7, 10), date(2026, 7, 10))
    assert (after.carry, after.levies) == (0, {})


@given(gaps=st.lists(st.integers(-5, 9), min_size=1, max_size=8))
def test_days_of_many_tenants_never_overlap(gaps: list[int]) -> None:
    """Whatever dates the hand-overs bear, no day is in two tenants' bills."""
    known: StandingCursor | None = None
    day, last_charged = date(2026, 7, 1), date.min
    for number, gap in enumerate(gaps):
        day += gap * DAY
        cursor = begun(known, METER, f"m1/{number}", day)
        assert cursor.charged_to > last_charged
        last_charged = max(last_charged, cursor.charged_to + 2 * DAY)
        known = StandingCursor(
            meter=METER,
            binding=cursor.binding,
            charged_to=last_charged + DAY,
            minimum_to=cursor.minimum_to,
        )
