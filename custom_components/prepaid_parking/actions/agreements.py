"""Actions about agreements on auto-charge."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.agreement import Agreement
from ..operations import agreements
from ..operations.pay_finding import named_channel
from .call import MAYBE_REASON, PAGED, REFERENCE, WALLET, Action, Call, Response

NOT_EMPTY: Final = vol.All(cv.string, vol.Length(min=1, max=255))


async def make_agreement(call: Call) -> Response:
    """Take up what a payer has agreed to with a provider."""
    run, reference = call.wallet(), call.reference()
    receipt = await agreements.make_agreement(
        call.site,
        wallet=run.wallet.id,
        channel=named_channel(call.site, call.text("channel")).key,
        token=call.text("token").strip(),
        below_minor=call.money("below"),
        amount_minor=call.money("amount"),
        most_minor=call.money("most"),
        day_minor=call.money("day"),
        actor=call.actor,
        reason=call.text("reason"),
        reference=reference,
    )
    made = await agreements.find_agreement(call.site, str(receipt.detail["agreement"]))
    return call.receipt(receipt, reference) | _view(call, made)


async def end_agreement(call: Call) -> Response:
    """End an agreement at once."""
    receipt = await agreements.end_agreement(
        call.site,
        agreement=call.text("agreement"),
        actor=call.actor,
        reason=call.text("reason"),
    )
    ended = await agreements.find_agreement(call.site, call.text("agreement"))
    return call.receipt(receipt) | _view(call, ended)


async def list_agreements(call: Call) -> Response:
    """List the agreements in force, or all of them."""
    shown = await agreements.agreements_of(call.site, ended_too=call.data["ended"], part=call.part)
    return {"agreements": [_view(call, one) for one in shown]}


def _view(call: Call, agreement: Agreement) -> Response:
    return agreements.agreement_view(call.site, agreement)


ACTIONS: Final = (
    Action(
        "make_agreement",
        make_agreement,
        {
            **WALLET,
            vol.Required("channel"): cv.string,
            vol.Required("token"): NOT_EMPTY,
            vol.Required("below"): cv.string,
            vol.Required("amount"): cv.string,
            vol.Required("most"): cv.string,
            vol.Required("day"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "end_agreement",
        end_agreement,
        {vol.Required("agreement"): cv.string, **MAYBE_REASON},
    ),
    Action(
        "list_agreements",
        list_agreements,
        {vol.Optional("ended", default=False): cv.boolean, **PAGED},
    ),
)
