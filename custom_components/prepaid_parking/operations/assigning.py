"""Meters go over to another tariff at an instant: many at once, each standing for itself.

What is planned can be taken back until it begins; `going_over` lets it happen.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..core.assigned import TariffChange
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, MeterId, TariffId, UnitId, WalletId
from ..core.ledger import Act, Receipt
from ..core.metering import Commodity
from .gently import gently
from .meter_run import MeterRun
from .site import Site
from .sold import version_at
from .tariff_book import is_usage
from .turn import in_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Whose meters are meant: wallets, units and single meters; one commodity of theirs or all."""

    wallets: Sequence[str] = ()
    meters: Sequence[str] = ()
    units: Sequence[str] = ()
    commodity: Commodity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What becomes of one that was asked for: a meter that goes over, or why it does not.

    `asked` is the wallet, unit or meter as it was named.
    """

    asked: str
    run: MeterRun | None = None
    problem: CoreError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What was planned: nothing was written where `receipt` is None."""

    targets: tuple[Target, ...]
    assignment: str = ""
    receipt: Receipt | None = None


async def select(site: Site, selection: Selection, tariff: str, at: datetime) -> list[Target]:
    """Find the meters of a selection and judge each: may it go over to the tariff at that time."""
    if not is_usage(site, tariff):
        raise CoreError("unknown_tariff", tariff=tariff)
    version_at(site, tariff, at)
    if not (selection.wallets or selection.meters or selection.units):
        raise CoreError("nothing_selected")
    found: dict[str, Target] = {}
    async for targets in gently(_named(site, selection)):
        for target in targets:
            if target.run is None:
                found[target.asked] = target
            elif target.run.meter.id not in found:
                problem = target.problem or _problem(site, target.run, tariff, at)
                found[target.run.meter.id] = replace(target, problem=problem)
    return list(found.values())


@in_turn
async def assign_tariff(
    site: Site,
    *,
    tariff: str,
    selection: Selection,
    at: datetime | None = None,
    actor: Actor,
    reason: str = "",
) -> Assigned:
    """Plan that meters go over to a tariff; those that cannot are told, the others are planned."""
    at = at or site.clock()
    targets = await select(site, selection, tariff, at)
    going = [one.run for one in targets if one.run is not None and one.problem is None]
    if not going:
        return Assigned(targets=tuple(targets))
    assignment = f"a{await site.books.next_number('assignment')}"
    changes = [_change(run, assignment, TariffId(tariff), at) for run in going]
    now = site.clock()
    replaced = [
        replace(old, withdrawn_at=now) for run in going for old in run.changes if old.at == at
    ]
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.TARIFF_ASSIGNED,
            event=f"assignment/{assignment}",
            occurred=now,
            actor=actor,
            reason=reason,
            detail={
                "tariff": tariff,
                "at": at.isoformat(),
                "meters": [change.meter for change in changes],
            },
            puts=(*replaced, *changes),
        )
    )
    for run, change in zip(going, changes, strict=True):
        kept = [old for old in run.changes if old.at != at]
        run.changes = sorted((*kept, change), key=lambda one: one.at)
    return Assigned(targets=tuple(targets), assignment=assignment, receipt=receipt)


@in_turn
async def withdraw_assignment(
    site: Site, *, assignment: str, actor: Actor, reason: str = ""
) -> tuple[Receipt, list[TariffChange]]:
    """Take back what was planned and has not begun; returns it with the entry that says so."""
    now = site.clock()
    waiting = [
        (run, change)
        for run in site.meters.values()
        for change in run.changes
        if change.assignment == assignment
    ]
    if not waiting:
        raise CoreError("unknown_assignment", assignment=assignment)
    taken = [(run, one) for run, one in waiting if one.at > now]
    if not taken:
        raise CoreError("assignment_has_begun", assignment=assignment)
    gone = [replace(change, withdrawn_at=now) for _, change in taken]
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.TARIFF_WITHDRAWN,
            event=f"assignment/{assignment}/withdrawn",
            occurred=now,
            actor=actor,
            reason=reason,
            detail={"assignment": assignment, "meters": [change.meter for change in gone]},
            puts=tuple(gone),
        )
    )
    for run, change in taken:
        run.changes = [one for one in run.changes if one.id != change.id]
    return receipt, gone


