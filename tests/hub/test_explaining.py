"""An amount that came about by rules says so, in either language."""

from datetime import UTC, datetime

from homeassistant.core import HomeAssistant

from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.stay_price import price_stay
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.explaining import Explainer
from custom_components.prepaid_parking.operations.traces import trace_of
from custom_components.prepaid_parking.wording import async_words

CNY = Currency.of("CNY")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
CAR_PARK = {
    "tariff": "car_park",
    "kind": "duration",
    "duration": {
        "price": "4.00",
        "step": 30,
        "first": [{"length": 60, "price": "5.00"}],
        "caps": {"day": "30.00"},
    },
}


async def explained(hass: HomeAssistant, hours: int, language: str) -> str:
    """Explain a stay at noon."""
    terms = read_tariff(CAR_PARK, version=1, valid_from=NOON).terms.duration
    assert terms is not None
    price = price_stay(terms, NOON, NOON.replace(hour=12 + hours, minute=20), UTC, CNY)
    explainer = Explainer(await async_words(hass, language), CNY)
    return explainer.rules(trace_of(price, Quantity.DURATION))


async def test_a_stay_says_its_first_hour_and_its_half_hours(hass: HomeAssistant) -> None:
    """Whoever pays 7.00 at the barrier reads why, before asking the attendant."""
    assert await explained(hass, 1, "en") == "the first 1 h: 5.00; 30 min at 4.00 per 1 h: 2.00"
    assert await explained(hass, 1, "zh-Hans") == "首 1 小时：5.00；30 分钟，每 1 小时 4.00：2.00"


async def test_a_cap_says_what_it_takes_off(hass: HomeAssistant) -> None:
    """The sum of what is said is what is paid."""
    said = await explained(hass, 10, "en")
    assert said == (
        "the first 1 h: 5.00; 9 h 30 min at 4.00 per 1 h: 38.00; at most 30.00 a day: -13.00"
    )


async def test_levies_are_named_with_their_share(hass: HomeAssistant) -> None:
    """A tax office and a tenant ask the same question."""
    explainer = Explainer(await async_words(hass, "en"), CNY)
    levies = [
        {"name": "VAT", "share": 130_000, "amount": 115, "included": True},
        {"name": "Service", "share": 25_000, "amount": 25, "included": False},
    ]
    assert explainer.levies({"levies": levies}) == "VAT 13 % included: 1.15; Service 2.50 %: 0.25"


STAY: list[dict[str, object]] = [
    {
        "rule": "overtime",
        "quantity": 7_200_000,
        "measure": "duration",
        "first": "2026-07-01",
        "amount": 0,
    },
    {
        "rule": "validated_minutes",
        "name": "Bakery Li",
        "quantity": 3_600_000,
        "measure": "duration",
        "amount": -500,
    },
    {"rule": "validated_amount", "name": "Cinema", "amount": -300},
    {"rule": "paid", "amount": -200},
]


async def test_a_stay_says_who_paid_for_it(hass: HomeAssistant) -> None:
    """A driver who pays 2.00 of 12.00 reads which shop paid the rest, in the language of the hub."""
    english = Explainer(await async_words(hass, "en"), CNY)
    assert english.rules(STAY) == (
        "2 h outside the permit's hours, 2026-07-01; Bakery Li pays for 1 h: -5.00; "
        "Cinema pays a part: -3.00; already paid: -2.00"
    )
    chinese = Explainer(await async_words(hass, "zh-Hans"), CNY)
    assert chinese.rules(STAY) == (
        "2026-07-01 权益时段外停放 2 小时；Bakery Li代付 1 小时：-5.00；"
        "Cinema代付部分：-3.00；已付：-2.00"
    )
