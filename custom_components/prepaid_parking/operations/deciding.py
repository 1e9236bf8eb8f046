"""What a supply should be now: everything that one decision rests on, gathered once."""

from datetime import datetime, timedelta

from ..core.cut_calendar import in_window, quiet
from ..core.cut_list import InOrder, turns
from ..core.identity import MeterId
from ..core.policy import ManualOn, Policy
from ..core.reconcile import Decision, decide_supply
from ..core.supply import CutMode, RestoreMode
from ..core.supply_rules import View, protected
from ..core.wallet import WalletKind
from .in_use import in_use
from .load_limits import is_overloaded, load_stand
from .meter_run import MeterRun
from .schedules import is_scheduled_off
from .site import Site
from .sparing import site_is_held, spared
from .wallet_run import WalletRun
from .watching import FRESH_INTERVALS, policy_for


def decide(site: Site, run: MeterRun) -> Decision:
    """Decide what a meter's supply should be."""
    return decide_supply(view_of(site, run))


def view_of(site: Site, run: MeterRun) -> View:
    """Gather all that a decision about one supply rests on."""
    now = site.clock()
    wallet = site.wallets[run.binding.wallet] if run.binding is not None else None
    policy = policy_for(site, wallet) if wallet is not None else None
    due = wallet is not None and wallet.watch.grace_ended_at is not None
    # What concerns a cut for money only is not worked out while none is due, nor held by a person.
    judged = due or run.supply.hold_on is False
    zone, holidays = site.zone, site.holidays
    return View(
        supply=run.supply,
        commodity=run.meter.commodity,
        now=now,
        seen=run.seen,
        fresh=is_fresh(run, now),
        bound=wallet is not None,
        crossed=wallet is not None and wallet.watch.crossed_at is not None,
        due=due,
        calendar=policy is None or not judged or not quiet(policy, now, zone, holidays),
        manual_on=policy.manual_on if policy is not None else ManualOn.OFF_AGAIN,
        relay=run.relay is not None,
        clock_ok=site.clock_ok,
        emergency=site.emergency,
        ledger_ok=site.books.writable,
        warm=site.outdoor_warm,
        shared=wallet is not None and wallet.wallet.kind is WalletKind.SHARED,
        window=policy is None or not due or in_window(policy, now, zone, holidays),
        turn=wallet is None or not due or _is_turn(wallet, run, now),
        spared=spared(site, wallet, now) if wallet is not None and due else None,
        site_held=site_is_held(site, now),
        reconnect=policy.reconnect if policy is not None else RestoreMode.AUTO,
        scheduled_off=_scheduled_off(site, run, wallet, policy, now),
        overload=is_overloaded(run, now),
        load=load_stand(site, run, now),
        used=in_use(site, run),
    )


def is_fresh(run: MeterRun, now: datetime) -> bool:
    """Tell whether a meter's last good reading is young enough to cut by."""
    age = now - run.good_at if run.good_at is not None else None
    return age is not None and age <= timedelta(seconds=FRESH_INTERVALS * run.interval_s)


def in_order(wallet: WalletRun, now: datetime) -> list[InOrder]:
    """Return a wallet's supplies that may be cut for money, with their places in the order."""
    return [
        InOrder(run.meter.id, run.supply.cut_order, run.supply.cut_delay_s)
        for run in wallet.meters
        if run.relay is not None
        and run.supply.cut is CutMode.AUTO
        and not protected(run.supply, now)
    ]


def turns_of(wallet: WalletRun, first: datetime, now: datetime) -> dict[MeterId, datetime]:
    """Return when each of a wallet's supplies is to be cut, the first of them at `first`."""
    return turns(first, in_order(wallet, now))


def _is_turn(wallet: WalletRun, run: MeterRun, now: datetime) -> bool:
    """Tell whether the supplies before this one in its wallet's order have had their time."""
    due_at = wallet.watch.due_at
    if len(wallet.meters) == 1 or due_at is None:
        return True
    turn = turns_of(wallet, due_at, now).get(run.meter.id)
    return turn is None or now >= turn


def _scheduled_off(
    site: Site, run: MeterRun, wallet: WalletRun | None, policy: Policy | None, now: datetime
) -> bool:
    if wallet is None or policy is None or not site.supplying.schedules:
        return False
    return is_scheduled_off(site, run, wallet, policy, now)
