"""Actions about plates and barriers."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.access import PlateRead
from ..operations import gate, releasing
from .attending import answer_view
from .call import LANE, REASON, Action, Call, Response

PER_MILLE: Final = 10
"""People speak of a camera's score in percent, the rules in per mille."""


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
    return answer_view(call, answer)


async def release_barrier(call: Call) -> Response:
    """Open a barrier by hand."""
    answer = await releasing.release_barrier(
        call.site, lane=call.lane().id, reason=call.text("reason"), actor=call.actor
    )
    return answer_view(call, answer)


ACTIONS: Final = (
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
