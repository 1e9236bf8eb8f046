"""What is expected of a meter, and until when money lasts: by hand, and over a year of each kind."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.core.day_plan import planner_of
from custom_components.prepaid_parking.core.forecast import Pattern, week_of
from custom_components.prepaid_parking.core.hours import hours_of
from custom_components.prepaid_parking.core.local_day import DAY, day_start
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.run_out import Drain, Load
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.tiers import Usage
from tests.core.backtest import FLAT, HORIZONS, LADDER, cases_of, errors, middle
from tests.core.usage_profiles import KINDS, year_of

KWH = 1_000_000
CNY = Currency.of("CNY")
BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
MONDAY = date(2026, 7, 6)
HOUR = timedelta(hours=1)


def learned(days: Sequence[Sequence[int]], until: date = MONDAY) -> Pattern:
    """A pattern of some days up to the day before."""
    pattern = Pattern()
    for place, hours in enumerate(days):
        pattern.learn(until - (len(days) - place) * DAY, hours)
    return pattern


def ends(
    pattern: Pattern,
    money: str,
    document: dict[str, Any],
    *,
    now: datetime | None = None,
    used: Usage | None = None,
) -> datetime | None:
    """When money runs out by a tariff, from a Monday's beginning on."""
    week = week_of(pattern, date.min, MONDAY)
    assert week is not None
    version = read_tariff(
        {"tariff": "t", "quantity": "energy"} | document, version=1, valid_from=ALWAYS
    )
    load = Load(
        week=week,
        plan=planner_of(version, BERLIN, kept=120).day,
        denominator=CNY.denominator(version.quantity),
        used=used or Usage(),
    )
    return Drain([load], BERLIN, CNY).empty_at(CNY.parse(money), now or day_start(MONDAY, BERLIN))


def test_a_week_is_as_it_usually_is() -> None:
    """A shop that is closed on Sunday is not open a little every day."""
    days = [[0] * 24 if place % 7 == 6 else [0] * 8 + [KWH] * 10 + [0] * 6 for place in range(28)]
    week = week_of(learned(days), date.min, MONDAY)
    assert week is not None
    assert [sum(day) for day in week.days] == [10 * KWH] * 6 + [0]
    assert week.days[0][8:18] == (KWH,) * 10


