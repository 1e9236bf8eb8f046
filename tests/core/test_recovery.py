"""Recovery of debts: the share that was agreed, at most so much a day, and something is left to live on."""

from dataclasses import replace
from datetime import date

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import WalletId
from custom_components.prepaid_parking.core.recovery import Recovery, check_recovery, recover

TODAY = date(2026, 11, 22)
TERMS = Recovery(wallet=WalletId("w1"), category=Category.UTILITY)


def test_a_fifth_of_a_hundred_pays_the_debt_and_the_rest_is_credit() -> None:
    """100 top-up, 20 % of it for the debt: 20 and 80."""
    (one,) = recover(10_000, {Category.UTILITY: 50_000}, [TERMS], TODAY)
    assert one.amount_minor == 2_000
    assert (one.recovery.day, one.recovery.recovered_minor) == (TODAY, 2_000)


@pytest.mark.parametrize(
    ("terms", "top_up", "owed", "paid"),
    [
        ({}, 10_000, 1_500, 1_500),
        ({}, 10_000, 0, 0),
        ({}, 4, 100, 0),
        ({"share_bp": 10_000}, 10_000, 50_000, 10_000),
        ({"share_bp": 0}, 10_000, 50_000, 0),
        ({"day_cap_minor": 500}, 10_000, 50_000, 500),
        ({"day_cap_minor": 500, "day": TODAY, "recovered_minor": 400}, 10_000, 50_000, 100),
        ({"day_cap_minor": 500, "day": TODAY, "recovered_minor": 500}, 10_000, 50_000, 0),
        (
            {"day_cap_minor": 500, "day": date(2026, 11, 21), "recovered_minor": 500},
            10_000,
            9_999,
            500,
        ),
        ({"day_cap_minor": 500, "day": TODAY, "recovered_minor": 900}, 10_000, 50_000, 0),
    ],
)
def test_share_cap_and_debt_are_the_three_limits(
    terms: dict[str, object], top_up: int, owed: int, paid: int
) -> None:
    """The least of the three is taken; yesterday's recovery is not today's."""
    one = replace(TERMS, **terms)  # type: ignore[arg-type]  # as given
    found = recover(top_up, {Category.UTILITY: owed}, [one], TODAY)
    assert sum(part.amount_minor for part in found) == paid


def test_several_debts_take_no_more_than_the_top_up() -> None:
    """Property fee before rent, rent before service, and not a cent beyond what was paid."""
    terms = [
        Recovery(wallet=WalletId("w1"), category=category, share_bp=6_000)
        for category in (Category.SERVICE, Category.RENT, Category.PROPERTY)
    ]
    owed = dict.fromkeys((one.category for one in terms), 10**6)
    found = recover(1_000, owed, terms, TODAY)
    assert [(one.recovery.category, one.amount_minor) for one in found] == [
        (Category.PROPERTY, 600),
        (Category.RENT, 400),
    ]


@pytest.mark.parametrize("share", [-1, 10_001])
def test_a_share_is_between_nothing_and_all(share: int) -> None:
    """More than all of a top-up would be a second debt."""
    with pytest.raises(CoreError, match="share_out_of_range"):
        check_recovery(replace(TERMS, share_bp=share))
    with pytest.raises(CoreError, match="recovery_negative"):
        check_recovery(replace(TERMS, day_cap_minor=-1))
    check_recovery(TERMS)


@given(
    tops=st.lists(st.integers(1, 5_000), max_size=12),
    owed=st.integers(0, 20_000),
    share=st.integers(0, 10_000),
    cap=st.integers(0, 3_000),
)
def test_a_debt_is_paid_once_and_never_beyond_its_cap(
    tops: list[int], owed: int, share: int, cap: int
) -> None:
    """Whatever the tenant pays in whatever pieces: the debt falls to zero and stays there."""
    terms = replace(TERMS, share_bp=share, day_cap_minor=cap)
    paid = 0
    for top in tops:
        found = recover(top, {Category.UTILITY: owed - paid}, [terms], TODAY)
        part = sum(one.amount_minor for one in found)
        assert part <= top
        terms = found[-1].recovery if found else terms
        paid += part
        assert paid <= min(owed, cap)
