"""Actions about who lives where: somebody comes, goes, or follows somebody else."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.money import parse_quantity
from ..operations import moving
from ..operations.handing_over import HandReading
from ..operations.moving import HandOver, Moved, Settlement
from ..operations.unit_views import moved_view
from .call import BY_HAND, MAYBE_REASON, REFERENCE, WALLET, Action, Call, Fields, Response
from .units import UNIT

READINGS: Final[Fields] = {
    vol.Optional("at"): cv.datetime,
    vol.Optional("readings"): [
        {
            vol.Required("meter"): cv.string,
            vol.Required("register"): cv.string,
            vol.Optional("photo"): cv.string,
        }
    ],
}
SETTLE: Final[Fields] = {
    vol.Optional("settle", default=False): cv.boolean,
    vol.Optional("channel", default="cash"): BY_HAND,
}
ARRIVING: Final[Fields] = {
    **WALLET,
    vol.Optional("persons"): vol.Coerce(int),
    vol.Optional("tariff"): cv.string,
}


async def move_in(call: Call) -> Response:
    """Let somebody into a vacant unit."""
    reference = call.reference()
    moved = await moving.move_in(call.site, _hand_over(call, reference))
    return _moved(call, moved, reference)


async def move_out(call: Call) -> Response:
    """Let a unit be vacant."""
    reference = call.reference()
    moved = await moving.move_out(call.site, _hand_over(call, reference), _settlement(call))
    return _moved(call, moved, reference)


async def move(call: Call) -> Response:
    """Let the next one in as the last one leaves."""
    reference = call.reference()
    moved = await moving.move(call.site, _hand_over(call, reference), _settlement(call))
    return _moved(call, moved, reference)


def _hand_over(call: Call, reference: str) -> HandOver:
    return HandOver(
        unit=call.unit().id,
        wallet=call.wallet().wallet.id if "wallet" in call.data else "",
        persons=call.data.get("persons"),
        at=call.moment("at"),
        readings=tuple(_reading(call, one) for one in call.data.get("readings", ())),
        tariff=call.text("tariff"),
        actor=call.actor,
        reason=call.text("reason"),
        reference=reference,
    )


def _reading(call: Call, one: Mapping[str, Any]) -> HandReading:
    run = call.meter(one["meter"])
    return HandReading(
        meter=run.meter.id,
        register=parse_quantity(one["register"], run.meter.quantity),
        photo=one.get("photo", ""),
    )


def _settlement(call: Call) -> Settlement | None:
    return Settlement(channel=call.data["channel"]) if call.data["settle"] else None


def _moved(call: Call, moved: Moved, reference: str) -> Response:
    view = moved_view(call.site, moved)
    for wallet in (view["from_wallet"], view["to_wallet"], view["payer"]):
        if wallet:
            call.parts.coordinator.touch(f"wallet:{wallet}")
    return call.receipt(moved.receipt, reference) | view


ACTIONS: Final = (
    Action("move_in", move_in, {**UNIT, **ARRIVING, **READINGS, **MAYBE_REASON, **REFERENCE}),
    Action("move_out", move_out, {**UNIT, **READINGS, **SETTLE, **MAYBE_REASON, **REFERENCE}),
    Action("move", move, {**UNIT, **ARRIVING, **READINGS, **SETTLE, **MAYBE_REASON, **REFERENCE}),
)
