"""Stays, packages, rent, standing charges and demand as they are written down."""

from datetime import UTC, date, datetime, time
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.calendars import Season
from custom_components.prepaid_parking.core.counted import AfterLast, Counted
from custom_components.prepaid_parking.core.demand import Demand, Power
from custom_components.prepaid_parking.core.duration import (
    Counting,
    Duration,
    First,
    FreeKind,
    StayBand,
)
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.extent import By
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.power_factor import FactorStep, PowerFactor
from custom_components.prepaid_parking.core.priced import Rounding
from custom_components.prepaid_parking.core.rates import Rate, Tier
from custom_components.prepaid_parking.core.recurring import Fixed
from custom_components.prepaid_parking.core.standing import Minimum, Per, Standing
from custom_components.prepaid_parking.core.tariff_format import read_tariff, write_tariff
from custom_components.prepaid_parking.core.terms import Kind, Terms
from custom_components.prepaid_parking.core.version import TariffVersion

FROM = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = 60_000
MICRO = 1_000_000


def read(document: dict[str, Any]) -> TariffVersion:
    """Read a document as version 3."""
    return read_tariff(document, version=3, valid_from=FROM)


def stay(**terms: object) -> dict[str, Any]:
    """A car park's tariff."""
    return {"tariff": "park", "kind": "duration", "duration": {"price": "4.00"} | terms}


def use(**terms: object) -> dict[str, Any]:
    """A copier's tariff."""
    return stay(**terms) | {"quantity": "count"}


def package(**terms: object) -> dict[str, Any]:
    """A wash's tariff."""
    counted = {"uses": 50, "price": "100.00"} | terms
    return {"tariff": "wash", "kind": "counted", "counted": counted}


def rent(**terms: object) -> dict[str, Any]:
    """A flat's tariff."""
    return {"tariff": "rent", "kind": "fixed", "fixed": {"price": "3000"} | terms}


def power(**parts: object) -> dict[str, Any]:
    """A workshop's tariff."""
    return {"tariff": "power", "quantity": "energy", "price": "0.60"} | parts


def test_a_stay_is_written_in_minutes() -> None:
    """First hour 5.00, then 2.00 per half-hour, the night 5.00, at most 30.00 a day."""
    tariff = read(
        stay(
            step=30,
            free=15,
            first=[{"length": 60, "price": "5"}],
            bands=[
                {
                    "name": "night",
                    "days": ["workday", "holiday"],
                    "from": "22:00",
                    "to": "08:00",
                    "price": "5",
                    "flat": True,
                }
            ],
            caps={"day": "30.00"},
            leave=20,
        )
    )
    assert (tariff.kind, tariff.quantity) == (Kind.DURATION, Quantity.DURATION)
    assert tariff.terms.duration == Duration(
        price_micro=4 * MICRO,
        per=60 * MINUTE,
        step=30 * MINUTE,
        free=15 * MINUTE,
        first=(First(length=60 * MINUTE, price_micro=5 * MICRO),),
        bands=(
            StayBand(
                name="night",
                start=time(22),
                end=time(8),
                price_micro=5 * MICRO,
                weekdays=(0, 1, 2, 3, 4, 7),
                flat=True,
            ),
        ),
        day_cap_micro=30 * MICRO,
        leave=20 * MINUTE,
    )


def test_what_is_left_out_is_the_plainest() -> None:
    """A price alone is per hour begun; of pieces per piece."""
    assert read(stay()).terms.duration == Duration(
        price_micro=4 * MICRO, per=60 * MINUTE, step=60 * MINUTE
    )
    assert read(use()).terms.duration == Duration(
        price_micro=4 * MICRO, per=1, step=1, quantity=Quantity.COUNT
    )
    assert read(package()).terms.counted == Counted(uses=50, price_micro=100 * MICRO)
    assert read(rent()).terms.fixed == Fixed(price_micro=3000 * MICRO, every=Every.MONTH)


def test_mileage_is_written_in_kilometres() -> None:
    """0.30 per km, paid by begun tenths of one, the first two free."""
    document = stay(price="0.30", step="0.1", free="2") | {"quantity": "length"}
    assert read(document).terms.duration == Duration(
        price_micro=300_000, per=1000, step=100, free=2000, quantity=Quantity.LENGTH
    )


