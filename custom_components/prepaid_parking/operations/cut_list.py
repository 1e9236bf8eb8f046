"""Tomorrow's cut list: what the policies will do until then if nothing is paid.

Made of the very parts that a cut is decided by, so that the list is what then happens.
"""

from dataclasses import dataclass
from datetime import datetime

from ..core.cut_calendar import next_cut
from ..core.identity import MeterId
from ..core.metering import Commodity
from ..core.policy import ManualOn, Policy
from ..core.reconcile import ours
from ..core.respite import Respite, SiteHold
from ..core.supply import CutBy, CutMode
from ..core.supply_rules import Why, hold_in_force, protected
from .deciding import turns_of
from .meter_run import MeterRun
from .quota import mark_of
from .site import Site
from .sparing import sparing
from .wallet_run import WalletRun
from .watching import cutoff_of, policy_for


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCut:
    """A supply that will be cut: when, and for which reason."""

    meter: MeterId
    name: str
    at: datetime
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class CutLine:
    """A wallet on the list: what must be paid to be off it, and its supplies in their order.

    `spared` is what keeps it from being cut before, with a name.
    """

    wallet: WalletRun
    missing_minor: int
    cuts: tuple[PlannedCut, ...]
    spared: tuple[Respite | SiteHold, ...] = ()


def cut_list(site: Site, until: datetime) -> list[CutLine]:
    """List every wallet past its mark with the supplies that will be cut until then, the first first.

    A wallet whose cut is kept back stands on it without a cut, so that nobody is forgotten.
    """
    now = site.clock()
    lines = [
        line
        for wallet in site.wallets.values()
        if wallet.wallet.closed_at is None
        and wallet.watch.crossed_at is not None
        and (line := _line(site, wallet, now, until)) is not None
    ]
    return sorted(lines, key=_first)


def missing_minor(site: Site, wallet: WalletRun) -> int:
    """Return what a wallet must be paid to be restored, or not to be cut."""
    policy = policy_for(site, wallet)
    wanted = mark_of(wallet, policy) + policy.hysteresis_minor
    return max(0, wanted - wallet.available_minor)


def _line(site: Site, wallet: WalletRun, now: datetime, until: datetime) -> CutLine | None:
    spared = tuple(sparing(site, wallet, now))
    cuts = tuple(one for one in _cuts(site, wallet, now) if one.at <= until)
    if not cuts and not spared:
        return None
    return CutLine(
        wallet=wallet,
        missing_minor=missing_minor(site, wallet),
        cuts=cuts,
        spared=spared,
    )


def _cuts(site: Site, wallet: WalletRun, now: datetime) -> list[PlannedCut]:
    first = cutoff_of(site, wallet)
    if first is None:
        return []
    policy = policy_for(site, wallet)
    planned = [
        PlannedCut(meter=run.meter.id, name=run.meter.name, at=at, why=Why.BALANCE)
        for run in wallet.meters
        if _may_be_cut(site, run, policy, now)
        and (at := _moment(site, wallet, policy, run, first, now)) is not None
    ]
    return sorted(planned, key=lambda one: one.at)


def _moment(
    site: Site, wallet: WalletRun, policy: Policy, run: MeterRun, first: datetime, now: datetime
) -> datetime | None:
    """Return when it is a supply's turn and nothing of its own keeps it on any more."""
    supply, begins = run.supply, first
    for kept, until in (
        (protected(supply, now), supply.protected_until),
        (hold_in_force(supply, now), supply.hold_until),
    ):
        if kept and until is None:
            return None
        if kept and until is not None:
            begins = max(begins, until)
    turn = turns_of(wallet, wallet.watch.due_at or first, begins).get(run.meter.id, begins)
    return next_cut(policy, max(begins, turn), site.zone, site.holidays)


def _may_be_cut(site: Site, run: MeterRun, policy: Policy, now: datetime) -> bool:
    """Tell whether a cut for money would do anything to a supply, now or later."""
    supply = run.supply
    if run.relay is None or run.seen is None or supply.cut is CutMode.NEVER:
        return False
    if run.meter.commodity is Commodity.HEAT and not site.outdoor_warm:
        return False
    by_hand = supply.cut_by is CutBy.BALANCE and supply.verified is not None
    if run.seen:
        return not (by_hand and policy.manual_on is ManualOn.KEEP)
    held = hold_in_force(supply, now)
    return not held and ours(supply) and supply.cut_by is not CutBy.BALANCE


def _first(line: CutLine) -> tuple[bool, datetime]:
    """Order by the first cut; those without one come last."""
    moment = line.cuts[0].at if line.cuts else line.wallet.watch.crossed_at
    assert moment is not None
    return not line.cuts, moment
