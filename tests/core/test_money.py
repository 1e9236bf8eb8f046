"""Money is whole, and what is smaller is carried."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import BASE_PER_UNIT, Quantity
from custom_components.prepaid_parking.core.money import (
    MICRO,
    MOST_MINOR,
    Currency,
    parse_price,
    parse_quantity,
    price_text,
    quantity_said,
    quantity_text,
    split,
)

CURRENCIES = [Currency.of(code) for code in ("CNY", "EUR", "JPY", "KWD")]
currencies = st.sampled_from(CURRENCIES)
amounts = st.integers(-MOST_MINOR, MOST_MINOR)


@pytest.mark.parametrize(
    ("code", "minor", "text"),
    [
        ("CNY", 9_200, "92.00"),
        ("CNY", -5, "-0.05"),
        ("JPY", 120, "120"),
        ("KWD", 1, "0.001"),
        ("XYZ", 100, "1.00"),
    ],
)
def test_an_amount_is_written_with_all_its_digits(code: str, minor: int, text: str) -> None:
    """A receipt that says 92 leaves open whether somebody cut the cents off."""
    assert Currency.of(code).text(minor) == text


@given(currency=currencies, minor=amounts)
def test_an_amount_comes_back_from_its_text(currency: Currency, minor: int) -> None:
    """Actions answer in text, and automations pass that text on."""
    assert currency.parse(currency.text(minor)) == minor
    assert Decimal(currency.text(minor)) == Decimal(minor) / 10**currency.digits


@pytest.mark.parametrize(
    "text", ["0.001", "1e-3", "99999999999999999", "1/2", "", "nan", "inf", "1,5"]
)
def test_an_amount_the_currency_cannot_hold_is_refused(text: str) -> None:
    """Rounding what somebody typed would take or give money without asking."""
    with pytest.raises(CoreError):
        Currency.of("CNY").parse(text)


@pytest.mark.parametrize(
    ("text", "minor"), [("1", 100), (" 1.50 ", 150), ("1e2", 10_000), ("-0", 0)]
)
def test_an_amount_may_be_typed_as_people_type(text: str, minor: int) -> None:
    """The cashier is not a programmer."""
    assert Currency.of("CNY").parse(text) == minor


@given(st.integers(-(10**12), 10**12))
def test_a_price_comes_back_from_its_text(micro: int) -> None:
    """A tariff that is shown, copied and published again is the same tariff."""
    assert parse_price(price_text(micro)) == micro
    assert len(price_text(micro).partition(".")[2]) >= 2


def test_a_price_keeps_two_digits_and_no_needless_ones() -> None:
    """People compare prices digit by digit."""
    assert [price_text(micro) for micro in (800_000, 1, 512_300, MICRO * 100, 0)] == [
        "0.80",
        "0.000001",
        "0.5123",
        "100.00",
        "0.00",
    ]


@given(base=st.integers(-(10**15), 10**15), quantity=st.sampled_from(Quantity))
def test_a_quantity_comes_back_from_its_text(base: int, quantity: Quantity) -> None:
    """What the meter counted is what the statement says; hours are told to the nanosecond."""
    text = quantity_text(base, quantity)
    assert abs(Fraction(text) - Fraction(base, BASE_PER_UNIT[quantity])) <= Fraction(1, 2 * 10**9)
    if quantity is not Quantity.DURATION:
        assert parse_quantity(text, quantity) == base


def test_a_quantity_is_said_with_three_decimals_and_never_as_nothing() -> None:
    """0.627929 kWh is read by nobody, and "0 kWh" for a cent is asked about by everybody."""
    said = [
        quantity_said(base, Quantity.ENERGY)
        for base in (627_929, 12_000_000, 1_999_600, 100_000_000, -627_929, 499, 0)
    ]
    assert said == ["0.628", "12", "2", "100", "-0.628", "0.000499", "0"]


def test_a_quantity_finer_than_the_register_is_refused() -> None:
    """It cannot have been read from that meter."""
    with pytest.raises(CoreError, match="quantity_too_fine"):
        parse_quantity("0.0000001", Quantity.ENERGY)


@given(
    amount=st.integers(-(10**12), 10**12),
    weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any),
)
@example(amount=100, weights=[1, 1, 1])
def test_the_parts_of_a_split_add_up(amount: int, weights: list[int]) -> None:
    """A shared bill leaves no cent over and takes none twice, and nobody is off by a whole one."""
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1
        assert part == 0 or weight > 0


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [2, -1]])
def test_a_split_without_weight_is_refused(weights: list[int]) -> None:
    """There is nobody to give the money to."""
    with pytest.raises(CoreError, match="weights_not_positive"):
        split(100, weights)


def charged_in_steps(steps: list[int], price_micro: int, denominator: int) -> tuple[int, int]:
    """Charge step by step, each remainder being the start of the next charge."""
    total, carry = 0, 0
    for step in steps:
        amount, carry = divmod(carry + step * price_micro, denominator)
        total += amount
    return total, carry


@given(
    steps=st.lists(st.integers(0, 10**9), min_size=1, max_size=50),
    price_micro=st.integers(0, 10**8),
    quantity=st.sampled_from(Quantity),
    currency=currencies,
)
def test_many_small_charges_cost_what_one_large_one_costs(
    steps: list[int], price_micro: int, quantity: Quantity, currency: Currency
) -> None:
    """Who is read every ten seconds must not pay less, or more, than who is read once a month."""
    denominator = currency.denominator(quantity)
    many = charged_in_steps(steps, price_micro, denominator)
    assert many == charged_in_steps([sum(steps)], price_micro, denominator)
    assert many == divmod(sum(steps) * price_micro, denominator)


def test_fourteen_thousand_readings_cost_what_one_costs() -> None:
    """At 0.80 a kilowatt-hour, ten seconds of a kettle are a fifth of a cent: rounded, it was free."""
    denominator = Currency.of("CNY").denominator(Quantity.ENERGY)
    step = 2_777  # milliwatt-hours in ten seconds at one kilowatt
    total, carry = charged_in_steps([step] * 14_000, 800_000, denominator)
    assert (total, carry) == charged_in_steps([step * 14_000], 800_000, denominator)
    assert total == 14_000 * step * 8 // 100_000
    assert total == 3_110
    assert 0 <= carry < denominator


@given(quantity=st.sampled_from(Quantity), currency=currencies, price_micro=st.integers(1, 10**9))
def test_one_display_unit_costs_its_price(
    quantity: Quantity, currency: Currency, price_micro: int
) -> None:
    """The denominator is where units and currencies meet: a wrong power of ten is a wrong bill."""
    minor = Fraction(BASE_PER_UNIT[quantity] * price_micro, currency.denominator(quantity))
    assert minor == Fraction(price_micro * 10**currency.digits, MICRO)
