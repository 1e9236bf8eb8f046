"""Actions about rules against misuse, and operations that wait for a code or another person."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.risk import MINUTE, RiskAction, RiskKind
from ..operations import challenges, declining, risk_rules
from ..operations.held_kinds import KINDS
from ..operations.pages import latest
from ..operations.risk_saying import rules_of
from .call import MAYBE_REASON, PAGED, Action, Call, Response

MOST_DIGITS: Final = 9
MINUTES: Final = vol.All(vol.Coerce(int), vol.Range(min=0))


async def set_risk_rule(call: Call) -> Response:
    """Write the next version of a rule."""
    data, rule = call.data, RiskKind(call.data["rule"])
    changes: dict[str, object] = {name: data[name] for name in ("shadow", "action") if name in data}
    if "enabled" in data:
        changes["on"] = data["enabled"]
    if "limit" in data:
        changes["most"] = _limit(call, rule)
    for name, written in (("window_minutes", "window_s"), ("hold_minutes", "hold_s")):
        if name in data:
            changes[written] = data[name] * MINUTE
    receipt = await risk_rules.set_risk_rule(
        call.site, rule=rule, changes=changes, reason=call.text("reason"), actor=call.actor
    )
    newest = rules_of(call.site)[rule]
    return call.receipt(receipt) | risk_rules.rule_view(call.site, newest)


def _limit(call: Call, rule: RiskKind) -> int:
    """Return a limit as it is written: a number of times, or money."""
    written = call.text("limit")
    if not rule.counts:
        return call.site.currency.parse(written)
    if not written.isdecimal() or len(written) > MOST_DIGITS:
        raise CoreError("risk_rule_count", rule=rule, limit=written)
    return int(written)


async def list_risk_rules(call: Call) -> Response:
    """List the rules as they are in force."""
    rules = rules_of(call.site)
    return {"rules": [risk_rules.rule_view(call.site, rules[kind]) for kind in RiskKind]}


async def list_risk_events(call: Call) -> Response:
    """List what the rules said, the latest first."""
    wallet = call.wallet().wallet.id if call.text("wallet") else ""
    rule = call.data.get("rule")
    wanted = (
        one
        for one in call.site.risking.events
        if wallet in ("", one.wallet) and rule in (None, one.rule)
    )
    shown = latest(wanted, call.part)
    return {"events": [risk_rules.event_view(call.site, one) for one in shown]}


async def confirm_operation(call: Call) -> Response:
    """Confirm an operation that waits, and carry it out."""
    held = await challenges.confirm_operation(
        call.site,
        KINDS,
        operation=call.text("operation"),
        code=call.text("code"),
        actor=call.actor,
    )
    return challenges.operation_view(call.site, held)


async def decline_operation(call: Call) -> Response:
    """End an operation that waits: it is not to be done."""
    held = await declining.decline_operation(
        call.site,
        operation=call.text("operation"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return challenges.operation_view(call.site, held)


async def list_operations(call: Call) -> Response:
    """List the operations that wait, or all of them."""
    shown = await challenges.operations_of(call.site, ended_too=call.data["ended"], part=call.part)
    return {"operations": [challenges.operation_view(call.site, one) for one in shown]}


ACTIONS: Final = (
    Action(
        "set_risk_rule",
        set_risk_rule,
        {
            vol.Required("rule"): vol.Coerce(RiskKind),
            vol.Optional("enabled"): cv.boolean,
            vol.Optional("shadow"): cv.boolean,
            vol.Optional("limit"): cv.string,
            vol.Optional("window_minutes"): MINUTES,
            vol.Optional("action"): vol.Coerce(RiskAction),
            vol.Optional("hold_minutes"): MINUTES,
            **MAYBE_REASON,
        },
    ),
    Action("list_risk_rules", list_risk_rules, {}),
    Action(
        "list_risk_events",
        list_risk_events,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("rule"): vol.Coerce(RiskKind),
            **PAGED,
        },
    ),
    Action(
        "confirm_operation",
        confirm_operation,
        {vol.Required("operation"): cv.string, vol.Optional("code"): cv.string},
    ),
    Action(
        "decline_operation",
        decline_operation,
        {vol.Required("operation"): cv.string, **MAYBE_REASON},
    ),
    Action(
        "list_operations",
        list_operations,
        {vol.Optional("ended", default=False): cv.boolean, **PAGED},
    ),
)
