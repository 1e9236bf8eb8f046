"""Which package would have been the cheapest: a card's own stays, replayed through each that is on sale.

What is compared is the same time for all: the last months up to today. A package costs its periods in
that time, the last one by its days, and what the stays cost beyond its rights; without one each stay
costs its price.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..core.errors import CoreError
from ..core.identity import ParkingPackageId, TariffId
from ..core.local_day import day_start
from ..core.periods import add_months
from ..core.permit import ParkingPackage
from ..core.priced import tiled
from ..core.rights import Rights
from ..core.space import Space
from ..core.stay import Stay, StayKind, StayState
from ..core.wallet import Card
from .bill_book import local_day
from .credentials import ever_of, replaced
from .parking_packages import offer, packages_sold, space_for
from .site import Site
from .stay_cost import cost_of_stay, tariff_of

type Tariff = tuple[TariffId, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A stay that is over: from when to when, where, and what it costs without any right."""

    stay: Stay
    left_at: datetime
    tariff: Tariff
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What a package (None: no package) would have cost, and why.

    `package_minor` is asked for the package itself, in `periods` of it, the last of them begun;
    `stays_minor` for what it did not cover: the `overtime` of some stays, and `uncovered` ones.
    """

    package: ParkingPackageId | None
    name: str
    package_minor: int
    stays_minor: int
    periods: int
    covered: int
    overtime: int
    uncovered: int

    @property
    def cost_minor(self) -> int:
        """What it would have come to."""
        return self.package_minor + self.stays_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """All options, the cheapest first, over the stays from a day on; `without` is paying each stay."""

    since: date
    stays: int
    options: tuple[Option, ...]
    without: Option
    not_for: tuple[tuple[ParkingPackageId, CoreError], ...]

    def saving_minor(self, option: Option) -> int:
        """What an option saves against paying each stay; below zero: it costs more."""
        return self.without.cost_minor - option.cost_minor


async def recommend(site: Site, card: Card, months: int = 3) -> Recommendation:
    """Rank the packages on sale for a card by what each would have cost in the last months."""
    if refusal := replaced(card):
        raise refusal
    today = local_day(site)
    since, space = add_months(today, -months), space_for(site, card)
    seen = await _seen(site, card, space, since)
    without = Option(
        package=None,
        name="",
        package_minor=0,
        stays_minor=sum(one.price_minor for one in seen),
        periods=0,
        covered=0,
        overtime=0,
        uncovered=len(seen),
    )
    options, not_for = [without], list[tuple[ParkingPackageId, CoreError]]()
    for package in packages_sold(site, today):
        try:
            options.append(_replayed(site, package, space, seen, since, today))
        except CoreError as err:
            not_for.append((package.id, err))
    options.sort(key=lambda one: (one.cost_minor, one.package is not None, one.package or ""))
    return Recommendation(
        since=since,
        stays=len(seen),
        options=tuple(options),
        without=without,
        not_for=tuple(not_for),
    )


async def _seen(site: Site, card: Card, space: Space | None, since: date) -> list[Seen]:
    """Return a card's stays that began in the time and are over, in their order, with their prices.

    Those of a lost card count for the one that came in its place: it is the same customer.
    """
    begin = day_start(since, site.zone)
    found: list[Seen] = []
    known = [
        stay for one in ever_of(site, card.id) for stay in await site.books.load(Stay, card=one)
    ]
    for stay in known:
        over = stay.state in (StayState.LEFT, StayState.UNPAID)
        if not over or stay.left_at is None or stay.entered_at < begin:
            continue
        tariff: Tariff = None if stay.tariff is None else (stay.tariff, stay.version)
        if tariff is None:
            tariff = tariff_of(
                site, zone=stay.zone, vehicle=stay.vehicle, space=space, at=stay.entered_at
            )
        price = _price(site, stay, tariff, stay.left_at)
        found.append(Seen(stay=stay, left_at=stay.left_at, tariff=tariff, price_minor=price))
    return sorted(found, key=lambda one: (one.stay.entered_at, one.stay.no))


def _replayed(
    site: Site,
    package: ParkingPackage,
    space: Space | None,
    seen: Sequence[Seen],
    since: date,
    today: date,
) -> Option:
    """Let a card's stays come in once more, by a package that is renewed without a gap."""
    rights = package.rights
    periods, cost = _periods(site, package, space, since, today)
    inside: list[datetime] = []
    left, until = rights.visits or 0, package.last_day(since, 1)
    stays = overtime = uncovered = number = 0
    for one in seen:
        day = one.stay.entered_at.astimezone(site.zone).date()
        while day > until:
            number += 1
            left, until = rights.visits or 0, package.last_day(since, number + 1)
        inside = [leaves for leaves in inside if leaves > one.stay.entered_at]
        other_zone = bool(rights.zones) and one.stay.zone not in rights.zones
        if other_zone or len(inside) >= rights.at_once or (rights.visits is not None and not left):
            uncovered += 1
            stays += one.price_minor
            continue
        left -= 1
        inside.append(one.left_at)
        beyond = _overtime(site, rights, one)
        overtime += beyond > 0
        stays += beyond
    return Option(
        package=package.id,
        name=package.name,
        package_minor=cost,
        stays_minor=stays,
        periods=periods,
        covered=len(seen) - uncovered,
        overtime=overtime,
        uncovered=uncovered,
    )


def _periods(
    site: Site, package: ParkingPackage, space: Space | None, since: date, today: date
) -> tuple[int, int]:
    """Return how many periods begin in the time, and what it costs of them, the last one by its days.

    By today's price: it is a new customer of the package who asks.
    """
    count, cost, first = 0, 0, since
    total = offer(site, package, space, today).total_minor
    while first < today:
        count += 1
        last = package.last_day(since, count)
        whole = (last - first).days + 1
        cost += tiled(total, 0, min(whole, (today - first).days), whole)
        first = last + timedelta(days=1)
    return count, cost


def _overtime(site: Site, rights: Rights, one: Seen) -> int:
    """Return what a covered stay costs outside the hours."""
    tariff = one.tariff
    if rights.overtime:
        versions = site.tariffs.get(TariffId(rights.overtime))
        begun = [
            version
            for version in (versions.versions if versions is not None else ())
            if version.valid_from <= one.stay.entered_at
        ]
        tariff = (begun[-1].tariff, begun[-1].version) if begun else tariff
    return _price(site, one.stay, tariff, one.left_at, rights)


def _price(
    site: Site, stay: Stay, tariff: Tariff, end: datetime, rights: Rights | None = None
) -> int:
    """Return what a stay costs by a package's rights, or without any; nothing where no tariff says."""
    if tariff is None:
        return 0
    alone = Stay(
        id=stay.id,
        no=stay.no,
        kind=StayKind.CARD if rights is None else StayKind.PACKAGE,
        state=StayState.LEFT,
        entered_at=stay.entered_at,
        zone=stay.zone,
        vehicle=stay.vehicle,
        tariff=tariff[0],
        version=tariff[1],
    )
    return cost_of_stay(site, alone, end, rights=rights).amount_minor
