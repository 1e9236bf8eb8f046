"""Actions about cards, plates and barriers."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.access import PlateRead
from ..core.identity import CardId
from ..operations import gate, releasing
from .call import LANE, REASON, REFERENCE, TEXTS, WALLET, Action, Call, Response

PER_MILLE: Final = 10
"""People speak of a camera's score in percent, the rules in per mille."""


async def issue_card(call: Call) -> Response:
    """Issue a parking card."""
    reference = call.reference()
    receipt = await gate.issue_card(
        call.site,
        wallet=call.wallet().wallet.id,
        plates=call.data["plates"],
        tags=call.data["tags"],
        codes=call.data["codes"],
        lanes=[call.lane(lane).id for lane in call.data["lanes"]],
        valid_from=call.moment("valid_from"),
        valid_until=call.moment("valid_until"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | {
        "card": receipt.detail["card"],
        "credentials": receipt.detail["credentials"],
    }


async def block_card(call: Call) -> Response:
    """Block a card."""
    receipt = await gate.block_card(
        call.site, card=call.text("card"), reason=call.text("reason"), actor=call.actor
    )
    card = call.site.cards[CardId(call.text("card"))]
    return call.receipt(receipt) | {"card": card.id, "wallet": card.wallet, "state": card.state}


async def plate_read(call: Call) -> Response:
    """Answer a plate at a lane, as if its camera had read it."""
    answer = await gate.plate_read(
        call.site,
        lane=call.lane().id,
        read=PlateRead(
            plate=call.text("plate"),
            at=call.moment("at") or call.site.clock(),
            score=int(call.data["score"] * PER_MILLE),
            camera=call.text("camera"),
            event_id=call.text("event_id"),
        ),
        actor=call.actor,
    )
    return _answer(call, answer)


async def release_barrier(call: Call) -> Response:
    """Open a barrier by hand."""
    answer = await releasing.release_barrier(
        call.site, lane=call.lane().id, reason=call.text("reason"), actor=call.actor
    )
    return _answer(call, answer)


def _answer(call: Call, answer: gate.Answer) -> Response:
    return {
        "kind": answer.kind,
        "reason": answer.reason,
        "plate": answer.masked or None,
        "card": answer.card,
        "fee": call.site.currency.text(answer.fee_minor),
        "repeated": answer.repeated,
    }


ACTIONS: Final = (
    Action(
        "issue_card",
        issue_card,
        {
            **WALLET,
            **{vol.Optional(name, default=list): TEXTS for name in ("plates", "tags", "codes")},
            vol.Optional("lanes", default=list): TEXTS,
            vol.Optional("valid_from"): cv.datetime,
            vol.Optional("valid_until"): cv.datetime,
            **REFERENCE,
        },
    ),
    Action("block_card", block_card, {vol.Required("card"): cv.string, **REASON}),
    Action(
        "plate_read",
        plate_read,
        {
            **LANE,
            vol.Required("plate"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("at"): cv.datetime,
            vol.Optional("score", default=100): vol.All(vol.Coerce(float), vol.Range(0, 100)),
            vol.Optional("camera"): cv.string,
            vol.Optional("event_id"): cv.string,
        },
    ),
    Action("release_barrier", release_barrier, {**LANE, **REASON}),
)
