"""Histories of hours are priced like the engine prices readings, by any tariff that can be written."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.extent import Extent
from custom_components.prepaid_parking.core.hours import HOUR, hours_of
from custom_components.prepaid_parking.core.lab import Pool, Trial, Used
from custom_components.prepaid_parking.core.lab_uses import Happened, price_happened
from custom_components.prepaid_parking.core.local_day import DAY, day_start
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.tariff import Pricer, Scope, Usage
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.version import TariffVersion
from tests.core.fraction_model import Count, Household
from tests.core.histories import price_history
from tests.core.tariff_strategies import documents

KWH = MICRO = 1_000_000
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
CNY = Currency.of("CNY")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Shanghai",
    "Asia/Kolkata",
)
HALF_HOUR = timedelta(minutes=30)
LADDER: dict[str, Any] = {
    "tariff": "ladder",
    "quantity": "energy",
    "rates": {"day": "0.60", "night": "0.30"},
    "bands": [{"rate": "day", "from": "06:30", "to": "22:00"}],
    "otherwise": "night",
    "ladder": [{"up_to": "100", "price": "0"}, {"price": "0.30"}],
}

zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(2026, 1, 1), date(2028, 12, 1))
loads = st.lists(st.integers(0, 12 * KWH), min_size=1, max_size=30)


def version_of(document: dict[str, Any]) -> TariffVersion:
    """A document in force since ever."""
    return read_tariff(document, version=1, valid_from=ALWAYS)


def history(first: date, zone: ZoneInfo, used: Sequence[int]) -> list[tuple[date, list[int]]]:
    """Days of hours, as long as the clock has them, made of some numbers over and over."""
    found, place = list[tuple[date, list[int]]](), 0
    for number in range(40):
        day = first + number * DAY
        hours = [used[(place + hour) % len(used)] for hour in range(hours_of(day, zone))]
        place += len(hours)
        found.append((day, hours))
    return found


def spans(day: date, zone: ZoneInfo, hours: Sequence[int]) -> list[tuple[datetime, datetime, int]]:
    """The hours of a day with their instants; the last one may be half an hour."""
    start, end = day_start(day, zone), day_start(day + DAY, zone)
    return [
        (start + place * HOUR, min(start + (place + 1) * HOUR, end), used)
        for place, used in enumerate(hours)
    ]


@settings(max_examples=60)
@given(
    document=documents(), zone=zones, first=days, used=loads, persons=st.integers(0, 6),
    began=st.none() | st.integers(0, 60),
)  # fmt: skip
def test_a_history_costs_what_its_hours_cost_one_by_one(
    document: dict[str, Any],
    zone: ZoneInfo,
    first: date,
    used: list[int],
    persons: int,
    began: int | None,
) -> None:
    """The quick way must be the engine's money, or a manager decides by wrong numbers."""
    version, known = version_of(document), history(first, zone, used)
    first_from = None if began is None else day_start(first - began * DAY, zone)
    scope = Scope(persons, first_from)
    pricer, usage, numerator = Pricer([version], zone), Usage(), 0
    for day, hours in known:
        for begin, end, quantity in spans(day, zone, hours):
            lines, usage = pricer.charge(quantity, begin, end, usage, scope)
            numerator += sum(line.numerator for line in lines)
    cost = price_history(version, known, zone, CNY, scope=scope)
    assert cost.use_minor == numerator // CNY.denominator(version.quantity)
    assert cost.quantity == sum(sum(hours) for _, hours in known)


@settings(max_examples=15)
@given(document=documents(), zone=zones, first=days, used=loads, persons=st.integers(0, 6))
def test_a_history_costs_what_the_model_says(
    document: dict[str, Any], zone: ZoneInfo, first: date, used: list[int], persons: int
) -> None:
    """Somebody who reads the tariff and counts half hours comes to the same cent."""
    known = history(first, zone, used)[:12]
    house = Household(documents=[(ALWAYS, document)], zone=zone, persons=persons)
    count, total = Count(), Fraction()
    for day, hours in known:
        for begin, end, quantity in spans(day, zone, hours):
            total += house.bill(Fraction(quantity, KWH), begin, end, count, HALF_HOUR).total
    cost = price_history(version_of(document), known, zone, CNY, scope=Scope(persons))
    assert abs(cost.use_minor - total * 100) <= 2


