"""Fee items: what is charged for the spaces their filter matches, in versions from a day on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from ..core.category import Category
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.extent import By
from ..core.fee_item import FeeItem
from ..core.identity import Actor, FeeItemId
from ..core.ledger import Act, Receipt
from ..core.periods import Every
from ..core.space import Space
from ..core.space_bill import is_billed, version_on
from .bill_book import local_day
from .booking import book, referenced
from .gently import gently
from .repeats import answered_before
from .site import Site
from .turn import in_turn

CHANGEABLE: Final = frozenset(
    {"name", "category", "price_micro", "every", "by", "filter", "levies", "ended"}
)
FARTHEST: Final = timedelta(days=366)
"""How long ago a version may begin: earlier is a typing error."""
LATEST: Final = timedelta(days=10 * 366)
"""How far ahead a version may be announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How many spaces an item hits, of how many of them it is billed to an owner, and how many lack an area."""

    spaces: int = 0
    billed: int = 0
    without_area: int = 0


@in_turn
async def set_fee_item(
    site: Site,
    *,
    item: str,
    changes: Mapping[str, object],
    actor: Actor,
    valid_from: date | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, FeeItem]:
    """Set an item's next version, from a day on; what is not named stays as it was on that day.

    What is billed already stays as it was billed: a version counts for the days that are not.
    """
    today = local_day(site)
    begin = valid_from or today
    content = {"item": item, "from": "" if valid_from is None else valid_from.isoformat()}
    content |= {name: str(new) for name, new in changes.items()}
    act = Act(
        kind=EntryKind.FEE_ITEM_SET,
        event=f"fee_item/{item}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("set_fee_item", reference, content),
    )
    known = site.parking.fee_items.get(FeeItemId(item), [])
    if (answered := await answered_before(site, act)) is not None:
        return answered, known[-1]
    if not today - FARTHEST <= begin <= today + LATEST:
        raise CoreError("fee_item_day", day=begin)
    version = _next(item, known, changes, begin)
    refusal = _unusable(version)
    if refusal is not None:
        raise refusal
    act = replace(
        act,
        event=f"fee_item/{item}/{version.version}",
        detail={
            "item": item,
            "version": version.version,
            "changes": content | {"from": begin.isoformat()},
        },
        puts=(version,),
    )
    receipt = await book(site, act)
    site.parking.fee_items.setdefault(version.id, []).append(version)
    return receipt, version


def fee_item(site: Site, item: str) -> list[FeeItem]:
    """Return the versions of an item, or refuse in words."""
    versions = site.parking.fee_items.get(FeeItemId(item))
    if not versions:
        raise CoreError("unknown_fee_item", item=item)
    return versions


def valid_now(site: Site, versions: list[FeeItem]) -> FeeItem:
    """Return the version of today, or the first where none has begun."""
    return version_on(versions, local_day(site)) or versions[0]


async def hits_of(site: Site, item: FeeItem) -> Hits:
    """Count the spaces that an item hits."""
    spaces = billed = without_area = 0
    async for space in gently(list(site.parking.spaces.values())):
        if hits(item, space):
            spaces += 1
            billed += is_billed(space)
            without_area += item.by is By.AREA and not space.area_cm2
    return Hits(spaces=spaces, billed=billed, without_area=without_area)


def hits(item: FeeItem, space: Space) -> bool:
    """Tell whether an item is charged for a space: one that is there, and that its filter matches."""
    return space.closed_at is None and not item.ended and item.filter.hits(space)


def _next(item: str, known: list[FeeItem], changes: Mapping[str, object], begin: date) -> FeeItem:
    unknown = set(changes) - CHANGEABLE
    if unknown:
        raise CoreError("unknown_field", field=", ".join(sorted(unknown)))
    base = version_on(known, begin) or (known[0] if known else None)
    if base is None:
        if "price_micro" not in changes:
            raise CoreError("fee_item_without_price", item=item)
        base = FeeItem(
            id=FeeItemId(item),
            version=0,
            valid_from=begin,
            name=item,
            category=Category.PROPERTY,
            price_micro=0,
            every=Every.MONTH,
        )
    if base.ended and "ended" not in changes:
        raise CoreError("fee_item_ended", item=item, day=base.valid_from)
    fields: dict[str, Any] = dict(changes)
    return replace(base, version=len(known) + 1, valid_from=begin, **fields)


def _unusable(item: FeeItem) -> CoreError | None:
    """Refuse what bills nothing, what nobody measured, and what would reach for a utility's money."""
    if item.price_micro <= 0:
        return CoreError("amount_not_positive", amount=item.price_micro)
    if not item.name.strip():
        return CoreError("fee_item_without_name")
    if item.category is Category.UTILITY:
        return CoreError("fee_item_of_utility")
    if item.by not in (By.EACH, By.AREA):
        return CoreError("fee_item_by", by=item.by)
    return None
