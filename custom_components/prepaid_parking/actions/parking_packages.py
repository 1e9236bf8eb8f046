"""Actions about packages of the car park: what is sold to cards, in versions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import ParkingPackageId
from ..core.permit import ParkingPackage, package_on
from ..core.rights import ALL_RIGHTS, Rights, TimeWindow
from ..core.space import EVERY_SPACE
from ..core.written_parts import clock, mapping, under
from ..core.written_rates import read_days
from ..operations import parking_packages
from ..operations.bill_book import local_day
from ..operations.card_views import package_view
from .call import DAY, MAYBE_REASON, PAGED, SLUG, TEXTS, Action, Call, Response, page
from .recurring import tax_of
from .space_filter import FILTER, narrowed, several

PLAIN: Final = ("name", "months", "days", "needs_space", "renew_days", "ended")
COUNT: Final = vol.All(vol.Coerce(int), vol.Range(0, 10_000))


async def set_parking_package(call: Call) -> Response:
    """Set the next version of a package."""
    receipt, package = await parking_packages.set_parking_package(
        call.site,
        package=call.data["package"],
        changes=_changes(call),
        valid_from=call.data.get("valid_from"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | package_view(call.site, package)


async def list_parking_packages(call: Call) -> Response:
    """List the packages that are on sale; with `all`, every version of every package."""
    site, today = call.site, local_day(call.site)
    known = site.parking.packages
    found: list[ParkingPackage] = []
    for name in sorted(known):
        now = package_on(known[name], today)
        found += known[name] if call.data["all"] else [now] if now is not None else []
    shown = page(call, found, lambda one: f"{one.id}/{one.version}")
    return {"packages": [package_view(site, one) for one in shown], "count": len(found)}


def _changes(call: Call) -> dict[str, object]:
    """Return what is said; of filter and rights, the parts that are named are changed."""
    data = call.data
    versions = call.site.parking.packages.get(ParkingPackageId(data["package"]), [])
    changes: dict[str, object] = {name: data[name] for name in PLAIN if name in data}
    if "price" in data:
        changes["price_minor"] = call.money("price")
    if "tax" in data:
        changes["levies"] = tax_of(data["tax"])
    for name in ("items", "remind_days"):
        if name in data:
            changes[name] = tuple(data[name])
    spaces = narrowed(data, versions[-1].spaces if versions else EVERY_SPACE)
    if spaces is not None:
        changes["spaces"] = spaces
    rights = _rights(data)
    if rights:
        before: Rights = versions[-1].rights if versions else ALL_RIGHTS
        changes["rights"] = replace(before, **rights)
    return changes


def _rights(data: Mapping[str, Any]) -> dict[str, Any]:
    rights: dict[str, Any] = {
        name: data[name] for name in ("at_once", "overtime", "calendar") if name in data
    }
    if "visits" in data:
        rights["visits"] = data["visits"] or None
    if "right_zones" in data:
        rights["zones"] = tuple(data["right_zones"])
    if "windows" in data:
        rights["windows"] = tuple(
            _window(one, f"windows.{place}") for place, one in enumerate(data["windows"])
        )
    return rights


def _window(written: object, path: str) -> TimeWindow:
    window = mapping(written, path, ("days", "from", "to"))
    return TimeWindow(
        weekdays=read_days(window.get("days"), under(path, "days")),
        start=clock(window.get("from"), under(path, "from")),
        end=clock(window.get("to"), under(path, "to")),
    )


ACTIONS: Final = (
    Action(
        "set_parking_package",
        set_parking_package,
        {
            vol.Required("package"): SLUG,
            vol.Optional("name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("price"): cv.string,
            vol.Optional("tax"): cv.string,
            vol.Optional("months"): COUNT,
            vol.Optional("days"): COUNT,
            vol.Optional("items"): TEXTS,
            **FILTER,
            vol.Optional("needs_space"): cv.boolean,
            vol.Optional("at_once"): COUNT,
            vol.Optional("visits"): COUNT,
            vol.Optional("right_zones"): several(cv.string),
            vol.Optional("windows"): several(dict),
            vol.Optional("overtime"): cv.string,
            vol.Optional("calendar"): cv.string,
            vol.Optional("renew_days"): COUNT,
            vol.Optional("remind_days"): several(COUNT),
            vol.Optional("valid_from"): DAY,
            vol.Optional("ended"): cv.boolean,
            **MAYBE_REASON,
        },
    ),
    Action(
        "list_parking_packages",
        list_parking_packages,
        {vol.Optional("all", default=False): cv.boolean, **PAGED},
    ),
)
