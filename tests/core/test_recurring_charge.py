"""What recurs: each day is billed once, whatever month it is in and however late somebody looks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import BillLine
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.extent import ONCE, By, Extent
from custom_components.prepaid_parking.core.identity import RecurringId
from custom_components.prepaid_parking.core.levies import Levy, LevyKind
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.recurring import Fixed, Period
from custom_components.prepaid_parking.core.recurring_charge import (
    RecurringCharge,
    billed,
    changed,
    lines_of,
    next_period,
)

CNY: Final = Currency.of("CNY")
RENT: Final = Fixed(price_micro=3_000_000_000, every=Every.MONTH, day=5)
DAY: Final = timedelta(days=1)


def charge(first: date = date(2026, 1, 1), fixed: Fixed = RENT, **fields: Any) -> RecurringCharge:
    usual: dict[str, Any] = {
        "id": RecurringId("r1"),
        "no": 1,
        "name": "Rent",
        "category": Category.RENT,
        "first": first,
        "billed_to": first,
        "wallet": "w1",
        "fixed": fixed,
        "set_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return RecurringCharge(**(usual | fields))


def billed_until(
    one: RecurringCharge, until: date, extent: Extent = ONCE
) -> tuple[RecurringCharge, list[tuple[Period, int]]]:
    """Bill all that is due by a day; returns the charge and each period with what it costs."""
    found: list[tuple[Period, int]] = []
    while True:
        assert one.fixed is not None
        period = next_period(one, one.fixed, CNY, extent)
        if period is None or period.due > until:
            return one, found
        found.append((period, period.amount_minor))
        one = billed(one, period)


def test_a_year_is_twelve_bills_each_on_its_day() -> None:
    """The landlord of one flat: twelve rents, the fifth of each month, 36,000 in all."""
    _, found = billed_until(charge(), date(2026, 12, 31))
    assert [period.due for period, _ in found] == [date(2026, month, 5) for month in range(1, 13)]
    assert {amount for _, amount in found} == {3_000_00}


@pytest.mark.parametrize("year", [2026, 2028])
@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_the_last_days_of_a_month_are_its_last_where_it_is_shorter(year: int, day: int) -> None:
    """Rent by the 31st comes in February, too, once."""
    _, found = billed_until(charge(date(year, 1, 1), replace(RENT, day=day)), date(year, 12, 31))
    assert [(period.due.month, period.due.day) for period, _ in found] == [
        (month, min(day, (date(year + month // 12, month % 12 + 1, 1) - DAY).day))
        for month in range(1, 13)
    ]


def test_the_first_month_costs_the_days_that_are_left_of_it() -> None:
    """Who moves in on the 17th of a month of 31 days pays fifteen of them."""
    _, found = billed_until(charge(date(2026, 1, 17)), date(2026, 2, 28))
    assert [(period.due, amount) for period, amount in found] == [
        (date(2026, 1, 17), 1_451_61),
        (date(2026, 2, 5), 3_000_00),
    ]


def test_the_last_month_ends_where_the_contract_does() -> None:
    """Who has given notice for the 10th pays ten days, and nothing after."""
    one = charge(last=date(2026, 4, 10))
    one, found = billed_until(one, date(2027, 1, 1))
    assert [amount for _, amount in found] == [3_000_00] * 3 + [1_000_00]
    assert one.ended


@pytest.mark.parametrize("every", [Every.MONTH, Every.QUARTER, Every.YEAR])
@pytest.mark.parametrize("anniversary", [False, True])
@given(
    first=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    looks=st.lists(st.integers(1, 400), min_size=1, max_size=10),
    day=st.integers(1, 31),
)
def test_every_day_is_billed_once_however_often_somebody_looks(
    every: Every, first: date, looks: list[int], day: int, *, anniversary: bool
) -> None:
    """Looked at daily or after a year of silence: the same periods, no gap, no overlap."""
    fixed = replace(RENT, every=every, day=1 if anniversary else day, anniversary=anniversary)
    one, now, seen = charge(first, fixed), first, list[Period]()
    for days in looks:
        now += timedelta(days=days)
        one, found = billed_until(one, now)
        seen += [period for period, _ in found]
    _, at_once = billed_until(charge(first, fixed), now)
    assert seen == [period for period, _ in at_once]
    expected = first
    for period in seen:
        assert period.first == expected
        assert period.first <= period.due <= period.last
        expected = period.last + DAY
    assert one.billed_to == expected
    assert len({period.first for period in seen}) == len(seen)


@given(
    first=st.dates(date(2026, 1, 1), date(2026, 6, 30)),
    changes=st.lists(
        st.tuples(st.integers(1, 200), st.sampled_from([Every.MONTH, Every.QUARTER, Every.YEAR])),
        max_size=5,
    ),
)
def test_new_terms_begin_where_the_old_ones_were_billed_to(
    first: date, changes: list[tuple[int, Every]]
) -> None:
    """From monthly to quarterly and back: no week is paid twice on the way."""
    one, now, expected = charge(first), first, first
    for days, every in changes:
        now += timedelta(days=days)
        one, found = billed_until(one, now)
        for period, _ in found:
            assert period.first == expected
            expected = period.last + DAY
        assert one.fixed is not None
        one = changed(one, fixed=replace(one.fixed, every=every))
        assert one.billed_to == expected


def test_an_end_before_what_is_billed_leaves_that_as_it_is() -> None:
    """Notice is given late: what was billed was billed, and nothing comes after it."""
    one, _ = billed_until(charge(), date(2026, 3, 31))
    ended = changed(one, last=date(2026, 3, 10))
    assert ended.ended
    assert ended.billed_to == date(2026, 4, 1)
    assert billed_until(ended, date(2027, 1, 1))[1] == []


def test_what_was_ended_can_go_on() -> None:
    """A tenant who stays after all pays from the day after the last one that was billed."""
    one, _ = billed_until(charge(last=date(2026, 3, 15)), date(2026, 12, 31))
    on, found = billed_until(changed(one, last=None), date(2026, 4, 5))
    assert [(period.first, amount) for period, amount in found] == [
        (date(2026, 3, 16), 1_548_39),
        (date(2026, 4, 1), 3_000_00),
    ]
    assert on.billed_to == date(2026, 5, 1)


def the_lines(one: RecurringCharge, *levies: Levy, extent: Extent = ONCE) -> tuple[BillLine, ...]:
    assert one.fixed is not None
    period = next_period(one, one.fixed, CNY, extent)
    assert period is not None
    return lines_of(one, one.fixed, period, levies, extent)


def test_a_line_explains_itself() -> None:
    """The tenant asks why it is not 3,000 this month."""
    (line,) = the_lines(charge(date(2026, 1, 17)))
    assert (line.text, line.amount_minor, line.income) == (
        "Rent",
        1_451_61,
        SiteAccount.REVENUE_RENT,
    )
    assert line.trace == {
        "rule": "fixed",
        "price": 3_000_000_000,
        "every": "month",
        "by": "each",
        "weight": 10_000,
        "days": 15,
        "of_days": 31,
        "from": "2026-01-17",
        "to": "2026-01-31",
        "net": 1_451_61,
    }


def test_a_price_by_area_goes_by_the_unit() -> None:
    """2.50 a square metre for 88.5 m² is 221.25."""
    one = charge(fixed=replace(RENT, price_micro=2_500_000, by=By.AREA))
    (line,) = the_lines(one, extent=Extent(area_cm2=885_000))
    assert line.amount_minor == 221_25


def test_tax_on_top_is_asked_for_and_tax_within_is_shown() -> None:
    """9 % on 3,000 are 270 more; included they are 247.71 of it."""
    on_top = Levy(name="VAT", kind=LevyKind.TAX, share_micro=90_000)
    (line,) = the_lines(charge(), on_top)
    assert (line.amount_minor, line.tax_minor) == (3_270_00, 270_00)
    (line,) = the_lines(charge(), replace(on_top, included=True))
    assert (line.amount_minor, line.tax_minor) == (3_000_00, 247_70)
    assert line.trace["levies"] == [{"name": "VAT", "kind": "tax", "amount": 247_70}]


def test_a_deposit_is_asked_for_with_the_first_bill_only() -> None:
    """Two months' rent are put down once, and not again when the rent is raised."""
    one = charge(deposit_minor=6_000_00)
    lines = the_lines(one)
    assert [(line.amount_minor, line.income) for line in lines] == [
        (3_000_00, SiteAccount.REVENUE_RENT),
        (6_000_00, SiteAccount.DEFERRED),
    ]
    assert one.fixed is not None
    period = next_period(one, one.fixed, CNY)
    assert period is not None
    assert len(the_lines(billed(one, period))) == 1
    raised = changed(billed(one, period), fixed=replace(RENT, every=Every.QUARTER))
    assert len(the_lines(raised)) == 1


def test_a_period_that_costs_nothing_is_not_asked_for() -> None:
    """A vacant room without persons has no fee by persons."""
    assert the_lines(charge(fixed=replace(RENT, by=By.PERSONS))) == ()


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"wallet": ""}, "recurring_of_wallet_or_unit"),
        ({"unit": "u1"}, "recurring_of_wallet_or_unit"),
        ({"fixed": None}, "recurring_amount_or_tariff"),
        ({"tariff": "rent"}, "recurring_amount_or_tariff"),
        ({"last": date(2025, 12, 30)}, "recurring_ends_early"),
        ({"name": " "}, "recurring_without_name"),
        ({"deposit_minor": -1}, "billing_negative"),
    ],
)
def test_a_charge_that_makes_no_sense_is_refused(fields: dict[str, Any], refused: str) -> None:
    """It would be noticed at the first bill, by the tenant."""
    with pytest.raises(CoreError, match=refused):
        charge(**fields)
