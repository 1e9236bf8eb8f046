"""A fee on a top-up: exactly what was announced, of nothing but what it is for, and never all that was paid."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import FeeId
from custom_components.prepaid_parking.core.top_up import TopUp
from custom_components.prepaid_parking.core.top_up_fee import (
    TopUpFee,
    check_fee,
    fee_of,
    least_fee,
)
from custom_components.prepaid_parking.core.wallet import Purpose, WalletKind

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HUNDRED = TopUp(
    amount_minor=10_000,
    channel="cash",
    purpose=Purpose.UTILITY,
    kind=WalletKind.INDIVIDUAL,
    at=NOW,
)
rates = st.builds(
    TopUpFee,
    id=st.just(FeeId("card")),
    version=st.just(1),
    valid_from=st.just(NOW),
    share_bp=st.integers(0, 10_000),
    fixed_minor=st.integers(0, 5_000),
    least_minor=st.integers(0, 500),
    most_minor=st.none() | st.integers(500, 5_000),
    on_top=st.booleans(),
    tax_bp=st.integers(0, 5_000),
    tax_included=st.booleans(),
)


def rule(name: str = "card", **fields: Any) -> TopUpFee:
    """A rule of ten per cent, or as given."""
    settings: dict[str, Any] = {"share_bp": 1_000} | fields
    return TopUpFee(id=FeeId(name), version=1, valid_from=NOW, **settings)


@pytest.mark.parametrize(
    ("fields", "amount", "net", "tax"),
    [
        ({}, 10_000, 1_000, 0),
        ({}, 9_999, 999, 0),
        ({"fixed_minor": 50}, 10_000, 1_050, 0),
        ({"share_bp": 0, "fixed_minor": 200}, 10_000, 200, 0),
        ({"least_minor": 100}, 500, 100, 0),
        ({"most_minor": 800}, 10_000, 800, 0),
        ({"least_minor": 900, "fixed_minor": 50, "share_bp": 0}, 10_000, 900, 0),
        ({"tax_bp": 600}, 10_000, 1_000, 60),
        ({"tax_bp": 1_300, "tax_included": True}, 10_000, 885, 115),
        ({"share_bp": 0, "fixed_minor": 2_000}, 1_000, 999, 0),
        ({"share_bp": 0, "fixed_minor": 2_000, "on_top": True}, 1_000, 2_000, 0),
        ({"share_bp": 10_000, "tax_bp": 1_000}, 1_101, 1_000, 100),
        ({"share_bp": 10_000, "tax_bp": 1_000}, 1_100, 999, 99),
    ],
)
def test_a_fee_is_what_was_announced(
    fields: dict[str, Any], amount: int, net: int, tax: int
) -> None:
    """Ten per cent of 100.00 are 10.00: whoever is charged 10.01 was cheated."""
    fee = fee_of(rule(**fields), replace(HUNDRED, amount_minor=amount))
    assert (fee.net_minor, fee.tax_minor) == (net, tax)


def test_the_smallest_of_several_is_taken_and_none_where_none_is_for_it() -> None:
    """Two posters at the desk are not paid both, and nothing exempts."""
    dear, cheap = rule("dear", fixed_minor=500), rule("cheap", share_bp=600)
    found = least_fee([dear, cheap], HUNDRED)
    assert found is not None
    assert (found.rule.id, found.whole_minor) == ("cheap", 600)
    free = rule("free", share_bp=0, kinds=(WalletKind.INDIVIDUAL,))
    assert least_fee([dear, cheap, free], HUNDRED) is None
    assert least_fee([], HUNDRED) is None


@pytest.mark.parametrize(
    "terms",
    [
        {"channels": ("terminal",)},
        {"purposes": (Purpose.PARKING,)},
        {"kinds": (WalletKind.ENTERPRISE,)},
        {"from_at": NOW + DAY},
        {"until_at": NOW},
    ],
)
def test_nobody_pays_a_fee_that_is_not_for_them(terms: dict[str, Any]) -> None:
    """The terminal's fee is not the cash desk's, and one that has ended has ended."""
    assert least_fee([rule(**terms)], HUNDRED) is None


@given(terms=rates, amount=st.integers(1, 100_000))
def test_every_line_of_a_fee_adds_up_to_it(terms: TopUpFee, amount: int) -> None:
    """A customer can add the statement up; a wallet is never charged more than came in."""
    fee = fee_of(terms, replace(HUNDRED, amount_minor=amount))
    contained = fee.tax_minor if terms.tax_included else 0
    assert sum(int(str(line["amount"])) for line in fee.lines) == fee.net_minor + contained
    assert fee.net_minor >= 0
    assert fee.tax_minor >= 0
    assert 0 <= fee.taken_minor < amount
    if terms.on_top:
        assert fee.taken_minor == 0
        asked = Fraction(amount * terms.share_bp, 10_000) + terms.fixed_minor
        bounded = max(asked, Fraction(terms.least_minor))
        if terms.most_minor is not None:
            bounded = min(bounded, Fraction(terms.most_minor))
        assert 0 <= bounded - (fee.net_minor + contained) < 1
        tax = Fraction(terms.tax_bp, 10_000)
        if terms.tax_included:
            tax /= 1 + tax
        assert 0 <= tax * (fee.net_minor + contained) - fee.tax_minor < 1


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"share_bp": -1}, "top_up_fee_negative"),
        ({"fixed_minor": -1}, "top_up_fee_negative"),
        ({"most_minor": -1}, "top_up_fee_negative"),
        ({"share_bp": 10_001}, "top_up_fee_too_high"),
        ({"least_minor": 2, "most_minor": 1}, "top_up_fee_bounds"),
        ({"from_at": NOW, "until_at": NOW}, "top_up_fee_ends_before"),
    ],
)
def test_a_fee_that_makes_no_sense_is_refused(fields: dict[str, Any], key: str) -> None:
    """Found when it is written, not at the first customer."""
    with pytest.raises(CoreError, match=key):
        check_fee(rule(**fields))
    check_fee(rule())
