"""How a bill's line came about, said in a sentence."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.prepaid_parking.core.bill import BillLine
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.explaining_bills import explain_bill_line
from custom_components.prepaid_parking.wording import async_words

MONTH = {"rule": "fixed", "price": 1_200_000, "every": "month", "days": 30, "of_days": 30}


@pytest.mark.parametrize(
    ("trace", "english", "chinese"),
    [
        ({**MONTH, "by": "each", "weight": 10_000}, "1.20 per month", "每月 1.20"),
        (
            {**MONTH, "by": "area", "weight": 645_000, "days": 9},
            "64.5 m² at 1.20 per month; 9 of 30 days",
            "64.5 m² × 每月 1.20；按 9/30 天计",
        ),
        (
            {**MONTH, "by": "area", "weight": 123_456_789, "every": "year"},
            "12345.6789 m² at 1.20 per year",
            "12345.6789 m² × 每年 1.20",
        ),
        (
            {**MONTH, "by": "each", "weight": 10_000, "days": 92, "of_days": 92, "periods": 3},
            "1.20 per month; 3 periods",
            "每月 1.20；共 3 期",
        ),
        (
            {**MONTH, "by": "persons", "weight": 30_000},
            "3 persons at 1.20 per month",
            "3 人 × 每月 1.20",
        ),
        (
            {
                **MONTH,
                "by": "capacity",
                "weight": 170_000,
                "levies": [{"name": "VAT", "kind": "tax", "amount": 388}],
            },
            "17 kW at 1.20 per month; VAT: 3.88",
            "17 kW × 每月 1.20；VAT：3.88",
        ),
        (
            {"rule": "dunning", "bill": "2026-000001", "level": 2},
            "reminder 2 of bill 2026-000001",
            "账单 2026-000001 第 2 次催款",
        ),
        ({"rule": "by_hand"}, "", ""),
    ],
)
async def test_a_line_says_what_it_was_made_of(
    hass: HomeAssistant, trace: dict[str, Any], english: str, chinese: str
) -> None:
    """A tenant who can reckon it through does not come to the office."""
    line = BillLine(
        text="House fee", amount_minor=1, income=SiteAccount.REVENUE_PROPERTY, trace=trace
    )
    for language, said in (("en", english), ("zh-Hans", chinese)):
        words = await async_words(hass, language)
        assert explain_bill_line(line, words, Currency("EUR", 2)) == said
