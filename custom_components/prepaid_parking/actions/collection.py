"""The action that says how much of what was due has been collected."""

from typing import Final

import probatio as vol

from ..core.collected import Collected, total
from ..core.errors import CoreError
from ..operations.bill_book import local_day
from ..operations.collection import collection
from .call import DAY, Action, Call, Response


async def get_collection(call: Call) -> Response:
    """Say what came of the bills that were due in a time: in all, and by category."""
    today = local_day(call.site)
    first = call.data.get("from", today.replace(day=1))
    last = call.data.get("until", today)
    if last < first:
        raise CoreError("bill_period", since=first, until=last)
    found = await collection(call.site, first, last)
    return {
        "from": first.isoformat(),
        "until": last.isoformat(),
        **_view(call, total(found.values())),
        "categories": {str(category): _view(call, one) for category, one in found.items()},
    }


def _view(call: Call, one: Collected) -> Response:
    money = call.site.currency.text
    return {
        "bills": one.bills,
        "due": money(one.due_minor),
        "collected": money(one.paid_minor),
        "written_off": money(one.written_off_minor),
        "open": money(one.open_minor),
        "percent": None if one.percent is None else str(one.percent),
    }


ACTIONS: Final = (
    Action(
        "get_collection",
        get_collection,
        {vol.Optional("from"): DAY, vol.Optional("until"): DAY},
    ),
)
