"""Bringing supplies to what they should be: observe, decide, act, every time from the world as it is."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.ledger import Record
from ..core.reconcile import Decision
from ..core.supply import CommandOutcome, CutBy, SupplyState
from ..core.supply_rules import Why, hold_in_force
from .booking import keep
from .commanding import begin, end, follow_clock, judge, proves, send
from .deciding import decide
from .facts import SupplyChanged, WalletEvent, WalletFact
from .in_use import in_use
from .load_limits import closed_again, counted_trip
from .meter_run import Command, MeterRun
from .site import Site
from .stagger import leave, may_switch_on
from .watching import policy_for

OPERATIONS_UNBOUND: Final = 20
"""How often a relay may be operated in a day where no wallet's policy says it."""
OPERATIONS_USED: Final = 80
"""The same for a relay that is sold by the use: a wash of forty minutes, one after the other.
No relay's life is known here: the data sheets of the meters that profiles were made from do not say it.
If it is a hundred thousand operations, which is an assumption, that is more than three years."""

_OFF: Final = {
    CutBy.SCHEDULE: WalletEvent.SCHEDULED_OFF,
    CutBy.LOAD: WalletEvent.OVERLOADED,
}
_ON: Final = {CutBy.SCHEDULE: WalletEvent.SCHEDULED_ON}


async def reconcile(site: Site, run: MeterRun) -> None:
    """Bring one supply a step nearer to what it should be: at most one command at a time."""
    now = site.clock()
    if run.command is not None:
        follow_clock(run, run.command, now)
        if run.command.sending:
            return
    await _observe(site, run, now)
    before, decision = run.state, decide(site, run)
    run.decision, command = decision, run.command
    if decision.want is not True:
        leave(site, run)
    if command is not None and command.on is not decision.want:
        if run.seen is None or not proves(run, command.sent_at):
            _show(site, run, before, decision)
            return
        await end(site, run, CommandOutcome.FAILED, "no_longer_wanted")
        command = None
    if decision.want is None or decision.want is run.seen:
        await _settle(site, run, decision)
        _show(site, run, before, decision)
        return
    if not _has_its_turn(site, run, command, decision, now):
        run.decision = decision = replace(decision, why=Why.STAGGERED)
        _show(site, run, before, decision)
        return
    if command is None:
        command = await _begin(site, run, decision, now)
        if command is None:
            return
    judge(site, run, command, now)
    if command.faulted:
        why = Why.TOO_MANY_OPERATIONS if command.blocked else decision.why
        run.decision = decision = replace(decision, why=why, state=SupplyState.FAULT)
    _show(site, run, before, decision)
    due = command.next_at is None or now >= command.next_at
    if due and await _is_still_for(site, run, command, decision, now):
        await send(site, run, command, _operations_per_day(site, run), now)


def _has_its_turn(
    site: Site, run: MeterRun, command: Command | None, decision: Decision, now: datetime
) -> bool:
    """Tell whether nothing is sent now anyhow, or it is this supply's turn to be switched on."""
    waits = command is not None and command.next_at is not None and now < command.next_at
    return not decision.want or waits or may_switch_on(site, run, command, now)


async def _begin(site: Site, run: MeterRun, decision: Decision, now: datetime) -> Command | None:
    """Record a command; a trip of the load limit is counted in the same breath."""
    trips = counted_trip(site, run, now) if decision.cut_by is CutBy.LOAD else None
    command = await begin(site, run, decision, now, *(() if trips is None else (trips,)))
    if command is not None and trips is not None and run.load is not None:
        run.load.trips, run.load.cause = trips, None
    return command


async def _is_still_for(
    site: Site, run: MeterRun, command: Command, decision: Decision, now: datetime
) -> bool:
    """Write down what an outstanding cut is for by now: what ends that reason switches on again.

    A person's hold may end while the relay is busy, and lights-out begin. What cannot be written down
    is not sent.
    """
    if command.on or decision.cut_by is None or decision.cut_by is run.supply.cut_by:
        return True
    trips = counted_trip(site, run, now) if decision.cut_by is CutBy.LOAD else None
    supply = replace(run.supply, cut_by=decision.cut_by)
    if not await keep(site, supply, *(() if trips is None else (trips,))):
        return False
    run.supply, command.reason = supply, decision.why
    if trips is not None and run.load is not None:
        run.load.trips, run.load.cause = trips, None
    return True


def _operations_per_day(site: Site, run: MeterRun) -> int:
    if run.binding is None:
        return OPERATIONS_UNBOUND if in_use(site, run) is None else OPERATIONS_USED
    return policy_for(site, site.wallets[run.binding.wallet]).operations_per_day


async def _observe(site: Site, run: MeterRun, now: datetime) -> None:
    """Note what the relay shows: a command that is done, or that somebody undid our cut by hand."""
    command, supply = run.command, run.supply
    done = (
        command is not None
        and run.seen is command.on
        and command.sent_at is not None
        and run.seen_at is not None
        and run.seen_at > command.sent_at
    )
    if command is not None and done:
        run.cut_at = None
        run.supply = replace(
            supply,
            verified=command.on,
            verified_at=now,
            confirmed_at=None,
            cut_by=CutBy.NOTHING if command.on else supply.cut_by,
        )
        await keep(site, run.supply, *_load_closed(run))
        await end(site, run, CommandOutcome.VERIFIED, "")
        if command.on:
            _tell_wallet(site, run, _ON.get(supply.cut_by, WalletEvent.RESTORED), now)
        else:
            _tell_wallet(site, run, _OFF.get(supply.cut_by, WalletEvent.CUT_OFF), now)
    elif run.seen and supply.verified is False:
        # Whoever switches it off from here on is not us: it will not come on again by itself.
        run.supply = replace(supply, verified=True, verified_at=now)
        await keep(site, run.supply, *_load_closed(run))


def _load_closed(run: MeterRun) -> list[Record]:
    """Return what is to be kept of the load once the supply is on again."""
    trips = closed_again(run) if run.seen else None
    return [] if trips is None else [trips]


async def _settle(site: Site, run: MeterRun, decision: Decision) -> None:
    """Write down what the supply's rest means: a hold that has done its work, a cut that is over."""
    supply = run.supply
    if decision.cut_by is CutBy.NOTHING and run.seen and proves(run, run.cut_at):
        run.cut_at = None
        await keep(site, *_load_closed(run))
        if supply.cut_by is not CutBy.NOTHING:
            supply = replace(supply, cut_by=CutBy.NOTHING, verified=True)
    taken_over = decision.cut_by is CutBy.BALANCE and supply.cut_by is not CutBy.BALANCE
    if taken_over:
        supply = replace(supply, cut_by=CutBy.BALANCE, confirmed_at=None)
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
        if taken_over:
            _tell_wallet(site, run, WalletEvent.CUT_OFF, site.clock())


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
