"""Actions about what a car park came to: the close of a day, and the stays that another hub told."""

from datetime import timedelta
from typing import Final

import probatio as vol

from ..core.two_hubs import ReceivedMark, ReceivedOrder
from ..operations.day_close import close_day as closed
from .call import DAY, PAGED, Action, Call, Response, page


async def close_day(call: Call) -> Response:
    """Say what a day of the car park came to; without a day it is yesterday."""
    yesterday = call.site.clock().astimezone(call.site.zone).date() - timedelta(days=1)
    return await closed(call.site, call.data.get("day", yesterday))


async def list_lane_stays(call: Call) -> Response:
    """List the stays that the lanes' hubs told, the latest arrival first, and what they come to."""
    text, books = call.site.currency.text, call.site.books
    known = await books.load(ReceivedOrder)
    marks = await books.load(ReceivedMark)
    hubs = [
        {
            "pair": mark.pair,
            "heard_at": mark.at.isoformat() if mark.at is not None else None,
            "stays": totals.stays,
            "amount": text(totals.amount_minor),
            "paid": text(totals.paid_minor),
            "owed": text(totals.owed_minor),
            "differs": mark.differs,
        }
        for mark in marks
        for _, totals in (await books.received_orders(mark.pair, ()),)
    ]
    known.sort(key=lambda one: (one.entered_at, one.stay), reverse=True)
    shown = page(call, known, lambda one: f"{one.pair}/{one.stay}")
    return {
        "hubs": hubs,
        "told": [
            {
                "stay": f"{one.pair}/{one.stay}",
                "state": one.state,
                "kind": one.kind,
                "lane": one.lane,
                "card": one.card or None,
                "plate": one.masked or None,
                "entered_at": one.entered_at.isoformat(),
                "left_at": one.left_at.isoformat() if one.left_at is not None else None,
                "amount": text(one.amount_minor),
                "paid": text(one.paid_minor),
                "owed": text(one.owed_minor),
            }
            for one in shown
        ],
    }


ACTIONS: Final = (
    Action("close_day", close_day, {vol.Optional("day"): DAY}),
    Action("list_lane_stays", list_lane_stays, PAGED),
)
