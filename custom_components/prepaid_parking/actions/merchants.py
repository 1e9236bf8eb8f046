"""Actions about merchants: who they are, and what they give their customers."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.stay import Worth
from ..operations import merchants, validating
from ..operations.stay_views import merchant_data
from .call import MAYBE_REASON, REFERENCE, SLUG, Action, Call, Fields, Response
from .stays import WHICH, which

MERCHANT: Final[Fields] = {vol.Required("merchant"): SLUG}
MINUTES: Final = vol.All(vol.Coerce(int), vol.Range(1, 100_000))


async def set_merchant(call: Call) -> Response:
    """Register a merchant, or change what it may give."""
    reference, data = call.reference(), call.data
    changes: dict[str, object] = {
        name: data[name] for name in ("name", "most_minutes", "closed") if name in data
    }
    if "budget" in data:
        changes["budget_minor"] = call.maybe_money("budget")
    if "wallet" in data:
        changes["wallet"] = call.wallet().wallet.id if data["wallet"] else None
    receipt = await merchants.set_merchant(
        call.site,
        merchant=call.text("merchant"),
        changes=changes,
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    known = merchants.known_merchant(call.site, call.text("merchant"))
    view = merchants.merchant_view(call.site, known)
    return call.receipt(receipt, reference) | merchant_data(call.site, view)


async def list_merchants(call: Call) -> Response:
    """List the merchants with what they gave this month."""
    return {
        "merchants": [merchant_data(call.site, one) for one in merchants.merchant_views(call.site)]
    }


async def validate_stay(call: Call) -> Response:
    """Let a merchant pay for a part of a customer's stay."""
    reference = call.reference()
    done = await validating.validate_stay(
        call.site,
        merchant=call.text("merchant"),
        which=which(call),
        gift=_gift(call),
        reference=reference,
        actor=call.actor,
    )
    return {
        **call.receipt(done.receipt, reference),
        "stay": done.stay.id,
        "plate": done.stay.masked or None,
        "promised": call.site.currency.text(done.promised_minor),
        "due": call.site.currency.text(done.due_minor),
    }


def _gift(call: Call) -> validating.Gift:
    """Return what is given: one of minutes, an amount and all."""
    minutes, amount = call.data.get("minutes"), call.maybe_money("amount")
    if sum((minutes is not None, amount is not None, call.data["full"])) != 1:
        raise CoreError("validation_empty")
    if call.data["full"]:
        return validating.Gift(kind=Worth.FULL)
    if minutes is not None:
        return validating.Gift(kind=Worth.MINUTES, minutes=minutes)
    return validating.Gift(kind=Worth.AMOUNT, amount_minor=amount or 0)


ACTIONS: Final = (
    Action(
        "set_merchant",
        set_merchant,
        {
            **MERCHANT,
            vol.Optional("name"): cv.string,
            vol.Optional("wallet"): vol.Maybe(cv.string),
            vol.Optional("budget"): vol.Maybe(cv.string),
            vol.Optional("most_minutes"): vol.Maybe(MINUTES),
            vol.Optional("closed"): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("list_merchants", list_merchants, {}),
    Action(
        "validate_stay",
        validate_stay,
        {
            **MERCHANT,
            **WHICH,
            vol.Optional("minutes"): MINUTES,
            vol.Optional("amount"): cv.string,
            vol.Optional("full", default=False): cv.boolean,
            **REFERENCE,
        },
    ),
)
