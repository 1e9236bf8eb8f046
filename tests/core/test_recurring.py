"""Rent: twelve in a year, none doubled, and a part of a month is its days."""

from dataclasses import replace
from datetime import date, timedelta
import itertools

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.extent import By, Extent
from custom_components.prepaid_parking.core.money import MICRO, Currency
from custom_components.prepaid_parking.core.periods import (
    Every,
    add_months,
    anniversary_period,
    calendar_period,
)
from custom_components.prepaid_parking.core.recurring import (
    Fixed,
    Period,
    periods,
    prorated,
    reminders,
    whole_price,
)

YUAN = Currency.of("CNY")
RENT = Fixed(price_micro=3000 * MICRO, every=Every.MONTH)


def bills(
    fixed: Fixed, first: str, until: str, last: str | None = None, extent: Extent | None = None
) -> list[Period]:
    """The periods of a contract, as they are known on a day."""
    return periods(
        fixed,
        "rent/b1",
        date.fromisoformat(first),
        None if last is None else date.fromisoformat(last),
        date.fromisoformat(until),
        YUAN,
        extent or Extent(),
    )


def test_twelve_in_a_year() -> None:
    """Each month once, by the name of the month."""
    year = bills(RENT, "2026-01-01", "2026-12-31")
    assert [one.key for one in year] == [f"rent/b1/2026-{month:02}" for month in range(1, 13)]
    assert {one.amount_minor for one in year} == {300_000}
    assert [one.due.day for one in year] == [1] * 12


@given(
    st.sampled_from(Every),
    st.booleans(),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.lists(st.integers(0, 500), min_size=1, max_size=12),
    st.none() | st.integers(0, 600),
)
def test_asked_on_any_days_each_period_is_the_same_and_comes_once(
    every: Every, anniversary: bool, first: date, days: list[int], length: int | None
) -> None:
    """A hub that was off for a month, or asks ten times a day, makes out the same bills."""
    fixed = Fixed(price_micro=1_234_560_000, every=every, anniversary=anniversary)
    last = None if length is None else first + timedelta(days=length)
    known: dict[str, Period] = {}
    for until in sorted(days):
        asked = periods(fixed, "rent/b1", first, last, first + timedelta(days=until), YUAN)
        for one in asked:
            assert known.setdefault(one.key, one) == one
    made = sorted(known.values(), key=lambda one: one.first)
    assert made[0].first == first
    for one, after in itertools.pairwise(made):
        assert after.first == one.last + timedelta(days=1)
    assert all(one.first <= one.due <= one.last for one in made)
    if last is not None and first + timedelta(days=max(days)) >= last:
        assert made[-1].last == last


@pytest.mark.parametrize(
    ("first", "last", "amount"),
    [
        ("2026-02-01", "2026-02-28", 300_000),
        ("2028-02-01", "2028-02-29", 300_000),
        ("2026-02-15", None, 150_000),  # 14 of 28 days
        ("2028-02-15", None, 155_172),  # 15 of 29: 1551.72
        ("2026-04-30", None, 10_000),  # 1 of 30
        ("2026-01-31", None, 9_677),  # 1 of 31: 96.77
        ("2026-04-10", "2026-04-12", 30_000),  # 3 of 30
    ],
)
def test_a_part_of_a_month_is_its_days(first: str, last: str | None, amount: int) -> None:
    """Months of 28, 29, 30 and 31 days."""
    one = bills(RENT, first, first, last)[0]
    assert one.amount_minor == amount
    assert one.line.numerator == amount
    assert one.line.quantity == (one.last - one.first).days + 1
    assert one.line.per == one.whole.days


@given(
    st.sampled_from(Every),
    st.dates(date(2026, 1, 1), date(2029, 1, 1)),
    st.integers(0, 10**12),
    st.lists(st.integers(0, 400), max_size=5),
)
def test_tenants_who_follow_each_other_pay_the_whole_period(
    every: Every, day: date, price_micro: int, cuts: list[int]
) -> None:
    """Moving out on the 14th and in on the 15th: together exactly one rent."""
    fixed, whole = Fixed(price_micro=price_micro, every=every), calendar_period(every, day)
    marks = sorted({0, whole.days, *(cut % (whole.days + 1) for cut in cuts)})
    parts = [
        prorated(
            fixed,
            whole,
            whole.first + timedelta(days=begin),
            whole.first + timedelta(days=end - 1),
            YUAN,
        )
        for begin, end in itertools.pairwise(marks)
    ]
    assert sum(parts) == whole_price(fixed, YUAN)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (1, ["2026-01-10", "2026-02-01", "2026-03-01", "2026-04-01"]),
        (15, ["2026-01-15", "2026-02-15", "2026-03-15", "2026-04-15"]),
        (29, ["2026-01-29", "2026-02-28", "2026-03-29", "2026-04-29"]),
        (31, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
    ],
)
def test_a_due_day_that_a_month_lacks_is_its_last(day: int, due: list[str]) -> None:
    """The 31st of February must not be the 3rd of March; none is due before the contract begins."""
    found = bills(replace(RENT, day=day), "2026-01-10", "2026-04-30")
    assert [one.due.isoformat() for one in found] == due


