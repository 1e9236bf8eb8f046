"""Actions about supplies: what a named person may say."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..operations import supply
from ..operations.reports import meter_view
from .call import METER, REASON, UNTIL, Action, Call, Response


async def cut_supply(call: Call) -> Response:
    """Hold a supply off."""
    run = call.meter()
    receipt = await supply.cut_supply(
        call.site,
        meter=run.meter.id,
        reason=call.text("reason"),
        until=call.moment("until"),
        actor=call.actor,
    )
    return call.receipt(receipt) | meter_view(run)


async def restore_supply(call: Call) -> Response:
    """Release a hold and switch on."""
    run = call.meter()
    receipt = await supply.restore_supply(
        call.site,
        meter=run.meter.id,
        reason=call.text("reason"),
        until=call.moment("until"),
        actor=call.actor,
    )
    return call.receipt(receipt) | meter_view(run)


async def confirm_restore(call: Call) -> Response:
    """Say that an armed supply may come on."""
    run = call.meter()
    receipt = await supply.confirm_restore(call.site, meter=run.meter.id, actor=call.actor)
    return call.receipt(receipt) | meter_view(run)


async def set_protection(call: Call) -> Response:
    """Protect a supply from every cut, or end that."""
    run = call.meter()
    receipt = await supply.set_protection(
        call.site,
        meter=run.meter.id,
        protected=call.data["protected"],
        reason=call.text("reason"),
        until=call.moment("until"),
        actor=call.actor,
    )
    return call.receipt(receipt) | meter_view(run)


async def set_lockout(call: Call) -> Response:
    """Block every switching on of a supply."""
    run = call.meter()
    receipt = await supply.set_lockout(
        call.site, meter=run.meter.id, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | meter_view(run)


async def release_lockout(call: Call) -> Response:
    """Let a supply be switched on again."""
    run = call.meter()
    receipt = await supply.release_lockout(
        call.site, meter=run.meter.id, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | meter_view(run)


ACTIONS: Final = (
    Action("cut_supply", cut_supply, {**METER, **REASON, **UNTIL}),
    Action("restore_supply", restore_supply, {**METER, **REASON, **UNTIL}),
    Action("confirm_restore", confirm_restore, METER),
    Action(
        "set_protection",
        set_protection,
        {**METER, vol.Optional("protected", default=True): cv.boolean, **REASON, **UNTIL},
    ),
    Action("set_lockout", set_lockout, {**METER, **REASON}),
    Action("release_lockout", release_lockout, {**METER, **REASON}),
)
