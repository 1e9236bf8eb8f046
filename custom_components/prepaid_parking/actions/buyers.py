"""Actions about those to whom bills are made out, and about the end of what is kept of a person."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.buyer import Buyer
from ..operations import buyers
from .call import MAYBE_REASON, REASON, WALLET, Action, Call, Response

FIELDS: Final = ("name", "tax_id", "address")


async def set_buyer(call: Call) -> Response:
    """Say to whom a wallet's bills are made out; with nothing named, to nobody by name."""
    run = call.wallet()
    said = {name: " ".join(call.text(name).split()) for name in FIELDS}
    receipt = await buyers.set_buyer(
        call.site,
        wallet=run.wallet.id,
        buyer=Buyer(**said) if any(said.values()) else None,
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | await _told(call)


async def get_buyer(call: Call) -> Response:
    """Tell to whom a wallet's next bill is made out."""
    return await _told(call)


async def erase_person(call: Call) -> Response:
    """Destroy what is kept of a customer's person."""
    run = call.wallet()
    receipt = await buyers.erase_person(
        call.site, wallet=run.wallet.id, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | {"wallets": receipt.detail["wallets"]} | await _told(call)


async def _told(call: Call) -> Response:
    wallet = call.wallet().wallet
    return {"wallet": wallet.id, "buyer": await buyers.buyer_view(call.site, wallet.buyer)}


ACTIONS: Final = (
    Action(
        "set_buyer",
        set_buyer,
        {**WALLET, **{vol.Optional(name): cv.string for name in FIELDS}, **MAYBE_REASON},
    ),
    Action("get_buyer", get_buyer, WALLET),
    Action("erase_person", erase_person, {**WALLET, **REASON}),
)
