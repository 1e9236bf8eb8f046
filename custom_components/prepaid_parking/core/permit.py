"""Permits: what a card was sold, a package's period or the rental of a space, each with its own bill."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .identity import BillId, CardId, FeeItemId, ParkingPackageId, PermitId, SpaceId, WalletId
from .levies import Levy
from .rights import ALL_RIGHTS, Rights
from .space import EVERY_SPACE, SpaceFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingPackage:
    """A version of a package as it is sold from `valid_from` on: fee items, a period, a price, rights.

    A period is `months` and `days` long. `price_minor` is asked for each, and beside it the fee
    `items` for the card's space. `spaces` says for which spaces it is sold (`needs_space`: only with
    one). A renewal within `renew_days` of the old end begins where that ended, later today.
    """

    id: ParkingPackageId
    version: int
    valid_from: date
    name: str
    price_minor: int
    months: int = 1
    days: int = 0
    items: tuple[FeeItemId, ...] = ()
    spaces: SpaceFilter = EVERY_SPACE
    needs_space: bool = False
    rights: Rights = ALL_RIGHTS
    levies: tuple[Levy, ...] = ()
    renew_days: int = 7
    remind_days: tuple[int, ...] = (7, 3, 1)
    ended: bool = False


class PermitKind(StrEnum):
    """What was sold."""

    PACKAGE = "package"
    RENTAL = "rental"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a card may do from the `first` to the `last` local day, once its `bill` is paid.

    Whether that is so, its wallet's open bills say: it is kept nowhere else. `suspended_on` is the
    first day on which it rests; the days it rested are added to its end when it goes on. `left` are
    the visits that are left. `renews`: the next period is sold by itself, out of the wallet.
    `renewed` names the permit that came after. `ended_on` is the first day it no longer holds, where
    it was ended before its time; `refunded_minor` is what was given back then.
    `over`: its time and its time to be renewed are past, and it is only history.
    """

    id: PermitId
    no: int
    kind: PermitKind
    card: CardId
    wallet: WalletId
    first: date
    last: date
    price_minor: int
    sold_at: datetime
    package: ParkingPackageId | None = None
    version: int = 0
    space: SpaceId | None = None
    rights: Rights = ALL_RIGHTS
    bill: BillId | None = None
    left: int | None = None
    suspended_on: date | None = None
    renews: bool = False
    renewed: PermitId | None = None
    reminded: int = 0
    ended_on: date | None = None
    refunded_minor: int = 0
    over: bool = False

    def covers(self, day: date) -> bool:
        """Tell whether a local day is one of its days on which it does not rest."""
        return (
            self.first <= day <= self.last
            and (self.suspended_on is None or day < self.suspended_on)
            and (self.ended_on is None or day < self.ended_on)
            and self.left != 0
        )
