"""The daily proof: what is owed to customers, purpose by purpose, against the money that should be there.

The site is the one legal payee: what customers paid and have not used yet is theirs, and has to lie
in the supervised account whatever else is on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from .chart import Bucket, Measure, SiteAccount, code_of, measure_of, owner_of, site_account
from .ledger import AccountId
from .wallet import Purpose

OUTSIDE: Final = (
    SiteAccount.CASH,
    SiteAccount.CLEARING,
    SiteAccount.CLEARING_WECHAT,
    SiteAccount.CLEARING_ALIPAY,
    SiteAccount.CLEARING_STRIPE,
    SiteAccount.BANK,
)
"""Where money comes in from and goes out to; between them it only changes hands."""
BESIDE: Final = {
    "vouchers": SiteAccount.VOUCHERS,
    "agents": SiteAccount.AGENTS,
    "refunds": SiteAccount.REFUNDS,
    "suspense": SiteAccount.SUSPENSE,
}
"""What lies in no wallet and is not the site's: sold vouchers, what agents have paid in, refunds on their
way, and money that has arrived and has no place yet."""

type Holder = tuple[int, Purpose]
"""A wallet's number and its purpose."""


class Unproven(StrEnum):
    """Why a proof fails; the values are translation keys."""

    UNBALANCED = "unbalanced"
    DIFFERS = "differs"
    SHORT = "short"


@dataclass(slots=True, kw_only=True)
class Held:
    """What the wallets of one purpose hold and owe together, in minor units."""

    wallets: int = 0
    cash_minor: int = 0
    bonus_minor: int = 0
    held_minor: int = 0
    arrears_minor: int = 0
    debts_minor: int = 0

    @property
    def liability_minor(self) -> int:
        """What belongs to the customers: their cash and their deposits. A bonus was never paid in."""
        return self.cash_minor + self.held_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof as it was made, by purpose. `received_minor` is what came in and was not paid out.

    `beside` is what belongs to somebody and is in no wallet. `statement_minor` is what the bank says is on the account, where somebody looked.
    """

    at: datetime
    day: date
    purposes: Mapping[str, Held] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    received_minor: int = 0
    statement_minor: int | None = None
    problem: Unproven | None = None

    @property
    def liability_minor(self) -> int:
        """What belongs to the customers in all, in their wallets and beside them."""
        held = sum(one.liability_minor for one in self.purposes.values())
        return held + sum(self.beside.values())

    @property
    def difference_minor(self) -> int | None:
        """What is on the account beyond what belongs to the customers; below zero, it is missing."""
        if self.statement_minor is None:
            return None
        return self.statement_minor - self.liability_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofKept:
    """The last proof, or the last one with the bank's word, at hand without a search in the books."""

    name: str
    proof: Proof


def prove(
    balances: Mapping[AccountId, int],
    holders: Iterable[Holder],
    at: datetime,
    day: date,
    statement_minor: int | None = None,
    missing_minor: int = 0,
) -> Proof:
    """Add up what the wallets hold. Balances that do not come to nothing in all are no books.

    `missing_minor` is what is missing in suspense: it takes nothing from whose money lies there.
    """
    purposes = {owner: purpose.value for owner, purpose in holders}
    held = {purpose.value: Held() for purpose in Purpose}
    for purpose in purposes.values():
        held[purpose].wallets += 1
    for account, balance in balances.items():
        if (owner := owner_of(account)) in purposes:
            _add(held[purposes[owner]], Bucket(code_of(account)), balance)
    made = Proof(
        at=at,
        day=day,
        purposes=held,
        beside=_beside(balances, missing_minor),
        received_minor=-sum(balances.get(site_account(one), 0) for one in OUTSIDE),
        statement_minor=statement_minor,
    )
    return _judged(made, balances)


def _beside(balances: Mapping[AccountId, int], missing_minor: int) -> dict[str, int]:
    found = {name: balances.get(site_account(one), 0) for name, one in BESIDE.items()}
    found["suspense"] += missing_minor
    return {name: max(0, much) for name, much in found.items()}


def _add(held: Held, bucket: Bucket, balance: int) -> None:
    if bucket is Bucket.CASH:
        held.cash_minor += max(0, balance)
        held.arrears_minor += max(0, -balance)
    elif bucket is Bucket.BONUS:
        held.bonus_minor += balance
    elif bucket is Bucket.HELD:
        held.held_minor += balance
    elif bucket.owes:
        held.debts_minor -= balance


def _judged(made: Proof, balances: Mapping[AccountId, int]) -> Proof:
    problem = None
    for measure in Measure:
        if sum(much for account, much in balances.items() if measure_of(account) is measure):
            problem = Unproven.UNBALANCED
    if problem is None and (made.difference_minor or 0) < 0:
        problem = Unproven.SHORT
    return replace(made, problem=problem)
