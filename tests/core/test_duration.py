"""What a stay costs, by hand, and against a model that looks at the clock every minute."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.duration import (
    Counting,
    Duration,
    First,
    FreeKind,
    StayBand,
)
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import MICRO, Currency
from custom_components.prepaid_parking.core.priced import PriceRule, Rounding, half_up
from custom_components.prepaid_parking.core.stay_price import price_counter, price_stay
from tests.core.duration_cases import (
    BERLIN,
    CASES,
    CITY,
    EXACT,
    FREE,
    HALF_HOURS,
    MINUTE,
    NIGHT,
    SHANGHAI,
    Case,
    band,
    terms,
)

YUAN = Currency.of("CNY")
ZONES = (BERLIN, "America/New_York", "Australia/Lord_Howe", SHANGHAI)


def instant(text: str, zone: str) -> datetime:
    """The instant of a local time, or of one with its offset."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def test_there_are_cases_enough() -> None:
    """A table that lost half its lines would still be green."""
    assert len(CASES) >= 60
    assert len({case.says for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_a_stay_costs_what_it_costs_by_hand(case: Case) -> None:
    """The driver at the barrier adds it up, too."""
    begin, end = instant(case.arrived, case.zone), instant(case.left, case.zone)
    priced = price_stay(case.terms, begin, end, ZoneInfo(case.zone), YUAN)
    assert Fraction(priced.numerator, priced.denominator) == case.costs * 100
    assert priced.amount_minor == half_up(priced.numerator, priced.denominator)
    assert sum(priced.amounts()) == priced.amount_minor


# --- the model: every minute looks at the clock on the wall, money is a fraction -----------------


def model_band(rules: Duration, local: datetime) -> tuple[StayBand | None, date | None]:
    """The band of a local moment and the day it began on, as a person reads the sign."""
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    for one in rules.bands:
        if one.end == time():
            if today.weekday() in one.weekdays and one.start <= local.time():
                return one, today
        elif one.start < one.end:
            if today.weekday() in one.weekdays and one.start <= local.time() < one.end:
                return one, today
        elif local.time() >= one.start:
            if today.weekday() in one.weekdays:
                return one, today
        elif local.time() < one.end and yesterday.weekday() in one.weekdays:
            return one, yesterday
    return None, None


class Model:
    """A cashier who stands beside the car and acts once a minute."""

    def __init__(self, rules: Duration) -> None:
        """Begin with nothing paid."""
        self.rules = rules
        self.total = Fraction()
        self.by: dict[object, Fraction] = {}

    def pay(self, micro: Fraction, caps: list[tuple[object, int | None]]) -> None:
        """Take money as far as no cap is reached."""
        limits = [(key, most) for key, most in caps if most is not None]
        for key, most in limits:
            micro = min(micro, most - self.by.get(key, Fraction()))
        for key, _ in limits:
            self.by[key] = self.by.get(key, Fraction()) + micro
        self.total += micro

    def stay(self, arrived: datetime, minutes: int, zone: ZoneInfo) -> Fraction:
        """What a stay of whole minutes costs, in millionths."""
        rules = self.rules
        free = rules.free // MINUTE
        if minutes <= free:
            return Fraction()
        start = free if rules.free_kind is FreeKind.ALWAYS else 0
        paid_until, firsts, nights = start, list(rules.first), set[object]()
        for minute in range(start, minutes):
            local = (arrived + timedelta(minutes=minute)).astimezone(zone)
            held, since = model_band(rules, local)
            caps: list[tuple[object, int | None]] = [
                (("day", local.date()), rules.day_cap_micro),
                (("24 h", minute // (24 * 60)), rules.rolling_cap_micro),
                ("all", rules.whole_cap_micro),
            ]
            if held is not None:
                caps.append((("band", held.name, since), held.cap_micro))
                if held.flat:
                    if (held.name, since) not in nights:
                        nights.add((held.name, since))
                        self.pay(Fraction(held.price_micro), caps)
                    paid_until = minute + 1
                    continue
            if paid_until > minute:
                continue
            price = rules.price_micro if held is None else held.price_micro
            if firsts:
                first = firsts.pop(0)
                self.pay(Fraction(first.price_micro), caps)
                paid_until = minute + first.length // MINUTE
            else:
                step = 1 if rules.counting is Counting.EXACT else rules.step // MINUTE
                self.pay(Fraction(price * step * MINUTE, rules.per), caps)
                paid_until = minute + step
        return self.total


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 20, 30]))
prices = st.integers(0, 12).map(lambda half: half * MICRO // 2)
caps = st.none() | st.integers(0, 60).map(lambda whole: whole * MICRO)
weekdays = st.just(tuple(range(7))) | st.sets(st.integers(0, 6), min_size=1).map(
    lambda days: tuple(sorted(days))
)


@st.composite
def rules(draw: st.DrawFn) -> Duration:
    """Any terms whose lengths are whole minutes."""
    return Duration(
        price_micro=draw(prices),
        per=draw(st.sampled_from([15, 45, 60])) * MINUTE,
        step=draw(st.sampled_from([1, 7, 15, 30, 45, 60, 120])) * MINUTE,
        counting=draw(st.sampled_from(Counting)),
        free=draw(st.sampled_from([0, 5, 15, 30])) * MINUTE,
        free_kind=draw(st.sampled_from(FreeKind)),
        first=tuple(
            First(length=length * MINUTE, price_micro=draw(prices))
            for length in draw(st.lists(st.sampled_from([10, 60, 90]), max_size=2))
        ),
        bands=tuple(
            StayBand(
                name=name,
                start=draw(clocks),
                end=draw(clocks),
                price_micro=draw(prices),
                weekdays=draw(weekdays),
                flat=draw(st.booleans()),
                cap_micro=draw(caps),
            )
            for name in draw(st.sampled_from([[], ["night"], ["night", "noon"]]))
        ),
        day_cap_micro=draw(caps),
        rolling_cap_micro=draw(caps),
        whole_cap_micro=draw(caps),
    )


days = st.dates(date(2026, 1, 1), date(2028, 12, 31)) | st.sampled_from(
    [date(2026, 3, 28), date(2026, 10, 24), date(2026, 10, 3), date(2026, 4, 4), date(2026, 3, 7)]
)


@given(rules(), st.sampled_from(ZONES), days, st.integers(0, 1439), st.integers(0, 4500))
def test_a_stay_costs_what_a_cashier_beside_the_car_would_take(
    rules: Duration, zone: str, day: date, minute: int, minutes: int
) -> None:
    """Any rules, any zone, any night the clocks are changed: exact to the millionth."""
    where = ZoneInfo(zone)
    arrived = datetime.combine(day, time(), where).astimezone(UTC) + timedelta(minutes=minute)
    priced = price_stay(rules, arrived, arrived + timedelta(minutes=minutes), where, YUAN)
    model = Model(rules).stay(arrived, minutes, where)
    assert Fraction(priced.numerator, priced.denominator) == model / 10_000


@given(rules(), days, st.integers(0, 1439), st.integers(0, 3000), st.integers(0, 3000))
def test_staying_longer_never_costs_less(
    rules: Duration, day: date, minute: int, minutes: int, more: int
) -> None:
    """Nobody waits at the barrier for the price to fall."""
    where = ZoneInfo(BERLIN)
    arrived = datetime.combine(day, time(), where).astimezone(UTC) + timedelta(minutes=minute)
    left = arrived + timedelta(minutes=minutes)
    one = price_stay(rules, arrived, left, where, YUAN)
    two = price_stay(rules, arrived, left + timedelta(minutes=more), where, YUAN)
    assert 0 <= one.amount_minor <= two.amount_minor
    assert min((line.quantity for line in two.lines), default=0) >= 0


def test_a_departure_before_the_arrival_is_refused() -> None:
    """A clock that was set back must not pay the driver."""
    at = instant("2026-07-03 10:00", SHANGHAI)
    with pytest.raises(CoreError) as refused:
        price_stay(HALF_HOURS, at, at - timedelta(seconds=1), ZoneInfo(SHANGHAI), YUAN)
    assert refused.value.key == "stay_backwards"


def test_a_stay_explains_itself() -> None:
    """Free 15 minutes are gone, first hour 5.00, then 22 half hours, cut at the day's 30.00."""
    begin, end = (instant(f"2026-07-03 {at}", SHANGHAI) for at in ("08:00", "20:00"))
    priced = price_stay(CITY, begin, end, ZoneInfo(SHANGHAI), YUAN)
    first, units, cap = priced.lines
    assert (first.rule, first.price_micro, first.per) == (PriceRule.FIRST, 5 * MICRO, 0)
    assert (units.rule, units.quantity // (30 * MINUTE)) == (PriceRule.UNITS, 22)
    assert (units.from_at, units.to_at) == (begin + timedelta(hours=1), end)
    assert (cap.rule, cap.price_micro, cap.first) == (
        PriceRule.DAY_CAP,
        30 * MICRO,
        date(2026, 7, 3),
    )
    assert priced.amounts() == (500, 4400, -1900)


def test_free_time_stands_on_the_receipt() -> None:
    """A driver who pays nothing reads why."""
    begin = instant("2026-07-03 08:00", SHANGHAI)
    priced = price_stay(FREE, begin, begin + timedelta(minutes=9), ZoneInfo(SHANGHAI), YUAN)
    (line,) = priced.lines
    assert (line.rule, line.quantity, line.numerator) == (PriceRule.FREE, 9 * MINUTE, 0)


def test_a_flat_night_is_one_line_over_midnight() -> None:
    """Two lines for one night look like a double charge."""
    begin, end = instant("2026-07-03 23:00", SHANGHAI), instant("2026-07-04 07:00", SHANGHAI)
    (line,) = price_stay(NIGHT, begin, end, ZoneInfo(SHANGHAI), YUAN).lines
    assert (line.name, line.from_at, line.to_at) == ("night", begin, end)
    assert line.quantity == 8 * 60 * MINUTE


def test_a_holiday_is_no_weekday() -> None:
    """The first of October is a Thursday, and parking costs what it costs on holidays."""
    where = ZoneInfo(SHANGHAI)
    festive = terms(
        "5.00",
        bands=(
            band("holiday", "00:00", "00:00", "8.00", weekdays=(7,)),
            band("work", "00:00", "00:00", "6.00", weekdays=(0, 1, 2, 3, 4)),
        ),
    )
    begin = instant("2026-09-30 23:00", SHANGHAI)

    def holidays(calendar: str, day: date) -> DayKind | None:
        return DayKind.HOLIDAY if calendar == "CN" and day == date(2026, 10, 1) else None

    priced = price_stay(festive, begin, begin + timedelta(hours=2), where, YUAN, holidays, "CN")
    assert [(line.name, line.price_micro) for line in priced.lines] == [
        ("work", 6 * MICRO),
        ("holiday", 8 * MICRO),
    ]
    plain = price_stay(festive, begin, begin + timedelta(hours=2), where, YUAN)
    assert plain.amount_minor == 1200


@pytest.mark.parametrize(
    ("rounding", "seconds", "amount"),
    [
        (Rounding.HALF_UP, 8, 0),
        (Rounding.HALF_UP, 9, 1),
        (Rounding.UP, 1, 1),
        (Rounding.UP, 0, 0),
        (Rounding.UP, 18, 1),
        (Rounding.DOWN, 17, 0),
        (Rounding.DOWN, 18, 1),
    ],
)
def test_the_sum_is_rounded_once_and_as_it_is_said(
    rounding: Rounding, seconds: int, amount: int
) -> None:
    """At 2.00 per hour a cent is 18 seconds."""
    rules = Duration(
        price_micro=EXACT.price_micro,
        per=EXACT.per,
        step=EXACT.step,
        counting=Counting.EXACT,
        rounding=rounding,
    )
    at = instant("2026-07-03 10:00", SHANGHAI)
    end = at + timedelta(seconds=seconds)
    assert price_stay(rules, at, end, ZoneInfo(SHANGHAI), YUAN).amount_minor == amount


def test_a_currency_without_cents_is_rounded_to_whole_units() -> None:
    """31 of 60 minutes at 250 yen are 129 yen, never 129.17."""
    at = instant("2026-07-03 10:00", SHANGHAI)
    rules = terms("250", counting=Counting.EXACT)
    end = at + timedelta(minutes=31)
    assert price_stay(rules, at, end, ZoneInfo(SHANGHAI), Currency.of("JPY")).amount_minor == 129


def by_piece(**given: int) -> Duration:
    """Ten pieces for 5.00, the first four free of charge, at most 20.00."""
    return Duration(
        quantity=Quantity.COUNT,
        price_micro=5 * MICRO,
        per=10,
        step=given.get("step", 10),
        free=given.get("free", 0),
        first=tuple(First(length=given["first"], price_micro=2 * MICRO) for _ in "1"[: "first" in given]),
        whole_cap_micro=20 * MICRO,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "counted", "amount"),
    [
        (by_piece(), 0, 0),
        (by_piece(), 1, 500),
        (by_piece(), 10, 500),
        (by_piece(), 11, 1000),
        (by_piece(), 1000, 2000),
        (by_piece(step=1), 7, 350),
        (by_piece(free=4), 4, 0),
        (by_piece(free=4), 5, 500),
        (by_piece(first=3), 3, 200),
        (by_piece(first=3), 4, 700),
    ],
)
def test_pieces_and_kilometres_are_priced_by_the_same_rules(
    rules: Duration, counted: int, amount: int
) -> None:
    """A copier, a forklift, a wash: what is counted is paid as time is."""
    priced = price_counter(rules, counted, YUAN)
    assert priced.amount_minor == amount
    assert all(line.from_at is None and line.first is None for line in priced.lines)


def test_mileage_is_exact_to_the_metre() -> None:
    """12.345 km at 0.30 are 3.7035."""
    rules = Duration(
        quantity=Quantity.LENGTH,
        price_micro=300_000,
        per=1000,
        step=1000,
        counting=Counting.EXACT,
    )
    priced = price_counter(rules, 12_345, YUAN)
    assert Fraction(priced.numerator, priced.denominator) == Fraction("370.35")
    assert priced.amount_minor == 370


def test_a_counter_that_ran_backwards_is_refused() -> None:
    """A swapped counter must not pay the user."""
    with pytest.raises(CoreError) as refused:
        price_counter(by_piece(), -1, YUAN)
    assert refused.value.key == "count_backwards"
