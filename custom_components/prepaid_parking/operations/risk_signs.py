"""Signs of misuse that are noticed by the way: refused payments, forged messages, chargebacks."""

from datetime import timedelta
from typing import Final

from ..core.errors import CoreError
from ..core.risk import RiskAction, RiskHold, RiskKind, RiskRule, Struck, struck
from .booking import keep
from .risk_freezing import freeze_by_rule
from .risk_saying import WAYS, count, counted, freeze_soon, in_earnest, lasts, rules_of, say
from .site import Site

MOST_NETWORKS: Final = 20
"""Of a wallet; the one that was not heard of for longest is forgotten first."""


async def failed_payment(site: Site, *, wallet: str = "", visit: str = "") -> None:
    """Count a payment that a provider refused; too many, and nothing is asked for a while."""
    rules, now = rules_of(site), site.clock()
    rule = rules[RiskKind.FAILED_PAYMENTS]
    for what in (f"wallet/{wallet}" if wallet else "", f"visit/{visit}" if visit else ""):
        if not what:
            continue
        key = {RiskKind.FAILED_PAYMENTS: f"{RiskKind.FAILED_PAYMENTS}/{what}"}
        count(site, key, rules, now)
        hits = struck(rules, counted(site, key, rules, now, more=0))
        await say(site, hits, wallet=wallet)
        for hit in in_earnest(hits):
            if hit.rule.action is RiskAction.COOL_DOWN:
                await _cool(site, what, rule, wallet)
            else:
                freeze_soon(site, [hit], wallet)


async def forged_notice(site: Site, channel: str) -> bool:
    """Count a message that is none of the provider's; tell whether the channel is under attack.

    While it is, what is rightly signed is a hint: the provider itself is asked, and nothing is lost.
    """
    rules, now = rules_of(site), site.clock()
    key = {RiskKind.FORGED_NOTICES: f"{RiskKind.FORGED_NOTICES}/{channel}"}
    count(site, key, rules, now)
    hits = struck(rules, counted(site, key, rules, now, more=0))
    await say(site, hits, channel=channel)
    for hit in in_earnest(hits):
        site.risking.cooling[f"channel/{channel}"] = now + timedelta(seconds=hit.rule.hold_s)
    return under_attack(site, channel)


def under_attack(site: Site, channel: str) -> bool:
    """Tell whether a channel's messages are only hints for now."""
    until = site.risking.cooling.get(f"channel/{channel}")
    return until is not None and site.clock() < until


async def charged_back(site: Site, *, wallet: str, amount_minor: int, channel: str) -> None:
    """Take note that a bank took a payment back; it must not be called in a turn."""
    rules = rules_of(site)
    hits = struck(rules, {RiskKind.CHARGEBACK: amount_minor})
    await say(site, hits, wallet=wallet, channel=channel, amount_minor=amount_minor)
    for hit in in_earnest(hits):
        await freeze_by_rule(site, wallet, WAYS[hit.rule.action], hit.rule.id, lasts(hit.rule))


async def strange_money(site: Site, *, channel: str, amount_minor: int, about: str) -> None:
    """Take note of a rightly signed message about money that is not ours; nothing moves."""
    rule = rules_of(site)[RiskKind.FORGED_NOTICES]
    hits = [Struck(rule=rule, measured=1)]
    await say(site, hits, channel=channel, amount_minor=amount_minor, about=about)


def seen_from(site: Site, wallet: str, network: str) -> None:
    """Take note from where a wallet was paid."""
    known = site.risking.networks.setdefault(wallet, {})
    known.pop(network, None)
    known[network] = site.clock()
    while len(known) > MOST_NETWORKS:
        del known[next(iter(known))]


def phone_changed(site: Site, wallet: str) -> None:
    """Take note that a wallet's telephone number was changed."""
    site.risking.phones[wallet] = site.clock()


def check_cool(site: Site, what: str) -> None:
    """Refuse who has to wait after many failures."""
    hold, now = site.risking.holds.get(f"cool/{what}"), site.clock()
    until = hold.until if hold is not None else site.risking.cooling.get(what)
    if until is not None and now < until:
        raise CoreError("risk_cool_down", until=until.isoformat())


async def _cool(site: Site, what: str, rule: RiskRule, wallet: str) -> None:
    now = site.clock()
    until = now + timedelta(seconds=rule.hold_s)
    if not wallet:
        site.risking.cooling[what] = until
        return
    hold = RiskHold(
        id=f"cool/{what}", rule=rule.id, wallet=wallet, action=rule.action, since=now, until=until
    )
    site.risking.holds[hold.id] = hold
    await keep(site, hold)