def test_from_the_last_of_january_periods_begin_on_last_days() -> None:
    """28 February does not make the next one begin on the 28th."""
    fixed = replace(RENT, anniversary=True)
    found = bills(fixed, "2026-01-31", "2026-05-01")
    assert [one.first.isoformat() for one in found] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]
    assert {one.amount_minor for one in found} == {300_000}
    assert [one.key for one in found][1] == "rent/b1/2026-02-28"


@given(
    st.sampled_from(Every),
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    st.integers(0, 3000),
)
def test_anniversaries_tile_the_time(every: Every, begun: date, later: int) -> None:
    """No day is paid twice, none is free."""
    day = begun + timedelta(days=later)
    here = anniversary_period(every, begun, day)
    assert here.first <= day <= here.last
    after = anniversary_period(every, begun, here.last + timedelta(days=1))
    assert after.first == here.last + timedelta(days=1)
    assert after.label != here.label


@pytest.mark.parametrize(
    ("every", "first", "until", "labels", "amounts"),
    [
        (Every.QUARTER, "2026-02-15", "2026-07-01", ["2026-Q1", "2026-Q2", "2026-Q3"], [150_000, 300_000, 300_000]),
        (Every.YEAR, "2026-07-02", "2027-01-01", ["2026", "2027"], [150_411, 300_000]),
        (Every.WEEK, "2026-12-30", "2027-01-04", ["2026-W53", "2027-W01"], [214_286, 300_000]),
        (Every.DAY, "2028-02-28", "2028-03-01", ["2028-02-28", "2028-02-29", "2028-03-01"], [300_000] * 3),
    ],
)  # fmt: skip
def test_quarters_years_weeks_and_days(
    every: Every, first: str, until: str, labels: list[str], amounts: list[int]
) -> None:
    """45 of 90 days, 183 of 365, 5 of 7: the first one is its part."""
    found = bills(replace(RENT, every=every), first, until)
    assert [one.key.removeprefix("rent/b1/") for one in found] == labels
    assert [one.amount_minor for one in found] == amounts


def test_a_contract_that_ends_in_the_middle() -> None:
    """The last month is its days; after the end there is nothing, however late it is asked."""
    found = bills(RENT, "2026-01-01", "2027-01-01", last="2026-03-15")
    assert [one.amount_minor for one in found] == [300_000, 300_000, 145_161]
    assert found[-1].last == date(2026, 3, 15)


def test_without_proration_a_begun_month_is_a_month() -> None:
    """As many parking contracts say."""
    fixed = replace(RENT, prorate_first=False, prorate_last=False)
    found = bills(fixed, "2026-01-31", "2026-12-31", last="2026-03-01")
    assert [one.amount_minor for one in found] == [300_000] * 3
    half = replace(RENT, prorate_first=False)
    one = bills(half, "2026-04-10", "2026-12-31", last="2026-04-15")[0]
    assert one.amount_minor == 150_000


def test_a_price_has_bounds_of_its_own() -> None:
    """A summer fee: contracts of other months pay nothing."""
    fixed = replace(RENT, starts=date(2026, 6, 1), ends=date(2026, 8, 31))
    found = bills(fixed, "2026-01-01", "2026-12-31")
    assert [one.key[-2:] for one in found] == ["06", "07", "08"]
    assert bills(fixed, "2026-09-01", "2026-12-31") == []


def test_a_property_fee_goes_by_area() -> None:
    """89.37 m² at 2.80 are 250.236 a month: 250.24."""
    fixed = Fixed(price_micro=2_800_000, every=Every.MONTH, by=By.AREA)
    (one,) = bills(fixed, "2026-01-01", "2026-01-01", extent=Extent(area_cm2=893_700))
    assert one.amount_minor == 25_024


def test_reminders_come_before_the_due_day() -> None:
    """Three days before and the day before, in whatever order they were written."""
    fixed = replace(RENT, day=5, remind=(1, 3))
    (one,) = bills(fixed, "2026-03-01", "2026-03-01")
    assert [day.isoformat() for day in reminders(fixed, one)] == ["2026-03-02", "2026-03-04"]


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-05-31", 18, "2027-11-30"),
    ],
)
def test_months_are_added_as_people_add_them(day: str, months: int, later: str) -> None:
    """A month after the last of January is the last of February."""
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)
