"""Actions about permits: sold, renewed, suspended, ended; spaces that are let."""

from collections.abc import Awaitable
from functools import partial
from typing import Final, Protocol

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import Actor
from ..core.ledger import Receipt
from ..core.permit import Permit
from ..operations import changing_permits, ending_permits, rentals, selling_permits
from ..operations.card_views import permit_view
from ..operations.site import Site
from .call import DAY, MAYBE_REASON, REASON, REFERENCE, Action, Call, Fields, Response
from .cards import CARD
from .spaces import SPACE, find as find_space

PERMIT: Final[Fields] = {vol.Required("permit"): cv.string}
PERIODS: Final[Fields] = {
    vol.Optional("periods", default=1): vol.All(vol.Coerce(int), vol.Range(1, 120))
}


class Change(Protocol):
    """A change of a permit of which all is said but why, under which reference, and by whom."""

    def __call__(
        self, site: Site, *, reason: str, reference: str, actor: Actor
    ) -> Awaitable[tuple[Receipt, Permit]]: ...


async def sell_parking_package(call: Call) -> Response:
    """Sell a package to a card."""
    return await _changed(
        call,
        partial(
            selling_permits.sell_parking_package,
            card=call.text("card"),
            package=call.text("package"),
            first=call.data.get("first"),
            space=find_space(call).id if call.text("space") else "",
            periods=call.data["periods"],
            renews=call.data["renews"],
        ),
    )


async def renew_card(call: Call) -> Response:
    """Renew a card's permit, or the one that is named."""
    return await _changed(
        call,
        partial(
            selling_permits.renew_permit,
            card=call.text("card"),
            permit=call.text("permit"),
            periods=call.data["periods"],
        ),
    )


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
    permit, day = call.text("permit"), call.data.get("day")
    return await _changed(call, partial(changing_permits.suspend_permit, permit=permit, day=day))


async def resume_permit(call: Call) -> Response:
    """Let a permit go on."""
    permit = call.text("permit")
    return await _changed(call, partial(changing_permits.resume_permit, permit=permit))


async def end_permit(call: Call) -> Response:
    """End a permit before its time."""
    return await _changed(
        call,
        partial(
            ending_permits.end_permit,
            permit=call.text("permit"),
            refund=call.data["refund"],
            day=call.data.get("day"),
        ),
    )


async def rent_space(call: Call) -> Response:
    """Let a space for some days."""
    return await _changed(
        call,
        partial(
            rentals.rent_space,
            space=find_space(call).id,
            card=call.text("card"),
            wallet=call.wallet().wallet.id if call.text("wallet") else "",
            first=call.data["first"],
            last=call.data["last"],
            price_minor=call.maybe_money("price"),
        ),
    )


async def _changed(call: Call, change: Change) -> Response:
    """Make a change that counts once under its reference, and describe the permit after it."""
    reference = call.reference()
    receipt, permit = await change(
        call.site, reason=call.text("reason"), reference=reference, actor=call.actor
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
