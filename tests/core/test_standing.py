"""Standing charges: due for every day, exact for every month, also when nobody is at home."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.calendars import Season
from custom_components.prepaid_parking.core.extent import By, Extent
from custom_components.prepaid_parking.core.money import MICRO, Currency
from custom_components.prepaid_parking.core.periods import Every, calendar_period
from custom_components.prepaid_parking.core.standing import (
    Minimum,
    Per,
    Standing,
    minimum_due,
    minimum_period,
    season_stretch,
    standing_between,
    standing_denominator,
    standing_due,
)

EURO = Currency.of("EUR")
MONTHLY = Standing(name="meter", price_micro=10 * MICRO)
FLAT = Extent(area_cm2=893_700, persons=3, capacity_w=5_500)
HEATING = Season(name="heating", from_day=(11, 15), to_day=(3, 15))
days = st.dates(date(2026, 1, 1), date(2028, 12, 31))


def collected(standing: Standing, first: date, last: date, extent: Extent = FLAT) -> list[int]:
    """What is taken each day, in cents, with the rest carried on."""
    carry, taken = 0, []
    for number in range((last - first).days + 1):
        line = standing_due(standing, first + timedelta(days=number), extent)
        amount, carry = divmod(carry + (line.numerator if line else 0), standing_denominator(EURO))
        taken.append(amount)
    assert 0 <= carry < standing_denominator(EURO)
    return taken


@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2028, 2, 1), date(2026, 4, 1), date(2026, 7, 1)])  # fmt: skip
def test_thirty_days_away_cost_the_month(month: date) -> None:
    """10.00 a month, in months of 28 to 31 days: exactly 10.00, and each day its part."""
    whole = calendar_period(Every.MONTH, month)
    taken = collected(MONTHLY, whole.first, whole.last)
    assert sum(taken) == 1000
    assert {1000 // whole.days, 1000 // whole.days + 1} >= set(taken)


@given(
    st.sampled_from([Per.DAY, Per.MONTH, Per.QUARTER, Per.YEAR]),
    st.sampled_from(By),
    st.integers(0, 10**9),
    days,
)
def test_the_days_of_a_period_are_its_price(per: Per, by: By, price_micro: int, day: date) -> None:
    """By area, persons or capacity, a day or a year: the sum is exact, before any rounding."""
    standing = Standing(name="x", price_micro=price_micro, per=per, by=by)
    whole = calendar_period(Every(per), day)
    lines = standing_between([standing], whole.first, whole.last, FLAT)
    weight = {
        By.EACH: Fraction(1),
        By.AREA: Fraction("89.37"),
        By.PERSONS: Fraction(3),
        By.CAPACITY: Fraction("5.5"),
    }[by]
    total = sum(Fraction(line.numerator, standing_denominator(EURO)) for line in lines)
    assert total == price_micro * weight / 10_000
    assert len(lines) == (1 if price_micro else 0)


@given(st.lists(st.sampled_from(Per), max_size=3), days, st.integers(0, 400), st.integers(0, 400))
def test_catching_up_is_what_the_days_cost_one_by_one(
    pers: list[Per], first: date, days: int, cut: int
) -> None:
    """A hub that was off for a month must neither forgive nor double a day."""
    standings = [
        Standing(
            name=f"s{place}",
            price_micro=7_777_777,
            per=per,
            season=HEATING if per is Per.SEASON else None,
        )
        for place, per in enumerate(pers)
    ]
    last = first + timedelta(days=days)
    middle = first + timedelta(days=min(cut, days))
    whole = standing_between(standings, first, last)
    parts = standing_between(standings, first, middle) + standing_between(
        standings, middle + timedelta(days=1), last
    )
    assert sum(line.numerator for line in parts) == sum(line.numerator for line in whole)
    singly = [
        standing_due(one, first + timedelta(days=number))
        for one in standings
        for number in range(days + 1)
    ]
    assert sum(line.numerator for line in singly if line) == sum(line.numerator for line in whole)
    assert sum(line.quantity for line in whole) == sum(1 for line in singly if line)


def test_a_line_speaks_of_one_month() -> None:
    """20 January to 10 March: 12 of 31, 28 of 28 and 10 of 31 days."""
    lines = standing_between([MONTHLY], date(2026, 1, 20), date(2026, 3, 10))
    assert [(line.quantity, line.per, line.first, line.last) for line in lines] == [
        (12, 31, date(2026, 1, 20), date(2026, 1, 31)),
        (28, 28, date(2026, 2, 1), date(2026, 2, 28)),
        (10, 31, date(2026, 3, 1), date(2026, 3, 10)),
    ]


def test_heat_by_area_is_paid_in_the_season_only() -> None:
    """24.00 per m² and season, 15 November to 15 March: 121 days, and a leap year's 122."""
    heat = Standing(name="heat", price_micro=24 * MICRO, per=Per.SEASON, by=By.AREA, season=HEATING)
    for year, length in ((2026, 121), (2027, 122)):
        whole = season_stretch(HEATING, date(year, 12, 24))
        assert (whole.first, whole.last) == (date(year, 11, 15), date(year + 1, 3, 15))
        assert whole.days == length
        assert season_stretch(HEATING, date(year + 1, 1, 6)) == whole
        taken = collected(heat, date(year, 10, 1), date(year + 1, 5, 1))
        assert sum(taken) == 214_488  # 89.37 x 24.00
        assert sum(taken[:45]) == 0
        assert taken[45] > 0
    assert standing_due(heat, date(2026, 3, 16), FLAT) is None
    assert standing_due(heat, date(2026, 3, 15), FLAT) is not None


