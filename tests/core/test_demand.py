"""The highest quarter of an hour of a month, and what the reactive energy costs."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.demand import (
    Demand,
    Peak,
    Power,
    apparent,
    demand_due,
    demand_watch,
    interval_begin,
    observe,
)
from custom_components.prepaid_parking.core.money import MICRO, Currency
from custom_components.prepaid_parking.core.periods import Every, calendar_period
from custom_components.prepaid_parking.core.power_factor import (
    FactorStep,
    PowerFactor,
    power_factor,
    power_factor_due,
)
from tests.core.peaks import peaks_of

YUAN = Currency.of("CNY")
SHANGHAI = ZoneInfo("Asia/Shanghai")
KWH = 1_000_000
KW = 1_000_000
MINUTE = timedelta(minutes=1)
QUARTERS = Demand(price_micro=40 * MICRO)
APRIL = calendar_period(Every.MONTH, date(2026, 4, 1))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A local time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_the_highest_quarter_of_an_hour_counts() -> None:
    """10 kWh in a quarter of an hour are 40 kW, however quiet the rest of the month is."""
    points = [
        (at("2026-04-03 10:00"), 0, 0),
        (at("2026-04-03 10:15"), 5 * KWH, 0),
        (at("2026-04-03 10:30"), 15 * KWH, 0),
        (at("2026-04-30 10:30"), 16 * KWH, 0),
    ]
    (peak,) = peaks_of(QUARTERS, points, SHANGHAI)
    assert peak == Peak(month="2026-04", power_mw=40 * KW, at=at("2026-04-03 10:15"))


def test_readings_that_do_not_fall_on_the_quarter_are_spread() -> None:
    """10:10 to 10:20, 10 kWh: five in each quarter, 20 kW."""
    points = [
        (at("2026-04-03 10:00"), 0, 0),
        (at("2026-04-03 10:10"), 0, 0),
        (at("2026-04-03 10:20"), 10 * KWH, 0),
        (at("2026-04-03 10:45"), 10 * KWH, 0),
    ]
    (peak,) = peaks_of(QUARTERS, points, SHANGHAI)
    assert peak.power_mw == 20 * KW


def test_an_interval_that_is_not_over_is_not_judged() -> None:
    """Its mean is not known before its end."""
    watch = demand_watch(at("2026-04-03 10:00"), 15, SHANGHAI)
    begin = at("2026-04-03 10:00")
    watch, _ = observe(watch, QUARTERS, begin, begin + 14 * MINUTE, 7 * KWH, SHANGHAI)
    assert watch.peak.power_mw == 0
    watch, _ = observe(watch, QUARTERS, begin + 14 * MINUTE, begin + 15 * MINUTE, 3 * KWH, SHANGHAI)
    assert watch.peak.power_mw == 40 * KW
    assert (watch.energy, watch.begun) == (0, begin + 15 * MINUTE)


def test_over_midnight_of_the_first_each_month_has_its_own_peak() -> None:
    """23:50 to 00:10, 20 kWh: ten in the last quarter of April, ten in the first of May."""
    points = [
        (at("2026-04-30 23:00"), 0, 0),
        (at("2026-04-30 23:50"), 0, 0),
        (at("2026-05-01 00:10"), 20 * KWH, 0),
        (at("2026-05-01 00:15"), 21 * KWH, 0),
    ]
    april, may = peaks_of(QUARTERS, points, SHANGHAI)
    assert (april.month, april.power_mw, april.at) == ("2026-04", 40 * KW, at("2026-04-30 23:45"))
    assert (may.month, may.power_mw, may.at) == ("2026-05", 44 * KW, at("2026-05-01 00:00"))


def test_a_month_is_over_with_its_last_quarter() -> None:
    """A reading at midnight sharp closes the month."""
    begin, end = at("2026-04-30 23:45"), at("2026-05-01 00:00")
    watch = demand_watch(begin, 15, SHANGHAI)
    watch, ended = observe(watch, QUARTERS, begin, end, KWH, SHANGHAI)
    assert [(one.month, one.power_mw) for one in ended] == [("2026-04", 4 * KW)]
    assert watch.peak == Peak(month="2026-05")


def test_a_late_reading_raises_no_peak_by_itself() -> None:
    """What lies before the last reading is judged: it is left out, or all is judged anew."""
    begin = at("2026-04-03 10:00")
    watch = demand_watch(begin, 15, SHANGHAI)
    watch, _ = observe(watch, QUARTERS, begin, begin + 60 * MINUTE, 4 * KWH, SHANGHAI)
    again, ended = observe(
        watch, QUARTERS, begin + 15 * MINUTE, begin + 30 * MINUTE, 90 * KWH, SHANGHAI
    )
    assert (again, ended) == (watch, [])
    # Half of it lies after the last reading: only that half is taken in.
    half, _ = observe(watch, QUARTERS, begin + 45 * MINUTE, begin + 75 * MINUTE, 20 * KWH, SHANGHAI)
    assert half.peak.power_mw == 40 * KW


def test_a_reading_between_two_others_makes_the_peak_sharper_when_all_is_judged_anew() -> None:
    """Evenly over an hour it was 4 kW; the stored reading shows that it was 16 in one quarter."""
    rough = [(at("2026-04-03 10:00"), 0, 0), (at("2026-04-03 11:00"), 4 * KWH, 0)]
    late = [(at("2026-04-03 10:30"), 0, 0), (at("2026-04-03 10:45"), 4 * KWH, 0)]
    assert peaks_of(QUARTERS, rough, SHANGHAI)[0].power_mw == 4 * KW
    assert peaks_of(QUARTERS, rough + late, SHANGHAI)[0].power_mw == 16 * KW


def test_what_went_through_in_no_time_is_no_power() -> None:
    """After a clock was set back energy arrives without a duration."""
    begin = at("2026-04-03 10:00")
    watch = demand_watch(begin, 15, SHANGHAI)
    assert observe(watch, QUARTERS, begin, begin, 50 * KWH, SHANGHAI) == (watch, [])


def test_apparent_power_is_judged_from_both_registers() -> None:
    """3 kWh and 4 kvarh in half an hour: 10 kVA."""
    demand = Demand(price_micro=MICRO, interval_minutes=30, power=Power.APPARENT)
    points = [(at("2026-04-03 10:00"), 0, 0), (at("2026-04-03 10:30"), 3 * KWH, 4 * KWH)]
    assert peaks_of(demand, points, SHANGHAI)[0].power_mw == 10 * KW
    assert apparent(3, 4) == 5


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "intervals"),
    [
        ("Asia/Shanghai", date(2026, 4, 3), 15, 96),
        ("Europe/Berlin", date(2026, 3, 29), 15, 92),
        ("Europe/Berlin", date(2026, 10, 25), 15, 100),
        ("Asia/Kolkata", date(2026, 4, 3), 60, 24),
        ("Asia/Kathmandu", date(2026, 4, 3), 30, 48),
        ("Australia/Lord_Howe", date(2026, 10, 4), 60, 24),  # 23.5 hours: the last one is half
    ],
)
def test_intervals_tile_the_local_day(zone: str, day: date, minutes: int, intervals: int) -> None:
    """They begin at local midnight, also where the zone is three quarters of an hour off."""
    where = ZoneInfo(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=where).astimezone(UTC)
    end = (datetime(day.year, day.month, day.day, tzinfo=where) + timedelta(days=1)).astimezone(UTC)
    marks = [midnight + number * MINUTE for number in range((end - midnight) // MINUTE)]
    begins = {interval_begin(one, minutes, where) for one in marks}
    assert len(begins) == intervals
    assert min(begins) == midnight


def test_an_interval_cut_by_the_clock_is_not_dearer() -> None:
    """On Lord Howe the last hour of a day in October has thirty minutes."""
    where = ZoneInfo("Australia/Lord_Howe")
    demand = Demand(price_micro=MICRO, interval_minutes=60)
    midnight = at("2026-10-04 00:00", where)
    points = [(midnight, 0, 0), (midnight + timedelta(hours=47), 47 * KWH, 0)]
    assert peaks_of(demand, points, where)[0].power_mw == KW


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 20 * KWH)), min_size=1, max_size=12),
    st.sampled_from([15, 30, 60]),
    st.integers(0, 2000),
    st.randoms(),
)
def test_the_peak_is_that_of_the_minutes(
    steps: list[tuple[int, int]], minutes: int, start: int, chance: object
) -> None:
    """Against exact fractions minute by minute; in whatever order the readings came."""
    begin = at("2026-04-30 12:00") + start * MINUTE
    points, register, upto = [(begin, 0, 0)], 0, begin
    flow: dict[tuple[str, datetime], Fraction] = {}
    for length, energy in steps:
        for number in range(length):
            minute = upto + number * MINUTE
            key = (
                f"{minute.astimezone(SHANGHAI):%Y-%m}",
                interval_begin(minute, minutes, SHANGHAI),
            )
            flow[key] = flow.get(key, Fraction()) + Fraction(energy, length)
        upto, register = upto + length * MINUTE, register + energy
        points.append((upto, register, 0))
    chance.shuffle(points)  # type: ignore[attr-defined]
    peaks = peaks_of(Demand(price_micro=MICRO, interval_minutes=minutes), points, SHANGHAI)
    whole = {key: one for key, one in flow.items() if key[1] + minutes * MINUTE <= upto}
    for peak in peaks:
        exact = max((one for key, one in whole.items() if key[0] == peak.month), default=0)
        # Each part of a split is rounded down to a whole mWh.
        assert abs(peak.power_mw - exact * 60 / minutes) <= 2 * 60 // minutes * len(steps)
    assert [one.month for one in peaks] == sorted({one.month for one in peaks})


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 10**9)), min_size=1, max_size=8))
def test_the_open_interval_holds_what_went_through_since_it_began(
    steps: list[tuple[int, int]],
) -> None:
    """Across a restart it is all that is known of the quarter of an hour that is running."""
    upto, demand = at("2026-04-03 10:07"), Demand(price_micro=MICRO)
    watch = demand_watch(upto, 15, SHANGHAI)
    flow: list[tuple[datetime, Fraction]] = []
    for length, energy in steps:
        flow += ((upto + number * MINUTE, Fraction(energy, length)) for number in range(length))
        begin, upto = upto, upto + length * MINUTE
        watch, _ = observe(watch, demand, begin, upto, energy, SHANGHAI)
        assert watch.upto == upto
        assert watch.begun <= upto < watch.begun + 15 * MINUTE
        exact = sum((part for minute, part in flow if minute >= watch.begun), Fraction())
        assert abs(watch.energy - exact) <= len(steps)


@pytest.mark.parametrize(
    ("demand", "peak_kw", "days", "amount"),
    [
        (QUARTERS, 0, (1, 30), 0),
        (QUARTERS, 100, (1, 30), 400_000),
        (QUARTERS, 100, (16, 30), 200_000),
        (QUARTERS, 100, (1, 7), 93_333),
        (QUARTERS, 100, (8, 30), 306_667),
        (Demand(price_micro=40 * MICRO, contracted_w=80_000, excess_price_micro=80 * MICRO), 60, (1, 30), 320_000),
        (Demand(price_micro=40 * MICRO, contracted_w=80_000, excess_price_micro=80 * MICRO), 80, (1, 30), 320_000),
        (Demand(price_micro=40 * MICRO, contracted_w=80_000, excess_price_micro=80 * MICRO), 90, (1, 30), 400_000),
        (Demand(price_micro=40 * MICRO, contracted_w=80_000, excess_price_micro=80 * MICRO, tolerance_percent=5), 84, (1, 30), 320_000),
        (Demand(price_micro=40 * MICRO, contracted_w=80_000, excess_price_micro=80 * MICRO, tolerance_percent=5), 85, (1, 30), 328_000),
    ],
)  # fmt: skip
def test_what_a_months_demand_costs(
    demand: Demand, peak_kw: int, days: tuple[int, int], amount: int
) -> None:
    """40.00 per kW; a contract is paid whether it is used or not, what is beyond it twice over."""
    peak = Peak(month="2026-04", power_mw=peak_kw * KW)
    first, last = (date(2026, 4, day) for day in days)
    due = demand_due(demand, peak, APRIL, first, last, YUAN)
    assert due.amount_minor == amount


def test_a_binding_may_have_its_own_contract() -> None:
    """One tariff for all shops, each with the power it ordered: 30 kW, and 5 beyond."""
    demand = Demand(price_micro=40 * MICRO, excess_price_micro=80 * MICRO)
    peak = Peak(month="2026-04", power_mw=35 * KW)
    due = demand_due(demand, peak, APRIL, APRIL.first, APRIL.last, YUAN, contracted_w=30_000)
    assert due.amounts() == (120_000, 40_000)


# --- power factor ------------------------------------------------------------------------------


STANDARD_90 = PowerFactor(
    steps=tuple(
        FactorStep(from_thousandths=from_, basis_points=points)
        for from_, points in [
            (0, 2500),
            *((600 + 10 * number, 2500 - 200 * number) for number in range(1, 5)),
            *((650 + 10 * number, 1500 - 100 * number) for number in range(5)),
            *((700 + 10 * number, 1000 - 50 * number) for number in range(20)),
            (900, 0), (910, -15), (920, -30), (930, -45), (940, -60), (950, -75),
        ]
    )
)  # fmt: skip
"""The table of China's 1983 rule for a standard of 0.90, down to 0.60."""


