"""Actions of an attendant: codes and tickets, calls for help, emergencies, and lanes held open."""

from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.wallet import CredentialKind
from ..operations import emergency, gate, helping
from ..operations.fail_level import is_free_flow
from ..operations.passing import Answer
from .call import LANE, REASON, Action, Call, Response

SHOWN: Final = (CredentialKind.TAG, CredentialKind.CODE, CredentialKind.PIN)
PICTURE: Final[dict[vol.Marker, Any]] = {vol.Optional("picture"): cv.string}


def answer_view(call: Call, answer: Answer) -> Response:
    """Return what a lane answered."""
    money = call.site.currency.text
    return {
        "kind": answer.kind,
        "reason": answer.reason,
        "plate": answer.masked or None,
        "card": answer.card,
        "fee": money(answer.fee_minor),
        "due": money(answer.due_minor),
        "stay": answer.stay,
        "remind": answer.remind,
        "repeated": answer.repeated,
    }


async def present_credential(call: Call) -> Response:
    """Answer a tag, a code or a number at a lane."""
    given = [kind for kind in SHOWN if call.text(kind)]
    if len(given) != 1:
        raise CoreError("credential_missing")
    answer = await gate.present(
        call.site,
        lane=call.lane().id,
        kind=given[0],
        value=call.text(given[0]),
        actor=call.actor,
    )
    return answer_view(call, answer)


async def issue_ticket(call: Call) -> Response:
    """Let a vehicle without a plate in on a ticket."""
    answer, code = await gate.issue_ticket(call.site, lane=call.lane().id, actor=call.actor)
    return {
        **answer_view(call, answer),
        "code": code or None,
        "code_url": call.code_url(code),
    }


async def help_call(call: Call) -> Response:
    """Call an attendant to a lane."""
    answer = await helping.help_call(
        call.site, lane=call.lane().id, picture=call.text("picture"), actor=call.actor
    )
    return answer_view(call, answer)


async def answer_help(call: Call) -> Response:
    """Answer a call for help."""
    answer = await helping.answer_help(
        call.site,
        lane=call.lane().id,
        reason=call.text("reason"),
        plate=call.data.get("plate"),
        release=call.data["release"],
        picture=call.text("picture"),
        actor=call.actor,
    )
    return answer_view(call, answer)


async def correct_plate(call: Call) -> Response:
    """Put the plate of an open stay right."""
    receipt, stay = await helping.correct_plate(
        call.site,
        stay=call.text("stay").lower(),
        plate=call.text("plate"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | {"stay": stay.id, "plate": stay.masked}


async def report_emergency(call: Call) -> Response:
    """Open every barrier and hold it."""
    lane = call.lane().id if call.text("lane") else None
    await emergency.begin_emergency(
        call.site, reason=call.text("reason"), actor=call.actor, lane=lane
    )
    return {"emergency": call.site.emergency, "lanes": len(call.site.lanes)}


async def end_emergency(call: Call) -> Response:
    """End an emergency."""
    receipt = await emergency.end_emergency(call.site, reason=call.text("reason"), actor=call.actor)
    return call.receipt(receipt) | {"emergency": call.site.emergency}


async def set_free_flow(call: Call) -> Response:
    """Hold a lane open, or let it go."""
    run = call.lane()
    receipt = await emergency.set_free_flow(
        call.site,
        lane=run.id,
        on=call.data["open"],
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | {"lane": run.id, "free_flow": is_free_flow(call.site, run)}


ACTIONS: Final = (
    Action(
        "present_credential",
        present_credential,
        {**LANE, **{vol.Optional(str(kind)): cv.string for kind in SHOWN}},
    ),
    Action("issue_ticket", issue_ticket, LANE),
    Action("help_call", help_call, {**LANE, **PICTURE}),
    Action(
        "answer_help",
        answer_help,
        {
            **LANE,
            **REASON,
            vol.Optional("plate"): cv.string,
            vol.Optional("release", default=False): cv.boolean,
            **PICTURE,
        },
    ),
    Action(
        "correct_plate",
        correct_plate,
        {vol.Required("stay"): cv.string, vol.Required("plate"): cv.string, **REASON},
    ),
    Action("report_emergency", report_emergency, {**REASON, vol.Optional("lane"): cv.string}),
    Action("end_emergency", end_emergency, REASON),
    Action(
        "set_free_flow",
        set_free_flow,
        {**LANE, vol.Required("open"): cv.boolean, **REASON},
    ),
)
