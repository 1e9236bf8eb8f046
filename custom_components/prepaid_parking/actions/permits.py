"""Actions about permits: sold, renewed, suspended, ended; spaces that are let."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.ledger import Receipt
from ..core.permit import Permit
from ..operations import changing_permits, ending_permits, rentals, selling_permits
from ..operations.card_views import permit_view
from .call import MAYBE_REASON, REASON, REFERENCE, Action, Call, Fields, Response
from .cards import CARD
from .spaces import DAY, SPACE, find as find_space

PERMIT: Final[Fields] = {vol.Required("permit"): cv.string}
PERIODS: Final[Fields] = {
    vol.Optional("periods", default=1): vol.All(vol.Coerce(int), vol.Range(1, 120))
}


async def sell_parking_package(call: Call) -> Response:
    """Sell a package to a card."""
    reference = call.reference()
    receipt, permit = await selling_permits.sell_parking_package(
        call.site,
        card=call.text("card"),
        package=call.text("package"),
        first=call.data.get("first"),
        space=find_space(call).id if call.text("space") else "",
        periods=call.data["periods"],
        renews=call.data["renews"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, permit, reference)


async def renew_card(call: Call) -> Response:
    """Renew a card's permit, or the one that is named."""
    reference = call.reference()
    receipt, permit = await selling_permits.renew_permit(
        call.site,
        card=call.text("card"),
        permit=call.text("permit"),
        periods=call.data["periods"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, permit, reference)


async def set_renewal(call: Call) -> Response:
    """Say whether a permit renews by itself."""
    receipt, permit = await changing_permits.set_renewal(
        call.site,
        permit=call.text("permit"),
        renews=call.data["renews"],
        reason=call.text("reason"),
        actor=call.actor,
    )
    return _answer(call, receipt, permit)


async def suspend_permit(call: Call) -> Response:
    """Let a permit rest."""
    reference = call.reference()
    receipt, permit = await changing_permits.suspend_permit(
        call.site,
        permit=call.text("permit"),
        day=call.data.get("day"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, permit, reference)


async def resume_permit(call: Call) -> Response:
    """Let a permit go on."""
    reference = call.reference()
    receipt, permit = await changing_permits.resume_permit(
        call.site,
        permit=call.text("permit"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, permit, reference)


async def end_permit(call: Call) -> Response:
    """End a permit before its time."""
    reference = call.reference()
    receipt, permit = await ending_permits.end_permit(
        call.site,
        permit=call.text("permit"),
        refund=call.data["refund"],
        day=call.data.get("day"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, permit, reference)


async def rent_space(call: Call) -> Response:
    """Let a space for some days."""
    reference = call.reference()
    receipt, permit = await rentals.rent_space(
        call.site,
        space=find_space(call).id,
        card=call.text("card"),
        wallet=call.wallet().wallet.id if call.text("wallet") else "",
        first=call.data["first"],
        last=call.data["last"],
        price_minor=call.maybe_money("price"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, permit, reference)


def _answer(call: Call, receipt: Receipt, permit: Permit, reference: str | None = None) -> Response:
    site = call.site
    known = {
        "card": permit.card,
        "wallet": permit.wallet,
        "available": site.currency.text(site.wallets[permit.wallet].available_minor),
    }
    return call.receipt(receipt, reference) | known | permit_view(site, permit)


ACTIONS: Final = (
    Action(
        "sell_parking_package",
        sell_parking_package,
        {
            **CARD,
            vol.Required("package"): cv.string,
            vol.Optional("first"): DAY,
            vol.Optional("space"): cv.string,
            **PERIODS,
            vol.Optional("renews", default=False): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "renew_card",
        renew_card,
        {
            **CARD,
            vol.Optional("permit"): cv.string,
            **PERIODS,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "set_renewal",
        set_renewal,
        {**PERMIT, vol.Required("renews"): cv.boolean, **MAYBE_REASON},
    ),
    Action(
        "suspend_permit",
        suspend_permit,
        {**PERMIT, vol.Optional("day"): DAY, **MAYBE_REASON, **REFERENCE},
    ),
    Action("resume_permit", resume_permit, {**PERMIT, **MAYBE_REASON, **REFERENCE}),
    Action(
        "end_permit",
        end_permit,
        {
            **PERMIT,
            vol.Optional("refund", default=True): cv.boolean,
            vol.Optional("day"): DAY,
            **REASON,
            **REFERENCE,
        },
    ),
    Action(
        "rent_space",
        rent_space,
        {
            **SPACE,
            vol.Optional("card"): cv.string,
            vol.Optional("wallet"): cv.string,
            vol.Required("first"): DAY,
            vol.Required("last"): DAY,
            vol.Optional("price"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
)
