"""A hundred for fifty uses: none is lost, none is used twice, and the revenue is a hundred."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.counted import (
    AfterLast,
    Counted,
    Lot,
    Take,
    beyond,
    expire,
    package_price,
    put_back,
    recognised,
    take,
    unearned,
    usable,
    valid_until,
)
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.money import MICRO, Currency

YUAN = Currency.of("CNY")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 7, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FIFTY = Counted(uses=50, price_micro=100 * MICRO)


def lot(name: str, left: int, days: int | None = None, **given: object) -> Lot:
    """A lot of fifty uses for 100.00."""
    until = None if days is None else NOW + days * DAY
    made = Lot(id=name, uses=50, left=left, price_minor=10_000, valid_until=until)
    return replace(made, **given)  # type: ignore[arg-type]


def after(one: Lot, took: Take) -> Lot:
    """The lot when the uses are taken."""
    return replace(one, left=one.left - took.uses)


def test_a_hundred_for_fifty_uses() -> None:
    """Each use is worth 2.00, the last one, too; the 51st is missing."""
    one, worth = lot("p1", 50), 0
    for _ in range(50):
        (took,), missing = take([one], 1, NOW)
        assert (took, missing) == (Take(lot="p1", uses=1, worth_minor=200), 0)
        one, worth = after(one, took), worth + took.worth_minor
    assert (one.left, worth, unearned(one)) == (0, 10_000, 0)
    assert take([one], 1, NOW) == ((), 1)
    assert package_price(FIFTY, YUAN) == 10_000


@given(st.integers(0, 10**6), st.integers(1, 60), st.lists(st.integers(0, 60), max_size=10))
def test_recognition_adds_up_to_the_price(total: int, uses: int, cuts: list[int]) -> None:
    """Nothing stays owed for ever, and no revenue is made up; what is put back is taken back."""
    used = worth = 0
    for cut in [*cuts, uses]:
        upto = min(cut, uses)
        part = recognised(total, uses, used, upto)
        assert part == -recognised(total, uses, upto, used)
        used, worth = upto, worth + part
    assert worth == total


def test_what_expires_first_is_used_first() -> None:
    """Else the customer loses uses that were paid."""
    lots = [lot("endless", 5), lot("late", 2, 9), lot("soon", 3, 1), lot("gone", 7, 0)]
    takes, missing = take(lots, 8, NOW)
    assert [(one.lot, one.uses) for one in takes] == [("soon", 3), ("late", 2), ("endless", 3)]
    assert missing == 0
    assert take(lots, 11, NOW)[1] == 1


def test_of_two_that_expire_together_the_first_listed_goes_first() -> None:
    """The older package is used up before the newer one is begun."""
    lots = [lot("p9", 1, 3), lot("p10", 1, 3)]
    assert [one.id for one in usable(lots, NOW)] == ["p9", "p10"]


def test_a_package_of_one_child_is_not_used_by_the_other() -> None:
    """A wallet of a family: a shared package is for all, another for the one it was bought for."""
    lots = [lot("ann", 5, holder="ann"), lot("all", 2, 1, shared=True, holder="ben")]
    assert [one.id for one in usable(lots, NOW, "ann")] == ["all", "ann"]
    assert [one.id for one in usable(lots, NOW, "ben")] == ["all"]
    assert take(lots, 3, NOW, "cem")[1] == 1


def test_expired_uses_are_earned_and_gone() -> None:
    """33.33 for seven uses, four used: the other three become revenue to the cent, once."""
    one = lot("p1", 3, 1, uses=7, price_minor=3333)
    assert expire([one], NOW) == ()
    (took,) = expire([one], NOW + DAY)
    assert took.uses == 3
    assert took.worth_minor + recognised(3333, 7, 0, 4) == 3333
    assert took.worth_minor == unearned(one)
    assert expire([after(one, took)], NOW + DAY) == ()
    assert usable([one], NOW + DAY) == []


def test_a_machine_that_did_not_start_gives_the_use_back() -> None:
    """With the revenue that was booked for it; never more than was taken."""
    one = lot("p1", 2, uses=3, price_minor=1000)
    (took,), _ = take([one], 1, NOW)
    used = after(one, took)
    back = put_back(used, 1)
    assert (back.uses, back.worth_minor) == (-1, -took.worth_minor)
    assert after(used, back) == one
    with pytest.raises(CoreError) as refused:
        put_back(used, 3)
    assert refused.value.key == "uses_not_taken"


def test_a_negative_number_of_uses_is_refused() -> None:
    """It would sell uses without money."""
    with pytest.raises(CoreError) as refused:
        take([lot("p1", 2)], -1, NOW)
    assert refused.value.key == "uses_negative"


@pytest.mark.parametrize(
    ("terms", "sold", "ends"),
    [
        (replace(FIFTY, valid_days=30), "2026-07-03 23:59", "2026-08-03 00:00"),
        (replace(FIFTY, valid_days=0), "2026-07-03 00:00", "2026-07-04 00:00"),
        (replace(FIFTY, valid_months=1), "2026-01-31 10:00", "2026-03-01 00:00"),
        (replace(FIFTY, valid_months=1), "2028-01-31 10:00", "2028-03-01 00:00"),
        (replace(FIFTY, valid_months=12), "2028-02-29 10:00", "2029-03-01 00:00"),
    ],
)
def test_a_package_holds_to_the_end_of_its_last_day(terms: Counted, sold: str, ends: str) -> None:
    """Sold at noon, used in the evening a month later."""
    sold_at = datetime.fromisoformat(sold).replace(tzinfo=SHANGHAI)
    until = valid_until(terms, sold_at.astimezone(UTC), SHANGHAI)
    assert until == datetime.fromisoformat(ends).replace(tzinfo=SHANGHAI)
    assert valid_until(FIFTY, sold_at, SHANGHAI) is None


def test_the_51st_use_is_what_the_package_says() -> None:
    """Refused at the turnstile, paid in money, or the next package."""
    assert beyond(FIFTY, 1, YUAN).after is AfterLast.REFUSE
    paid = beyond(replace(FIFTY, after=AfterLast.MONEY, use_price_micro=2_500_000), 3, YUAN)
    assert paid.price is not None
    assert paid.price.amount_minor == 750
    renewed = replace(FIFTY, after=AfterLast.RENEW)
    assert [beyond(renewed, missing, YUAN).packages for missing in (1, 50, 51)] == [1, 1, 2]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(-2, 4)), max_size=6),
    st.integers(0, 40),
)
def test_no_use_is_taken_that_is_not_there(
    given_lots: list[tuple[int, int | None]], uses: int
) -> None:
    """Taken and missing are what was asked for; no lot goes below nothing."""
    lots = [lot(f"p{place}", left, days) for place, (left, days) in enumerate(given_lots)]
    takes, missing = take(lots, uses, NOW)
    left = {one.id: one.left for one in lots}
    assert sum(one.uses for one in takes) + missing == uses
    assert all(0 < one.uses <= left[one.lot] for one in takes)
    live = sum(left for left, days in given_lots if days is None or days > 0)
    assert missing == max(0, uses - live)
