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
    world has handed over and still holds for us. `UNPAID_EXITS` stands below zero by what cars owe
    that were let out without paying and have no wallet.
    """

    CASH = 1
    CLEARING = 2
    SUSPENSE = 3
    ROUNDING = 4
    ADJUSTMENT = 5
    REFUNDS = 6
    PROMOTION = 7
    DEFERRED = 8
    TAX = 9
    WRITE_OFF = 10
    UNPAID_EXITS = 11
    CLEARING_WECHAT = 12
    CLEARING_ALIPAY = 13
    CLEARING_STRIPE = 14
    BANK = 15
    POINTS = 16
    USES = 17
    PROVIDER_FEES = 18
    VOUCHERS = 19
    AGENTS = 20
    TILL_DIFFERENCE = 21
    AGENT_COMMISSION = 22
    REVENUE_ELECTRICITY = 32
    REVENUE_WATER = 33
    REVENUE_GAS = 34
    REVENUE_HEAT = 35
    REVENUE_STEAM = 36
    REVENUE_CHARGING = 37
    REVENUE_RUNTIME = 38
    REVENUE_PARKING = 48
    REVENUE_FEES = 49
    REVENUE_RENT = 50
    REVENUE_SERVICE = 51
    REVENUE_PACKAGES = 52
    REVENUE_PROPERTY = 53
    REVENUE_DEPOSITS = 54
    REVENUE_STANDING = 55


class Bucket(IntEnum):
    """What a wallet holds, each kind of money in an account of its own.

    Bonus money was given, not paid: it pays like cash and is refunded by its promotion's rule. Held
    money is a deposit. Debts stand below zero by what is owed, one account per category; so does
    BILLED by the open bills. Points and uses are no money: see `measure_of`.
    """

    CASH = 1
    BONUS = 2
    HELD = 3
    POINTS = 8
    USES = 9
    DEBT_UTILITY = 16
    DEBT_PROPERTY = 17
    DEBT_RENT = 18
    DEBT_PARKING = 19
    DEBT_SERVICE = 20
    BILLED = 24

    @property
    def owes(self) -> bool:
        """Whether it stands below zero by what the wallet owes beside its balance."""
        return self >= Bucket.DEBT_UTILITY


class Measure(StrEnum):
    """What an account counts; no posting goes from one measure to another."""

    MONEY = "money"
    POINTS = "points"
    USES = "uses"


class Channel(StrEnum):
    """The way money came in or went out; the last three are providers that say so themselves."""

    CASH = "cash"
    TERMINAL = "terminal"
    TRANSFER = "transfer"
    VOUCHER = "voucher"
    OTHER = "other"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    STRIPE = "stripe"


ONLINE: Final = (Channel.WECHAT, Channel.ALIPAY, Channel.STRIPE)
"""Their money is booked by what the provider says, never by hand: else its file would not match."""


def site_account(code: SiteAccount) -> AccountId:
    """Return the site's account of that code."""
    return AccountId(int(code))


def wallet_account(wallet_no: int, bucket: Bucket = Bucket.CASH) -> AccountId:
    """Return a wallet's account for a kind of money."""
    return AccountId(wallet_no << OWNER_SHIFT | int(bucket))


def code_of(account: AccountId) -> int:
    """Return the part of an account's number that says what it holds."""
    return account & ((1 << OWNER_SHIFT) - 1)


def measure_of(account: AccountId) -> Measure:
    """Return what an account counts: minor units, points or uses."""
    site = owner_of(account) == 0
    return _MEASURES[site].get(code_of(account), Measure.MONEY)


def owner_of(account: AccountId) -> int:
    """Return the wallet's number, 0 for the site's own accounts."""
    return account >> OWNER_SHIFT


def revenue_account(commodity: str) -> AccountId:
    """Return the revenue account of a commodity (`Commodity` value)."""
    return site_account(SiteAccount[f"REVENUE_{commodity.upper()}"])


def channel_account(channel: Channel) -> AccountId:
    """Return where money of that channel comes from: the till, the vouchers, or the clearing."""
    return site_account(_SOURCES.get(channel, SiteAccount.CLEARING))


_SOURCES: Final = {
    Channel.CASH: SiteAccount.CASH,
    Channel.VOUCHER: SiteAccount.VOUCHERS,
    Channel.WECHAT: SiteAccount.CLEARING_WECHAT,
    Channel.ALIPAY: SiteAccount.CLEARING_ALIPAY,
    Channel.STRIPE: SiteAccount.CLEARING_STRIPE,
}
_MEASURES: Final = {
    True: {int(SiteAccount.POINTS): Measure.POINTS, int(SiteAccount.USES): Measure.USES},
    False: {int(Bucket.POINTS): Measure.POINTS, int(Bucket.USES): Measure.USES},
}
