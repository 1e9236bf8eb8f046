"""Packages of uses as they were sold: who holds them, who may use them, and what is left."""

from dataclasses import dataclass, replace
from datetime import datetime

from .counted import Lot, Take
from .identity import CardId, PackageId, TariffId, WalletId
from .priced import tiled
from .wallet import Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Uses that were sold: "100.00 for 50", by a version of a tariff.

    `price_minor` is what was paid, tax and fee included; `bonus_minor` is how much of it was bonus.
    It is for one card where `card` is set, unless it is shared; a shared one is also for the
    customer's other wallets of the same purpose, and for those in `guests`. What was `closed` by hand
    was settled: nothing is given back into it.
    """

    id: PackageId
    no: int
    wallet: WalletId
    tariff: TariffId
    version: int
    uses: int
    left: int
    price_minor: int
    sold_at: datetime
    tax_minor: int = 0
    fee_minor: int = 0
    bonus_minor: int = 0
    valid_until: datetime | None = None
    card: CardId | None = None
    shared: bool = False
    guests: tuple[WalletId, ...] = ()
    ended_at: datetime | None = None
    closed: bool = False

    @property
    def lot(self) -> Lot:
        """The package as a lot of uses that may be used; who may is decided before."""
        return Lot(
            id=self.id,
            uses=self.uses,
            left=self.left,
            price_minor=self.price_minor,
            valid_until=self.valid_until,
            shared=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What becomes income when uses are taken, or stops being it when they are put back."""

    revenue_minor: int
    fee_minor: int
    tax_minor: int


def may_use(package: Package, owner: Wallet, user: Wallet, card: CardId | None = None) -> bool:
    """Tell whether a wallet's uses are open to whoever pays from a wallet, with a card or without."""
    if owner.id == user.id:
        return package.shared or package.card in (None, card)
    if not package.shared or owner.purpose is not user.purpose:
        return False
    same_customer = bool(owner.subject) and owner.subject == user.subject
    return same_customer or user.id in package.guests


def moved(package: Package, take: Take, at: datetime) -> Package:
    """Return a package after uses were taken out of it or put back."""
    left = package.left - take.uses
    return replace(package, left=left, ended_at=None if left else at)


def earned(package: Package, take: Take) -> Earned:
    """Return how the worth of taken uses divides into income, fee and tax.

    By cumulative rounding, like the worth itself: all uses together carry exactly the package's tax.
    """
    before, after = package.uses - package.left, package.uses - package.left + take.uses
    tax = tiled(package.tax_minor, before, after, package.uses)
    fee = tiled(package.fee_minor, before, after, package.uses)
    return Earned(revenue_minor=take.worth_minor - tax - fee, fee_minor=fee, tax_minor=tax)
