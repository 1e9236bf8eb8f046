"""Actions about stays: listed, explained, paid, given back, and what left without paying."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import CardId, StayId
from ..core.stay import Stay, StayState
from ..core.stay_query import StayQuery
from ..explaining import Explainer
from ..operations import lost_tickets, stay_paying, stay_refunding, unpaid_exits
from ..operations.pictures import pictures_of
from ..operations.plates import whole_plate
from ..operations.stay_finding import Which, blind_plate, find_stay
from ..operations.stay_views import bill_of, pictured_view, stay_view, unpaid_view
from ..wording import async_words
from .call import (
    BY_HAND,
    MAYBE_REASON,
    PAGED,
    REASON,
    REFERENCE,
    Action,
    Call,
    Fields,
    Response,
    page,
)

WHICH: Final[Fields] = {
    vol.Optional(name): vol.All(cv.string, vol.Length(min=1))
    for name in ("stay", "plate", "code", "lane")
}
STAY: Final[Fields] = {vol.Required("stay"): cv.string}
SOME: Final[Fields] = {vol.Optional("amount"): cv.string}
CHANNEL: Final[Fields] = {vol.Optional("channel", default="cash"): BY_HAND}
STATES: Final = vol.All(cv.ensure_list, [vol.Coerce(StayState)])


def which(call: Call) -> Which:
    """Return which stay is meant."""
    return Which(
        stay=call.text("stay").lower(),
        plate=call.text("plate"),
        code=call.text("code"),
        lane=call.lane().id if call.text("lane") else "",
    )


async def list_stays(call: Call) -> Response:
    """List stays, the latest arrival first."""
    plate, after = call.text("plate"), call.text("after").lower()
    query = StayQuery(
        since=call.moment("since"),
        until=call.moment("until"),
        states=(StayState.UNPAID,) if call.data["unpaid"] else tuple(call.data["states"]),
        lane=call.lane().id if call.text("lane") else None,
        card=CardId(call.text("card").lower()) if call.text("card") else None,
        vehicle=blind_plate(call.site, plate) if plate else b"",
        after=StayId(after) if after else None,
        limit=call.data["limit"],
    )
    found = await call.site.books.stays(query)
    return {"stays": [stay_view(call.site, one) for one in found]}


async def get_stay(call: Call) -> Response:
    """Describe a stay with its bill, and say in words how that came about."""
    stay = await find_stay(call.site, which(call))
    bill, cost = await bill_of(call.site, stay)
    words = await async_words(call.hass, call.text("language"))
    explainer = Explainer(words, call.site.currency)
    levies = explainer.levies({"levies": list(cost.levied.trace)})
    told = words("trace.then").join(filter(None, (explainer.rules(cost.trace), levies)))
    return stay_view(call.site, stay) | {
        "whole_plate": await whole_plate(call.site, stay.subject),
        "bill": bill | {"explained": told},
        "pictures": [
            {**pictured_view(call.site, one), "picture_url": call.picture_url(one.picture)}
            for one in await pictures_of(call.site, stay.id)
        ],
    }


async def pay_stay(call: Call) -> Response:
    """Pay a stay, or what its car left behind."""
    reference = call.reference()
    paid = await stay_paying.pay_stay(
        call.site,
        which=which(call),
        amount_minor=call.maybe_money("amount"),
        channel=call.data["channel"],
        wallet=call.wallet().wallet.id if call.text("wallet") else "",
        reference=reference,
        reason=call.text("reason"),
        actor=call.actor,
    )
    return _paid(call, paid, reference)


async def pay_lost_ticket(call: Call) -> Response:
    """Sell the way out to a car of which nobody knows when it came."""
    reference = call.reference()
    paid = await lost_tickets.pay_lost_ticket(
        call.site,
        plate=call.text("plate"),
        code=call.text("code"),
        channel=call.data["channel"],
        reference=reference,
        reason=call.text("reason"),
        actor=call.actor,
    )
    return _paid(call, paid, reference)


async def refund_stay(call: Call) -> Response:
    """Give back what was paid for a stay."""
    reference = call.reference()
    asked = which(call)
    receipt = await stay_refunding.refund_stay(
        call.site,
        which=asked,
        amount_minor=call.maybe_money("amount"),
        channel=call.data["channel"],
        reference=reference,
        reason=call.text("reason"),
        actor=call.actor,
    )
    refunded, out = receipt.detail["amount"], receipt.detail["paid_out"]
    assert isinstance(refunded, int)
    assert isinstance(out, int)
    return {
        **call.receipt(receipt, reference),
        "stay": receipt.detail["stay"],
        "refunded": call.site.currency.text(refunded),
        "pay_out": call.site.currency.text(out),
    }


async def let_out_unpaid(call: Call) -> Response:
    """Note that a car left without paying."""
    stay = await unpaid_exits.let_out_unpaid(
        call.site, which=which(call), reason=call.text("reason"), actor=call.actor
    )
    return _told(call, stay)


async def list_unpaid_exits(call: Call) -> Response:
    """List what cars owe that left without paying, the oldest first."""
    found = unpaid_exits.unpaid_exits(call.site)
    total = sum(one.owed_minor for one in found)
    shown = page(call, found, lambda one: one.stay.id)
    return {
        "count": len(found),
        "total": call.site.currency.text(total),
        "unpaid": [
            unpaid_view(call.site, one)
            | {"whole_plate": await whole_plate(call.site, one.stay.subject)}
            for one in shown
        ],
    }


async def write_off_stay(call: Call) -> Response:
    """Give up what a car left behind."""
    reference, stay = call.reference(), call.text("stay").lower()
    receipt = await unpaid_exits.write_off_stay(
        call.site,
        stay=stay,
        amount_minor=call.maybe_money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    after = await find_stay(call.site, Which(stay=stay))
    return call.receipt(receipt, reference) | _told(call, after)


def _told(call: Call, stay: Stay) -> Response:
    return {"stay": stay.id, "state": stay.state, "owed": call.site.currency.text(stay.owed_minor)}


def _paid(call: Call, paid: stay_paying.PaidStay, reference: str) -> Response:
    money = call.site.currency.text
    return {
        **call.receipt(paid.receipt, reference),
        "stay": paid.stay.id,
        "state": paid.stay.state,
        "plate": paid.stay.masked or None,
        "amount": money(paid.amount_minor),
        "due": money(paid.due_minor),
        "held": money(paid.over_minor),
    }


ACTIONS: Final = (
    Action(
        "list_stays",
        list_stays,
        {
            vol.Optional("since"): cv.datetime,
            vol.Optional("until"): cv.datetime,
            vol.Optional("states", default=list): STATES,
            vol.Optional("unpaid", default=False): cv.boolean,
            vol.Optional("lane"): cv.string,
            vol.Optional("card"): cv.string,
            vol.Optional("plate"): cv.string,
            **PAGED,
        },
    ),
    Action("get_stay", get_stay, {**WHICH, vol.Optional("language"): cv.string}),
    Action(
        "pay_stay",
        pay_stay,
        {
            **WHICH,
            **SOME,
            **CHANNEL,
            vol.Optional("wallet"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "pay_lost_ticket",
        pay_lost_ticket,
        {
            vol.Optional("plate"): cv.string,
            vol.Optional("code"): cv.string,
            **CHANNEL,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("refund_stay", refund_stay, {**WHICH, **SOME, **CHANNEL, **REASON, **REFERENCE}),
    Action("let_out_unpaid", let_out_unpaid, {**WHICH, **REASON}),
    Action("list_unpaid_exits", list_unpaid_exits, PAGED),
    Action("write_off_stay", write_off_stay, {**STAY, **SOME, **REASON, **REFERENCE}),
)
