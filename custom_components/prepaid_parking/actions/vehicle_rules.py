"""Actions about single plates, and about why a lane answers as it does."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.admission import Way
from ..core.errors import CoreError
from ..core.vehicle import RuleKind
from ..core.wallet import CredentialKind
from ..explaining_access import explain_decision, explain_step
from ..operations.explaining import explain_access as explained
from ..operations.vehicle_rules import (
    lift_vehicle_rule,
    rule_view,
    rules_in_force,
    set_vehicle_rule,
)
from ..wording import async_words
from .call import LANE, PAGED, REASON, REFERENCE, Action, Call, Response, page


async def set_rule(call: Call) -> Response:
    """Keep a plate out, or let it park free."""
    reference = call.reference()
    receipt = await set_vehicle_rule(
        call.site,
        plate=call.text("plate"),
        kind=call.data["kind"],
        reason=call.text("reason"),
        once=call.data["once"],
        until=call.moment("until"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | {
        name: receipt.detail[name] for name in ("rule", "kind", "plate", "once")
    }


async def lift_rule(call: Call) -> Response:
    """End a rule for a plate."""
    receipt = await lift_vehicle_rule(
        call.site, rule=call.text("rule"), reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | {"rule": receipt.detail["rule"]}


async def list_vehicle_rules(call: Call) -> Response:
    """List the plates that are kept out, and those that park free."""
    kind, plate = call.data.get("kind"), call.text("plate")
    digest = call.site.privacy.blind(CredentialKind.PLATE, plate) if plate else None
    rules = [
        one
        for one in rules_in_force(call.site)
        if kind in (None, one.kind) and digest in (None, one.digest)
    ]
    shown = page(call, rules, lambda one: one.id)
    return {"rules": [rule_view(one) for one in shown], "count": len(rules)}


async def explain_access(call: Call) -> Response:
    """Say what a lane would answer to a plate, tag, code or PIN, now or at another time, and why."""
    given = [kind for kind in CredentialKind if call.text(kind)]
    if len(given) != 1:
        raise CoreError("credential_missing")
    decision, asked = explained(
        call.site,
        lane=call.lane().id,
        kind=given[0],
        value=call.text(given[0]),
        way=call.data.get("way"),
        at=call.moment("at"),
    )
    words = await async_words(call.hass, call.text("language"))
    site, card = call.site, asked.card
    money = site.currency.text
    payer = site.wallets.get(card.wallet) if card is not None else None
    return {
        "admit": decision.admits,
        "answer": decision.verdict,
        "reason": decision.reason,
        "lane": asked.lane,
        "way": asked.way,
        "at": asked.now.isoformat(),
        "card": card.id if card is not None else None,
        "wallet": card.wallet if card is not None else None,
        "wallet_open": asked.wallet_open,
        "wallet_frozen": asked.wallet_frozen,
        "available": money(payer.available_minor) if payer is not None else None,
        "fee": money(asked.due_minor),
        "charge": money(decision.charge_minor),
        "right": decision.kind,
        "remind": decision.remind,
        "review": decision.review or None,
        "explained": explain_decision(decision, words, site.currency),
        "trace": [
            {
                "rule": step.rule,
                "decided": step.decided,
                "values": dict(step.values),
                "said": explain_step(step, decision, words, site.currency),
            }
            for step in decision.trace
        ],
    }


ACTIONS: Final = (
    Action(
        "set_vehicle_rule",
        set_rule,
        {
            vol.Required("plate"): cv.string,
            vol.Required("kind"): vol.Coerce(RuleKind),
            vol.Optional("once", default=False): cv.boolean,
            vol.Optional("until"): cv.datetime,
            **REASON,
            **REFERENCE,
        },
    ),
    Action("lift_vehicle_rule", lift_rule, {vol.Required("rule"): cv.string, **REASON}),
    Action(
        "list_vehicle_rules",
        list_vehicle_rules,
        {vol.Optional("kind"): vol.Coerce(RuleKind), vol.Optional("plate"): cv.string, **PAGED},
    ),
    Action(
        "explain_access",
        explain_access,
        {
            **LANE,
            **{vol.Optional(str(kind)): cv.string for kind in CredentialKind},
            vol.Optional("way"): vol.Coerce(Way),
            vol.Optional("at"): cv.datetime,
            vol.Optional("language"): cv.string,
        },
    ),
)
