"""What is owed, by what it is for: below zero, as a debt, or as an open bill."""

from collections import Counter

from ..core.category import Category
from .buckets import debts
from .site import Site
from .wallet_run import WalletRun


def arrears_of(run: WalletRun) -> Counter[Category]:
    """Return what a wallet owes in minor units: its balance below zero is its purpose's own."""
    owed = Counter[Category](debts(run))
    for bill in run.bills.values():
        owed[bill.category] += bill.open_minor
    if run.available_minor < 0:
        first = next(one for one in Category if one.purpose is run.wallet.purpose)
        owed[first] -= run.available_minor
    return +owed


def site_arrears(site: Site) -> Counter[Category]:
    """Return what all wallets owe, by category."""
    owed = Counter[Category]()
    for run in site.wallets.values():
        if (
            run.bills
            or run.available_minor < 0
            or any(amount < 0 for amount in run.others.values())
        ):
            owed.update(arrears_of(run))
    return owed


def open_bills(run: WalletRun) -> int:
    """Return how many of a wallet's bills are open."""
    return sum(bool(bill.open_minor) for bill in run.bills.values())
