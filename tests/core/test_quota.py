"""The exemption quota: so much a period, no more; what was drawn is repaid first."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.identity import WalletId
from custom_components.prepaid_parking.core.quota import (
    QuotaPeriod,
    QuotaUse,
    covered_money,
    covered_units,
    draw_money,
    draw_units,
    in_period,
    period_of,
)

NONE_YET = QuotaUse(wallet=WalletId("w1"), period="2026-07")
QUOTA = 5000


def drawn(*below: int, use: QuotaUse = NONE_YET, quota: int = QUOTA) -> QuotaUse:
    """Let a balance be so far below the credit limit, one after another."""
    for one in below:
        use = draw_money(use, quota, one)
    return use


def is_cut(use: QuotaUse, quota: int = QUOTA) -> bool:
    """Whether the balance is below what the quota covers."""
    return use.below_minor > covered_money(use, quota)


def test_balance_zero_quota_fifty_is_not_cut_until_fifty_is_used() -> None:
    """A ward must not go dark because an invoice lies in a tray."""
    assert not is_cut(drawn(0, 2000, 5000))
    assert is_cut(drawn(0, 2000, 5000, 5001))


def test_what_is_repaid_is_not_there_again_this_period() -> None:
    """Fifty a month is fifty a month: the mark rises with what is paid."""
    use = drawn(3000, -1000)
    assert covered_money(use, QUOTA) == 2000
    assert not is_cut(drawn(2000, use=use))
    assert is_cut(drawn(2001, use=use))


def test_the_next_month_grants_it_anew_and_forgets_no_debt() -> None:
    """What July left unpaid is inside August's fifty, not beside it."""
    august = in_period(drawn(3000), "2026-08")
    assert covered_money(august, QUOTA) == QUOTA
    assert (august.used, august.drawn_minor) == (0, 3000)
    assert not is_cut(drawn(5000, use=august))
    assert is_cut(drawn(5001, use=august))


def test_what_the_quota_did_not_cover_is_not_counted_as_used() -> None:
    """July still owes thirty: of August's forty only twenty had room, and thirty are left when paid."""
    august = drawn(7000, use=in_period(drawn(3000), "2026-08"))
    assert (august.used, august.drawn_minor) == (2000, QUOTA)
    paid = drawn(3000, use=august)
    assert not is_cut(drawn(5000, use=paid))


def test_what_is_owed_above_the_quota_is_repaid_first() -> None:
    """Ten over the fifty: paying ten is enough, paying nine is not."""
    over = drawn(6000)
    assert is_cut(drawn(5001, use=over))
    assert not is_cut(drawn(5000, use=over))
    assert not is_cut(drawn(3000, use=over))


def test_a_used_up_quota_does_not_carry_the_next_fall() -> None:
    """All of it used and all of it repaid: zero is zero until the month ends."""
    repaid = drawn(5000, 0)
    assert is_cut(drawn(1, use=repaid))


def test_a_smaller_quota_grants_nothing_below_zero() -> None:
    """A manager who halves it in the middle of the month takes away, and invents no debt."""
    use = drawn(4000)
    assert covered_money(use, 2000) == 2000
    assert covered_money(drawn(0, use=use, quota=2000), 2000) == 0


@given(
    below=st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=60),
    quota=st.integers(1, 8000),
)
def test_no_balance_goes_further_than_the_quota_in_a_period(below: list[int], quota: int) -> None:
    """Whatever is paid and used in between: what is covered never exceeds the quota, nor falls below 0.

    What was covered at any time adds up to no more than one quota of falls.
    """
    use, covered_falls, last = NONE_YET, 0, 0
    for one in below:
        before = covered_money(use, quota)
        use = draw_money(use, quota, one)
        now = max(0, one)
        if now > last and now <= covered_money(use, quota):
            covered_falls += now - last
        last = now
        assert 0 <= covered_money(use, quota) <= quota
        # A fall never makes the mark sink: who draws does not earn more of it.
        if now >= use.below_minor:
            assert covered_money(use, quota) <= max(before, use.drawn_minor)
    assert covered_falls <= quota
    assert use.used <= quota


def test_a_quota_in_units_counts_what_went_through_while_unpaid() -> None:
    """Twenty kilowatt-hours whatever they cost; what was used while paid is not among them."""
    use = draw_units(NONE_YET, 20, -100, 7)
    assert use.used == 0
    use = draw_units(use, 20, 300, 5)
    use = draw_units(use, 20, 900, 14)
    assert (use.used, covered_units(use, 20)) == (19, 900)
    use = draw_units(use, 20, 1000, 1)
    assert use.used == 20
    assert covered_units(use, 20) == 1000
    use = draw_units(use, 20, 1001, 1)
    assert use.below_minor > covered_units(use, 20)


def test_units_of_a_new_month_carry_on_from_the_debt() -> None:
    """The ward has light again on the first, as the contract says."""
    empty = draw_units(draw_units(NONE_YET, 20, 1000, 20), 20, 1200, 5)
    assert empty.below_minor > covered_units(empty, 20)
    august = in_period(empty, "2026-08")
    assert august.below_minor <= covered_units(august, 20)


@pytest.mark.parametrize(
    ("period", "name"),
    [(QuotaPeriod.MONTH, "2026-07"), (QuotaPeriod.YEAR, "2026"), (QuotaPeriod.ALWAYS, "")],
)
def test_a_period_is_named_by_the_local_calendar(period: QuotaPeriod, name: str) -> None:
    """The month of the building, not that of Greenwich."""
    assert period_of(period, datetime(2026, 7, 1, tzinfo=UTC), UTC) == name


def test_the_same_period_is_left_alone() -> None:
    """A step every second must not grant a quota every second."""
    use = replace(NONE_YET, used=30, used_up=True)
    assert in_period(use, "2026-07") is use