def test_the_charges_beside_a_price_by_use() -> None:
    """What a workshop's bill consists of."""
    terms = read(
        power(
            standing=[
                {"name": "meter", "price": "5"},
                {
                    "name": "heat",
                    "price": "24",
                    "per": "season",
                    "by": "area",
                    "season": {"from": "11-15", "to": "03-15"},
                },
            ],
            minimum={"price": "15"},
            demand={"price": "40", "contracted": "80", "excess_price": "80", "tolerance": 5},
            power_factor={
                "table": [
                    {"from": 0, "percent": "10"},
                    {"from": "0.9", "percent": 0},
                    {"from": "0.95", "percent": "-0.75"},
                ]
            },
        )
    ).terms
    assert terms.kind is Kind.USAGE
    assert terms.standing == (
        Standing(name="meter", price_micro=5 * MICRO),
        Standing(
            name="heat",
            price_micro=24 * MICRO,
            per=Per.SEASON,
            by=By.AREA,
            season=Season(name="heat", from_day=(11, 15), to_day=(3, 15)),
        ),
    )
    assert terms.minimum == Minimum(price_micro=15 * MICRO)
    assert terms.demand == Demand(
        price_micro=40 * MICRO,
        contracted_w=80_000,
        excess_price_micro=80 * MICRO,
        tolerance_percent=5,
    )
    assert terms.power_factor == PowerFactor(
        steps=(
            FactorStep(from_thousandths=0, basis_points=1000),
            FactorStep(from_thousandths=900, basis_points=0),
            FactorStep(from_thousandths=950, basis_points=-75),
        )
    )


NIGHT = {"name": "night", "from": "22:00", "to": "08:00", "price": "5"}
HEAT = {"name": "heat", "price": "24"}


