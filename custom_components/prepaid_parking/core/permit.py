"""Permits: what a card was sold, a package's period or the rental of a space, each with its own bill."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import BillId, CardId, FeeItemId, ParkingPackageId, PermitId, SpaceId, WalletId
from .levies import Levy
from .local_day import DAY
from .periods import add_months
from .rights import ALL_RIGHTS, Rights
from .space import EVERY_SPACE, SpaceFilter

PERMIT: Final = "permit"
"""Begins what names the bills of permits: `permit/<id>`, and `permit/<id>/used` where one was ended."""


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

    def last_day(self, first: date, periods: int) -> date:
        """Return the last day of so many periods from a first one on."""
        months, days = self.months * periods, self.days * periods
        return add_months(first, months) + timedelta(days=days) - DAY


class PermitKind(StrEnum):
    """What was sold."""

    PACKAGE = "package"
    RENTAL = "rental"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a card may do from the `first` to the `last` local day, once its `bill` is paid.

    Whether that is so, its wallet's open bills say: it is kept nowhere else. `suspended_on` is the
    first day on which it rests; the days it rested are added to its end when it goes on, and counted
    in `rested`. `left` are the visits that are left. `renews`: the next period is sold by itself, out of the wallet.
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
    rested: int = 0
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

    @property
    def after(self) -> date:
        """The first local day on which it holds no more, or rests."""
        ends = (self.last + DAY, self.ended_on, self.suspended_on)
        return min(one for one in ends if one is not None)

    @property
    def source(self) -> str:
        """What names its bill."""
        return f"{PERMIT}/{self.id}"

    @property
    def days(self) -> int:
        """How many days were sold."""
        return (self.last - self.first).days + 1 - self.rested

    def days_before(self, day: date) -> int:
        """Return how many of the days that were sold lie before a day; those it rested do not count."""
        until = day if self.suspended_on is None else min(day, self.suspended_on)
        return max(0, min((until - self.first).days - self.rested, self.days))


def check_package(package: ParkingPackage) -> None:
    """Refuse a package that lasts no time, costs less than nothing or allows nothing."""
    if package.months < 0 or package.days < 0 or not package.months + package.days:
        raise CoreError("package_without_time")
    numbers = (package.price_minor, package.renew_days, *package.remind_days)
    if min(numbers) < 0 or package.rights.at_once < 1 or package.rights.visits == 0:
        raise CoreError("package_out_of_range")


def package_on(versions: Sequence[ParkingPackage], day: date) -> ParkingPackage | None:
    """Return the version that is sold on a day, None where none is any more, or not yet."""
    begun = [one for one in versions if one.valid_from <= day]
    return begun[-1] if begun and not begun[-1].ended else None


def renewed_from(permit: Permit, renew_days: int, today: date) -> date:
    """Return the first day of what comes after: the day after its end, or today where that is long past.

    Nor does one wait for the end of a permit whose visits are used up.
    """
    if permit.left == 0 or today > permit.last + timedelta(days=renew_days):
        return today
    return permit.last + DAY


def resumed(permit: Permit, today: date) -> Permit:
    """Return a permit that goes on: the days it rested are added to its end."""
    assert permit.suspended_on is not None
    rest = max(0, (today - permit.suspended_on).days)
    return replace(
        permit,
        suspended_on=None,
        rested=permit.rested + rest,
        last=permit.last + timedelta(days=rest),
    )


def used_part(permit: Permit, day: date) -> tuple[int, int]:
    """Return how much of what was sold is used before a day, and of how much: visits, or else days."""
    visits = permit.rights.visits
    if visits is None or permit.left is None:
        return permit.days_before(day), permit.days
    return visits - permit.left, visits


def endings(permit: Permit, days: Sequence[int], sold_on: date, today: date) -> int:
    """Return how many reminders have come by a day: so many days before the end; none before the sale."""
    moments = [permit.last - timedelta(days=one) for one in days]
    return sum(sold_on < moment <= today for moment in moments)
