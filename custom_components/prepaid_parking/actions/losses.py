"""Actions about what is lost behind main meters, and about meters that do not fit."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.money import parse_price
from ..core.shares import ShareBy
from ..core.tamper import HintKind
from ..operations.loss_sharing import LossPeriod, plan_loss, share_loss as pass_on, trace_of
from ..operations.loss_views import hint_view, loss_view, written_view
from ..operations.losses import loss_report as report_of
from .call import MAYBE_REASON, PAGED, Action, Call, Fields, Response, page

MAIN: Final[Fields] = {vol.Required("main"): cv.string}


async def loss_report(call: Call) -> Response:
    """Say what was lost behind a main meter in a period."""
    report = await report_of(
        call.site,
        main=call.meter(call.text("main")).meter.id,
        since=call.moment("since"),
        until=call.moment("until"),
    )
    return loss_view(call.site, report)


async def share_loss(call: Call) -> Response:
    """Pass a period's loss on to those behind the main meter."""
    weights: dict[str, int] = {
        call.meter(one["meter"]).meter.id: parse_price(one["weight"])
        for one in call.data.get("weights", ())
    }
    period = LossPeriod(
        main=call.meter(call.text("main")).meter.id,
        since=call.instant(call.data["since"]),
        until=call.instant(call.data["until"]),
        tariff=call.text("tariff"),
        by=call.data["by"],
        weights=weights,
    )
    if call.data["dry_run"]:
        plan = await plan_loss(call.site, period)
        return {"dry_run": True, **written_view(call.site, trace_of(plan, period))}
    receipt = await pass_on(call.site, period=period, reason=call.text("reason"), actor=call.actor)
    return call.receipt(receipt) | {"dry_run": False, **written_view(call.site, receipt.detail)}


async def list_hints(call: Call) -> Response:
    """List meters that do not fit."""
    kind, meter = call.data.get("kind"), call.text("meter")
    wanted = call.meter().meter.id if meter else None
    found = [
        hint
        for hint in call.site.hinting.hints.values()
        if kind in (None, hint.kind) and wanted in (None, hint.meter)
    ]
    shown = page(call, found, lambda hint: f"{hint.meter}/{hint.kind}")
    return {"hints": [hint_view(call.site, hint) for hint in shown], "count": len(found)}


ACTIONS: Final = (
    Action(
        "loss_report",
        loss_report,
        {**MAIN, vol.Optional("since"): cv.datetime, vol.Optional("until"): cv.datetime},
    ),
    Action(
        "share_loss",
        share_loss,
        {
            **MAIN,
            vol.Required("since"): cv.datetime,
            vol.Required("until"): cv.datetime,
            vol.Required("tariff"): cv.string,
            vol.Optional("by", default="consumption"): vol.Coerce(ShareBy),
            vol.Optional("weights"): [
                {vol.Required("meter"): cv.string, vol.Required("weight"): cv.string}
            ],
            vol.Optional("dry_run", default=False): cv.boolean,
            **MAYBE_REASON,
        },
    ),
    Action(
        "list_hints",
        list_hints,
        {
            vol.Optional("meter"): cv.string,
            vol.Optional("kind"): vol.Coerce(HintKind),
            **PAGED,
        },
    ),
)
