"""Promotions: exactly what was promised, to those it was promised to, and not a cent beyond the cap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import PromotionId, WalletId
from custom_components.prepaid_parking.core.promotion import (
    Granted,
    Offer,
    Promotion,
    Step,
    best_grant,
    bonus_of,
    check_promotion,
)
from custom_components.prepaid_parking.core.top_up import TopUp
from custom_components.prepaid_parking.core.wallet import Purpose, WalletKind

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
AUTUMN = Promotion(
    id=PromotionId("autumn"),
    version=1,
    valid_from=NOW,
    steps=(Step(least_minor=50_000, bonus_minor=10_000),),
)
TOP_UP = TopUp(
    amount_minor=50_000,
    channel="cash",
    purpose=Purpose.UTILITY,
    kind=WalletKind.INDIVIDUAL,
    at=NOW,
)


def offer(
    promotion: Promotion, *, times: int = 0, given_minor: int = 0, all_minor: int = 0
) -> Offer:
    """A promotion as a wallet meets it."""
    granted = Granted(
        promotion=promotion.id, wallet=WalletId("w1"), times=times, bonus_minor=given_minor
    )
    return Offer(promotion, granted, all_minor)


@pytest.mark.parametrize(
    ("steps", "amount", "bonus"),
    [
        ((Step(least_minor=50_000, bonus_minor=10_000),), 49_999, 0),
        ((Step(least_minor=50_000, bonus_minor=10_000),), 50_000, 10_000),
        ((Step(least_minor=50_000, bonus_minor=10_000),), 99_999, 10_000),
        (
            (
                Step(least_minor=100_000, bonus_minor=25_000),
                Step(least_minor=50_000, bonus_minor=10_000),
            ),
            100_000,
            25_000,
        ),
        ((Step(least_minor=0, share_bp=1_000),), 1_234, 123),
        ((Step(least_minor=0, share_bp=1_000),), 9, 0),
        ((Step(least_minor=100, bonus_minor=5, share_bp=500),), 1_000, 55),
    ],
)
def test_the_highest_step_that_is_reached_counts(
    steps: tuple[Step, ...], amount: int, bonus: int
) -> None:
    """500 brings 100: neither 499.99, nor twice because it stands first in the list."""
    promotion = replace(AUTUMN, steps=steps)
    assert bonus_of(offer(promotion), replace(TOP_UP, amount_minor=amount)) == bonus


@pytest.mark.parametrize(
    ("promotion", "top_up", "open_"),
    [
        ({"from_at": NOW}, {}, True),
        ({"from_at": NOW + DAY}, {}, False),
        ({"until_at": NOW}, {}, False),
        ({"until_at": NOW + DAY}, {}, True),
        ({"channels": ("cash", "terminal")}, {}, True),
        ({"channels": ("terminal",)}, {}, False),
        ({"purposes": (Purpose.PARKING,)}, {}, False),
        ({"purposes": (Purpose.PARKING,)}, {"purpose": Purpose.PARKING}, True),
        ({"kinds": (WalletKind.ENTERPRISE,)}, {}, False),
        ({"kinds": (WalletKind.ENTERPRISE,)}, {"kind": WalletKind.ENTERPRISE}, True),
    ],
)
def test_a_promotion_is_for_whom_and_when_it_says(
    promotion: dict[str, Any], top_up: dict[str, Any], open_: bool
) -> None:
    """A gift at the card terminal is no gift at the cash desk, and over is over."""
    bonus = bonus_of(offer(replace(AUTUMN, **promotion)), replace(TOP_UP, **top_up))
    assert bool(bonus) is open_


@pytest.mark.parametrize(
    ("promotion", "before", "bonus"),
    [
        ({"once": True}, {"times": 1}, 0),
        ({"once": True}, {"all_minor": 10_000}, 10_000),
        ({"wallet_cap_minor": 15_000}, {"given_minor": 10_000}, 5_000),
        ({"wallet_cap_minor": 15_000}, {"given_minor": 15_000}, 0),
        ({"wallet_cap_minor": 5_000}, {"given_minor": 10_000}, 0),
        ({"total_cap_minor": 100_000}, {"all_minor": 92_000}, 8_000),
        ({"total_cap_minor": 100_000}, {"all_minor": 100_000}, 0),
    ],
)
def test_a_cap_is_a_cap(promotion: dict[str, Any], before: dict[str, Any], bonus: int) -> None:
    """The owner has set aside so much and no more."""
    assert bonus_of(offer(replace(AUTUMN, **promotion), **before), TOP_UP) == bonus


def test_the_best_promotion_counts_and_it_alone() -> None:
    """Two posters in the hall do not add up; a tie goes the same way each time."""
    small = replace(AUTUMN, id=PromotionId("small"), steps=(Step(least_minor=1, bonus_minor=1),))
    grant = best_grant([offer(small), offer(AUTUMN)], TOP_UP)
    assert grant is not None
    assert (grant.promotion, grant.bonus_minor) == (AUTUMN, 10_000)
    twin = replace(AUTUMN, id=PromotionId("winter"))
    for offers in ([offer(twin), offer(AUTUMN)], [offer(AUTUMN), offer(twin)]):
        tied = best_grant(offers, TOP_UP)
        assert tied is not None
        assert tied.promotion is twin
    assert best_grant([], TOP_UP) is None
    assert best_grant([offer(small)], replace(TOP_UP, amount_minor=0)) is None


@given(amounts=st.lists(st.integers(1, 200_000), max_size=20), cap=st.integers(0, 50_000))
def test_no_series_of_top_ups_gets_past_the_cap(amounts: list[int], cap: int) -> None:
    """Cut into small pieces or not: what all get together never exceeds what was set aside."""
    promotion = replace(AUTUMN, steps=(Step(least_minor=100, share_bp=2_500),), total_cap_minor=cap)
    given_ = 0
    for amount in amounts:
        given_ += bonus_of(offer(promotion, all_minor=given_), replace(TOP_UP, amount_minor=amount))
        assert given_ <= cap


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"steps": ()}, "promotion_without_steps"),
        ({"steps": (Step(least_minor=1),)}, "promotion_gives_nothing"),
        ({"steps": (Step(least_minor=-1, bonus_minor=1),)}, "promotion_negative"),
        ({"steps": (Step(least_minor=1, bonus_minor=-1),)}, "promotion_negative"),
        ({"wallet_cap_minor": -1}, "promotion_negative"),
        ({"total_cap_minor": -1}, "promotion_negative"),
        ({"steps": (Step(least_minor=1, share_bp=1),) * 2}, "promotion_steps_alike"),
        ({"from_at": NOW, "until_at": NOW}, "promotion_ends_before"),
    ],
)
def test_a_promotion_that_makes_no_sense_is_refused(changes: dict[str, Any], key: str) -> None:
    """Found out at the desk by the manager, not by the first customer."""
    with pytest.raises(CoreError) as refused:
        check_promotion(replace(AUTUMN, **changes))
    assert refused.value.key == key


def test_a_promotion_that_makes_sense_is_taken() -> None:
    """The usual poster: 500 brings 100."""
    check_promotion(replace(AUTUMN, from_at=NOW, until_at=NOW + DAY, wallet_cap_minor=0))