def test_meters_of_a_unit_share_their_tiers() -> None:
    """Two meters of a flat are not two flats: the cheap tier is there once."""
    trial = Trial(version_of(LADDER), BERLIN, CNY)
    pool, used = Pool(trial), [Used(), Used()]
    pool.meters += used
    flat = [KWH * 5] * 24
    pool.take(date(2026, 7, 1), [(used[0], flat), (used[1], flat)])
    pool.close()
    alone = price_history(version_of(LADDER), [(date(2026, 7, 1), [KWH * 10] * 24)], BERLIN, CNY)
    numerator = sum(one.numerator for one in used)
    assert numerator // CNY.denominator(trial.version.quantity) == alone.use_minor


def test_what_a_day_and_a_month_cost_is_part_of_it() -> None:
    """A tariff with a low price and a high standing charge is not cheap."""
    document = {
        "tariff": "all",
        "quantity": "energy",
        "price": "1.00",
        "standing": [{"name": "meter", "price": "31.00", "per": "month"}],
        "minimum": {"price": "100.00", "per": "month"},
        "demand": {"price": "10.00", "interval": 60},
        "levies": [{"name": "vat", "kind": "tax", "percent": "10"}],
    }
    known = [(date(2026, 7, 1) + number * DAY, [0] * 23 + [2 * KWH]) for number in range(31)]
    cost = price_history(version_of(document), known, BERLIN, CNY)
    assert (cost.use_minor, cost.standing_minor, cost.minimum_minor) == (6_200, 3_100, 3_800)
    assert cost.demand_minor == 2_000
    assert cost.levies_minor == 1_510
    assert cost.minor == 16_610


def test_a_price_per_area_goes_by_the_unit() -> None:
    """A heating charge per square metre without the square metres would be nothing."""
    document = {
        "tariff": "heat",
        "quantity": "energy",
        "price": "0.10",
        "standing": [{"name": "area", "price": "3.10", "per": "month", "by": "area"}],
    }
    known = [(date(2026, 1, 1) + number * DAY, [0] * 24) for number in range(31)]
    extent = Extent(area_cm2=80 * 10_000)
    cost = price_history(version_of(document), known, BERLIN, CNY, extent=extent)
    assert cost.minor == 24_800


def test_stays_are_priced_by_the_draft() -> None:
    """A car park that raises its price wants to know by how much, for the stays it had."""
    document = {
        "kind": "duration",
        "tariff": "park",
        "duration": {"price": "2.00", "step": 30},
    }
    begin = datetime(2026, 7, 1, 8, tzinfo=UTC)
    stays = [Happened(begin, begin + length * HALF_HOUR) for length in (1, 3)]
    cost = price_happened(version_of(document), stays, BERLIN, CNY, begin + DAY)
    assert cost.minor == 400


PACKAGE: dict[str, Any] = {
    "kind": "counted",
    "tariff": "washes",
    "counted": {"uses": 10, "price": "20.00", "valid_days": 30},
}


def test_uses_cost_their_part_of_the_packages_that_hold_them() -> None:
    """Twelve washes are not two packages: eight of the second are still there."""
    begin = datetime(2026, 7, 1, 8, tzinfo=UTC)
    uses = [Happened(begin + number * DAY, begin + number * DAY, 1) for number in range(12)]
    version = version_of(PACKAGE)
    assert price_happened(version, uses, BERLIN, CNY, begin + 20 * DAY).minor == 2_400
    expired = price_happened(version, uses, BERLIN, CNY, begin + 60 * DAY)
    assert expired.minor == 4_000


def test_what_has_no_history_is_refused() -> None:
    """A rent is what it says; nothing that was counted could be priced by it."""
    document = {"kind": "fixed", "tariff": "rent", "fixed": {"price": "900.00"}}
    with pytest.raises(CoreError) as refused:
        price_happened(version_of(document), [], BERLIN, CNY, ALWAYS)
    assert refused.value.key == "lab_wrong_kind"
