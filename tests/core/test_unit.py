"""Units: how large they are, and who was in them when."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import UnitId, WalletId
from custom_components.prepaid_parking.core.unit import (
    Occupancy,
    Unit,
    area_text,
    capacity_text,
    occupancy_at,
    parse_area,
    parse_capacity,
    persons_at,
)

MAY = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FLAT = Unit(id=UnitId("u1"), no=1, name="Flat 3-201", persons=4)


def stay(number: int, begin: int, end: int | None, persons: int) -> Occupancy:
    """Somebody's time in the flat, in days."""
    return Occupancy(
        id=f"u1/{number}",
        unit=FLAT.id,
        wallet=WalletId(f"w{number}"),
        from_at=MAY + begin * DAY,
        to_at=None if end is None else MAY + end * DAY,
        persons=persons,
    )


@pytest.mark.parametrize(
    ("text", "area", "written"),
    [("86.5", 865_000, "86.5"), ("100.00", 1_000_000, "100"), ("0", 0, "0"), (" 7 ", 70_000, "7")],
)
def test_an_area_is_kept_to_the_square_centimetre(text: str, area: int, written: str) -> None:
    """Service charges and the lift go by it: 86.5 m² must not become 86.49999."""
    assert parse_area(text) == area
    assert area_text(area) == written


def test_a_capacity_is_kept_in_watts() -> None:
    """The standing charge of a shop goes by its contracted kVA."""
    assert (parse_capacity("31.5"), capacity_text(31_500)) == (31_500, "31.5")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("-1", "area_not_usable"),
        ("0.00001", "area_not_usable"),
        ("1e12", "area_not_usable"),
        ("NaN", "area_not_usable"),
        ("large", "not_a_number"),
        ("", "not_a_number"),
    ],
)
def test_an_area_that_is_none_is_refused(text: str, key: str) -> None:
    """A slip in a list of 500 flats would move everybody's share."""
    with pytest.raises(CoreError) as refused:
        parse_area(text)
    assert refused.value.key == key


def test_one_moment_belongs_to_one_tenant() -> None:
    """At the hand-over itself the new tenant is in, the old one out, and nobody both."""
    history = [stay(1, 0, 10, 2), stay(2, 10, 20, 5), stay(3, 25, None, 1)]
    payers = [
        (one.wallet if (one := occupancy_at(history, MAY + day * DAY)) else None)
        for day in (-1, 0, 9, 10, 19, 20, 24, 25, 400)
    ]
    assert payers == [None, "w1", "w1", "w2", "w2", None, None, "w3", "w3"]


def test_nobody_lives_in_a_vacant_flat() -> None:
    """A share by heads must not bill an empty flat for those who left it."""
    history = [stay(1, 0, 10, 2), stay(2, 15, None, 5)]
    assert [persons_at(FLAT, history, MAY + day * DAY) for day in (5, 12, 15)] == [2, 0, 5]


def test_a_flat_nobody_moved_into_has_as_many_as_it_was_registered_with() -> None:
    """Who keeps no record of tenants still shares by the heads written down for the flat."""
    assert persons_at(FLAT, [], MAY) == 4
