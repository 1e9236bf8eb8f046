"""Actions about those to whom bills are made out, and about what is kept of a person: put right, or erased."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.buyer import Buyer
from ..operations import buyers, persons
from .call import MAYBE_REASON, REASON, REFERENCE, WALLET, Action, Call, Response
from .wallets import PERSON

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


async def set_person(call: Call) -> Response:
    """Put right what is kept of a customer's person; the answer names fields, never what is in them."""
    run, reference = call.wallet(), call.reference()
    receipt = await persons.set_person(
        call.site,
        wallet=run.wallet.id,
        fields={name: call.text(name) for name in PERSON if name in call.data},
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    told = {"wallet": run.wallet.id} | {
        name: receipt.detail[name] for name in ("wallets", "fields")
    }
    return call.receipt(receipt, reference) | told


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
    Action(
        "set_person",
        set_person,
        {
            **WALLET,
            **{vol.Optional(name): vol.Maybe(cv.string) for name in PERSON},
            **REASON,
            **REFERENCE,
        },
    ),
    Action("erase_person", erase_person, {**WALLET, **REASON}),
)
