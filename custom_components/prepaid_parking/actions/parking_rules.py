"""Actions about the rules of a car park: who is let in, by which tariffs, and what is looked at."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import TariffId
from ..core.parking_rules import PassBack, StayTariff, Unpaid, ZonePlaces
from ..core.space import Location
from ..core.vehicle import VehicleClass
from ..operations.parking_rules import rules_at, rules_view, set_parking_rules
from .call import MAYBE_REASON, Action, Call, Response

MOST_PLACES: Final = 100_000
MOST_LISTED: Final = 100
"""Each pattern is tried at each read, each tariff at each arrival."""
NAMES: Final = {"pass_seconds": "pass_s", "paid_seconds": "paid_s", "travel_seconds": "travel_s"}
"""What people see with its unit, by its field of the rules."""
PLAIN: Final = (
    *("temporaries", "owned", "rented", "pass_back", "fuzzy", "owed_ask"),
    *("reentry_minutes", "long_stay_hours", "list_minutes", "stale_hours"),
)


async def change_parking_rules(call: Call) -> Response:
    """Write the next version of the rules."""
    receipt = await set_parking_rules(
        call.site,
        changes=_changes(call),
        valid_from=call.moment("valid_from"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | rules_view(call.site, call.site.parking.rules[-1])


def _changes(call: Call) -> dict[str, object]:
    """Return what was named, as the rules have it."""
    data = call.data
    changes: dict[str, object] = {name: data[name] for name in PLAIN if name in data}
    changes |= {field: data[name] for name, field in NAMES.items() if name in data}
    if (lost := call.maybe_money("lost_ticket")) is not None:
        changes["lost_ticket_minor"] = lost
    if "free_plates" in data:
        changes["free_plates"] = tuple(data["free_plates"])
    if "tariffs" in data:
        changes["tariffs"] = tuple(_tariff(one) for one in data["tariffs"])
    if "places" in data:
        changes["places"] = tuple(ZonePlaces(**one) for one in data["places"])
    return changes


def _tariff(written: Mapping[str, Any]) -> StayTariff:
    return StayTariff(
        tariff=TariffId(written["tariff"]),
        locations=tuple(written["locations"]),
        zones=tuple(written["zones"]),
        vehicles=tuple(written["vehicles"]),
    )


async def get_parking_rules(call: Call) -> Response:
    """Tell the rules in force, now or at another time, and those that are to come."""
    at = call.moment("at") or call.site.clock()
    coming = [one for one in call.site.parking.rules if one.valid_from > at]
    return rules_view(call.site, rules_at(call.site, at)) | {
        "coming": [rules_view(call.site, one) for one in coming]
    }


def _count(least: int, most: int) -> Any:
    return vol.All(vol.Coerce(int), vol.Range(min=least, max=most))


def _listed(*fields: Any) -> Any:
    return vol.All(cv.ensure_list, vol.Length(max=MOST_LISTED), list(fields))


TARIFF: Final = vol.Schema(
    {
        vol.Required("tariff"): cv.string,
        vol.Optional("locations", default=list): _listed(vol.Coerce(Location)),
        vol.Optional("zones", default=list): _listed(cv.string),
        vol.Optional("vehicles", default=list): _listed(vol.Coerce(VehicleClass)),
    }
)
PLACES: Final = vol.Schema(
    {vol.Required("zone"): cv.string, vol.Required("places"): _count(0, MOST_PLACES)}
)

ACTIONS: Final = (
    Action(
        "set_parking_rules",
        change_parking_rules,
        {
            vol.Optional("temporaries"): cv.boolean,
            vol.Optional("tariffs"): _listed(TARIFF),
            vol.Optional("places"): _listed(PLACES),
            vol.Optional("owned"): vol.Coerce(Unpaid),
            vol.Optional("rented"): vol.Coerce(Unpaid),
            vol.Optional("pass_back"): vol.Coerce(PassBack),
            vol.Optional("fuzzy"): cv.boolean,
            vol.Optional("owed_ask"): cv.boolean,
            vol.Optional("free_plates"): _listed(cv.string),
            vol.Optional("pass_seconds"): _count(5, 600),
            vol.Optional("paid_seconds"): _count(10, 3600),
            vol.Optional("travel_seconds"): _count(0, 3600),
            vol.Optional("reentry_minutes"): _count(0, 1440),
            vol.Optional("long_stay_hours"): _count(1, 8760),
            vol.Optional("lost_ticket"): cv.string,
            vol.Optional("list_minutes"): _count(1, 1440),
            vol.Optional("stale_hours"): _count(1, 720),
            vol.Optional("valid_from"): cv.datetime,
            **MAYBE_REASON,
        },
    ),
    Action("get_parking_rules", get_parking_rules, {vol.Optional("at"): cv.datetime}),
)