def planned(site: Site) -> list[TariffChange]:
    """Return what is to come, soonest first."""
    changes = [
        change
        for run in site.meters.values()
        for change in run.changes
        if run.binding is not None and run.binding.id == change.binding
    ]
    return sorted(changes, key=lambda one: (one.at, one.meter))


def _named(site: Site, selection: Selection) -> Iterator[list[Target]]:
    """Return the meters that each name means, and the names that mean none."""
    for asked in dict.fromkeys(selection.meters):
        run = site.meters.get(MeterId(asked))
        problem = None if run is not None else CoreError("unknown_meter", meter=asked)
        yield [Target(asked=asked, run=run, problem=problem)]
    for asked in dict.fromkeys(selection.wallets):
        wallet = site.wallets.get(WalletId(asked))
        if wallet is None:
            yield [Target(asked=asked, problem=CoreError("unknown_wallet", wallet=asked))]
        else:
            yield _of_several(asked, wallet.meters, selection.commodity)
    inside: dict[str, list[MeterRun]] = defaultdict(list)
    for run in site.meters.values() if selection.units else ():
        inside[run.meter.unit].append(run)
    for asked in dict.fromkeys(selection.units):
        if UnitId(asked) not in site.house.units:
            yield [Target(asked=asked, problem=CoreError("unknown_unit", unit=asked))]
        else:
            yield _of_several(asked, inside[asked], selection.commodity)


def _of_several(asked: str, runs: Iterable[MeterRun], commodity: Commodity | None) -> list[Target]:
    """Return the meters of a wallet or unit; where they count several things, it must be said which."""
    meant = [
        run for run in runs if run.binding is not None and commodity in (None, run.meter.commodity)
    ]
    if not meant:
        return [Target(asked=asked, problem=CoreError("nothing_to_assign", asked=asked))]
    several = len({run.meter.commodity for run in meant}) > 1
    problem = CoreError("several_commodities", asked=asked) if several else None
    return [Target(asked=asked, run=run, problem=problem) for run in meant]


def _problem(site: Site, run: MeterRun, tariff: str, at: datetime) -> CoreError | None:
    """Return why a meter cannot go over to a tariff at that time."""
    if run.binding is None or run.window is None:
        return CoreError("meter_not_bound", meter=run.meter.id)
    quantity = site.tariffs[TariffId(tariff)].versions[0].quantity
    if quantity is not run.meter.quantity:
        return CoreError("tariff_wrong_quantity", tariff=tariff, quantity=run.meter.quantity)
    if at < run.window.to_at:
        return CoreError("tariff_starts_in_past", valid_from=at.isoformat())
    if tariff_then(run, at) == tariff:
        return CoreError("tariff_is_assigned", meter=run.meter.id, tariff=tariff)
    return None


def tariff_then(run: MeterRun, at: datetime) -> TariffId:
    """Return by which tariff a meter will be charged at a time, as planned now."""
    assert run.binding is not None
    tariff = run.binding.tariff
    for change in run.changes:
        if change.binding == run.binding.id and change.at <= at:
            tariff = change.tariff
    return tariff


def _change(run: MeterRun, assignment: str, tariff: TariffId, at: datetime) -> TariffChange:
    assert run.binding is not None
    return TariffChange(
        id=f"{assignment}/{run.meter.id}",
        assignment=assignment,
        meter=run.meter.id,
        binding=run.binding.id,
        tariff=tariff,
        before=run.binding.tariff,
        at=at,
    )
