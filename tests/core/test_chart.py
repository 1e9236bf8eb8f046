"""Accounts are calculated, so that nobody can look up the wrong one."""

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import (
    ONLINE,
    Bucket,
    Channel,
    SiteAccount,
    channel_account,
    owner_of,
    revenue_account,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.metering import Commodity

numbers = st.integers(1, 10**12)


@given(one=numbers, other=numbers, bucket=st.sampled_from(Bucket), second=st.sampled_from(Bucket))
def test_no_two_purses_share_an_account(
    one: int, other: int, bucket: Bucket, second: Bucket
) -> None:
    """One tenant's money must never be another's, nor the site's."""
    same = (one, bucket) == (other, second)
    assert (wallet_account(one, bucket) == wallet_account(other, second)) == same
    assert wallet_account(one, bucket) not in {site_account(code) for code in SiteAccount}
    assert wallet_account(one, bucket) < 2**63


@given(numbers)
def test_an_account_tells_its_owner(number: int) -> None:
    """A statement is made from the account alone."""
    assert owner_of(wallet_account(number)) == number


@pytest.mark.parametrize("code", SiteAccount)
def test_the_site_owns_its_own_accounts(code: SiteAccount) -> None:
    """They belong to no wallet, whatever its number."""
    assert owner_of(site_account(code)) == 0
    assert 0 < site_account(code) < 256


def test_every_commodity_has_a_revenue_of_its_own() -> None:
    """Water must not be reported as electricity."""
    accounts = [revenue_account(commodity) for commodity in Commodity]
    assert len(set(accounts)) == len(accounts)
    assert revenue_account(Commodity.WATER) == site_account(SiteAccount.REVENUE_WATER)


def test_cash_lies_in_the_till_and_everything_else_with_somebody() -> None:
    """The till is counted in the evening: only what is in it may be in its account."""
    assert channel_account(Channel.CASH) == site_account(SiteAccount.CASH)
    assert channel_account(Channel.VOUCHER) == site_account(SiteAccount.VOUCHERS)
    for channel in (Channel.TERMINAL, Channel.TRANSFER, Channel.OTHER):
        assert channel_account(channel) == site_account(SiteAccount.CLEARING)


def test_every_provider_owes_on_an_account_of_its_own() -> None:
    """What WeChat Pay still holds must come to nothing by its own file, not by anybody else's."""
    expected = {
        channel: site_account(SiteAccount[f"CLEARING_{channel.name}"]) for channel in ONLINE
    }
    assert {channel: channel_account(channel) for channel in ONLINE} == expected
    others = {channel_account(channel) for channel in Channel if channel not in ONLINE}
    assert others.isdisjoint(expected.values())
