"""Actions about fee items: what is charged for the spaces that a filter matches."""

from collections.abc import Sequence
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.category import Category
from ..core.extent import By
from ..core.fee_item import FeeItem
from ..core.money import parse_price
from ..core.periods import Every
from ..core.space import EVERY_SPACE, SpaceFilter
from ..operations import fee_items
from ..operations.space_views import item_view
from ..wording import Words, async_words
from .call import DAY, MAYBE_REASON, PAGED, REFERENCE, SLUG, Action, Call, Response, page
from .recurring import tax_of
from .space_filter import FILTER, narrowed

PLAIN: Final = ("name", "category", "every", "by", "ended")


async def set_fee_item(call: Call) -> Response:
    """Set the next version of a fee item."""
    reference = call.reference()
    receipt, item = await fee_items.set_fee_item(
        call.site,
        item=call.data["item"],
        changes=_changes(call),
        valid_from=call.data.get("valid_from"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | await _view(call, item)


async def list_fee_items(call: Call) -> Response:
    """List fee items as they are today, with what each of them hits, and the versions to come."""
    known = [versions for versions in call.site.parking.fee_items.values() if versions]
    now = [fee_items.valid_now(call.site, versions) for versions in known]
    found = [item for item in now if call.data["ended"] or not item.ended]
    views = []
    for item in page(call, found, lambda item: str(item.id)):
        later = [
            {"version": one.version, "valid_from": one.valid_from.isoformat()}
            for one in fee_items.fee_item(call.site, item.id)
            if one.version > item.version
        ]
        views.append(await _view(call, item) | {"later": later})
    return {"fee_items": views, "count": len(found)}


async def _view(call: Call, item: FeeItem) -> Response:
    words = await async_words(call.hass, call.text("language"))
    count = await fee_items.hits_of(call.site, item)
    return item_view(item, count, filter_in_words(item.filter, words))


def filter_in_words(wanted: SpaceFilter, words: Words) -> str:
    """Say which spaces a filter matches."""
    parts = [
        _any_of([words(f"space.location.{one}") for one in wanted.locations], words),
        _any_of([words(f"space.tenure.{one}") for one in wanted.tenures], words),
        _any_of([words(f"space.grade.{one}") for one in wanted.grades], words),
        _named("space.zones", wanted.zones, words),
        _named("space.uses", wanted.uses, words),
    ]
    said = words("space.and").join(part for part in parts if part)
    return said or words("space.all")


def _any_of(names: Sequence[str], words: Words) -> str:
    return words("space.or").join(names)


def _named(key: str, names: Sequence[str], words: Words) -> str:
    return words(key, names=_any_of(names, words)) if names else ""


def _changes(call: Call) -> dict[str, object]:
    """Return what is said; of the filter, the parts that are named are changed."""
    data = call.data
    changes: dict[str, object] = {name: data[name] for name in PLAIN if name in data}
    if "price" in data:
        changes["price_micro"] = parse_price(data["price"])
    if "tax" in data:
        changes["levies"] = tax_of(data["tax"])
    known = call.site.parking.fee_items.get(data["item"], [])
    spaces = narrowed(data, known[-1].filter if known else EVERY_SPACE)
    return changes if spaces is None else changes | {"filter": spaces}


ACTIONS: Final = (
    Action(
        "set_fee_item",
        set_fee_item,
        {
            vol.Required("item"): SLUG,
            vol.Optional("name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("category"): vol.Coerce(Category),
            vol.Optional("price"): cv.string,
            vol.Optional("every"): vol.Coerce(Every),
            vol.Optional("by"): vol.Coerce(By),
            vol.Optional("tax"): cv.string,
            **FILTER,
            vol.Optional("valid_from"): DAY,
            vol.Optional("ended"): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "list_fee_items",
        list_fee_items,
        {
            vol.Optional("ended", default=False): cv.boolean,
            vol.Optional("language"): cv.string,
            **PAGED,
        },
    ),
)
