"""Actions about when a supply is cut: each change is a new version."""

from datetime import time
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.identity import PolicyId
from ..core.metering import Quantity
from ..core.money import parse_quantity
from ..core.policy import ManualOn
from ..core.quota import QuotaPeriod
from ..core.supply import RestoreMode
from ..core.written_rates import DAYS
from ..operations import rules
from ..operations.reports import policy_list, policy_view
from .call import DAY, MAYBE_REASON, SLUG, TEXTS, Action, Call, Response

AMOUNTS: Final = (
    "alert",
    "alert2",
    "credit_limit",
    "exempt_quota",
    "hysteresis",
)
OVERDRAFT: Final = "overdraft_limit"
"""Empty: grace does not end early."""
WHOLE: Final = (
    "grace_hours",
    "grace_minutes",
    "operations_per_day",
    "remind_hours",
    "alert_days",
    "promise_days",
    "promise_every_days",
)
AS_WRITTEN: Final = (
    "name",
    "manual_on",
    "reconnect",
    "no_cut_calendar",
    "exempt_period",
    "exempt_of",
    "schedule",
    "invoices",
)


async def set_policy(call: Call) -> Response:
    """Write the next version of a policy."""
    data, name = call.data, call.text("policy")
    changes: dict[str, object] = {
        f"{amount}_minor": call.money(amount) for amount in AMOUNTS if amount in data
    }
    if OVERDRAFT in data:
        changes[f"{OVERDRAFT}_minor"] = call.maybe_money(OVERDRAFT)
    changes |= {key: data[key] for key in (*WHOLE, *AS_WRITTEN) if key in data}
    for hours in ("no_cut_hours", "cut_hours"):
        if hours in data:
            changes[hours] = tuple(_hours(one) for one in data[hours])
    if "exempt_units" in data:
        changes["exempt_units"] = parse_quantity(data["exempt_units"], _exempt_of(call, name))
    if "no_cut_weekdays" in data:
        changes["no_cut_weekdays"] = tuple(DAYS.index(day) for day in data["no_cut_weekdays"])
    if "no_cut_dates" in data:
        changes["no_cut_dates"] = tuple(data["no_cut_dates"])
    receipt = await rules.set_policy(
        call.site, policy=name, changes=changes, reason=call.text("reason"), actor=call.actor
    )
    for wallet, run in call.site.wallets.items():
        if run.wallet.policy == name:
            call.parts.coordinator.touch(f"wallet:{wallet}")
    written = next(versions[-1] for known, versions in call.site.policies.items() if known == name)
    return call.receipt(receipt) | policy_view(call.site, written)


def _exempt_of(call: Call, policy: str) -> Quantity:
    """Return what a quota in units counts: what is given, else what the policy counted before."""
    given = call.data.get("exempt_of")
    if given is not None:
        return Quantity(given)
    versions = call.site.policies.get(PolicyId(policy))
    return versions[-1].exempt_of if versions else Quantity.ENERGY


def _hours(text: str) -> tuple[time, time]:
    """Read `22:00-06:00`."""
    start, _, end = text.partition("-")
    try:
        hours = time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    except ValueError as err:
        raise CoreError("not_hours", value=text) from err
    if any(one.tzinfo for one in hours):  # `0001-01-01` reads as two times, one with a zone.
        raise CoreError("not_hours", value=text)
    return hours


async def list_policies(call: Call) -> Response:
    """List the policies."""
    return {"policies": policy_list(call.site)}


ACTIONS: Final = (
    Action(
        "set_policy",
        set_policy,
        {
            vol.Required("policy"): SLUG,
            vol.Optional("name"): cv.string,
            **{vol.Optional(amount): cv.string for amount in AMOUNTS},
            vol.Optional(OVERDRAFT): vol.Maybe(cv.string),
            **{
                vol.Optional(key): vol.All(vol.Coerce(int), vol.Range(min=0, max=10_000))
                for key in WHOLE
            },
            vol.Optional("no_cut_hours"): TEXTS,
            vol.Optional("cut_hours"): TEXTS,
            vol.Optional("no_cut_calendar"): cv.string,
            vol.Optional("reconnect"): vol.Coerce(RestoreMode),
            vol.Optional("exempt_period"): vol.Coerce(QuotaPeriod),
            vol.Optional("exempt_units"): cv.string,
            vol.Optional("exempt_of"): vol.Coerce(Quantity),
            vol.Optional("schedule"): cv.string,
            vol.Optional("invoices"): cv.boolean,
            vol.Optional("no_cut_weekdays"): vol.All(cv.ensure_list, [vol.In(DAYS)]),
            vol.Optional("no_cut_dates"): vol.All(cv.ensure_list, [DAY]),
            vol.Optional("manual_on"): vol.Coerce(ManualOn),
            **MAYBE_REASON,
        },
    ),
    Action("list_policies", list_policies, {}),
)
