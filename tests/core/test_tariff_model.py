"""Any tariff, any household, any day: what is charged against the model that counts half hours."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
import itertools
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st

from custom_components.prepaid_parking.core.accrual import ChargeLine
from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.local_day import DAY, day_start
from custom_components.prepaid_parking.core.tariff import Pricer, Scope, Usage
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from tests.core.fraction_model import Count, Household, period_of
from tests.core.tariff_strategies import documents

KWH = MICRO = 1_000_000
HALF_HOUR = timedelta(minutes=30)
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
DEAREST_MICRO = 8_000_000
"""A price of 2, times a factor of 3, and an adder of 2 on top."""
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai")

days = st.dates(date(2026, 1, 1), date(2028, 12, 1))
zones = st.sampled_from(ZONES).map(ZoneInfo)
kinds = st.sampled_from(DayKind)


def worth(lines: Sequence[ChargeLine]) -> int:
    """The numerator of a charge."""
    return sum(line.numerator for line in lines)


def by_rate(lines: Sequence[ChargeLine]) -> dict[str, int]:
    """How much went through at each rate."""
    found = defaultdict[str, int](int)
    for line in lines:
        found[line.rate] += line.quantity
    return dict(found)


def pricer_of(
    document: dict[str, Any], zone: ZoneInfo, holidays: dict[date, DayKind] | None = None
) -> Pricer:
    """The document in force since ever."""
    known = holidays or {}
    version = read_tariff(document, version=1, valid_from=ALWAYS)
    return Pricer([version], zone, lambda calendar, day: known.get(day))


@settings(max_examples=150)
@given(
    old=documents(),
    new=documents(),
    zone=zones,
    day=days,
    begin=st.integers(0, 48),
    length=st.integers(1, 200),
    quantity=st.integers(0, 300 * KWH),
    used=st.integers(0, 150 * KWH),
    changes_after=st.integers(0, 250),
    persons=st.integers(0, 6),
    first_before=st.none() | st.integers(0, 400),
    kinds_of_days=st.lists(st.none() | kinds, min_size=7, max_size=7),
)
def test_a_charge_is_what_the_model_says(
    old: dict[str, Any],
    new: dict[str, Any],
    zone: ZoneInfo,
    day: date,
    begin: int,
    length: int,
    quantity: int,
    used: int,
    changes_after: int,
    persons: int,
    first_before: int | None,
    kinds_of_days: list[DayKind | None],
) -> None:
    """Any mix of rules that can be written is charged as it reads, over a new version, too."""
    start = datetime.combine(day, time(), zone).astimezone(UTC) + begin * HALF_HOUR
    end, changes = start + length * HALF_HOUR, start + changes_after * HALF_HOUR
    holidays = {
        day + (number - 1) * DAY: kind
        for number, kind in enumerate(kinds_of_days)
        if kind is not None
    }
    first = None if first_before is None else start - first_before * DAY
    local = start.astimezone(zone).date()
    period = period_of(old, local)
    pricer = Pricer(
        [
            read_tariff(old, version=1, valid_from=ALWAYS),
            read_tariff(new, version=2, valid_from=changes),
        ],
        zone,
        lambda calendar, day: holidays.get(day),
    )
    lines, usage = pricer.charge(quantity, start, end, Usage(period, used), Scope(persons, first))
    count = Count(period, Fraction(used, KWH))
    bill = Household(
        documents=[(ALWAYS, old), (changes, new)],
        zone=zone,
        persons=persons,
        first=None if first is None else first.astimezone(zone).date(),
        holidays={day: str(kind) for day, kind in holidays.items()},
    ).bill(Fraction(quantity, KWH), start, end, count, HALF_HOUR)
    assert sum(line.quantity for line in lines) == quantity
    # Each split is rounded down to a whole base unit, and so is each shortened limit.
    splits = Fraction(14 * (length // 40 + 3), KWH)
    assert abs(Fraction(worth(lines), KWH * MICRO) - bill.total) <= splits * DEAREST_MICRO / MICRO
    assert usage.period == count.period
    assert abs(Fraction(usage.quantity, KWH) - count.quantity) <= splits
    counted = by_rate(lines)
    for rate in {*counted, *bill.by_rate}:
        assert abs(Fraction(counted.get(rate, 0), KWH) - bill.by_rate.get(rate, 0)) <= splits


@given(
    document=documents(),
    zone=zones,
    day=days,
    half=st.integers(0, 40),
    quantity=st.integers(0, 10**9),
    places=st.lists(st.integers(0, 1000), max_size=12),
    shares=st.lists(st.integers(0, 1000), max_size=12),
    used=st.integers(0, 200 * KWH),
    persons=st.integers(0, 6),
)
def test_splitting_inside_a_price_band_changes_nothing(
    document: dict[str, Any],
    zone: ZoneInfo,
    day: date,
    half: int,
    quantity: int,
    places: list[int],
    shares: list[int],
    used: int,
    persons: int,
) -> None:
    """Who is read every second must pay what who is read every hour pays, whatever the rules."""
    pricer, scope = pricer_of(document, zone), Scope(persons, day_start(day, zone))
    stretch = pricer.at(day_start(day, zone) + half * HALF_HOUR)
    before, length = Usage(stretch.period, used), stretch.end - stretch.start
    whole, used_whole = pricer.charge(quantity, stretch.start, stretch.end, before, scope)
    number = min(len(places), len(shares))
    times = [0, *sorted(places[:number]), 1000]
    registers = [0, *sorted(share * quantity // 1000 for share in shares[:number]), quantity]
    parts: list[ChargeLine] = []
    usage = before
    for (t0, r0), (t1, r1) in itertools.pairwise(zip(times, registers, strict=True)):
        lines, usage = pricer.charge(
            r1 - r0,
            stretch.start + t0 * length / 1000,
            stretch.start + t1 * length / 1000,
            usage,
            scope,
        )
        parts += lines
    assert (worth(parts), usage) == (worth(whole), used_whole)
    # The count only ever rises: a dear unit is never followed by a cheap one that came before it.
    assert [line.tier for line in parts] == sorted(line.tier for line in parts)


@given(
    document=documents(own_tiers=False),
    zone=zones,
    day=days,
    quantity=st.integers(0, 10**9),
    used=st.integers(0, 200 * KWH),
    persons=st.integers(0, 6),
    order=st.randoms(use_true_random=False),
)
def test_rate_registers_and_the_clock_give_one_bill(
    document: dict[str, Any],
    zone: ZoneInfo,
    day: date,
    quantity: int,
    used: int,
    persons: int,
    order: Any,
) -> None:
    """Of two neighbours one has a meter with rate registers: the same day costs both the same."""
    pricer, scope = pricer_of(document, zone), Scope(persons)
    start, end = day_start(day, zone), day_start(day + DAY, zone)
    before = Usage(pricer.at(start).period, used)
    by_clock, used_clock = pricer.charge(quantity, start, end, before, scope)
    registers = list(by_rate(by_clock).items())
    order.shuffle(registers)
    by_meter, used_meter = pricer.charge_rates(registers, start, end, before, scope)
    assert (worth(by_meter), used_meter) == (worth(by_clock), used_clock)
    assert by_rate(by_meter) == by_rate(by_clock)


@given(document=documents(), zone=zones, day=days, quantity=st.integers(0, 10**9))
def test_what_registers_do_not_explain_has_the_price_of_all_other_times(
    document: dict[str, Any], zone: ZoneInfo, day: date, quantity: int
) -> None:
    """The total is billed: a register that lost a pulse must not make a free kilowatt-hour."""
    pricer = pricer_of(document, zone)
    start, end = day_start(day, zone), day_start(day + DAY, zone)
    lines, _ = pricer.charge_rates([], start, end, Usage(), rest=quantity)
    assert by_rate(lines) == ({document["otherwise"]: quantity} if quantity else {})


@given(
    document=documents(),
    zone=zones,
    day=days,
    quantity=st.integers(0, 10**9),
    length=st.integers(1, 100),
)
def test_registers_read_late_are_spread_as_the_clock_would(
    document: dict[str, Any], zone: ZoneInfo, day: date, quantity: int, length: int
) -> None:
    """After weeks without a reading each month still gets what an even use gives it."""
    pricer = pricer_of(document, zone)
    start, end = day_start(day, zone), day_start(day + length * DAY, zone)
    by_clock, _ = pricer.charge(quantity, start, end, Usage())
    by_meter, _ = pricer.charge_rates(list(by_rate(by_clock).items()), start, end, Usage())

    def by_period(lines: Sequence[ChargeLine]) -> dict[tuple[str, str], int]:
        found = defaultdict[tuple[str, str], int](int)
        for line in lines:
            found[line.period, line.rate] += line.quantity
        return found

    clock, meter = by_period(by_clock), by_period(by_meter)
    assert by_rate(by_clock) == by_rate(by_meter)
    for key in {*clock, *meter}:
        assert abs(clock[key] - meter[key]) <= 10 * (length + 1)


@given(
    document=documents(),
    zone=zones,
    day=days,
    quantity=st.integers(1, 10**9),
    length=st.integers(1, 100),
    used=st.integers(0, 400 * KWH),
    moved_on=st.integers(0, 400 * KWH),
    persons=st.integers(0, 6),
)
def test_a_window_of_a_shared_count_is_priced_again_as_if_it_came_later(
    document: dict[str, Any],
    zone: ZoneInfo,
    day: date,
    quantity: int,
    length: int,
    used: int,
    moved_on: int,
    persons: int,
) -> None:
    """Two meters of one flat: who posts second must find the limit where the first has left it."""
    pricer, scope = pricer_of(document, zone), Scope(persons, day_start(day, zone))
    start = day_start(day, zone)
    end = start + length * HALF_HOUR
    period = pricer.at(start).period
    lines, _ = pricer.charge(quantity, start, end, Usage(period, used), scope)
    later = Usage(period, used + moved_on)
    expected = pricer.charge(quantity, start, end, later, scope)
    again = pricer.reprice(lines, later, scope)
    assert (worth(again[0]), again[1]) == (worth(expected[0]), expected[1])
    assert sum(line.quantity for line in again[0]) == quantity
