"""The daily proof: what belongs to customers is added up without netting one against the other."""

from datetime import UTC, date, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.ledger import AccountId
from custom_components.prepaid_parking.core.proof import Unproven, prove
from custom_components.prepaid_parking.core.wallet import Purpose

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = date(2026, 11, 22)
HOLDERS = [(1, Purpose.UTILITY), (2, Purpose.UTILITY), (3, Purpose.PARKING)]


def books(**more: int) -> dict[AccountId, int]:
    """Two flats and a car: one in arrears, one with a deposit and a gift."""
    return {
        wallet_account(1): 10_000,
        wallet_account(2): -3_000,
        wallet_account(2, Bucket.DEBT_UTILITY): -500,
        wallet_account(3): 2_000,
        wallet_account(3, Bucket.HELD): 700,
        wallet_account(3, Bucket.BONUS): 300,
        wallet_account(3, Bucket.POINTS): 40,
        site_account(SiteAccount.POINTS): -40,
        site_account(SiteAccount.CASH): -5_000,
        site_account(SiteAccount.CLEARING): -15_000,
        site_account(SiteAccount.PROMOTION): -300,
        site_account(SiteAccount.REVENUE_ELECTRICITY): 10_800 + more.get("lost", 0),
    }


def test_customers_money_is_added_up_by_purpose() -> None:
    """One tenant's arrears do not make another tenant's money the site's."""
    proof = prove(books(), HOLDERS, NOW, DAY)
    utility, parking = proof.purposes[Purpose.UTILITY], proof.purposes[Purpose.PARKING]
    assert (utility.wallets, utility.cash_minor, utility.arrears_minor) == (2, 10_000, 3_000)
    assert (utility.debts_minor, parking.held_minor, parking.bonus_minor) == (500, 700, 300)
    assert (proof.liability_minor, proof.received_minor) == (12_700, 20_000)
    assert (proof.problem, proof.difference_minor) == (None, None)


@pytest.mark.parametrize(
    ("statement", "difference", "problem"),
    [
        (20_000, 7_300, None),
        (12_700, 0, None),
        (12_699, -1, Unproven.SHORT),
        (0, -12_700, Unproven.SHORT),
    ],
)
def test_what_is_missing_on_the_account_is_said_to_the_cent(
    statement: int, difference: int, problem: Unproven | None
) -> None:
    """What was earned may be gone, what is the customers' may not."""
    proof = prove(books(), HOLDERS, NOW, DAY, statement)
    assert (proof.difference_minor, proof.problem) == (difference, problem)


def test_what_lies_in_no_wallet_is_not_the_sites_either() -> None:
    """Who holds a slip, a float or a refund on its way is paid out of the same account."""
    more = {
        site_account(SiteAccount.VOUCHERS): 5_000,
        site_account(SiteAccount.AGENTS): 400,
        site_account(SiteAccount.REFUNDS): 30,
        site_account(SiteAccount.SUSPENSE): 2,
        site_account(SiteAccount.BANK): -5_432,
    }
    proof = prove(books() | more, HOLDERS, NOW, DAY, 18_131)
    assert proof.beside == {"vouchers": 5_000, "agents": 400, "refunds": 30, "suspense": 2}
    assert (proof.liability_minor, proof.received_minor) == (12_700 + 5_432, 20_000 + 5_432)
    assert (proof.difference_minor, proof.problem) == (-1, Unproven.SHORT)


def test_what_is_missing_in_suspense_takes_nothing_from_whose_money_lies_there() -> None:
    """A payment that a bank took back does not make another payer's money the site's."""
    more = {
        site_account(SiteAccount.SUSPENSE): 2_000 - 3_000,
        site_account(SiteAccount.CLEARING_WECHAT): 1_000,
    }
    proof = prove(books() | more, HOLDERS, NOW, DAY, missing_minor=3_000)
    assert proof.beside["suspense"] == 2_000
    assert proof.liability_minor == 12_700 + 2_000


def test_books_that_do_not_come_to_nothing_prove_nothing() -> None:
    """A cent from nowhere is said before anything else."""
    proof = prove(books(lost=1), HOLDERS, NOW, DAY, 0)
    assert proof.problem is Unproven.UNBALANCED


@given(
    cash=st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=8),
    statement=st.integers(0, 50_000),
)
def test_the_account_covers_every_single_wallet_or_the_proof_fails(
    cash: list[int], statement: int
) -> None:
    """If all customers came tomorrow: each could be paid out, or somebody has been told."""
    balances = {wallet_account(number): much for number, much in enumerate(cash, 1)}
    balances[site_account(SiteAccount.CLEARING)] = -sum(cash)
    holders = [(number, Purpose.UTILITY) for number in range(1, len(cash) + 1)]
    proof = prove(balances, holders, NOW, DAY, statement)
    assert (proof.problem is None) is (statement >= sum(much for much in cash if much > 0))