@pytest.mark.parametrize(
    ("active", "reactive", "places", "factor"),
    [
        (0, 0, 2, 1000),
        (1, 0, 2, 1000),
        (0, 1, 2, 0),
        (3, 4, 2, 600),
        (3, 4, 3, 600),
        (4, 3, 3, 800),
        (1, 1, 2, 710),  # 0.70710
        (1, 1, 3, 707),
        (10**15, 10**15, 3, 707),
        (895, 446_068, 3, 2),
    ],
)
def test_the_factor_is_rounded_half_up(
    active: int, reactive: int, places: int, factor: int
) -> None:
    """Two places, as the table has them, or three."""
    assert power_factor(active, reactive, places) == factor


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.sampled_from([2, 3]))
def test_the_factor_is_exactly_the_nearest(active: int, reactive: int, places: int) -> None:
    """Squared, so that no root is rounded: (k - 1/2) S <= n P < (k + 1/2) S."""
    if active or reactive:
        square, unit = active**2 + reactive**2, 10**places
        units = power_factor(active, reactive, places) * unit // 1000
        assert (2 * units - 1) ** 2 * square <= (2 * unit * active) ** 2 or units == 0
        assert (2 * unit * active) ** 2 < (2 * units + 1) ** 2 * square


@pytest.mark.parametrize(
    ("factor", "points"),
    [(1000, -75), (950, -75), (940, -60), (900, 0), (890, 50), (850, 250), (750, 750), (700, 1000), (690, 1100), (650, 1500), (640, 1700), (600, 2500), (10, 2500)],
)  # fmt: skip
def test_the_table_is_read_from_its_row_on(factor: int, points: int) -> None:
    """Of 1,000.00, at the edges of every part of the table."""
    # P = k and Q = sqrt(10^12 - k^2) give the factor k / 10^6 to the sixth place.
    active = factor * 1000
    reactive = round((10**12 - active**2) ** 0.5)
    due = power_factor_due(STANDARD_90, active, reactive, 100_000)
    assert due.amount_minor == 10 * points
    assert [line.quantity for line in due.lines] == ([factor] if points else [])


@pytest.mark.parametrize(("amount", "due"), [(100, 1), (99, 0), (-100, -1), (0, 0)])
def test_the_adjustment_is_rounded_once(amount: int, due: int) -> None:
    """Half a cent counts as one, and a credit takes back what the charge added."""
    table = PowerFactor(steps=(FactorStep(from_thousandths=0, basis_points=50),))
    assert power_factor_due(table, 1, 0, amount).amount_minor == due
