"""What a stretch costs: the days and nights of the year, versions, splits, and what is refused."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
import itertools
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.accrual import ChargeLine
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.local_day import moments
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import MICRO
from custom_components.prepaid_parking.core.tariff import (
    Band,
    Pricer,
    Rate,
    TariffVersion,
    Tier,
    Usage,
    check,
)
from custom_components.prepaid_parking.core.tariff_format import write_tariff
from tests.core.fraction_model import Count, Household

HOUR = timedelta(hours=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai")
EVERY_DAY = tuple(range(7))
KWH = 1_000_000
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def flat(name: str, price: int) -> Rate:
    """A rate with one price (millionths per kWh)."""
    return Rate(name=name, tiers=(Tier(up_to=None, price_micro=price),))


def tiered(name: str, *tiers: tuple[int | None, int]) -> Rate:
    """A rate that changes with what the month has used."""
    return Rate(
        name=name, tiers=tuple(Tier(up_to=up_to, price_micro=price) for up_to, price in tiers)
    )


def version(
    *rates: Rate,
    bands: tuple[Band, ...] = (),
    valid_from: datetime = ALWAYS,
    number: int = 1,
    quantity: Quantity = Quantity.ENERGY,
) -> TariffVersion:
    """A tariff version whose last rate holds at all other times."""
    return TariffVersion(
        tariff=TariffId("home"),
        version=number,
        name="Home",
        quantity=quantity,
        valid_from=valid_from,
        rates=rates,
        otherwise=rates[-1].name,
        bands=bands,
    )


def band(rate: str, start: str, end: str, weekdays: tuple[int, ...] = EVERY_DAY) -> Band:
    """A band by the local clock."""
    return Band(
        rate=rate,
        weekdays=weekdays,
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
    )


DAY_AND_NIGHT = version(
    flat("day", 1_000_000), flat("night", 300_000), bands=(band("day", "06:00", "22:00"),)
)
PEAKS = version(
    flat("peak", 1_500_000),
    tiered("shoulder", (50 * KWH, 700_000), (120 * KWH, 800_000), (None, 950_000)),
    flat("night", 250_000),
    bands=(
        band("peak", "17:00", "21:30", (0, 1, 2, 3, 4)),
        band("night", "22:00", "06:00"),
        band("shoulder", "00:00", "00:00"),
    ),
)


def worth(lines: list[ChargeLine]) -> int:
    """The numerator of a charge."""
    return sum(line.numerator for line in lines)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2026, 2028])
def test_a_year_of_an_even_load_is_exact_hour_by_hour(zone: str, year: int) -> None:
    """Every day of 23, 24 and 25 hours, the leap day and each month's end, without a unit lost."""
    where, step = ZoneInfo(zone), timedelta(minutes=30)
    start = datetime(year, 1, 1, tzinfo=where).astimezone(UTC)
    end = datetime(year + 1, 1, 1, tzinfo=where).astimezone(UTC)
    halves = (end - start) // step
    lines, _ = Pricer([PEAKS], where).charge(halves * KWH, start, end, Usage())
    household = Household(documents=[(ALWAYS, write_tariff(PEAKS))], zone=where)
    bill = household.bill(Fraction(halves), start, end, Count(), step)
    assert Fraction(worth(lines), KWH * MICRO) == bill.total