def test_a_fortnight_away_is_not_a_habit() -> None:
    """Who comes back from a holiday is not told that the money lasts for months."""
    days = [[KWH] * 24] * 35 + [[KWH // 20] * 24] * 14
    week = week_of(learned(days), date.min, MONDAY)
    assert week is not None
    assert sum(week.days[0]) == 24 * KWH


def test_one_party_changes_hardly_anything() -> None:
    """Ten times as much on one evening is one evening."""
    days = [[KWH] * 24] * 27 + [[10 * KWH] * 24]
    week = week_of(learned(days), date.min, MONDAY)
    assert week is not None
    assert 24 * KWH <= sum(week.days[0]) <= 28 * KWH


def test_nobody_knows_a_meter_without_a_day() -> None:
    """A number out of nothing would be believed."""
    pattern = learned([[KWH] * 24] * 3)
    assert week_of(Pattern(), date.min, MONDAY) is None
    assert week_of(pattern, MONDAY, MONDAY) is None
    assert week_of(pattern, MONDAY - DAY, MONDAY) is not None


def test_money_ends_at_its_hour() -> None:
    """24 kWh a day at 1.00: 36.00 last until noon of the second day."""
    pattern = learned([[KWH] * 24] * 14)
    at = ends(pattern, "36", {"price": "1.00"})
    assert at == day_start(MONDAY, BERLIN) + 36 * HOUR
    later = day_start(MONDAY, BERLIN) + 6 * HOUR + timedelta(minutes=30)
    assert ends(pattern, "10", {"price": "1.00"}, now=later) == later + 10 * HOUR


def test_the_money_of_a_whole_district_ends_at_its_hour() -> None:
    """A hundred thousand kilowatt-hours an hour: the sums are long, the hour is the same."""
    pattern = learned([[100_000 * KWH] * 24] * 14)
    at = ends(pattern, "3600000", {"price": "1.00"})
    assert at == day_start(MONDAY, BERLIN) + 36 * HOUR


def test_the_price_of_the_hour_counts() -> None:
    """In the cheap night money lasts longer than in the day."""
    pattern = learned([[KWH] * 24] * 14)
    document = {
        "rates": {"day": "2.00", "night": "0.50"},
        "bands": [{"rate": "day", "from": "06:00", "to": "22:00"}],
        "otherwise": "night",
    }
    assert ends(pattern, "5", document) == day_start(MONDAY, BERLIN) + 7 * HOUR


def test_the_next_tier_counts() -> None:
    """Whoever has used the cheap tier up has less days for the same money."""
    pattern = learned([[KWH] * 24] * 14)
    document = {"tiers": [{"up_to": "100", "price": "1.00"}, {"price": "2.00"}]}
    fresh = ends(pattern, "48", document)
    late = ends(pattern, "48", document, used=Usage("2026-07", 100 * KWH))
    assert fresh == day_start(MONDAY, BERLIN) + 48 * HOUR
    assert late == day_start(MONDAY, BERLIN) + 24 * HOUR


def test_a_tier_that_is_used_up_on_the_way_counts() -> None:
    """The cheap kilowatt-hours end on the second day: forty-two hours, not two days."""
    document = {"tiers": [{"up_to": "36", "price": "1.00"}, {"price": "2.00"}]}
    at = ends(learned([[KWH] * 24] * 14), "48", document)
    assert at == day_start(MONDAY, BERLIN) + 42 * HOUR


def test_fees_by_the_day_and_taxes_count() -> None:
    """An empty flat with a standing charge runs out of money as well."""
    pattern = learned([[0] * 24] * 14)
    document = {
        "price": "1.00",
        "standing": [{"name": "meter", "price": "1.00", "per": "day"}],
        "levies": [{"name": "vat", "kind": "tax", "percent": "25"}],
    }
    at = ends(pattern, "12.50", document)
    assert at is not None
    assert at.astimezone(BERLIN).date() == MONDAY + 10 * DAY


def test_what_lasts_longer_than_a_quarter_goes_on_as_it_did() -> None:
    """A thousand days are said without walking through them; no use at all lasts for ever."""
    at = ends(learned([[KWH] * 24] * 14), "24000", {"price": "1.00"})
    assert at is not None
    assert abs((at - day_start(MONDAY, BERLIN)) / DAY - 1000) < 1
    assert ends(learned([[0] * 24] * 14), "10", {"price": "1.00"}) is None


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_a_changed_clock_takes_an_hour_or_gives_one(day: date) -> None:
    """On these days money lasts for as many real hours as on any other."""
    week = week_of(learned([[KWH] * 24] * 14, day), date.min, day)
    assert week is not None
    count = hours_of(day + DAY, BERLIN)
    assert len(week.hours(day + DAY, count)) == count
    version = read_tariff(FLAT | {"price": "1.00"}, version=1, valid_from=ALWAYS)
    load = Load(
        week=week,
        plan=planner_of(version, BERLIN, kept=9).day,
        denominator=CNY.denominator(version.quantity),
    )
    begin = day_start(day, BERLIN)
    assert Drain([load], BERLIN, CNY).empty_at(6_000, begin) == begin + 60 * HOUR


def test_a_year_is_the_same_whenever_it_is_made() -> None:
    """Published errors must be those of anybody who runs them again."""
    assert year_of(KINDS["dorm"], 1) == year_of(KINDS["dorm"], 1)
    assert year_of(KINDS["dorm"], 1) != year_of(KINDS["dorm"], 2)


@pytest.mark.parametrize("document", [FLAT, LADDER], ids=["flat", "ladder"])
def test_the_forecast_is_better_than_plain_means(document: dict[str, Any]) -> None:
    """Whoever trusts it to top up in time must not fare worse than with a ruler."""
    cases = [case for kind in cases_of(document).values() for case in kind]
    pooled: dict[str, list[float]] = {}
    for horizon in HORIZONS:
        found = errors(cases, horizon, every=10)
        ours = middle(found["this forecast"])
        for name, off in found.items():
            pooled.setdefault(name, []).extend(off)
            assert ours <= 1.05 * middle(off), (horizon, name)
    ours = middle(pooled.pop("this forecast"))
    for name, off in pooled.items():
        assert ours <= 0.95 * middle(off), name
