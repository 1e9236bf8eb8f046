"""The watch over a month's peak: nothing is lost between readings, and months part at midnight."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.demand import Demand
from custom_components.prepaid_parking.core.demand_state import (
    DemandState,
    MonthUse,
    seen,
    watched,
    without,
)
from custom_components.prepaid_parking.core.identity import InstallationId, MeterId

START: Final = datetime(2026, 7, 1, tzinfo=UTC)
KWH: Final = 1_000_000
MINUTE: Final = timedelta(minutes=1)
DEMAND: Final = Demand(price_micro=40_000_000)
BERLIN: Final = ZoneInfo("Europe/Berlin")


def begin(at: datetime = START, reactive: int | None = None) -> DemandState:
    return watched(MeterId("m1"), "m1/1", InstallationId("m1.1"), 1000, at, DEMAND, UTC, reactive)


def test_the_highest_quarter_of_an_hour_is_the_months() -> None:
    """Five kilowatt-hours in a quarter are twenty kilowatts, whatever the rest of the hour was."""
    state = begin()
    state = seen(state, DEMAND, 1000 + 1 * KWH, START + 15 * MINUTE, UTC)
    state = seen(state, DEMAND, 1000 + 6 * KWH, START + 30 * MINUTE, UTC)
    state = seen(state, DEMAND, 1000 + 7 * KWH, START + 60 * MINUTE, UTC)
    assert (state.open_month.power_mw, state.open_month.at) == (
        20 * KWH,
        START + 15 * MINUTE,
    )
    assert state.open_month.active == 7 * KWH


def test_a_month_ends_at_local_midnight_and_each_gets_its_part() -> None:
    """A stretch over the end of the month is divided by time, to the last milliwatt-hour."""
    at = datetime(2026, 7, 31, 21, 45, tzinfo=UTC)
    state = watched(MeterId("m1"), "m1/1", InstallationId("m1.1"), 0, at, DEMAND, BERLIN)
    state = seen(state, DEMAND, 4 * KWH, at + 60 * MINUTE, BERLIN)
    (july,) = state.ended
    assert (july.month, july.active, state.active) == ("2026-07", 1 * KWH, 3 * KWH)
    assert july.power_mw == 4 * KWH
    assert without(state, july).ended == ()


def test_a_silence_of_two_months_makes_two_months() -> None:
    """The hub was off: what was used is spread, and both months are judged."""
    state = seen(begin(), DEMAND, 1000 + 92 * 24 * KWH, datetime(2026, 10, 1, tzinfo=UTC), UTC)
    assert [month.month for month in state.ended] == ["2026-07", "2026-08", "2026-09"]
    assert {month.power_mw for month in state.ended} == {1 * KWH}
    assert [month.active for month in state.ended] == [31 * 24 * KWH, 31 * 24 * KWH, 30 * 24 * KWH]


def test_a_reading_that_comes_late_or_from_before_is_left_out() -> None:
    """What was judged is judged."""
    state = seen(begin(), DEMAND, 1000 + KWH, START + 15 * MINUTE, UTC)
    assert seen(state, DEMAND, 1000 + 2 * KWH, START + 10 * MINUTE, UTC) == state
    assert seen(state, DEMAND, 900, START + 20 * MINUTE, UTC) == state


def test_reactive_energy_is_counted_beside_the_active() -> None:
    """A reactive meter that was swapped begins anew; one that is silent says nothing."""
    state = begin(reactive=500)
    state = seen(state, DEMAND, 1000 + KWH, START + 15 * MINUTE, UTC, 500 + KWH // 2)
    assert state.reactive == KWH // 2
    state = seen(state, DEMAND, 1000 + 2 * KWH, START + 30 * MINUTE, UTC, None)
    assert (state.reactive, state.reactive_register) == (KWH // 2, 500 + KWH // 2)
    state = seen(state, DEMAND, 1000 + 3 * KWH, START + 45 * MINUTE, UTC, 10)
    assert (state.reactive, state.reactive_register) == (KWH // 2, 10)
    state = seen(state, DEMAND, 1000 + 4 * KWH, START + 60 * MINUTE, UTC, 10 + KWH)
    assert state.reactive == KWH // 2 + KWH


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 20_000), st.integers(0, 10**9)), min_size=1, max_size=20
    )
)
def test_energy_is_neither_made_nor_lost(steps: list[tuple[int, int]]) -> None:
    """However the readings fall over the months, their sums are what the register says."""
    state, at, register = begin(), START, 1000
    for minutes, used in steps:
        at += minutes * MINUTE
        register += used
        state = seen(state, DEMAND, register, at, UTC)
    months = [*state.ended, state.open_month]
    assert sum(month.active for month in months) == register - 1000
    assert state.register == register
    names = [month.month for month in months]
    assert names == sorted(set(names))


def test_a_crash_loses_no_energy_to_the_watch() -> None:
    """Stored at the quarter, read again an hour later: the stretch in between is in the month."""
    stored = seen(begin(), DEMAND, 1000 + KWH, START + 15 * MINUTE, UTC)
    again = seen(stored, DEMAND, 1000 + 5 * KWH, START + 75 * MINUTE, UTC)
    assert again.open_month == MonthUse(month="2026-07", power_mw=4 * KWH, at=START, active=5 * KWH)
