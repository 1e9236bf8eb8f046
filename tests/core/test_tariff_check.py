"""What may not be published: holes in a tariff, and prices above the law."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.tariff import TariffVersion, above_ceiling
from custom_components.prepaid_parking.core.tariff_format import read_tariff

POWER: dict[str, Any] = {"tariff": "power", "quantity": "energy"}
TWO: dict[str, Any] = POWER | {
    "rates": {"peak": "1.00", "valley": "0.50"},
    "bands": [{"rate": "peak", "from": "08:00", "to": "22:00"}],
}
SUMMER = [{"name": "summer", "from": "05-01", "to": "10-31"}]
WINTER = [{"name": "winter", "from": "11-01", "to": "04-30"}]


def read(document: dict[str, Any]) -> TariffVersion:
    """Read a document as the first version."""
    return read_tariff(document, version=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("document", "key", "named"),
    [
        (
            POWER | {"rates": dict.fromkeys("abcdef", "1")},
            "tariff_too_many_rates",
            {"count": "6", "most": "5"},
        ),
        (TWO | {"registers": ["peak", "night"]}, "tariff_unknown_rate", {"rate": "night"}),
        (TWO | {"registers": ["peak"]}, "tariff_registers", {"rates": "peak, valley"}),
        (
            TWO | {"registers": ["peak", "valley", "peak"]},
            "tariff_registers",
            {"rates": "peak, valley"},
        ),
        (
            TWO
            | {"bands": [{"rate": "peak", "from": "08:00", "to": "22:00", "seasons": ["summer"]}]},
            "tariff_unknown_season",
            {"season": "summer"},
        ),
        (
            POWER | {"tiers": [{"season": "summer", "price": "1"}, {"price": "2"}]},
            "tariff_unknown_season",
            {"season": "summer"},
        ),
        (
            POWER | {"price": "1", "ladder": [{"season": "summer", "price": "1"}, {"price": "2"}]},
            "tariff_unknown_season",
            {"season": "summer"},
        ),
        # November has no price.
        (
            POWER | {"seasons": SUMMER, "tiers": [{"season": "summer", "price": "1"}]},
            "tariff_tiers_open",
            {"rate": "flat"},
        ),
        (
            POWER
            | {
                "seasons": SUMMER,
                "tiers": [{"season": "summer", "up_to": "10", "price": "1"}, {"price": "2"}],
            },
            "tariff_tiers_open",
            {"rate": "flat"},
        ),
        (
            POWER | {"price": "1", "ladder": [{"up_to": "10", "price": "0"}]},
            "tariff_tiers_open",
            {"rate": "ladder"},
        ),
        (
            POWER
            | {
                "price": "1",
                "ladder": [
                    {"up_to": "20", "price": "0"},
                    {"up_to": "10", "price": "1"},
                    {"price": "2"},
                ],
            },
            "tariff_tiers_order",
            {"rate": "ladder"},
        ),
        # With thirteen persons the free quota would be beyond the next limit.
        (
            POWER
            | {
                "tiers": [
                    {"per_person": "8", "price": "0"},
                    {"up_to": "100", "price": "0.5"},
                    {"price": "0.8"},
                ]
            },
            "tariff_tiers_order",
            {"rate": "flat"},
        ),
        (
            POWER | {"tiers": [{"up_to": "0", "price": "0"}, {"price": "0.8"}]},
            "tariff_tiers_order",
            {"rate": "flat"},
        ),
        (
            POWER
            | {
                "tiers": [{"up_to": "10", "price": "0"}, {"price": "0.8"}],
                "ladder": [{"up_to": "10", "price": "0"}, {"price": "0.8"}],
            },
            "tariff_ladder_and_tiers",
            {"rate": "flat"},
        ),
        (
            POWER | {"price": "1", "calorific": {"value": "10"}},
            "tariff_calorific",
            {"quantity": "energy"},
        ),
        (
            POWER
            | {
                "price": "1",
                "levies": [
                    {"name": "VAT", "kind": "tax", "percent": "13"},
                    {"name": "VAT", "kind": "fee", "percent": "1"},
                ],
            },
            "tariff_levy_twice",
            {"levy": "VAT"},
        ),
    ],
)
def test_a_tariff_with_a_hole_is_refused(
    document: dict[str, Any], key: str, named: dict[str, str]
) -> None:
    """A hole shows when somebody's energy falls into it, months later: too late."""
    with pytest.raises(CoreError) as refused:
        read(document)
    assert (refused.value.key, refused.value.placeholders) == (key, named)


def test_two_seasons_may_fill_the_year() -> None:
    """Who names summer and winter has said all there is to say."""
    tiers = [{"season": "summer", "price": "1"}, {"season": "winter", "price": "2"}]
    assert len(read(POWER | {"seasons": SUMMER + WINTER, "tiers": tiers}).rates[0].tiers) == 2


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (POWER | {"price": "1.00"}, None),
        (POWER | {"price": "1.00", "ceiling": "1.00"}, None),
        (POWER | {"price": "1.01", "ceiling": "1.00"}, ("flat", 1_010_000, 1_000_000)),
        (TWO | {"ceiling": "0.99"}, ("peak", 1_000_000, 990_000)),
        (
            TWO | {"ladder": [{"up_to": "230", "price": "0"}, {"price": "0.3"}], "ceiling": "1.2"},
            ("peak", 1_300_000, 1_200_000),
        ),
        (
            POWER | {"tiers": [{"up_to": "10", "price": "0.1"}, {"price": "2"}], "ceiling": "1.50"},
            ("flat", 2_000_000, 1_500_000),
        ),
        # What is included is a part of the price; what comes on top is paid as well.
        (
            POWER
            | {
                "price": "1.00",
                "ceiling": "1.00",
                "levies": [{"name": "VAT", "kind": "tax", "percent": "13", "included": True}],
            },
            None,
        ),
        (
            POWER
            | {
                "price": "1.00",
                "ceiling": "1.10",
                "levies": [
                    {"name": "service", "kind": "fee", "percent": "5"},
                    {"name": "VAT", "kind": "tax", "percent": "10"},
                ],
            },
            ("flat", 1_155_000, 1_100_000),  # 1.00 x 1.05 x 1.10
        ),
    ],
)
def test_the_ceiling_is_for_all_that_is_paid_for_a_unit(
    document: dict[str, Any], found: tuple[str, int, int] | None
) -> None:
    """A landlord who resells power may not hide a price above the legal one in an adder or a fee."""
    assert above_ceiling(read(document)) == found


@given(price=st.integers(0, 2000), adder=st.integers(0, 500), ceiling=st.integers(0, 2500))
def test_at_the_ceiling_is_allowed_and_a_millionth_above_is_not(
    price: int, adder: int, ceiling: int
) -> None:
    """The law says a number; neither less nor more than that number may be refused."""
    tariff = POWER | {
        "price": f"{price / 1000:.3f}",
        "ladder": [{"up_to": "1", "price": "0"}, {"price": f"{adder / 1000:.3f}"}],
        "ceiling": f"{ceiling / 1000:.3f}",
    }
    assert (above_ceiling(read(tariff)) is None) == (price + adder <= ceiling)
