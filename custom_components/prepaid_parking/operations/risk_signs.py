"""Signs of misuse that are noticed by the way: refused payments, forged messages, made-up vouchers, chargebacks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ..core.errors import CoreError
from ..core.rate_limit import is_askers, network_of
from ..core.risk import RiskAction, RiskHold, RiskKind, RiskRule, Struck, struck
from .booking import keep
from .risk_freezing import freeze_by_rule
from .risk_saying import WAYS, count, counted, freeze_soon, in_earnest, lasts, rules_of, say
from .site import Site

NETWORK_DIGITS: Final = 16


async def failed_payment(site: Site, wallet: str) -> None:
    """Count a payment that a provider refused; too many, and nothing is asked for a while."""
    rules, now = rules_of(site), site.clock()
    keys = {RiskKind.FAILED_PAYMENTS: f"failed/{wallet}"}
    count(site, keys, rules, now)
    hits = struck(rules, counted(site, keys, rules, now, more=0))
    await say(site, hits, wallet=wallet)
    for hit in in_earnest(hits):
        if hit.rule.action is RiskAction.COOL_DOWN:
            await _cool(site, hit.rule, wallet)
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


async def wrong_voucher(
    site: Site, callers: Sequence[str], *, wallet: str, network: str = ""
) -> None:
    """Count a voucher's number that somebody made up; whoever makes many has to wait anyway."""
    rules, now = rules_of(site), site.clock()
    for caller in callers:
        key = {RiskKind.WRONG_VOUCHERS: f"{RiskKind.WRONG_VOUCHERS}/{caller}"}
        count(site, key, rules, now)
        hits = struck(rules, counted(site, key, rules, now, more=0))
        await say(site, hits, wallet=wallet, network=network)


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


def network_digest(site: Site, address: str) -> str:
    """Return what a network is known by; its address is kept nowhere. "" where there is none."""
    if not address:
        return ""
    return site.privacy.blind("network", network_of(address)).hex()[:NETWORK_DIGITS]


def payers_network(site: Site, address: str) -> str:
    """Return the network that a payer asks from; "" where it is not known.

    Who comes by a tunnel or a proxy on the hub's machine comes from the hub's own address, as many
    others do, and none of them is to be taken for the others.
    """
    own = address in site.paying.own_addresses or not is_askers(address)
    return "" if own else network_digest(site, address)


def check_cool(site: Site, what: str) -> None:
    """Refuse who has to wait after many failures."""
    hold = site.risking.holds.get(f"cool/{what}")
    if hold is not None and hold.holds(site.clock()):
        assert hold.until is not None
        raise CoreError("risk_cool_down", until=site.on_the_wall(hold.until))


async def _cool(site: Site, rule: RiskRule, wallet: str) -> None:
    now = site.clock()
    hold = RiskHold(
        id=f"cool/wallet/{wallet}",
        rule=rule.id,
        wallet=wallet,
        action=rule.action,
        since=now,
        until=now + timedelta(seconds=rule.hold_s),
    )
    site.risking.holds[hold.id] = hold
    await keep(site, hold)
