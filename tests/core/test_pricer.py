"""What a price list answers besides charges: the price of now, rate registers, calendars asked late."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.tariff import Pricer, Scope, TariffVersion, Usage
from custom_components.prepaid_parking.core.tariff_format import read_tariff

HOUR = timedelta(hours=1)
KWH = 1_000_000
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 5, 12, tzinfo=SHANGHAI).astimezone(UTC)
TWO: dict[str, Any] = {
    "tariff": "two",
    "quantity": "energy",
    "rates": {"peak": "1.00", "valley": "0.50"},
    "bands": [{"rate": "peak", "from": "08:00", "to": "22:00"}],
    "ladder": [{"up_to": "100", "price": "0"}, {"price": "0.10"}],
    "registers": ["peak", "valley"],
}
LATER: dict[str, Any] = TWO | {"rates": {"peak": "2.00", "valley": "0.60"}}


def version(document: dict[str, Any], number: int = 1, since: datetime = ALWAYS) -> TariffVersion:
    """A document as a version."""
    return read_tariff(document, version=number, valid_from=since)


def test_the_price_of_now_knows_the_hour_and_the_step() -> None:
    """What a tenant reads on the display is what the next kilowatt-hour costs."""
    pricer = Pricer([version(TWO)], SHANGHAI)
    assert pricer.price_at(NOON, Usage()) == 1_000_000
    assert pricer.price_at(NOON, Usage("2026-11", 100 * KWH - 1)) == 1_000_000
    assert pricer.price_at(NOON, Usage("2026-11", 100 * KWH)) == 1_100_000
    assert pricer.price_at(NOON + 12 * HOUR, Usage("2026-11", 100 * KWH)) == 600_000
    assert pricer.price_at(NOON, Usage("2026-10", 100 * KWH)) == 1_000_000


def test_the_price_of_now_knows_the_persons() -> None:
    """A family of six has not reached the limit that a couple has."""
    tariff = version(TWO | {"persons": {"base": 4, "each": "50"}})
    pricer, used = Pricer([tariff], SHANGHAI), Usage("2026-11", 150 * KWH)
    assert pricer.price_at(NOON, used, Scope(persons=2)) == 1_100_000
    assert pricer.price_at(NOON, used, Scope(persons=6)) == 1_000_000


def test_rate_registers_are_charged_by_their_names() -> None:
    """The meter's own clock decides: what it counted at the peak is peak, whatever we think."""
    pricer = Pricer([version(TWO)], SHANGHAI)
    lines, used = pricer.charge_rates(
        [("peak", 3 * KWH), ("valley", 2 * KWH)], NOON, NOON + HOUR, Usage(), rest=KWH
    )
    assert [(line.rate, line.quantity) for line in lines] == [
        ("peak", 3 * KWH),
        ("valley", 2 * KWH),
        ("valley", KWH),  # the rate of all other times
    ]
    assert used == Usage("2026-11", 6 * KWH)


def test_rate_registers_between_two_versions_are_spread_by_the_time_of_each_rate() -> None:
    """A new price at midnight: of 16 hours of valley, two lie before it and eight after it."""
    midnight = datetime(2026, 11, 6, tzinfo=SHANGHAI).astimezone(UTC)
    pricer = Pricer([version(TWO), version(LATER, 2, midnight)], SHANGHAI)
    lines, _ = pricer.charge_rates(
        [("valley", 10 * KWH), ("peak", 12 * KWH)], NOON, NOON + 22 * HOUR, Usage()
    )
    # Noon to ten in the morning: ten hours of peak before midnight, two after it.
    assert [(line.version, line.rate, line.quantity) for line in lines] == [
        (1, "valley", 2 * KWH),
        (1, "peak", 10 * KWH),
        (2, "valley", 8 * KWH),
        (2, "peak", 2 * KWH),
    ]


def test_a_register_whose_hours_did_not_come_is_charged_all_the_same() -> None:
    """The meter's clock runs ten minutes late: what it counted as valley at eight is real."""
    pricer = Pricer([version(TWO)], SHANGHAI)
    lines, _ = pricer.charge_rates([("valley", KWH)], NOON, NOON + HOUR, Usage())
    assert [(line.rate, line.quantity) for line in lines] == [("valley", KWH)]


def test_registers_read_in_one_instant_are_charged() -> None:
    """After a clock was set back energy arrives without a duration; it still costs."""
    pricer = Pricer([version(TWO)], SHANGHAI)
    lines, _ = pricer.charge_rates([("peak", KWH)], NOON, NOON, Usage(), rest=KWH)
    assert sum(line.quantity for line in lines) == 2 * KWH


def test_a_register_that_the_tariff_does_not_know_is_refused() -> None:
    """A rate without a price must stop the charge, not be given away."""
    pricer = Pricer([version(TWO)], SHANGHAI)
    with pytest.raises(CoreError) as refused:
        pricer.charge_rates([("sharp", KWH)], NOON, NOON + HOUR, Usage())
    assert refused.value.key == "tariff_unknown_rate"
    assert refused.value.placeholders == {"rate": "sharp"}


def test_the_calendar_is_asked_by_the_name_that_the_tariff_gives() -> None:
    """Two tariffs of one site may keep the holidays of two states."""
    asked: set[str] = set()

    def holidays(calendar: str, day: date) -> DayKind | None:
        asked.add(calendar)
        return None

    Pricer([version(TWO | {"calendar": "bavaria"})], SHANGHAI, holidays).at(NOON)
    assert asked == {"bavaria"}


def test_a_line_says_all_that_explains_it() -> None:
    """ "12 t: 10 t at 2.00 and 2 t at 3.00, November": each word of it must come from the lines."""
    water = version(
        {
            "tariff": "water",
            "quantity": "mass",
            "seasons": [{"name": "winter", "from": "11-01", "to": "03-31"}],
            "tiers": [
                {"season": "winter", "up_to": "10", "price": "2.00"},
                {"season": "winter", "price": "3.00"},
                {"price": "1.00"},
            ],
        }
    )
    lines, _ = Pricer([water], SHANGHAI).charge(12 * KWH, NOON, NOON + HOUR, Usage())
    told = [
        (line.tariff, line.version, line.rate, line.tier, line.period, line.season)
        for line in lines
    ]
    assert told == [
        ("water", 1, "flat", 0, "2026-11", "winter"),
        ("water", 1, "flat", 1, "2026-11", "winter"),
    ]
    assert [(line.quantity, line.price_micro) for line in lines] == [
        (10 * KWH, 2_000_000),
        (2 * KWH, 3_000_000),
    ]


def test_what_a_replaced_version_charged_is_priced_again_by_it() -> None:
    """A price corrected at its own instant must not change what was charged, nor stop the pricing."""
    before = Pricer([version(TWO)], SHANGHAI)
    lines, _ = before.charge(KWH, NOON, NOON + HOUR, Usage())
    corrected = Pricer([version(TWO), version(LATER, 2)], SHANGHAI)
    assert corrected.reprice(lines, Usage())[0] == lines
