"""Warning, cutting and restoring: observe, decide, act, every time from the world as it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.errors import DeviceError, StoreError
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
from ..core.supply import CommandLog, CommandOutcome, CutBy, Supply, SupplyState
from .facts import SupplyChanged, SupplyTrouble, WalletEvent, WalletFact
from .site import Command, MeterRun, Site, WalletRun

FRESH_INTERVALS: Final = 3
"""No supply is cut on a reading older than three of the meter's intervals."""
TRIES: Final = 3
RETRY_REFUSED: Final = timedelta(seconds=2)
"""A write that was refused moved nothing: it is tried again soon, for the first minute."""
REFUSED_QUICK: Final = 30
PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=60),
)
"""After three tries that nothing came of, the relay is left alone for longer and longer."""
FAIR_GAP: Final = timedelta(minutes=5)
"""A longer gap between two steps was an outage of the hub: it does not count as grace."""

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
    minute = watch.grace_spent_s // 60 != wallet.watch.grace_spent_s // 60
    wallet.watch = watch
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
    return watch if said or minute else None


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
    run.decision = decision
    if run.command is not None and run.command.on is not decision.want:
        await _end(site, run, CommandOutcome.FAILED, "no_longer_wanted")
    if decision.want is None or decision.want is run.seen:
        await _settle(site, run, decision)
        _show(site, run, before, decision.state, decision.why)
        return
    command = run.command or await _begin(site, run, decision, now)
    if command is None:
        return
    _judge(site, run, command, now)
    state = SupplyState.FAULT if command.faulted else decision.state
    _show(site, run, before, state, decision.why)
    if command.next_at is None or now >= command.next_at:
        await _send(site, run, command, decision, now)


async def keep(site: Site, *records: Record) -> bool:
    """Write records that are not part of the chain; trouble is said, not raised, and answered False."""
    try:
        await site.books.record(*records)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return False
    return True


async def _observe(site: Site, run: MeterRun, now: datetime) -> None:
    """Close the outstanding command when the relay shows what it was told."""
    command = run.command
    if command is None or run.seen is not command.on or command.sent_at is None:
        return
    if run.seen_at is None or run.seen_at < command.sent_at:
        return
    run.supply = replace(run.supply, verified=command.on, verified_at=now, confirmed_at=None)
    if command.on:
        run.supply = replace(run.supply, cut_by=CutBy.NOTHING)
    await keep(site, run.supply)
    await _end(site, run, CommandOutcome.VERIFIED, "")
    _tell_wallet(site, run, WalletEvent.RESTORED if command.on else WalletEvent.CUT_OFF, now)


def _judge(site: Site, run: MeterRun, command: Command, now: datetime) -> None:
    """Call it a fault when three tries came to nothing; said once."""
    waited = command.sent_at is not None and now - command.sent_at >= timedelta(
        seconds=run.latency_s
    )
    if command.faulted or not (command.refused >= TRIES or (command.tries >= TRIES and waited)):
        return
    command.faulted = True
    site.tell(SupplyTrouble(meter=run.meter.id, fault=True, wanted=command.on))


async def _settle(site: Site, run: MeterRun, decision: Decision) -> None:
    """Write down what the supply's rest means: a hold that has done its work, a cut that is over."""
    supply = run.supply
    if decision.cut_by is CutBy.NOTHING and run.seen and supply.cut_by is not CutBy.NOTHING:
        supply = replace(supply, cut_by=CutBy.NOTHING, verified=True)
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


async def _begin(site: Site, run: MeterRun, decision: Decision, now: datetime) -> Command | None:
    """Record a command before it is sent; what cannot be recorded is not sent."""
    assert decision.want is not None
    number = await site.books.next_number("command")
    command = Command(on=decision.want, log=number, since=now, reason=decision.why)
    cut_by = run.supply.cut_by
    if not command.on and decision.cut_by is not None:
        cut_by = decision.cut_by
    supply = replace(
        run.supply, cut_by=cut_by, verified=None if not command.on else run.supply.verified
    )
    if not await keep(site, supply, _logged(run, command, CommandOutcome.DECIDED, now)):
        return None
    run.supply, run.command = supply, command
    return command


