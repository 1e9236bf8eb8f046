"""Warning, cutting and restoring: observe, decide, act, every time from the world as it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.ledger import Record
from ..core.policy import (
    ManualOn,
    Policy,
    WalletState,
    Warned,
    cutoff_at,
    effective,
    may_cut,
    step,
    wallet_state,
)
from ..core.reconcile import Decision, View, Why, decide_supply, hold_in_force
from ..core.supply import CommandOutcome, CutBy, SupplyState
from .booking import keep
from .commanding import begin, end, is_on_its_way, judge, send
from .facts import SupplyChanged, WalletEvent, WalletFact
from .site import MeterRun, Site, WalletRun

FRESH_INTERVALS: Final = 3
"""No supply is cut on a reading older than three of the meter's intervals."""
FAIR_GAP: Final = timedelta(minutes=5)
"""A longer gap between two steps was an outage of the hub: it does not count as grace."""
OPERATIONS_UNBOUND: Final = 20
"""How often a relay may be operated in a day where no wallet's policy says it."""

_EVENTS: Final = {
    Warned.LOW: WalletEvent.LOW,
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
    """Return when a wallet's supplies are to be cut if nothing is paid."""
    return cutoff_at(wallet.watch, policy_for(site, wallet), site.clock(), site.zone)


def watch_wallet(site: Site, wallet: WalletRun) -> Record | None:
    """Carry a wallet's watch on to now and tell what happened; returns what is to be kept of it."""
    if wallet.wallet.closed_at is not None:
        return None
    now, policy = site.clock(), policy_for(site, wallet)
    watch, said = step(
        wallet.watch, policy, wallet.available_minor, now, _fair_s(site, wallet, now)
    )
    before, wallet.watch = wallet.watch, watch
    # Each second of grace need not be written; a minute lost in a crash is in the tenant's favour.
    minute = watch.grace_spent_s // 60 != before.grace_spent_s // 60
    rearmed = watch.low_level != before.low_level
    for warned in said:
        site.tell(
            WalletFact(
                event=_EVENTS[warned],
                wallet=wallet.wallet.id,
                unit=wallet.wallet.unit,
                at=now,
                available_minor=wallet.available_minor,
                level=watch.low_level,
                cutoff_at=cutoff_at(watch, policy, now, site.zone),
            )
        )
    return watch if said or minute or rearmed else None


def decide(site: Site, run: MeterRun) -> Decision:
    """Decide what a meter's supply should be."""
    now = site.clock()
    wallet = site.wallets[run.binding.wallet] if run.binding is not None else None
    policy = policy_for(site, wallet) if wallet is not None else None
    age = now - run.good_at if run.good_at is not None else None
    return decide_supply(
        View(
            supply=run.supply,
            commodity=run.meter.commodity,
            now=now,
            seen=run.seen,
            fresh=age is not None and age <= timedelta(seconds=FRESH_INTERVALS * run.interval_s),
            bound=wallet is not None,
            crossed=wallet is not None and wallet.watch.crossed_at is not None,
            due=wallet is not None and wallet.watch.grace_ended_at is not None,
            calendar=policy is None or may_cut(policy, now, site.zone),
            manual_on=policy.manual_on if policy is not None else ManualOn.OFF_AGAIN,
            relay=run.relay is not None,
            clock_ok=site.clock_ok,
            emergency=site.emergency,
            ledger_ok=site.books.writable,
            warm=site.outdoor_warm,
        )
    )


async def reconcile(site: Site, run: MeterRun) -> None:
    """Bring one supply a step nearer to what it should be: at most one command at a time."""
    now = site.clock()
    if run.command is not None and run.command.sending:
        return
    await _observe(site, run, now)
    before, decision = run.state, decide(site, run)
    run.decision, command = decision, run.command
    if command is not None and command.on is not decision.want:
        if run.seen is None or is_on_its_way(run, command, now):
            _show(site, run, before, decision)
            return
        await end(site, run, CommandOutcome.FAILED, "no_longer_wanted")
        command = None
    if decision.want is None or decision.want is run.seen:
        await _settle(site, run, decision)
        _show(site, run, before, decision)
        return
    if command is None:
        command = await begin(site, run, decision, now)
        if command is None:
            return
    judge(site, run, command, now)
    if command.faulted:
        why = Why.TOO_MANY_OPERATIONS if command.blocked else decision.why
        run.decision = decision = replace(decision, why=why, state=SupplyState.FAULT)
    _show(site, run, before, decision)
    if command.next_at is None or now >= command.next_at:
        await send(site, run, command, _operations_per_day(site, run), now)


def _operations_per_day(site: Site, run: MeterRun) -> int:
    if run.binding is None:
        return OPERATIONS_UNBOUND
    return policy_for(site, site.wallets[run.binding.wallet]).operations_per_day


async def _observe(site: Site, run: MeterRun, now: datetime) -> None:
    """Note what the relay shows: a command that is done, or that somebody undid our cut by hand."""
    command, supply = run.command, run.supply
    done = (
        command is not None
        and run.seen is command.on
        and command.sent_at is not None
        and run.seen_at is not None
        and run.seen_at >= command.sent_at
    )
    if command is not None and done:
        run.supply = replace(
            supply,
            verified=command.on,
            verified_at=now,
            confirmed_at=None,
            cut_by=CutBy.NOTHING if command.on else supply.cut_by,
        )
        await keep(site, run.supply)
        await end(site, run, CommandOutcome.VERIFIED, "")
        _tell_wallet(site, run, WalletEvent.RESTORED if command.on else WalletEvent.CUT_OFF, now)
    elif run.seen and supply.verified is False:
        # Whoever switches it off from here on is not us: it will not come on again for money.
        run.supply = replace(supply, verified=True, verified_at=now)
        await keep(site, run.supply)


async def _settle(site: Site, run: MeterRun, decision: Decision) -> None:
    """Write down what the supply's rest means: a hold that has done its work, a cut that is over."""
    supply = run.supply
    if decision.cut_by is CutBy.NOTHING and run.seen and supply.cut_by is not CutBy.NOTHING:
        supply = replace(supply, cut_by=CutBy.NOTHING, verified=True)
    if decision.state is SupplyState.OFF and supply.confirmed_at is not None:
        # Somebody's look at the flat is spent when the money runs out again before the restore.
        supply = replace(supply, confirmed_at=None)
    if supply.hold_on is not None:
        done_on = (
            supply.hold_on and run.seen and supply.hold_until is None and not _crossed(site, run)
        )
        if done_on or not hold_in_force(supply, site.clock()):
            supply = replace(supply, hold_on=None, hold_reason="", hold_by="", hold_until=None)
    if supply != run.supply:
        run.supply = supply
        await keep(site, supply)


def _crossed(site: Site, run: MeterRun) -> bool:
    return run.binding is not None and site.wallets[run.binding.wallet].watch.crossed_at is not None


def _show(site: Site, run: MeterRun, before: SupplyState, decision: Decision) -> None:
    if decision.state is before:
        return
    run.state = decision.state
    run.supply = replace(run.supply, state=decision.state)
    site.tell(
        SupplyChanged(
            meter=run.meter.id,
            wallet=run.binding.wallet if run.binding is not None else None,
            unit=run.meter.name,
            at=site.clock(),
            before=before,
            state=decision.state,
            why=decision.why,
            actor=run.supply.hold_by,
        )
    )


def _tell_wallet(site: Site, run: MeterRun, event: WalletEvent, now: datetime) -> None:
    if run.binding is None:
        return
    wallet = site.wallets[run.binding.wallet]
    site.tell(
        WalletFact(
            event=event,
            wallet=wallet.wallet.id,
            unit=wallet.wallet.unit,
            at=now,
            available_minor=wallet.available_minor,
            meter=run.meter.id,
        )
    )


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
