"""Rules against misuse are set as new versions; what they said is listed; all of it comes back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from ..core.agreement import Agreement
from ..core.entry_kind import EntryKind
from ..core.held_operation import HeldOperation, HeldState
from ..core.identity import Actor
from ..core.ledger import Receipt
from ..core.risk import MINUTE, RiskEvent, RiskHold, RiskKind, RiskRule, check_risk_rule
from .risk import judge_order
from .risk_saying import rules_of
from .site import Site
from .turn import in_turn
from .versioned import next_version, setting_act

KEPT: Final = timedelta(days=400)
"""So long what a rule said can be asked for: a chargeback may come after months."""
MOST_EVENTS: Final = 5_000
"""Of those the latest are kept, whoever makes however many."""


@in_turn
async def set_risk_rule(
    site: Site, *, rule: RiskKind, changes: Mapping[str, object], actor: Actor, reason: str = ""
) -> Receipt:
    """Write the next version of a rule; what is not named stays as it was."""
    now = site.clock()
    written = next_version(rules_of(site)[rule], changes, now)
    check_risk_rule(written)
    receipt = await site.books.commit(
        setting_act(
            EntryKind.RISK_RULE_SET,
            f"risk_rule/{rule}",
            written,
            at=now,
            actor=actor,
            reason=reason,
            changes=changes,
            of={"risk_rule": rule.value},
        )
    )
    site.risking.rules.setdefault(rule, []).append(written)
    return receipt


async def load(site: Site) -> None:
    """Fill in what the books know of rules, of what waits, and of agreements."""
    risking = site.risking
    for rule in sorted(await site.books.load(RiskRule), key=lambda one: one.version):
        risking.rules.setdefault(rule.id, []).append(rule)
    for state in (HeldState.WAITING, HeldState.CONFIRMED):
        for held in await site.books.load(HeldOperation, state=state.value):
            risking.held[held.id] = held
    risking.holds = {one.id: one for one in await site.books.load(RiskHold)}
    risking.events = sorted(await site.books.load(RiskEvent), key=lambda one: one.no)
    open_ones = await site.books.load(Agreement, ended_at=None)
    risking.agreements = {one.id: one for one in open_ones}
    site.paying.guards.append(partial(judge_order, site))


async def forget_risks(site: Site, now: datetime) -> None:
    """Forget cool-downs that are over, and events that nobody asks for any more."""
    risking = site.risking
    over = [one for one in risking.holds.values() if not one.holds(now)]
    old = [one for one in risking.events if now - one.at > KEPT]
    old += risking.events[len(old) : max(len(old), len(risking.events) - MOST_EVENTS)]
    if over or old:
        await site.books.forget(*over, *old)
        del risking.events[: len(old)]
    for one in over:
        risking.holds.pop(one.id, None)
    for what in [key for key, until in risking.cooling.items() if until <= now]:
        del risking.cooling[what]


def rule_view(site: Site, rule: RiskRule) -> dict[str, object]:
    """Describe a rule; its limit is a number of times, or an amount."""
    most: object = rule.most if rule.id.counts else site.currency.text(rule.most)
    return {
        "rule": rule.id,
        "version": rule.version,
        "enabled": rule.on,
        "shadow": rule.shadow,
        "limit": most,
        "counts": rule.id.counts,
        "window_minutes": rule.window_s // MINUTE,
        "action": rule.action,
        "hold_minutes": rule.hold_s // MINUTE,
    }


def event_view(site: Site, event: RiskEvent) -> dict[str, object]:
    """Describe what a rule said."""
    amount = event.amount_minor
    return {
        "event": event.id,
        "rule": event.rule,
        "version": event.version,
        "action": event.action,
        "shadow": event.shadow,
        "at": event.at.isoformat(),
        "count": event.count,
        "amount": None if amount is None else site.currency.text(amount),
        "wallet": event.wallet or None,
        "channel": event.channel or None,
        "network": event.network or None,
        "about": event.about or None,
        "actor": event.actor,
    }