async def _send(
    site: Site, run: MeterRun, command: Command, decision: Decision, now: datetime
) -> None:
    """Send the command beside the loop: a device that does not answer holds up nobody else."""
    if not _within_day(site, run, now):
        command.next_at = now + PAUSES[-1]
        run.decision = replace(decision, why=Why.TOO_MANY_OPERATIONS)
        return
    command.sending = True
    site.spawn(_switch(site, run, command))


async def _switch(site: Site, run: MeterRun, command: Command) -> None:
    relay = run.relay
    assert relay is not None
    try:
        await relay.switch(command.on)
    except DeviceError as err:
        _put_off(command, site.clock())
        outcome, detail = CommandOutcome.FAILED, str(err)
    else:
        sent = command.sent_at = site.clock()
        command.tries += 1
        run.written_today += 1
        wait = timedelta(seconds=run.latency_s)
        late = command.tries - TRIES
        command.next_at = sent + (wait if late < 0 else max(wait, _pause(late)))
        outcome, detail = CommandOutcome.SENT, ""
        site.look_again(run)
    finally:
        command.sending = False
    await keep(site, _logged(run, command, outcome, site.clock(), detail))
    site.wake((run,))


def _put_off(command: Command, now: datetime) -> None:
    """A write that was not taken moved nothing: soon again at first, then more rarely."""
    command.refused += 1
    late = command.refused - REFUSED_QUICK
    command.next_at = now + (RETRY_REFUSED if late < 0 else _pause(late))


def _within_day(site: Site, run: MeterRun, now: datetime) -> bool:
    """Tell whether the relay may be operated once more today: relays wear."""
    day = now.astimezone(site.zone).toordinal()
    if day != run.written_day:
        run.written_day, run.written_today = day, 0
    wallet = site.wallets[run.binding.wallet] if run.binding is not None else None
    most = policy_for(site, wallet).operations_per_day if wallet is not None else 20
    return run.written_today < most


def _pause(after: int) -> timedelta:
    return PAUSES[min(after, len(PAUSES) - 1)]


async def _end(site: Site, run: MeterRun, outcome: CommandOutcome, detail: str) -> None:
    command = run.command
    assert command is not None
    run.command = None
    if command.faulted:
        site.tell(SupplyTrouble(meter=run.meter.id, fault=False, wanted=command.on))
    await keep(site, _logged(run, command, outcome, site.clock(), detail))


def _logged(
    run: MeterRun, command: Command, outcome: CommandOutcome, at: datetime, detail: str = ""
) -> CommandLog:
    return CommandLog(
        id=command.log,
        target=run.meter.id,
        action="on" if command.on else "off",
        at=command.since,
        outcome=outcome,
        outcome_at=at,
        reason=command.reason,
        actor=run.supply.hold_by,
        detail=detail,
    )


def _show(site: Site, run: MeterRun, before: SupplyState, state: SupplyState, why: Why) -> None:
    if state is before:
        return
    run.state = state
    run.supply = replace(run.supply, state=state)
    site.tell(
        SupplyChanged(
            meter=run.meter.id,
            wallet=run.binding.wallet if run.binding is not None else None,
            unit=run.meter.name,
            at=site.clock(),
            before=before,
            state=state,
            why=why,
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


def verified_by_log(supply: Supply, last: CommandLog) -> Supply:
    """Believe a cut that was acknowledged just before a crash: if the supply is off, it was ours."""
    ours = (
        last.action == "off"
        and last.outcome is CommandOutcome.SENT
        and supply.cut_by is not CutBy.NOTHING
        and supply.verified is None
    )
    return replace(supply, verified=False) if ours else supply
