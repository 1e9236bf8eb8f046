"""In which order a wallet's supplies are cut, and what keeps them for a while."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.cut_list import InOrder, turns
from custom_components.prepaid_parking.core.identity import MeterId, WalletId
from custom_components.prepaid_parking.core.respite import Respite, RespiteKind, in_force

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(*supplies: tuple[str, int, int]) -> dict[str, float]:
    """When it is each supply's turn, in hours from now; delays are given in hours."""
    found = turns(
        NOW, [InOrder(MeterId(name), order, delay * 3600) for name, order, delay in supplies]
    )
    return {name: (at - NOW) / HOUR for name, at in found.items()}


def test_without_an_order_all_are_cut_together() -> None:
    """Power and water of the flat, with the same reading."""
    assert hours(("power", 0, 0), ("water", 0, 0)) == {"power": 0, "water": 0}


def test_the_next_in_order_has_its_delay() -> None:
    """First the charger, an hour later the power, a day after that the water."""
    assert hours(("water", 3, 24), ("charger", 1, 0), ("power", 2, 1)) == {
        "charger": 0,
        "power": 1,
        "water": 25,
    }


def test_the_first_waits_for_nobody() -> None:
    """A delay is one after the supply before; where there is none, nothing is waited for."""
    assert hours(("power", 5, 12)) == {"power": 0}


def test_of_one_order_each_has_its_own_delay_and_the_next_waits_for_the_last() -> None:
    """Two of a kind are not one: the slower of them holds up those behind."""
    found = hours(("a", 1, 0), ("b", 2, 1), ("c", 2, 3), ("d", 3, 1))
    assert found == {"a": 0, "b": 1, "c": 3, "d": 4}


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 100)), min_size=1, max_size=8).map(
        lambda drawn: [
            InOrder(MeterId(f"m{place}"), order, delay)
            for place, (order, delay) in enumerate(drawn)
        ]
    )
)
def test_nobody_is_cut_before_those_before_him(supplies: list[InOrder]) -> None:
    """Whatever the orders and delays."""
    found = turns(NOW, supplies)
    lowest = min(one.order for one in supplies)
    for one in supplies:
        before = [other for other in supplies if other.order < one.order]
        if one.order == lowest:
            assert found[one.meter] == NOW
        for other in before:
            assert found[one.meter] >= found[other.meter] + timedelta(seconds=one.delay_s)


@pytest.mark.parametrize(
    ("until", "at", "spared"),
    [
        (None, NOW + 1000 * HOUR, True),
        (NOW + HOUR, NOW, True),
        (NOW + HOUR, NOW + HOUR, False),
    ],
)
def test_a_respite_ends_when_it_was_said_to(
    until: datetime | None, at: datetime, spared: bool
) -> None:
    """Until Friday noon is until Friday noon."""
    veto = Respite(
        wallet=WalletId("w1"), kind=RespiteKind.VETO, at=NOW, until=until, reason="r", by="user:1"
    )
    assert in_force(veto, at) is spared
    assert not in_force(None, at)
