"""A unit, a hand-over and a division as people read them: plain data, money in decimal text."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..core.identity import UnitId
from ..core.money import quantity_text
from ..core.shares import ShareBy
from ..core.unit import Unit, area_text, capacity_text
from .moving import Moved
from .occupants import occupancy_of, payer_of_unit, persons_in
from .reports import Report
from .shares import Division
from .sharing import WEIGHT_SCALE
from .site import Site


def unit_view(site: Site, unit: Unit) -> Report:
    """Describe a unit: what it is, who is in it, and what hangs on it."""
    return unit_views(site, (unit,))[0]


def unit_views(site: Site, units: Iterable[Unit]) -> list[Report]:
    """Describe units; the site is gone through once for all of them."""
    meters: dict[str, list[str]] = defaultdict(list)
    wallets: dict[str, list[str]] = defaultdict(list)
    shared: dict[str, list[str]] = defaultdict(list)
    for run in site.meters.values():
        meters[run.meter.unit].append(run.meter.id)
    for wallet in site.wallets.values():
        if wallet.wallet.closed_at is None:
            wallets[wallet.wallet.unit_id].append(wallet.wallet.id)
    for shares in site.house.shares.values():
        for one in shares.members:
            shared[one.member].append(shares.wallet)
    return [
        {
            **_unit(site, unit),
            "meters": meters[unit.id],
            "wallets": wallets[unit.id],
            "shared": shared[unit.id],
            "closed_at": unit.closed_at.isoformat() if unit.closed_at is not None else None,
        }
        for unit in units
    ]


def _unit(site: Site, unit: Unit) -> Report:
    present, payer = occupancy_of(site, unit.id), payer_of_unit(site, unit.id)
    return {
        "unit": unit.id,
        "name": unit.name,
        "building": unit.building,
        "floor": unit.floor,
        "number": unit.number,
        "use": unit.use,
        "area": area_text(unit.area_cm2),
        "persons": persons_in(site, unit.id),
        "capacity": capacity_text(unit.capacity_w),
        "owner": unit.owner or None,
        "vacant": present is None,
        "occupant": present.wallet if present is not None else None,
        "occupied_since": present.from_at.isoformat() if present is not None else None,
        "payer": payer.wallet.id if payer is not None else None,
    }


def history_view(site: Site, unit: Unit) -> list[Report]:
    """List who was in a unit, the latest first."""
    return [
        {
            "wallet": one.wallet,
            "persons": one.persons,
            "from": one.from_at.isoformat(),
            "to": one.to_at.isoformat() if one.to_at is not None else None,
        }
        for one in reversed(site.house.occupancies.get(unit.id, ()))
    ]


def moved_view(site: Site, moved: Moved) -> Report:
    """Describe a hand-over: who paid, who pays, and at which registers."""
    detail, settled = moved.receipt.detail, moved.settled
    meters = detail["meters"]
    assert isinstance(meters, Sequence)
    paid_out = settled.detail.get("settled") if settled is not None else None
    return {
        "unit": detail["unit"],
        "from_wallet": detail["from"] or None,
        "to_wallet": detail["to"] or None,
        "payer": detail["payer"] or None,
        "persons": detail["persons"],
        "meters": [
            {
                "meter": one["meter"],
                "register": quantity_text(one["register"], site.meter(one["meter"]).meter.quantity),
                "at": one["at"],
                "from_wallet": one["from"] or None,
                "to_wallet": one["to"] or None,
                "tariff": one["tariff"] or None,
            }
            for one in meters
        ],
        "unpaid": detail["unpaid"],
        "settled": site.currency.text(paid_out) if isinstance(paid_out, int) else None,
    }


def division_view(site: Site, division: Division, by: ShareBy, amount_minor: int) -> Report:
    """Describe how an amount is divided; `payer` is who pays a part now."""
    money = site.currency.text
    return {
        "wallet": division.wallet.wallet.id,
        "by": by,
        "amount": money(amount_minor),
        "parts": [
            {
                "member": part.member,
                "name": member_name(site, part.member),
                "weight": weight_text(by, part.weight),
                "payer": part.payer.wallet.id if part.payer is not None else None,
                "amount": money(part.amount_minor),
            }
            for part in division.parts
        ],
    }


def weight_text(by: ShareBy, weight: int) -> str:
    """Write what a part is measured by: a fixed weight or m² as decimals, else whole numbers."""
    if by is ShareBy.AREA:
        return area_text(weight)
    if by is ShareBy.FIXED:
        whole, part = divmod(weight, WEIGHT_SCALE)
        return f"{whole}.{part:06}".rstrip("0").rstrip(".")
    return str(weight)


def member_name(site: Site, member: str) -> str:
    """Return what people call a member."""
    unit = site.house.units.get(UnitId(member))
    return unit.name if unit is not None else site.wallet(member).wallet.unit
