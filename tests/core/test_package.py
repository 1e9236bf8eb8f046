"""Packages as they were sold: who may use them, and that tax and fee come out to the cent."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.counted import put_back, take
from custom_components.prepaid_parking.core.identity import (
    CardId,
    PackageId,
    PolicyId,
    TariffId,
    WalletId,
)
from custom_components.prepaid_parking.core.package import Package, earned, may_use, moved
from custom_components.prepaid_parking.core.wallet import Purpose, Wallet, WalletKind

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SOLD = Package(
    id=PackageId("k1"),
    no=1,
    wallet=WalletId("w1"),
    tariff=TariffId("washes"),
    version=1,
    uses=50,
    left=50,
    price_minor=10_000,
    sold_at=NOON,
)


def wallet(no: int, subject: str = "", purpose: Purpose = Purpose.PROPERTY) -> Wallet:
    """A wallet of somebody."""
    return Wallet(
        id=WalletId(f"w{no}"),
        no=no,
        unit=f"Flat {no}",
        purpose=purpose,
        kind=WalletKind.INDIVIDUAL,
        policy=PolicyId("standard"),
        opened_at=NOON,
        subject=subject,
    )


OWNER, CHILD = wallet(1, "li"), CardId("c1")


@pytest.mark.parametrize(
    ("package", "user", "card", "may"),
    [
        (SOLD, OWNER, None, True),
        (SOLD, OWNER, CHILD, True),
        (SOLD, wallet(2, "li"), None, False),
        (replace(SOLD, card=CHILD), OWNER, CHILD, True),
        (replace(SOLD, card=CHILD), OWNER, CardId("c2"), False),
        (replace(SOLD, card=CHILD), OWNER, None, False),
        (replace(SOLD, card=CHILD, shared=True), OWNER, CardId("c2"), True),
        (replace(SOLD, shared=True), wallet(2, "li"), None, True),
        (replace(SOLD, shared=True), wallet(2, "wang"), None, False),
        (replace(SOLD, shared=True), wallet(2), None, False),
        (replace(SOLD, shared=True, guests=(WalletId("w2"),)), wallet(2), None, True),
        (replace(SOLD, shared=True), wallet(2, "li", Purpose.UTILITY), None, False),
        (
            replace(SOLD, shared=True, guests=(WalletId("w2"),)),
            wallet(2, "", Purpose.PARKING),
            None,
            False,
        ),
    ],
)
def test_who_may_use_a_package(
    package: Package, user: Wallet, card: CardId | None, *, may: bool
) -> None:
    """A family shares, a stranger does not, and no package carries money to another purpose."""
    assert may_use(package, OWNER, user, card) is may


@given(
    st.integers(1, 60),
    st.integers(0, 10**6),
    st.integers(0, 10**4),
    st.integers(0, 10**4),
    st.lists(st.integers(-3, 5), max_size=40),
)
def test_tax_and_fee_are_earned_with_the_uses_whatever_comes_back(
    uses: int, price: int, tax: int, fee: int, steps: list[int]
) -> None:
    """In the end the tax office has exactly the package's tax, and the site the rest."""
    package = replace(
        SOLD, uses=uses, left=uses, price_minor=price + tax + fee, tax_minor=tax, fee_minor=fee
    )
    sums = [0, 0, 0]
    for step in [*steps, uses]:
        if step < 0:
            part = put_back(package.lot, min(-step, package.lot.used))
        else:
            takes, _ = take([package.lot], min(step, package.left), NOON)
            if not takes:
                continue
            (part,) = takes
        parts = earned(package, part)
        sums = [
            one + more
            for one, more in zip(
                sums, (parts.revenue_minor, parts.fee_minor, parts.tax_minor), strict=True
            )
        ]
        package = moved(package, part, NOON)
        assert 0 <= package.left <= uses
        assert (package.ended_at is None) is (package.left > 0)
        assert sum(sums) == package.price_minor - sum_left(package)
    assert sums == [price, fee, tax]


def sum_left(package: Package) -> int:
    """What is still owed, by the rule of the worth of uses."""
    used = package.uses - package.left
    worth = (2 * package.price_minor * used + package.uses) // (2 * package.uses)
    return package.price_minor - worth
