"""A wallet on its way to a cut: warned in time, in money and in days; grace runs while it is fair."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ..core.cut_calendar import may_cut
from ..core.cut_list import cutoff_at
from ..core.ledger import Record
from ..core.policy import Policy, WalletState, Warned, effective, step, wallet_state
from ..core.wallet import WalletKind, Watch
from .facts import WalletEvent, WalletFact
from .quota import covered_minor, watch_quota
from .shares import bears_nothing
from .site import Site
from .sparing import site_is_held, spared, sparing
from .wallet_run import WalletRun

FRESH_INTERVALS: Final = 3
"""No supply is cut on a reading older than three of the meter's intervals."""
FAIR_GAP: Final = timedelta(minutes=5)
"""A longer gap between two steps was an outage of the hub: it does not count as grace."""
DAYS_EVERY: Final = timedelta(minutes=10)
"""How long the money lasts is asked again after this long: days do not change in seconds."""

_EVENTS: Final = {
    Warned.LOW: WalletEvent.LOW,
    Warned.LOW_DAYS: WalletEvent.LOW_DAYS,
    Warned.REMINDED: WalletEvent.REMINDED,
    Warned.GRACE: WalletEvent.GRACE,
    Warned.GRACE_ENDED: WalletEvent.GRACE_ENDED,
    Warned.RECOVERED: WalletEvent.RECOVERED,
}


def policy_for(site: Site, wallet: WalletRun) -> Policy:
    """Return the rules in force for a wallet, its own values included."""
    return effective(site.policy_of(wallet.wallet), wallet.wallet)


def state_of(site: Site, wallet: WalletRun) -> WalletState:
    """Return how a wallet stands."""
    return wallet_state(
        policy_for(site, wallet),
        wallet.watch,
        wallet.available_minor,
        closed=wallet.wallet.closed_at is not None,
    )


def cutoff_of(site: Site, wallet: WalletRun) -> datetime | None:
    """Return when a wallet's supplies are to be cut if nothing is paid; None also where never."""
    return _cutoff(site, wallet, wallet.watch, policy_for(site, wallet), site.clock())


def watch_wallet(site: Site, wallet: WalletRun) -> list[Record]:
    """Carry a wallet's watch on to now and tell what happened; returns what is to be kept of it."""
    if wallet.wallet.closed_at is not None or bears_nothing(site, wallet):
        return []
    now, policy = site.clock(), policy_for(site, wallet)
    events, use = watch_quota(site, wallet, policy, now)
    days = _days_left(site, wallet, policy, now)
    watch, said = step(
        wallet.watch,
        policy,
        wallet.available_minor,
        now,
        _fair_s(site, wallet, now),
        covered_minor=covered_minor(wallet, policy),
        days_left=days,
    )
    watch = _with_turn(site, wallet, watch, policy, now)
    before, wallet.watch = wallet.watch, watch
    # The quota's alarm comes before what follows from it.
    for event in (*events, *(_EVENTS[warned] for warned in said)):
        site.tell(
            WalletFact(
                event=event,
                wallet=wallet.wallet.id,
                unit=wallet.wallet.unit,
                at=now,
                available_minor=wallet.available_minor,
                level=watch.low_level,
                cutoff_at=_cutoff(site, wallet, watch, policy, now),
                days_left=days if event is WalletEvent.LOW_DAYS else None,
            )
        )
    kept: list[Record] = [] if use is None else [use]
    return [*kept, watch] if said or _is_worth_keeping(watch, before) else kept


def _is_worth_keeping(watch: Watch, before: Watch) -> bool:
    """Each second of grace need not be written; a minute lost in a crash is in the tenant's favour."""
    spent = before.grace_spent_s
    within = replace(watch, grace_spent_s=spent)
    return within != before or watch.grace_spent_s // 60 != spent // 60


def _with_turn(site: Site, wallet: WalletRun, watch: Watch, policy: Policy, now: datetime) -> Watch:
    """Note when nothing forbade the first cut any more: the order of a wallet's supplies begins there."""
    if watch.grace_ended_at is None or watch.due_at is not None:
        return watch
    if spared(site, wallet, now) or site_is_held(site, now):
        return watch
    return replace(watch, due_at=now) if may_cut(policy, now, site.zone, site.holidays) else watch


def _cutoff(
    site: Site, wallet: WalletRun, watch: Watch, policy: Policy, now: datetime
) -> datetime | None:
    if watch.crossed_at is None or wallet.wallet.kind is WalletKind.SHARED:
        return None
    until: datetime | None = None
    for one in sparing(site, wallet, now):
        if one.until is None:
            return None
        until = one.until if until is None else max(until, one.until)
    return cutoff_at(watch, policy, now, site.zone, site.holidays, until)


def _days_left(site: Site, wallet: WalletRun, policy: Policy, now: datetime) -> Decimal | None:
    """Return how long a wallet's money lasts, where somebody wants to be warned by it."""
    if not policy.alert_days:
        return None
    if wallet.days is None or abs(now - wallet.days[0]) >= DAYS_EVERY:
        wallet.days = (now, site.supplying.days_left(wallet.wallet.id, now))
    return wallet.days[1]


def _fair_s(site: Site, wallet: WalletRun, now: datetime) -> int:
    """Return how many whole seconds since the last step count as grace; the rest waits for the next."""
    last = wallet.watched_at
    gap = now - last if last is not None else timedelta()
    if last is None or not site.clock_ok or not site.can_pay or not timedelta() <= gap <= FAIR_GAP:
        wallet.watched_at = now
        return 0
    seconds = int(gap.total_seconds())
    wallet.watched_at = last + timedelta(seconds=seconds)
    return seconds
