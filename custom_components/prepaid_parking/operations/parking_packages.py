"""Packages of the car park: set in versions, listed, and what one costs a card for its periods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..core.bill import BillLine
from ..core.bill_parts import Days
from ..core.category import Category, check_purpose
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, FeeItemId, ParkingPackageId, SpaceId
from ..core.ledger import Receipt
from ..core.levies import levy
from ..core.permit import ParkingPackage, check_package, package_on
from ..core.space import Space
from ..core.space_bill import item_lines
from ..core.wallet import Card, Purpose
from .bill_book import local_day
from .site import Site
from .turn import in_turn
from .versioned import next_version, setting_act


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a package asks for some days: the lines of its bill, and the space that it is for."""

    package: ParkingPackage
    days: Days
    periods: int
    lines: tuple[BillLine, ...]
    space: Space | None = None

    @property
    def total_minor(self) -> int:
        """What it costs."""
        return sum(line.amount_minor for line in self.lines)


@in_turn
async def set_parking_package(
    site: Site,
    *,
    package: str,
    changes: Mapping[str, object],
    actor: Actor,
    valid_from: date | None = None,
    reason: str = "",
) -> tuple[Receipt, ParkingPackage]:
    """Write the next version of a package; what is not named stays as it was.

    It is what is sold from `valid_from` on. Who bought an older one keeps what was bought.
    """
    name, today = ParkingPackageId(package.strip()), local_day(site)
    if not name:
        raise CoreError("parking_package_missing")
    versions = site.parking.packages.get(name, [])
    first = ParkingPackage(id=name, version=0, valid_from=today, name=package, price_minor=0)
    written = replace(
        next_version(versions[-1] if versions else first, changes, site.clock()),
        valid_from=valid_from or today,
    )
    if written.valid_from < max([today, *(one.valid_from for one in versions)]):
        raise CoreError("parking_package_too_early", day=written.valid_from)
    check_package(written)
    _check_items(site, written)
    if written.rights.calendar:
        await site.learn_calendar(written.rights.calendar)
    receipt = await site.books.commit(
        setting_act(
            EntryKind.PARKING_PACKAGE_SET,
            f"parking_package/{written.id}",
            written,
            at=site.clock(),
            actor=actor,
            reason=reason,
            changes=changes,
            of={"package": written.id, "from": written.valid_from.isoformat()},
        )
    )
    site.parking.packages[written.id] = [*versions, written]
    return receipt, written


def package_sold(site: Site, package: str, day: date | None = None) -> ParkingPackage:
    """Return the version of a package that is on sale on a day (today), or refuse in words."""
    versions = site.parking.packages.get(ParkingPackageId(package))
    if versions is None:
        raise CoreError("unknown_parking_package", package=package)
    found = package_on(versions, day or local_day(site))
    if found is None:
        raise CoreError("parking_package_not_sold", package=package)
    return found


def packages_sold(site: Site, day: date) -> list[ParkingPackage]:
    """Return all packages that are on sale on a day."""
    found = (package_on(versions, day) for versions in site.parking.packages.values())
    return [one for one in found if one is not None]


def version_of(site: Site, package: ParkingPackageId, version: int) -> ParkingPackage:
    """Return the version of a package that something was sold by."""
    return next(one for one in site.parking.packages[package] if one.version == version)


def space_for(site: Site, card: Card, asked: str = "") -> Space | None:
    """Return the space that is meant, or the card's own; None where it has none."""
    name = asked or card.space
    if not name:
        return None
    found = site.parking.spaces.get(SpaceId(name))
    if found is None or found.closed_at is not None:
        raise CoreError("unknown_space", space=name)
    return found


def offer(
    site: Site, package: ParkingPackage, space: Space | None, first: date, periods: int = 1
) -> Offer:
    """Return what a package costs from a day on; refuse a space that it is not for."""
    if space is None and package.needs_space:
        raise CoreError("parking_package_needs_space", package=package.id)
    if space is not None and not package.spaces.hits(space):
        raise CoreError("parking_package_other_space", package=package.id, space=space.name)
    days = Days(first=first, last=package.last_day(first, periods))
    lines = list(_price(package, days, periods))
    if space is not None:
        for item in package.items:
            versions = site.parking.fee_items[item]
            lines += [line for _, line in item_lines(versions, space, days, site.currency)]
    return Offer(package=package, days=days, periods=periods, lines=tuple(lines), space=space)


def _price(package: ParkingPackage, days: Days, periods: int) -> Sequence[BillLine]:
    """Return the line of the package's own price with its levies; none where it costs nothing."""
    net = package.price_minor * periods
    if not net:
        return ()
    _, parts, _ = levy(net, package.levies, {})
    trace: dict[str, object] = {
        "rule": "parking_package",
        "package": package.id,
        "version": package.version,
        "periods": periods,
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "net": net,
    }
    return (BillLine.levied(package.name, net, parts, Category.PARKING, trace),)


def _check_items(site: Site, package: ParkingPackage) -> None:
    """Refuse a fee item that does not exist, or that parking money must not pay."""
    for item in package.items:
        versions = site.parking.fee_items.get(FeeItemId(item))
        if versions is None:
            raise CoreError("unknown_fee_item", item=item)
        check_purpose(versions[-1].category, Purpose.PARKING, package.id)
