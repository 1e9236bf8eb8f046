"""What a rule that strikes does beside its verdict: it is counted, written down, told, and freezes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ..core.identity import SYSTEM, Actor, RiskEventId
from ..core.risk import (
    MOST_COUNTED,
    RiskAction,
    RiskEvent,
    RiskKind,
    RiskRule,
    Struck,
    standard_rules,
)
from ..core.wallet import Frozen
from .booking import keep
from .risk_facts import RiskFact
from .risk_freezing import freeze_by_rule
from .site import Site

SAID_EVERY: Final = timedelta(minutes=1)
"""The same rule says the same of the same one no more often: a flood must not fill the books."""
MOST_SAID: Final = 10_000
WAYS: Final[Mapping[RiskAction, Frozen]] = {
    RiskAction.FREEZE_IN: Frozen.IN,
    RiskAction.FREEZE_OUT: Frozen.OUT,
}


def rules_of(site: Site) -> dict[RiskKind, RiskRule]:
    """Return the newest version of every rule."""
    standard = standard_rules(10**site.currency.digits)
    return standard | {kind: versions[-1] for kind, versions in site.risking.rules.items()}


def in_earnest(hits: list[Struck]) -> list[Struck]:
    """Return what strikes in earnest, the heaviest first."""
    return [one for one in hits if not one.rule.shadow and one.rule.action is not RiskAction.LOG]


def freeze_soon(site: Site, live: list[Struck], wallet: str) -> None:
    """Freeze what a rule says, as soon as it can: whoever judges may hold the site's turn."""
    for hit in live:
        if wallet and (way := WAYS.get(hit.rule.action)) is not None:
            site.spawn(freeze_by_rule(site, wallet, way, hit.rule.id, lasts(hit.rule)))


def lasts(rule: RiskRule) -> timedelta | None:
    """Return how long a rule's freeze lasts; None until it is lifted."""
    return timedelta(seconds=rule.hold_s) if rule.hold_s else None


def counted(
    site: Site,
    keys: Mapping[RiskKind, str],
    rules: Mapping[RiskKind, RiskRule],
    now: datetime,
    more: int = 1,
) -> dict[RiskKind, int]:
    """Return how often each would have happened with `more` now."""
    counts = site.risking.counts
    return {kind: counts.count(key, now, rules[kind].window) + more for kind, key in keys.items()}


def count(
    site: Site, keys: Mapping[RiskKind, str], rules: Mapping[RiskKind, RiskRule], now: datetime
) -> None:
    """Count one more of each."""
    for kind, key in keys.items():
        site.risking.counts.note(key, now, min(rules[kind].most, MOST_COUNTED))


async def say(
    site: Site,
    hits: list[Struck],
    *,
    wallet: str = "",
    actor: Actor = SYSTEM,
    channel: str = "",
    network: str = "",
    amount_minor: int | None = None,
    about: str = "",
) -> None:
    """Write down what struck and tell it; trouble of the books is said and stops nothing."""
    now = site.clock()
    for hit in hits:
        key = f"{hit.rule.id}/{wallet}/{channel}/{network}"
        if not _worth_saying(site, key, now):
            continue
        number = await site.books.next_number("risk_event")
        event = RiskEvent(
            id=RiskEventId(f"re{number}"),
            no=number,
            rule=hit.rule.id,
            version=hit.rule.version,
            action=hit.rule.action,
            shadow=hit.rule.shadow,
            at=now,
            count=hit.measured if hit.rule.id.counts else 0,
            amount_minor=amount_minor if hit.rule.id.counts else hit.measured,
            wallet=wallet,
            channel=channel,
            network=network,
            about=about,
            actor=str(actor),
        )
        site.risking.events.append(event)
        await keep(site, event, patient=True)
        site.tell(RiskFact(event=event))


def _worth_saying(site: Site, key: str, now: datetime) -> bool:
    said = site.risking.said
    before = said.get(key)
    if before is not None and timedelta(0) <= now - before < SAID_EVERY:
        return False
    said.pop(key, None)
    said[key] = now
    while len(said) > MOST_SAID:
        del said[next(iter(said))]
    return True