@pytest.mark.parametrize(
    ("document", "key", "path"),
    [
        ({"tariff": "park", "kind": "duration"}, "tariff_malformed", "kind"),
        ({"tariff": "wash", "kind": "counted"}, "tariff_malformed", "kind"),
        ({"tariff": "rent", "kind": "fixed"}, "tariff_malformed", "kind"),
        (stay() | {"kind": "counted"}, "tariff_unknown_key", "duration"),
        (stay() | {"price": "1"}, "tariff_unknown_key", "price"),
        (stay() | {"standing": [HEAT]}, "tariff_unknown_key", "standing"),
        (stay(hourly="1"), "tariff_unknown_key", "duration.hourly"),
        (stay(price=None), "tariff_malformed", "duration.price"),
        (stay(price="-1"), "tariff_negative_price", "duration.price"),
        (stay(step=0), "tariff_malformed", "duration.step"),
        (stay(step="0.5"), "tariff_malformed", "duration.step"),
        (stay(per=0), "tariff_malformed", "duration.per"),
        (stay(counting="often"), "tariff_malformed", "duration.counting"),
        (stay(free=-1), "tariff_malformed", "duration.free"),
        (stay(first={"length": 60, "price": "5"}), "tariff_malformed", "duration.first"),
        (stay(first=[{"price": "5"}]), "tariff_malformed", "duration.first.0.length"),
        (stay(caps={"week": "5"}), "tariff_unknown_key", "duration.caps.week"),
        (stay(caps={"day": "x"}), "tariff_number", "duration.caps.day"),
        (stay(bands=[NIGHT, NIGHT]), "tariff_malformed", "duration.bands.1.name"),
        (stay(bands=[NIGHT | {"from": 1320}]), "tariff_malformed", "duration.bands.0.from"),
        (stay(bands=[NIGHT | {"days": ["someday"]}]), "tariff_malformed", "duration.bands.0.days"),
        (stay(bands=[NIGHT | {"flat": True, "cap": "1"}]), "tariff_malformed", "duration.bands.0.cap"),
        (use(bands=[NIGHT]), "tariff_needs_clock", "duration.bands"),
        (use(caps={"day": "5"}), "tariff_needs_clock", "duration.caps.day"),
        (use(leave=5), "tariff_needs_clock", "duration.leave"),
        (use(step="0"), "tariff_malformed", "duration.step"),
        (use(step="0.5"), "tariff_number", "duration.step"),
        (package(uses=0), "tariff_malformed", "counted.uses"),
        (package(valid_days=1, valid_months=1), "tariff_malformed", "counted.valid_days"),
        (package(after="money"), "tariff_malformed", "counted.use_price"),
        (package(use_price="2"), "tariff_malformed", "counted.use_price"),
        (package(after="maybe"), "tariff_malformed", "counted.after"),
        (rent(every="fortnight"), "tariff_malformed", "fixed.every"),
        (rent(day=32), "tariff_malformed", "fixed.day"),
        (rent(every="week", day=8), "tariff_malformed", "fixed.day"),
        (rent(every="day", day=2), "tariff_malformed", "fixed.day"),
        (rent(anniversary=True, day=5), "tariff_malformed", "fixed.day"),
        (rent(starts="2026-07-01", ends="2026-06-30"), "tariff_malformed", "fixed.ends"),
        (rent(retries=[3, 0]), "tariff_malformed", "fixed.retries.1"),
        (rent(retries=3), "tariff_malformed", "fixed.retries"),
        (rent(starts="July"), "tariff_malformed", "fixed.starts"),
        (power(standing=[HEAT, HEAT]), "tariff_malformed", "standing.1.name"),
        (power(standing=[HEAT | {"per": "season"}]), "tariff_malformed", "standing.0.season"),
        (power(standing=[HEAT | {"season": {"from": "02-30", "to": "03-15"}}]), "tariff_malformed", "standing.0.season.from"),
        (power(standing=HEAT), "tariff_malformed", "standing"),
        (power(minimum={"price": "1", "per": "moon"}), "tariff_malformed", "minimum.per"),
        (power(demand={"price": "1", "interval": 20}), "tariff_malformed", "demand.interval"),
        (power(demand={"price": "1", "power": "hp"}), "tariff_malformed", "demand.power"),
        (power(demand={"price": "1", "contracted": "0.0001"}), "tariff_number", "demand.contracted"),
        (power(power_factor={"table": []}), "tariff_malformed", "power_factor.table.0.from"),
        (power(power_factor={"table": [{"from": "0.1", "percent": 1}]}), "tariff_malformed", "power_factor.table.0.from"),
        (power(power_factor={"table": [{"from": 0, "percent": 1}, {"from": 0, "percent": 1}]}), "tariff_malformed", "power_factor.table.1.from"),
        (power(power_factor={"table": [{"from": 0, "percent": "0.001"}]}), "tariff_number", "power_factor.table.0.percent"),
        (power(power_factor={"table": [{"from": 0, "percent": 1}], "places": 4}), "tariff_malformed", "power_factor.places"),
        (power(power_factor={"table": [{"from": 0, "percent": 1}, {"from": 2, "percent": 1}]}), "tariff_malformed", "power_factor.table.1.from"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(
    document: dict[str, Any], key: str, path: str
) -> None:
    """A typing error in a tariff must not become a month of wrong receipts."""
    with pytest.raises(CoreError) as refused:
        read(document)
    assert (refused.value.key, refused.value.placeholders["path"]) == (key, path)


prices = st.integers(0, 10**9)
maybe = st.none() | prices
clocks = st.times().map(lambda one: one.replace(second=0, microsecond=0))
weekdays = st.sets(st.integers(0, 7), min_size=1).map(lambda days: tuple(sorted(days)))
names = st.lists(st.sampled_from(["night", "noon", "weekend"]), unique=True)


@st.composite
def durations(draw: st.DrawFn) -> Duration:
    """Any price of a stay, of pieces or of kilometres."""
    quantity = draw(st.sampled_from([Quantity.DURATION, Quantity.COUNT, Quantity.LENGTH]))
    timed = quantity is Quantity.DURATION
    lengths = st.integers(1, 5000).map(lambda one: one * MINUTE if timed else one)
    free = draw(st.just(0) | lengths)
    return Duration(
        quantity=quantity,
        price_micro=draw(prices),
        per=draw(lengths),
        step=draw(lengths),
        counting=draw(st.sampled_from(Counting)),
        free=free,
        free_kind=draw(st.sampled_from(FreeKind)) if free else FreeKind.WITHIN,
        first=tuple(draw(st.lists(st.builds(First, length=lengths, price_micro=prices), max_size=3))),
        bands=tuple(draw(bands(name)) for name in draw(names)) if timed else (),
        day_cap_micro=draw(maybe) if timed else None,
        rolling_cap_micro=draw(maybe) if timed else None,
        whole_cap_micro=draw(maybe),
        leave=draw(st.just(0) | lengths) if timed else 0,
        rounding=draw(st.sampled_from(Rounding)),
    )  # fmt: skip


@st.composite
def bands(draw: st.DrawFn, name: str) -> StayBand:
    """Any band of a stay."""
    flat = draw(st.booleans())
    return StayBand(
        name=name,
        start=draw(clocks),
        end=draw(clocks),
        price_micro=draw(prices),
        weekdays=draw(weekdays),
        flat=flat,
        cap_micro=None if flat else draw(maybe),
    )


@st.composite
def packages(draw: st.DrawFn) -> Counted:
    """Any package."""
    after = draw(st.sampled_from(AfterLast))
    days = draw(st.none() | st.integers(0, 1000))
    return Counted(
        uses=draw(st.integers(1, 1000)),
        price_micro=draw(prices),
        valid_days=days,
        valid_months=draw(st.none() | st.integers(1, 100)) if days is None else None,
        shared=draw(st.booleans()),
        after=after,
        use_price_micro=draw(prices) if after is AfterLast.MONEY else 0,
    )


@st.composite
def rents(draw: st.DrawFn) -> Fixed:
    """Any recurring price."""
    every, anniversary = draw(st.sampled_from(Every)), draw(st.booleans())
    most = {Every.DAY: 1, Every.WEEK: 7}.get(every, 31)
    bounds = sorted(
        draw(st.lists(st.dates(date(2020, 1, 1), date(2040, 1, 1)), min_size=2, max_size=2))
    )
    numbers = st.sets(st.integers(1, 366), max_size=3).map(lambda days: tuple(sorted(days)))
    return Fixed(
        price_micro=draw(prices),
        every=every,
        by=draw(st.sampled_from(By)),
        day=1 if anniversary else draw(st.integers(1, most)),
        anniversary=anniversary,
        prorate_first=draw(st.booleans()),
        prorate_last=draw(st.booleans()),
        starts=draw(st.sampled_from([None, bounds[0]])),
        ends=draw(st.sampled_from([None, bounds[1]])),
        retries=draw(numbers),
        remind=draw(numbers),
    )  # fmt: skip


month_days = st.dates(date(2028, 1, 1), date(2028, 12, 31)).map(lambda day: (day.month, day.day))


@st.composite
def standings(draw: st.DrawFn, name: str) -> Standing:
    """Any standing charge."""
    per = draw(st.sampled_from(Per))
    season = st.builds(Season, name=st.just(name), from_day=month_days, to_day=month_days)
    return Standing(
        name=name,
        price_micro=draw(prices),
        per=per,
        by=draw(st.sampled_from(By)),
        season=draw(season if per is Per.SEASON else st.none() | season),
    )


@st.composite
def tables(draw: st.DrawFn) -> PowerFactor:
    """Any table of power factors."""
    begins = sorted({0, *draw(st.sets(st.integers(1, 1000), max_size=6))})
    points = st.integers(-10_000, 30_000)
    return PowerFactor(
        steps=tuple(
            FactorStep(from_thousandths=begin, basis_points=draw(points)) for begin in begins
        ),
        places=draw(st.sampled_from([2, 3])),
    )


demands = st.builds(
    Demand,
    price_micro=prices,
    interval_minutes=st.sampled_from([15, 30, 60]),
    power=st.sampled_from(Power),
    contracted_w=st.integers(0, 10**8),
    excess_price_micro=prices,
    tolerance_percent=st.integers(0, 100),
)
minimums = st.builds(
    Minimum, price_micro=prices, per=st.sampled_from(Every), by=st.sampled_from(By)
)


@st.composite
def tariffs(draw: st.DrawFn) -> TariffVersion:
    """Any tariff of these kinds."""
    kind = draw(st.sampled_from(Kind))
    rates: tuple[Rate, ...] = ()
    match kind:
        case Kind.USAGE:
            quantity = Quantity.ENERGY
            rates = (Rate(name="flat", tiers=(Tier(up_to=None, price_micro=600_000),)),)
            terms = Terms(
                standing=tuple(draw(standings(name)) for name in draw(names)),
                minimum=draw(st.none() | minimums),
                demand=draw(st.none() | demands),
                power_factor=draw(st.none() | tables()),
            )
        case Kind.DURATION:
            duration = draw(durations())
            quantity, terms = duration.quantity, Terms(duration=duration)
        case Kind.COUNTED:
            quantity, terms = Quantity.COUNT, Terms(counted=draw(packages()))
        case Kind.FIXED:
            quantity, terms = Quantity.COUNT, Terms(fixed=draw(rents()))
    return TariffVersion(
        tariff=TariffId("any"),
        version=3,
        name="Any",
        quantity=quantity,
        valid_from=FROM,
        rates=rates,
        otherwise=rates[0].name if rates else "",
        terms=terms,
    )


@given(tariffs())
def test_a_tariff_written_down_and_read_again_is_the_same(tariff: TariffVersion) -> None:
    """What is listed, copied into a file and published again must not change a price."""
    assert read(write_tariff(tariff)) == tariff