def test_a_season_within_a_year_and_one_to_the_leap_day() -> None:
    """A season that ends on 29 February ends on the 28th in other years."""
    summer = Season(name="summer", from_day=(5, 1), to_day=(10, 31))
    assert season_stretch(summer, date(2026, 7, 1)).days == 184
    leap = Season(name="winter", from_day=(12, 1), to_day=(2, 29))
    assert season_stretch(leap, date(2027, 2, 3)).last == date(2027, 2, 28)
    assert season_stretch(leap, date(2028, 2, 3)).last == date(2028, 2, 29)


def test_a_monthly_price_with_a_season_is_due_on_its_days() -> None:
    """Of November, the sixteen days from the 15th."""
    monthly = Standing(name="heat", price_micro=30 * MICRO, season=HEATING)
    assert sum(collected(monthly, date(2026, 11, 1), date(2026, 11, 30))) == 1600


@pytest.mark.parametrize(
    ("first", "last", "charged", "added"),
    [
        ("2026-04-01", "2026-04-30", 0, 1500),
        ("2026-04-01", "2026-04-30", 1499, 1),
        ("2026-04-01", "2026-04-30", 1500, 0),
        ("2026-04-01", "2026-04-30", 9000, 0),
        ("2026-04-16", "2026-04-30", 200, 550),  # half a month: 7.50
        ("2026-04-01", "2026-04-10", 0, 500),
        ("2026-04-11", "2026-04-30", 0, 1000),
    ],
)
def test_a_minimum_tops_up_what_was_used(first: str, last: str, charged: int, added: int) -> None:
    """15.00 a month; who comes or goes in the middle of one pays its part."""
    minimum = Minimum(price_micro=15 * MICRO)
    whole = minimum_period(minimum, date.fromisoformat(first))
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    due = minimum_due(minimum, whole, begin, end, charged, EURO)
    assert due.amount_minor == added
    assert sum(due.amounts()) == added


def test_a_minimum_per_day_and_by_capacity() -> None:
    """0.10 per kVA and day: of 5.5 kVA 0.55."""
    minimum = Minimum(price_micro=100_000, per=Every.DAY, by=By.CAPACITY)
    whole = minimum_period(minimum, date(2026, 4, 1))
    assert minimum_due(minimum, whole, whole.first, whole.last, 0, EURO, FLAT).amount_minor == 55
