"""What a named person may say about a supply: hold it off or on, lock it out, protect it, confirm it."""

from dataclasses import replace
from datetime import datetime

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt, Record
from ..core.supply import CutMode, Supply, SupplyState
from ..core.supply_rules import Why, protected
from .load_limits import released
from .meter_run import MeterRun
from .site import Site
from .sparing import site_is_held
from .turn import in_turn


@in_turn
async def cut_supply(
    site: Site, *, meter: str, reason: str, actor: Actor, until: datetime | None = None
) -> Receipt:
    """Hold a supply off for a reason other than money; a protected one is refused."""
    run = _switchable(site, meter)
    now = site.clock()
    if protected(run.supply, now):
        raise CoreError("supply_protected", meter=meter, reason=run.supply.protected_reason)
    if site.emergency:
        raise CoreError("emergency_on")
    if site_is_held(site, now):
        raise CoreError("site_is_held")
    _not_past(until, now)
    held = replace(
        run.supply,
        hold_on=False,
        hold_reason=reason,
        hold_by=str(actor),
        hold_until=until,
        confirmed_at=None,
    )
    return await _say(site, run, held, EntryKind.HOLD_SET, actor, reason, {"on": "off"})


@in_turn
async def restore_supply(
    site: Site, *, meter: str, reason: str, actor: Actor, until: datetime | None = None
) -> Receipt:
    """Release a hold and switch on: a named person's word, refused under a lockout.

    With `until` the supply stays on till then whatever the balance; without, the word is spent once
    the supply is seen on and its wallet is above the mark. Trips of its load limit are forgotten.
    """
    run = _switchable(site, meter)
    if run.supply.lockout_by:
        raise CoreError("supply_locked_out", meter=meter, reason=run.supply.lockout_reason)
    if site.emergency:
        raise CoreError("emergency_on")
    _not_past(until, site.clock())
    held = replace(
        run.supply,
        hold_on=True,
        hold_reason=reason,
        hold_by=str(actor),
        hold_until=until,
        confirmed_at=site.clock(),
    )
    trips = released(run)
    receipt = await _say(
        site, run, held, EntryKind.HOLD_RELEASED, actor, reason, {"on": "on"}, trips
    )
    if run.load is not None:
        run.load.trips = trips
    return receipt


@in_turn
async def confirm_restore(
    site: Site, *, meter: str, actor: Actor, wallet: str | None = None
) -> Receipt:
    """Say that an armed supply may come on: somebody has looked that nothing is left switched on.

    It is said once; nothing waits for it any more then. With `wallet` only where that one still pays.
    """
    run = _switchable(site, meter)
    if run.state is not SupplyState.ARMED or not (wallet is None or _pays(run, wallet)):
        raise CoreError("supply_not_armed", meter=meter)
    if run.decision is not None and run.decision.why is Why.BY_HAND:
        raise CoreError("supply_by_hand", meter=meter)
    if run.supply.confirmed_at is not None:
        raise CoreError("supply_not_armed", meter=meter)
    confirmed = replace(run.supply, confirmed_at=site.clock())
    return await _say(site, run, confirmed, EntryKind.SUPPLY_CONFIRMED, actor, "", {})


@in_turn
async def set_protection(
    site: Site,
    *,
    meter: str,
    protected: bool,
    reason: str,
    actor: Actor,
    until: datetime | None = None,
) -> Receipt:
    """Protect a supply from every cut, or end that."""
    run = site.meter(meter)
    _not_past(until, site.clock())
    supply = replace(
        run.supply,
        protected=protected,
        protected_reason=reason if protected else "",
        protected_until=until if protected else None,
    )
    detail: dict[str, object] = {"protected": int(protected)}
    return await _say(site, run, supply, EntryKind.PROTECTION_SET, actor, reason, detail)


@in_turn
async def set_supply_rules(
    site: Site,
    *,
    meter: str,
    actor: Actor,
    reason: str = "",
    cut: CutMode | None = None,
    cut_order: int | None = None,
    cut_delay_s: int | None = None,
    schedule: str | None = None,
) -> Receipt:
    """Say whether, in which order and by which schedule a supply is cut; None leaves it as it is."""
    run = site.meter(meter)
    if schedule and schedule not in site.supplying.schedules:
        raise CoreError("unknown_schedule", schedule=schedule)
    supply = run.supply
    changed = replace(
        supply,
        cut=supply.cut if cut is None else cut,
        cut_order=supply.cut_order if cut_order is None else cut_order,
        cut_delay_s=supply.cut_delay_s if cut_delay_s is None else cut_delay_s,
        schedule=supply.schedule if schedule is None else schedule,
    )
    detail: dict[str, object] = {
        "cut": changed.cut,
        "cut_order": changed.cut_order,
        "cut_delay_s": changed.cut_delay_s,
        "schedule": changed.schedule,
    }
    return await _say(site, run, changed, EntryKind.SUPPLY_RULES_SET, actor, reason, detail)


@in_turn
async def set_lockout(site: Site, *, meter: str, reason: str, actor: Actor) -> Receipt:
    """Block every switching on of a supply until the lockout is released."""
    run = site.meter(meter)
    if not reason:
        raise CoreError("reason_missing")
    supply = replace(run.supply, lockout_by=str(actor), lockout_reason=reason)
    return await _say(site, run, supply, EntryKind.LOCKOUT_SET, actor, reason, {})


@in_turn
async def release_lockout(site: Site, *, meter: str, reason: str, actor: Actor) -> Receipt:
    """Let a supply be switched on again."""
    run = site.meter(meter)
    if not run.supply.lockout_by:
        raise CoreError("supply_not_locked_out", meter=meter)
    supply = replace(run.supply, lockout_by="", lockout_reason="")
    return await _say(site, run, supply, EntryKind.LOCKOUT_RELEASED, actor, reason, {})


async def _say(
    site: Site,
    run: MeterRun,
    supply: Supply,
    kind: EntryKind,
    actor: Actor,
    reason: str,
    detail: dict[str, object],
    more: Record | None = None,
) -> Receipt:
    receipt = await site.books.commit(
        Act(
            kind=kind,
            event=f"supply/{run.meter.id}/{kind}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"meter": run.meter.id, **detail},
            puts=(supply,) if more is None else (supply, more),
        )
    )
    run.supply = supply
    site.wake((run,))
    return receipt


def _switchable(site: Site, meter: str) -> MeterRun:
    run = site.meter(meter)
    if run.relay is None:
        raise CoreError("meter_has_no_relay", meter=meter)
    return run


def _pays(run: MeterRun, wallet: str) -> bool:
    return run.binding is not None and run.binding.wallet == wallet


def _not_past(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise CoreError("time_is_past", at=until.isoformat())


def try_again(site: Site, *, meter: str) -> None:
    """Send a command that came to nothing anew, now; it is called a fault again if that fails too."""
    run = site.meter(meter)
    if run.command is not None:
        run.command.tries = run.command.refused = 0
        run.command.faulted = False
        run.command.next_at = None
        site.wake((run,))
