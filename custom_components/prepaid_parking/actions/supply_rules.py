"""Actions about who is cut, when and in which order: schedules, load limits, and the cut list."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.load_limit import LoadLimit
from ..core.supply import CutMode
from ..core.written_schedule import read_hours
from ..operations import load_limits, respites, schedules, supply
from ..operations.reports import meter_view, wallet_view
from ..operations.sparing import site_is_held
from ..operations.supply_views import (
    cut_list_view,
    limit_view,
    respite_view,
    rules_view,
    schedule_list,
    spared_view,
)
from .call import (
    DAY,
    MAYBE_REASON,
    METER,
    REASON,
    SLUG,
    TEXTS,
    UNTIL,
    WALLET,
    Action,
    Call,
    Response,
)

LOOK_AHEAD: Final = timedelta(days=1)
"""A cut list without a time is tomorrow's."""
MOST_WATTS: Final = 10_000_000
MOST_DELAY_MINUTES: Final = 30 * 24 * 60
SCOPES: Final = ("meter", "tariff", "policy")


def _count(most: int) -> Any:
    return vol.All(vol.Coerce(int), vol.Range(min=0, max=most))


async def set_supply_rules(call: Call) -> Response:
    """Say whether, in which order and by which schedule a supply is cut."""
    run, data = call.meter(), call.data
    delay = data.get("cut_delay_minutes")
    receipt = await supply.set_supply_rules(
        call.site,
        meter=run.meter.id,
        cut=data.get("cut"),
        cut_order=data.get("cut_order"),
        cut_delay_s=None if delay is None else delay * 60,
        schedule=data.get("schedule"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | meter_view(run) | rules_view(call.site, run)


async def set_schedule(call: Call) -> Response:
    """Write the next version of a schedule."""
    data, name = call.data, call.text("schedule")
    receipt = await schedules.set_schedule(
        call.site,
        schedule=name,
        off=read_hours(data["hours"]),
        name=call.text("name"),
        calendar=call.text("calendar"),
        except_dates=data["except_dates"],
        exempt=data["exempt"],
        valid_from=call.moment("valid_from"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    (written,) = (one for one in schedule_list(call.site) if one["schedule"] == name)
    return call.receipt(receipt) | written


async def set_load_limit(call: Call) -> Response:
    """Limit the power that a meter, or all meters of a tariff or a policy, may draw."""
    data = call.data
    scopes = [kind for kind in SCOPES if data.get(kind)]
    if len(scopes) != 1:
        raise CoreError("one_scope")
    (kind,) = scopes
    name = call.meter().meter.id if kind == "meter" else call.text(kind)
    limit = LoadLimit(
        scope=f"{kind}/{name}",
        limit_w=data["limit"],
        jump_w=data["jump"],
        delay_s=data["delay"],
        retries=data["retries"],
        wait_s=data["wait_minutes"] * 60,
        reset_s=data["reset_hours"] * 3600,
    )
    receipt = await load_limits.set_load_limit(
        call.site, limit=limit, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | limit_view(limit)


async def list_supply_rules(call: Call) -> Response:
    """List schedules, load limits and the site's hold."""
    book = call.site.supplying
    held = book.held if site_is_held(call.site, call.site.clock()) else None
    return {
        "schedules": schedule_list(call.site),
        "load_limits": [limit_view(one) for _, one in sorted(book.limits.items())],
        "site_hold": None if held is None else respite_view(held),
    }


async def list_cuts(call: Call) -> Response:
    """List what the policies will cut until then if nothing is paid."""
    until = call.moment("until") or call.site.clock() + LOOK_AHEAD
    lines = cut_list_view(call.site, until)
    return {"until": until.isoformat(), "wallets": lines, "count": len(lines)}


async def veto_cut(call: Call) -> Response:
    """Let a wallet not be cut for money."""
    run = call.wallet()
    receipt = await respites.veto_cut(
        call.site,
        wallet=run.wallet.id,
        reason=call.text("reason"),
        until=call.moment("until"),
        actor=call.actor,
    )
    return call.receipt(receipt) | _spared(call)


async def lift_veto(call: Call) -> Response:
    """Let a wallet be cut again as its policy says."""
    run = call.wallet()
    receipt = await respites.lift_veto(
        call.site, wallet=run.wallet.id, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | _spared(call)


async def promise_to_pay(call: Call) -> Response:
    """Take a customer's promise to pay."""
    run = call.wallet()
    until = call.moment("until")
    assert until is not None
    receipt = await respites.promise_to_pay(
        call.site,
        wallet=run.wallet.id,
        reason=call.text("reason"),
        until=until,
        actor=call.actor,
    )
    return call.receipt(receipt) | _spared(call)


def _spared(call: Call) -> Response:
    run = call.wallet()
    return wallet_view(call.site, run) | {"spared": spared_view(call.site, run)}


async def hold_site(call: Call) -> Response:
    """Let nothing in the site be cut."""
    receipt = await respites.hold_site(
        call.site, reason=call.text("reason"), until=call.moment("until"), actor=call.actor
    )
    held = call.site.supplying.held
    assert held is not None
    return call.receipt(receipt) | respite_view(held)


async def release_site(call: Call) -> Response:
    """Let supplies be cut again."""
    receipt = await respites.release_site(call.site, reason=call.text("reason"), actor=call.actor)
    return call.receipt(receipt)


DATES: Final = vol.All(cv.ensure_list, [DAY])
HOURS: Final[Mapping[vol.Marker, Any]] = {
    vol.Required("hours"): vol.All(cv.ensure_list, [dict]),
}

ACTIONS: Final = (
    Action(
        "set_supply_rules",
        set_supply_rules,
        {
            **METER,
            vol.Optional("cut"): vol.Coerce(CutMode),
            vol.Optional("cut_order"): _count(1_000),
            vol.Optional("cut_delay_minutes"): _count(MOST_DELAY_MINUTES),
            vol.Optional("schedule"): cv.string,
            **MAYBE_REASON,
        },
    ),
    Action(
        "set_schedule",
        set_schedule,
        {
            vol.Required("schedule"): SLUG,
            vol.Optional("name"): cv.string,
            **HOURS,
            vol.Optional("calendar"): cv.string,
            vol.Optional("except_dates", default=list): DATES,
            vol.Optional("exempt", default=list): TEXTS,
            vol.Optional("valid_from"): cv.datetime,
            **MAYBE_REASON,
        },
    ),
    Action(
        "set_load_limit",
        set_load_limit,
        {
            **{vol.Optional(kind): cv.string for kind in SCOPES},
            vol.Required("limit"): _count(MOST_WATTS),
            vol.Optional("jump", default=0): _count(MOST_WATTS),
            vol.Optional("delay", default=30): _count(86_400),
            vol.Optional("retries", default=3): _count(100),
            vol.Optional("wait_minutes", default=10): _count(24 * 60),
            vol.Optional("reset_hours", default=24): _count(24 * 30),
            **MAYBE_REASON,
        },
    ),
    Action("list_supply_rules", list_supply_rules, {}),
    Action("list_cuts", list_cuts, UNTIL),
    Action("veto_cut", veto_cut, {**WALLET, **REASON, **UNTIL}),
    Action("lift_veto", lift_veto, {**WALLET, **REASON}),
    Action(
        "promise_to_pay",
        promise_to_pay,
        {**WALLET, vol.Required("until"): cv.datetime, **REASON},
    ),
    Action("hold_site", hold_site, {**REASON, **UNTIL}),
    Action("release_site", release_site, REASON),
)
