"""Lights out and on again: by the local clock, in real time, on the days that are meant."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.schedule import OffHours, Schedule, phase, spans
from custom_components.prepaid_parking.core.written_schedule import read_hours, write_hours

BERLIN = ZoneInfo("Europe/Berlin")
EVERY = tuple(range(8))
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
NIGHT = OffHours(days=EVERY, start=time(23), end=time(6))
LIGHTS_OUT = Schedule(id="dorm", version=1, valid_from=NOW, off=(NIGHT,))


def local(text: str, fold: int = 0) -> datetime:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def is_off(schedule: Schedule, at: datetime) -> bool:
    """Whether supplies are off at a moment in Berlin."""
    return phase(schedule, at.astimezone(UTC), BERLIN).off


@pytest.mark.parametrize(
    ("at", "off"),
    [
        ("2026-07-01 22:59", False),
        ("2026-07-01 23:00", True),
        ("2026-07-02 00:00", True),
        ("2026-07-02 05:59", True),
        ("2026-07-02 06:00", False),
        ("2026-07-02 12:00", False),
    ],
)
def test_it_is_dark_from_eleven_to_six(at: str, off: bool) -> None:
    """A minute early costs a student the end of a film, a minute late a warden his patience."""
    assert is_off(LIGHTS_OUT, local(at)) is off


def test_the_night_before_a_day_off_is_not_dark() -> None:
    """Friday and Saturday nights are free; the night belongs to the day it begins on."""
    school = read_hours(
        [{"days": ["sun", "mon", "tue", "wed", "thu"], "from": "23:00", "to": "06:00"}]
    )
    schedule = Schedule(id="dorm", version=1, valid_from=NOW, off=school)
    assert is_off(schedule, local("2026-07-03 01:00"))  # Thursday's night
    assert not is_off(schedule, local("2026-07-04 01:00"))  # Friday's
    assert not is_off(schedule, local("2026-07-05 01:00"))
    assert is_off(schedule, local("2026-07-05 23:30"))


def test_an_exception_spares_the_night_that_begins_on_it() -> None:
    """New year's eve is one night, not the evening of one day and the morning of the next."""
    schedule = Schedule(
        id="dorm", version=1, valid_from=NOW, off=(NIGHT,), except_dates=(date(2026, 12, 31),)
    )
    assert is_off(schedule, local("2026-12-31 05:00"))
    assert not is_off(schedule, local("2026-12-31 23:30"))
    assert not is_off(schedule, local("2027-01-01 05:00"))
    assert is_off(schedule, local("2027-01-01 23:30"))


def test_a_holiday_is_no_weekday_and_a_worked_saturday_no_weekend() -> None:
    """The first of October is a holiday in China, the tenth a Saturday that is worked instead."""

    def china(calendar: str, day: date) -> DayKind | None:
        days = {date(2026, 10, 1): DayKind.HOLIDAY, date(2026, 10, 10): DayKind.WORKDAY}
        return days.get(day) if calendar == "CN" else None

    hours = read_hours([{"days": ["workday"], "from": "23:00", "to": "06:00"}])
    schedule = Schedule(id="dorm", version=1, valid_from=NOW, off=hours, calendar="CN")
    zone = ZoneInfo("Asia/Shanghai")

    def off(day: int) -> bool:
        at = datetime(2026, 10, day, 23, 30, tzinfo=zone)
        return phase(schedule, at.astimezone(UTC), zone, china).off

    assert [day for day in range(1, 13) if off(day)] == [2, 5, 6, 7, 8, 9, 10, 12]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 6), (date(2026, 10, 24), 8), (date(2026, 7, 1), 7)],
    ids=["clock forward", "clock back", "any night"],
)
def test_a_night_in_which_the_clock_is_set_is_as_long_as_it_is(day: date, hours: int) -> None:
    """It goes dark once and comes on once, at what the clock on the wall shows."""
    ((start, end),) = spans(LIGHTS_OUT, day, BERLIN)
    assert end - start == timedelta(hours=hours)
    assert start.astimezone(BERLIN).hour == 23
    assert end.astimezone(BERLIN).hour == 6


def test_hours_that_touch_are_one_darkness() -> None:
    """Six to seven for the washing room as well: nobody wants a click at six."""
    both = Schedule(
        id="dorm",
        version=1,
        valid_from=NOW,
        off=(NIGHT, OffHours(days=EVERY, start=time(6), end=time(7))),
    )
    stands = phase(both, local("2026-07-02 01:00").astimezone(UTC), BERLIN)
    assert stands.until == local("2026-07-02 07:00").astimezone(UTC)


times = st.times().map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None, fold=0))


@given(
    off=st.lists(
        st.builds(
            OffHours,
            days=st.lists(st.integers(0, 7), unique=True, min_size=1).map(tuple),
            start=times,
            end=times,
        ),
        max_size=3,
    ),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001  made aware below
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai"]),
)
def test_nothing_changes_before_it_is_looked_at_again(
    off: list[OffHours], at: datetime, zone: str
) -> None:
    """Whatever the hours: a schedule asked once and kept until then is right all the time."""
    where, moment = ZoneInfo(zone), at.replace(tzinfo=UTC)
    schedule = Schedule(id="any", version=1, valid_from=NOW, off=tuple(off))
    stands = phase(schedule, moment, where)
    assert moment < stands.until <= moment + timedelta(days=10)
    step = (stands.until - moment) / 7
    for part in range(7):
        assert phase(schedule, moment + part * step, where).off is stands.off
    assert stands.off is any(
        start <= moment < end
        for back in range(3)
        for start, end in spans(schedule, moment.astimezone(where).date() - timedelta(back), where)
    )


def test_hours_are_written_as_they_are_read() -> None:
    """What a manager reads in a list can be given back as it stands."""
    written = [{"days": ["mon", "sun", "holiday"], "from": "23:00", "to": "06:00"}]
    assert write_hours(read_hours(written)) == written
    every = read_hours([{"from": "23:00", "to": "06:00"}])
    assert every[0].days == EVERY


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ({"from": "23:00"}, "hours.0"),
        ({"from": "23:00", "to": "6"}, "hours.0.to"),
        ({"from": 1380, "to": "06:00"}, "hours.0.from"),
        ({"from": "23:00", "to": "06:00", "days": ["friday"]}, "hours.0.days"),
        ({"from": "23:00", "to": "06:00", "days": []}, "hours.0.days"),
        ({"from": "23:00", "to": "06:00", "day": ["fri"]}, "hours.0"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    written: dict[str, object], path: str
) -> None:
    """A misspelt Friday is a dark Friday, or a bright one; nobody knows which."""
    with pytest.raises(CoreError, match="schedule_malformed") as refused:
        read_hours([written])
    assert refused.value.placeholders == {"path": path}


def test_hours_that_end_when_they_begin_are_a_whole_day() -> None:
    """From Saturday six to Sunday six, and not never."""
    saturday = Schedule(
        id="works",
        version=1,
        valid_from=NOW,
        off=(OffHours(days=(5,), start=time(6), end=time(6)),),
    )
    moments = ("2026-07-04 05:59", "2026-07-04 06:00", "2026-07-05 05:59", "2026-07-05 06:00")
    assert [is_off(saturday, local(at)) for at in moments] == [False, True, True, False]
