"""A fee that several pay: whatever it is cut by, the parts are the fee, and none is taxed beyond itself."""

from datetime import date, timedelta

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.bill import DEPOSIT, BillLine
from custom_components.prepaid_parking.core.bill_parts import Days, by_days, cut_line
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.shares import apportion

FIRST = date(2026, 2, 1)
LINES = st.integers(1, 10**7).flatmap(
    lambda amount: st.builds(
        BillLine,
        text=st.just("Fee"),
        amount_minor=st.just(amount),
        tax_minor=st.integers(0, amount),
        income=st.sampled_from([SiteAccount.REVENUE_RENT, DEPOSIT]),
        trace=st.just({"rule": "fixed"}),
    )
)


def stretches(lengths: list[int]) -> list[Days]:
    """Return stretches of so many days, one after the other."""
    found: list[Days] = []
    day = FIRST
    for length in lengths:
        found.append(Days(first=day, last=day + timedelta(days=length - 1)))
        day += timedelta(days=length)
    return found


@given(
    lines=st.lists(LINES, min_size=1, max_size=4),
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
)
def test_the_days_of_a_period_add_up_to_its_fee(lines: list[BillLine], lengths: list[int]) -> None:
    """However often the tenant changes, what all pay is what one would have paid, and its tax is its tax."""
    parts = [line for part in by_days(lines, stretches(lengths)) for line in part]
    assert sum(one.amount_minor for one in parts) == sum(one.amount_minor for one in lines)
    assert sum(one.tax_minor for one in parts) == sum(one.tax_minor for one in lines)
    assert all(0 <= one.tax_minor <= one.amount_minor for one in parts)
    assert all(one.amount_minor > 0 for one in parts)


@given(line=LINES, lengths=st.lists(st.integers(1, 40), min_size=2, max_size=6))
def test_a_part_of_the_days_is_a_part_of_the_fee(line: BillLine, lengths: list[int]) -> None:
    """Nobody is more than a minor unit away from their days; a deposit is the first one's alone."""
    cut = by_days([line], stretches(lengths))
    amounts = [sum(one.amount_minor for one in part) for part in cut]
    if line.income is DEPOSIT:
        assert amounts == [line.amount_minor, *(0 for _ in lengths[1:])]
        return
    whole = sum(lengths)
    for amount, length in zip(amounts, lengths, strict=True):
        assert abs(amount * whole - line.amount_minor * length) <= whole


@given(line=LINES, weights=st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_the_shares_of_a_fee_add_up_to_it(line: BillLine, weights: list[int]) -> None:
    """Who bears nothing has no line; the others bear it all, with all of its tax."""
    amounts, _ = apportion(line.amount_minor, weights, [0] * len(weights))
    parts = cut_line(line, amounts, [{"member": place} for place in range(len(weights))])
    there = [one for one in parts if one is not None]
    assert sum(one.amount_minor for one in there) == line.amount_minor
    assert sum(one.tax_minor for one in there) == line.tax_minor
    assert all(one.tax_minor <= one.amount_minor for one in there)
    assert all(weight for one, weight in zip(parts, weights, strict=True) if one is not None)


def test_ten_days_of_thirty_are_a_third() -> None:
    """100.00 for June, gone after ten days, empty for ten: 33.33, 33.34 and 33.33."""
    line = BillLine(
        text="Fee", amount_minor=100_00, income=SiteAccount.REVENUE_RENT, trace={"rule": "fixed"}
    )
    cut = by_days([line], stretches([10, 10, 10]))
    assert [one.amount_minor for part in cut for one in part] == [33_33, 33_34, 33_33]
    assert cut[1][0].trace["days"] == 10
    assert cut[1][0].trace["from"] == "2026-02-11"
