"""Tax and service fee: exact over any number of charges, whatever the amounts."""

from fractions import Fraction
from itertools import batched
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.levies import Levy, LevyKind, levy, on_top

VAT = Levy(name="VAT", kind=LevyKind.TAX, share_micro=130_000, included=True)
SALES_TAX = Levy(name="sales tax", kind=LevyKind.TAX, share_micro=88_750)
SERVICE = Levy(name="service", kind=LevyKind.FEE, share_micro=50_000)

amounts = st.integers(-100_000, 100_000)


@pytest.mark.parametrize(
    ("amount", "levies", "on_top", "parts"),
    [
        (10_000, (), 0, []),
        (11_300, (VAT,), 0, [("VAT", 1_300)]),  # 113.00 with 13 %: 13.00 of it
        (10_000, (VAT,), 0, [("VAT", 1_150)]),  # 100.00 x 13 / 113 = 11.504424…
        (10_000, (SALES_TAX,), 887, [("sales tax", 887)]),  # 8.875
        (10_000, (SERVICE,), 500, [("service", 500)]),
        # The tax is on the service, too: 105.00 x 8.875 % = 9.31875.
        (10_000, (SALES_TAX, SERVICE), 1_431, [("service", 500), ("sales tax", 931)]),
        # 105.00 holds 13/113: 12.079646…
        (10_000, (SERVICE, VAT), 500, [("service", 500), ("VAT", 1_207)]),
        (0, (SERVICE, VAT), 0, [("service", 0), ("VAT", 0)]),
    ],
)
def test_a_levy_is_a_line_of_its_own(
    amount: int, levies: tuple[Levy, ...], on_top: int, parts: list[tuple[str, int]]
) -> None:
    """An invoice shows what the tax is; a payer checks it with a calculator."""
    total, made, _ = levy(amount, levies, {})
    assert total == on_top
    assert [(part.name, part.minor) for part in made] == parts


def test_two_taxes_that_are_included_share_one_whole() -> None:
    """100.00 with 10 % and 15 % included is 80.00 of goods: 8.00 and 12.00."""
    taxes = (
        Levy(name="state", kind=LevyKind.TAX, share_micro=100_000, included=True),
        Levy(name="city", kind=LevyKind.TAX, share_micro=150_000, included=True),
    )
    _, parts, _ = levy(10_000, taxes, {})
    assert [part.minor for part in parts] == [800, 1_200]


@given(st.lists(amounts, max_size=200))
def test_many_small_charges_carry_the_levies_of_one_large_one(charges: list[int]) -> None:
    """Tax rounded on each reading would be no tax at all: 0.04 x 13 % is nothing."""
    levies, total = (SERVICE, SALES_TAX), sum(charges)
    carries: dict[str, int] = {}
    on_top = 0
    for amount in charges:
        extra, _, carries = levy(amount, levies, carries)
        on_top += extra
    whole, _, _ = levy(total, levies, {})
    assert on_top == whole
    fee = math.floor(total * Fraction(5, 100))
    assert whole == fee + math.floor((total + fee) * Fraction(8_875, 100_000))


@given(st.lists(amounts, min_size=1, max_size=50), st.integers(1, 10))
def test_how_charges_are_grouped_changes_no_levy(charges: list[int], size: int) -> None:
    """A post every hour and a post every four hours: the same tax at the end of the day."""
    levies = (SERVICE, VAT)
    one: dict[str, int] = {}
    many: dict[str, int] = {}
    sums = [0, 0]
    for group in batched(charges, size, strict=False):
        for amount in group:
            _, parts, one = levy(amount, levies, one)
            sums[0] += parts[1].minor
        _, parts, many = levy(sum(group), levies, many)
        sums[1] += parts[1].minor
    assert sums[0] == sums[1]
    assert one == many


@given(amounts, st.dictionaries(st.sampled_from(["service", "sales tax"]), st.integers(0, 999_999)))
def test_what_is_taken_back_takes_its_levies_with_it(amount: int, carries: dict[str, int]) -> None:
    """A reversed charge must leave neither a cent of tax nor a remainder of one behind."""
    forth, _, left = levy(amount, (SERVICE, SALES_TAX), carries)
    back, _, after = levy(-amount, (SERVICE, SALES_TAX), left)
    assert forth + back == 0
    assert after == {"service": 0, "sales tax": 0} | carries


levies_of_any_kind = st.lists(
    st.builds(
        Levy,
        name=st.sampled_from(["a", "b", "c"]),
        kind=st.sampled_from(LevyKind),
        share_micro=st.integers(0, 300_000),
        included=st.booleans(),
    ),
    unique_by=lambda one: one.name,
)


@given(
    amounts, levies_of_any_kind, st.dictionaries(st.sampled_from("abc"), st.integers(0, 999_999))
)
def test_what_is_shown_on_top_is_what_will_be_charged(
    amount: int, levies: list[Levy], carries: dict[str, int]
) -> None:
    """The balance on the display falls by the tax before the tax is booked: by the same."""
    assert on_top(amount, levies, carries) == levy(amount, levies, carries)[0]


def test_a_changed_share_goes_on_with_its_own_remainder() -> None:
    """13 % included counts in 113ths and 9 % in 109ths: one must not be read as the other."""
    _, _, carries = levy(10_000, (VAT,), {})
    lower = Levy(name="VAT", kind=LevyKind.TAX, share_micro=90_000, included=True)
    _, parts, after = levy(10_900, (lower,), carries)
    assert parts[0].minor == 900
    assert after | carries == after