@pytest.mark.parametrize(
    ("zone", "day", "hours", "by_day"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23, 16),
        ("Europe/Berlin", date(2026, 10, 25), 25, 16),
        ("America/New_York", date(2026, 3, 8), 23, 16),
        ("America/New_York", date(2026, 11, 1), 25, 16),
        ("Australia/Lord_Howe", date(2026, 10, 4), Fraction(47, 2), 16),
        ("Australia/Lord_Howe", date(2026, 4, 5), Fraction(49, 2), 16),
        ("Asia/Shanghai", date(2026, 3, 29), 24, 16),
    ],
)
def test_the_hour_that_a_clock_skips_or_repeats_is_the_nights(
    zone: str, day: date, hours: Fraction, by_day: int
) -> None:
    """Twice a year a night has an hour more or less; nobody pays it at the day's price."""
    where = ZoneInfo(zone)
    start = datetime.combine(day, time(), where).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), where).astimezone(UTC)
    length = Fraction((end - start) // timedelta(minutes=1), 60)
    assert length == hours
    quantity = int(length * KWH)
    lines, _ = Pricer([DAY_AND_NIGHT], where).charge(quantity, start, end, Usage())
    by_rate = {
        rate: sum(line.quantity for line in lines if line.rate == rate) for rate in ("day", "night")
    }
    assert by_rate == {"day": by_day * KWH, "night": quantity - by_day * KWH}


@pytest.mark.parametrize(
    ("local", "rate"),
    [
        ("2026-07-03 17:00", "peak"),  # a Friday
        ("2026-07-03 16:59", "shoulder"),
        ("2026-07-03 21:30", "shoulder"),
        ("2026-07-03 22:00", "night"),
        ("2026-07-04 05:59", "night"),
        ("2026-07-04 06:00", "shoulder"),
        ("2026-07-04 18:00", "shoulder"),  # a Saturday
    ],
)
def test_a_band_past_midnight_belongs_to_the_day_it_begins_on(local: str, rate: str) -> None:
    """Friday's night goes on until Saturday morning."""
    where = ZoneInfo("Europe/Berlin")
    moment = datetime.fromisoformat(local).replace(tzinfo=where)
    assert Pricer([PEAKS], where).at(moment.astimezone(UTC)).rate.name == rate


def test_a_band_of_one_weekday_past_midnight_is_not_for_the_evening_after() -> None:
    """A cheap Sunday night must not become a cheap Monday night."""
    where = ZoneInfo("Asia/Shanghai")
    tariff = version(
        flat("cheap", 1), flat("dear", 2), bands=(band("cheap", "22:00", "06:00", (6,)),)
    )
    pricer = Pricer([tariff], where)
    monday = datetime(2026, 7, 6, tzinfo=where)
    assert pricer.at(monday.replace(hour=5)).rate.name == "cheap"
    assert pricer.at(monday.replace(hour=23)).rate.name == "dear"
    assert pricer.at(monday - HOUR).rate.name == "cheap"
    assert pricer.at(monday - 20 * HOUR).rate.name == "dear"


@pytest.mark.parametrize(
    "night",
    [(2026, 2, 28), (2028, 2, 29), (2026, 4, 30), (2026, 12, 31)],
    ids=["february", "leap day", "april", "new year"],
)
def test_tiers_begin_anew_with_the_local_month(night: tuple[int, int, int]) -> None:
    """What was used before midnight must not make the first of the month dear."""
    where = ZoneInfo("America/New_York")
    last = datetime(*night, 23, tzinfo=where).astimezone(UTC)
    tariff = version(tiered("flat", (10 * KWH, 1), (None, 5)))
    pricer = Pricer([tariff], where)
    used = Usage(f"{last.astimezone(where):%Y-%m}", 8 * KWH)
    lines, after = pricer.charge(8 * KWH, last, last + 2 * HOUR, used)
    assert [(line.tier, line.quantity) for line in lines] == [
        (0, 2 * KWH),
        (1, 2 * KWH),
        (0, 4 * KWH),
    ]
    assert after.quantity == 4 * KWH
    assert after.period == f"{(last + HOUR).astimezone(where):%Y-%m}"


def test_a_new_version_splits_a_running_stretch_at_its_instant() -> None:
    """A price that rises at noon is charged from noon, though the meter was read at one."""
    noon = datetime(2026, 7, 3, 12, tzinfo=UTC)
    pricer = Pricer(
        [version(flat("flat", 1)), version(flat("flat", 9), valid_from=noon, number=2)], UTC
    )
    lines, _ = pricer.charge(3 * KWH, noon - 2 * HOUR, noon + HOUR, Usage())
    assert [(line.version, line.quantity) for line in lines] == [(1, 2 * KWH), (2, KWH)]
    assert pricer.at(noon - timedelta(microseconds=1)).version.version == 1
    assert pricer.at(noon).version.version == 2


def test_of_two_versions_for_one_instant_the_later_holds() -> None:
    """Who corrects a mistake before it takes effect must not find the mistake charged."""
    pricer = Pricer([version(flat("flat", 9), number=2), version(flat("flat", 1))], UTC)
    assert pricer.at(datetime(2026, 7, 3, tzinfo=UTC)).version.version == 2


@given(
    quantity=st.integers(0, 10**9),
    places=st.lists(st.integers(0, 1000), max_size=20),
    shares=st.lists(st.integers(0, 1000), max_size=20),
    used=st.integers(0, 200 * KWH),
)
def test_splitting_a_stretch_inside_a_price_band_changes_no_money(
    quantity: int, places: list[int], shares: list[int], used: int
) -> None:
    """Who is read every second must pay what who is read every hour pays."""
    where = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 7, 3, 9, tzinfo=UTC)
    pricer, before = Pricer([PEAKS], where), Usage("2026-07", used)
    whole, used_whole = pricer.charge(quantity, start, start + HOUR, before)
    number = min(len(places), len(shares))
    times = [0, *sorted(places[:number]), 1000]
    registers = [0, *sorted(share * quantity // 1000 for share in shares[:number]), quantity]
    total, usage = 0, before
    for (t0, r0), (t1, r1) in itertools.pairwise(zip(times, registers, strict=True)):
        lines, usage = pricer.charge(
            r1 - r0, start + t0 * HOUR / 1000, start + t1 * HOUR / 1000, usage
        )
        total += worth(lines)
    assert (total, usage) == (worth(whole), used_whole)


def test_fourteen_thousand_readings_cost_what_one_does() -> None:
    """Rounding each reading to a cent would have charged nothing at all in a month."""
    pricer, usage, total = Pricer([PEAKS], ZoneInfo("Europe/Berlin")), Usage(), 0
    start, second = datetime(2026, 7, 3, 9, tzinfo=UTC), timedelta(seconds=1)
    for number in range(14_000):
        at = start + number * second / 2
        lines, usage = pricer.charge(777, at, at + second / 2, usage)
        total += worth(lines)
    whole, _ = pricer.charge(14_000 * 777, start, start + 7_000 * second, Usage())
    assert total == worth(whole)


def test_a_year_of_silence_of_a_big_meter_can_be_priced() -> None:
    """A gigawatt hour over a year is more than a timedelta holds: the arithmetic must not give out."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    quantity = 10**6 * 10**6 * KWH
    lines, _ = Pricer([DAY_AND_NIGHT], UTC).charge(
        quantity, start, start + timedelta(days=365), Usage()
    )
    assert sum(line.quantity for line in lines) == quantity


def test_what_goes_through_in_no_time_has_the_price_of_its_instant() -> None:
    """After a clock was set back energy arrives without a duration; it still costs."""
    at = datetime(2026, 7, 3, 12, tzinfo=UTC)
    lines, _ = Pricer([DAY_AND_NIGHT], UTC).charge(KWH, at, at, Usage())
    assert [(line.rate, line.quantity) for line in lines] == [("day", KWH)]


@pytest.mark.parametrize(
    ("rates", "otherwise", "bands", "key"),
    [
        ((flat("a", 1),), "b", (), "tariff_unknown_rate"),
        ((flat("a", 1),), "a", (band("b", "08:00", "10:00"),), "tariff_unknown_rate"),
        ((Rate(name="a", tiers=()),), "a", (), "tariff_tiers_open"),
        ((tiered("a", (10, 1)),), "a", (), "tariff_tiers_open"),
        ((tiered("a", (None, 1), (None, 2)),), "a", (), "tariff_tiers_open"),
        ((tiered("a", (20, 1), (10, 2), (None, 3)),), "a", (), "tariff_tiers_order"),
        ((tiered("a", (10, 1), (10, 2), (None, 3)),), "a", (), "tariff_tiers_order"),
        ((tiered("a", (0, 1), (None, 3)),), "a", (), "tariff_tiers_order"),
    ],
)
def test_a_tariff_that_cannot_price_everything_is_refused(
    rates: tuple[Rate, ...], otherwise: str, bands: tuple[Band, ...], key: str
) -> None:
    """A hole in a tariff shows when somebody's energy falls into it: too late."""
    broken = TariffVersion(
        tariff=TariffId("home"),
        version=1,
        name="",
        quantity=Quantity.ENERGY,
        valid_from=ALWAYS,
        rates=rates,
        otherwise=otherwise,
        bands=bands,
    )
    with pytest.raises(CoreError) as refused:
        check(broken)
    assert refused.value.key == key
    check(PEAKS)


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2026, 1, 1), date(2029, 1, 1)),
    clock=st.times().map(lambda one: one.replace(microsecond=0, second=0)),
)
def test_the_moments_of_a_day_split_it_where_the_clock_matters(
    zone: str, day: date, clock: time
) -> None:
    """Between two of them no rule by the clock can change, on the shortest and the longest day."""
    where = ZoneInfo(zone)
    found = moments(day, (clock,), where)
    assert found == sorted(set(found))
    for begin, finish in itertools.pairwise(found):
        inside = {
            (begin + (finish - begin) * part / 10).astimezone(where).time() >= clock
            for part in range(10)
        }
        assert len(inside) == 1
        assert begin.astimezone(where).date() == day
