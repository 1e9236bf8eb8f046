"""The chart of accounts: the one place that spells account numbers.

An account's number is `owner << 8 | code`: owner 0 is the site itself, any other owner is a
wallet's number. Numbers are derived, never allocated, so the same wallet always has the same account.
"""

from enum import IntEnum, StrEnum
from typing import Final

from .ledger import AccountId

OWNER_SHIFT: Final = 8


class SiteAccount(IntEnum):
    """Accounts of the site.

    Money from outside comes out of a clearing account, which goes below zero by what the outside
    world has handed over and still holds for us.
    """

    CASH = 1
    CLEARING = 2
    SUSPENSE = 3
    ROUNDING = 4
    ADJUSTMENT = 5
    REFUNDS = 6
    REVENUE_ELECTRICITY = 32
    REVENUE_WATER = 33
    REVENUE_GAS = 34
    REVENUE_HEAT = 35
    REVENUE_STEAM = 36
    REVENUE_CHARGING = 37
    REVENUE_RUNTIME = 38
    REVENUE_PARKING = 48
    REVENUE_FEES = 49


class Bucket(IntEnum):
    """What a wallet holds, each kind of money in an account of its own."""

    CASH = 1


class Channel(StrEnum):
    """The way money came in or went out, as far as it needs no provider."""

    CASH = "cash"
    TERMINAL = "terminal"
    TRANSFER = "transfer"
    VOUCHER = "voucher"
    OTHER = "other"


def site_account(code: SiteAccount) -> AccountId:
    """Return the site's account of that code."""
    return AccountId(int(code))


def wallet_account(wallet_no: int, bucket: Bucket = Bucket.CASH) -> AccountId:
    """Return a wallet's account for a kind of money."""
    return AccountId(wallet_no << OWNER_SHIFT | int(bucket))


def owner_of(account: AccountId) -> int:
    """Return the wallet's number, 0 for the site's own accounts."""
    return account >> OWNER_SHIFT


def revenue_account(commodity: str) -> AccountId:
    """Return the revenue account of a commodity (`Commodity` value)."""
    return site_account(SiteAccount[f"REVENUE_{commodity.upper()}"])


def channel_account(channel: Channel) -> AccountId:
    """Return where money of that channel comes from: the till, or the provider's clearing."""
    return site_account(SiteAccount.CASH if channel is Channel.CASH else SiteAccount.CLEARING)
