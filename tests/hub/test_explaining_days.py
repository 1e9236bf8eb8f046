"""Charges for days and months say what they are for, in either language."""

from datetime import date

from homeassistant.core import HomeAssistant
import pytest

from custom_components.prepaid_parking.core.demand import Demand, Peak, demand_due
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.periods import Every, calendar_period
from custom_components.prepaid_parking.explaining import Explainer
from custom_components.prepaid_parking.operations.traces import trace_of
from custom_components.prepaid_parking.wording import async_words

CNY = Currency.of("CNY")
JULY = calendar_period(Every.MONTH, date(2026, 7, 1))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "highest demand 20.5 kW at 40.00: 820.00"),
        ("zh-Hans", "最大需量 20.5 kW × 40.00：820.00"),
    ],
)
async def test_the_highest_demand_is_said_in_kilowatts(
    hass: HomeAssistant, language: str, sentence: str
) -> None:
    """A shopkeeper compares it with the fuse, not with milliwatts."""
    peak = Peak(month="2026-07", power_mw=20_500_000)
    price = demand_due(Demand(price_micro=40_000_000), peak, JULY, JULY.first, JULY.last, CNY)
    assert Explainer(await async_words(hass, language), CNY).rules(trace_of(price)) == sentence
