"""What a day of a space costs does not depend on how its days are cut into bills."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import BillLine
from custom_components.prepaid_parking.core.bill_parts import Days
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.extent import By
from custom_components.prepaid_parking.core.fee_item import FeeItem
from custom_components.prepaid_parking.core.identity import FeeItemId, SpaceId
from custom_components.prepaid_parking.core.levies import Levy, LevyKind
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.periods import IN_MONTHS, Every
from custom_components.prepaid_parking.core.space import Location, Space, SpaceFilter, Tenure
from custom_components.prepaid_parking.core.space_bill import item_lines, next_due, period_of

CNY = Currency.of("CNY")
DAY = timedelta(days=1)
SPACE = Space(
    id=SpaceId("sp1"),
    no=1,
    name="B1-001",
    location=Location.UNDERGROUND,
    tenure=Tenure.OWNED,
    wallet="w1",
    area_cm2=123_457,
    first=date(2024, 1, 31),
)
FEE = FeeItem(
    id=FeeItemId("management"),
    version=1,
    valid_from=date(2020, 1, 1),
    name="Management fee",
    category=Category.PROPERTY,
    price_micro=200_000_000,
    every=Every.MONTH,
)
days = st.dates(date(2023, 11, 1), date(2026, 3, 31))
spaces = st.builds(
    lambda every, day: replace(SPACE, every=every, day=day),
    st.sampled_from(list(IN_MONTHS)),
    st.integers(1, 31),
)
shares = st.lists(
    st.builds(
        Levy,
        name=st.sampled_from(["VAT", "Service"]),
        kind=st.sampled_from(LevyKind),
        share_micro=st.integers(1, 300_000),
        included=st.booleans(),
    ),
    max_size=2,
).map(tuple)


@st.composite
def versions(draw: st.DrawFn) -> list[FeeItem]:
    """Versions of an item, each from some day on; the later one counts, whenever it begins."""
    levies = draw(shares)
    return [
        replace(
            FEE,
            version=number,
            valid_from=draw(days) if number > 1 else FEE.valid_from,
            price_micro=draw(st.integers(1, 10**10)),
            every=draw(st.sampled_from(Every)),
            by=draw(st.sampled_from([By.EACH, By.AREA])),
            levies=levies,
            ended=draw(st.booleans()) if number > 1 else False,
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]


def sums(lines: list[BillLine]) -> tuple[int, int, int]:
    """What lines come to: all, the tax in it, and the days they are for."""
    said = [line.trace["days"] for line in lines]
    return (
        sum(line.amount_minor for line in lines),
        sum(line.tax_minor for line in lines),
        sum(one for one in said if isinstance(one, int)),
    )


def lines_for(items: list[FeeItem], space: Space, first: date, last: date) -> list[BillLine]:
    """The lines of some days."""
    return [line for _, line in item_lines(items, space, Days(first=first, last=last), CNY)]


@given(spaces, versions(), st.lists(days, min_size=2, max_size=8, unique=True))
def test_bills_that_tile_the_days_add_up_to_the_cent_with_their_taxes(
    space: Space, items: list[FeeItem], cuts: list[date]
) -> None:
    """Whether a year comes in one bill or in forty, nobody pays a cent more or less."""
    first, *marks = sorted(cuts)
    whole = sums(lines_for(items, space, first, marks[-1] - DAY))
    begins = [first, *marks]
    tiles = [
        line
        for begin, after in zip(begins, marks, strict=False)
        for line in lines_for(items, space, begin, after - DAY)
    ]
    assert sums(tiles)[:2] == whole[:2]


@given(spaces, days, st.sampled_from(list(IN_MONTHS)))
def test_whole_periods_cost_their_price(space: Space, on: date, every: Every) -> None:
    """A monthly fee of 200.00 is 200.00 on every monthly bill, on whatever day months begin."""
    whole = period_of(every, space.day, on)
    assert whole.first <= on <= whole.last
    assert period_of(every, space.day, whole.last + DAY).first == whole.last + DAY
    months = lines_for([FEE], space, whole.first, whole.last)
    assert [line.amount_minor for line in months] == [20_000 * IN_MONTHS[every]]


@given(spaces, versions(), days)
def test_periods_follow_each_other_without_a_gap_and_only_begun_ones_are_due(
    space: Space, items: list[FeeItem], until: date
) -> None:
    """A day that two bills are for is paid twice, and one that none is for is paid by the office."""
    billed = 0
    while (due := next_due(space, [items], until, CNY)) is not None:
        assert due.days.first <= until
        whole = period_of(space.every, space.day, due.days.first)
        assert due.days.last == whole.last
        assert due.days.first in (whole.first, space.billed_to, SPACE.first)
        billed += sum(line.amount_minor for line in due.lines)
        space = due.after
    end = period_of(space.every, space.day, until).last
    if SPACE.first is not None and SPACE.first <= until:
        assert billed == sums(lines_for(items, space, SPACE.first, end))[0]


@pytest.mark.parametrize(
    ("every", "day", "first", "last"),
    [
        (Every.MONTH, 1, date(2026, 2, 1), date(2026, 2, 28)),
        (Every.MONTH, 15, date(2026, 1, 15), date(2026, 2, 14)),
        (Every.MONTH, 31, date(2026, 1, 31), date(2026, 2, 27)),
        (Every.QUARTER, 15, date(2026, 1, 15), date(2026, 4, 14)),
        (Every.HALF_YEAR, 1, date(2026, 1, 1), date(2026, 6, 30)),
        (Every.YEAR, 20, date(2026, 1, 20), date(2027, 1, 19)),
    ],
)
def test_periods_begin_on_the_day_that_was_agreed(
    every: Every, day: int, first: date, last: date
) -> None:
    """The contract names the day; where a month is shorter, it is its last."""
    whole = period_of(every, day, date(2026, 2, 10))
    assert (whole.first, whole.last) == (first, last)


@pytest.mark.parametrize(
    ("wanted", "hit"),
    [
        (SpaceFilter(), True),
        (SpaceFilter(locations=(Location.UNDERGROUND,), tenures=(Tenure.OWNED,)), True),
        (SpaceFilter(locations=(Location.OPEN_AIR, Location.BUILDING)), False),
        (SpaceFilter(zones=("",)), True),
        (SpaceFilter(uses=("charging",)), False),
    ],
)
def test_an_item_is_charged_for_what_its_filter_matches_and_nothing_else(
    wanted: SpaceFilter, *, hit: bool
) -> None:
    """Charging is billed to those who have a charger."""
    item = replace(FEE, filter=wanted)
    assert bool(lines_for([item], SPACE, date(2026, 1, 1), date(2026, 1, 31))) is hit


def test_a_yearly_price_on_monthly_bills_is_cut_by_days() -> None:
    """January is 31 of 365 days, and the twelve bills add up to the year."""
    item = replace(FEE, every=Every.YEAR, price_micro=1_000_000_000)
    amounts = []
    for month in range(1, 13):
        whole = period_of(Every.MONTH, 1, date(2026, month, 1))
        amounts += [line.amount_minor for line in lines_for([item], SPACE, whole.first, whole.last)]
    assert amounts[:3] == [8_493, 7_671, 8_494]  # to 31, 59 and 90 of 365 days, each rounded
    assert sum(amounts) == 100_000
