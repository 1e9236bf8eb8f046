"""A wallet at work: what the books say of its money, and what was used since."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ..core.bill import Bill
from ..core.category import Category
from ..core.chart import Bucket, code_of, owner_of
from ..core.identity import (
    BillId,
)
from ..core.layers import Layer
from ..core.ledger import AccountId, Receipt
from ..core.points import Lot
from ..core.recovery import Recovery
from ..core.wallet import Wallet, Watch
from .meter_run import MeterRun
from .supply_book import QuotaRun


@dataclass(slots=True)
class WalletRun:
    """A wallet at work.

    `posted_minor` is the cash bucket in the books, `bonus_minor` the bonus beside it, `others` what
    else it holds or owes, `unposted_minor` what its meters used since. `booked_to` is the last entry
    that was heard of, `as_of` by which entry each account stands as it does.
    `layers` are the top-ups it lives on, kept where a bonus or points came with one of them.
    """

    wallet: Wallet
    watch: Watch
    posted_minor: int = 0
    bonus_minor: int = 0
    others: dict[Bucket, int] = field(default_factory=dict)
    booked_to: int = 0
    as_of: dict[AccountId, int] = field(default_factory=dict)
    unposted_minor: int = 0
    meters: list[MeterRun] = field(default_factory=list)
    watched_at: datetime | None = None
    bills: dict[BillId, Bill] = field(default_factory=dict)
    quota: QuotaRun | None = None
    days: tuple[datetime, Decimal | None] | None = None
    layers: tuple[Layer, ...] = ()
    lots: tuple[Lot, ...] = ()
    recoveries: dict[Category, Recovery] = field(default_factory=dict)

    @property
    def balance_minor(self) -> int:
        """What it can spend by the books: cash and bonus."""
        return self.posted_minor + self.bonus_minor

    @property
    def available_minor(self) -> int:
        """What is left at this moment, before any credit."""
        return self.posted_minor + self.bonus_minor - self.unposted_minor

    def booked(self, receipt: Receipt) -> None:
        """Take over the balances the books answered with; answers may come in any order.

        An entry tells only of the accounts it touched: of several written together, a later one says
        nothing of what an earlier one moved.
        """
        newer = {
            account: balance
            for account, balance in receipt.balances.items()
            if owner_of(account) == self.wallet.no and receipt.entry > self.as_of.get(account, 0)
        }
        self.take_over(newer)
        self.as_of.update(dict.fromkeys(newer, receipt.entry))
        self.booked_to = max(self.booked_to, receipt.entry)

    def take_over(self, balances: Mapping[AccountId, int]) -> None:
        """Take over those of these balances that are this wallet's."""
        for account, balance in balances.items():
            if owner_of(account) != self.wallet.no:
                continue
            bucket = Bucket(code_of(account))
            if bucket is Bucket.CASH:
                self.posted_minor = balance
            elif bucket is Bucket.BONUS:
                self.bonus_minor = balance
            else:
                self.others[bucket] = balance
