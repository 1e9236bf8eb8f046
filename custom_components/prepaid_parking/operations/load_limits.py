"""Load limits at work: what a supply draws, what that trips, and when it may come on again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, MeterId, PolicyId, TariffId
from ..core.ledger import Act, Receipt
from ..core.load_limit import (
    LoadLimit,
    LoadStand,
    LoadTrips,
    closed,
    stand,
    trip,
    watch_load,
)
from ..core.metering import Sample
from .meter_run import MeterRun
from .site import Site
from .supply_book import LoadRun
from .turn import in_turn

APART_INTERVALS: Final = 3
"""Readings further apart than this many intervals say nothing about the time between them."""
PHASES: Final = ("power_l1", "power_l2", "power_l3")


async def load_limits(site: Site) -> None:
    """Take the limits, and what has tripped, from the books."""
    site.supplying.limits = {one.scope: one for one in await site.books.load(LoadLimit)}
    for trips in await site.books.load(LoadTrips):
        if trips.meter in site.meters:
            site.meters[trips.meter].load = LoadRun(trips=trips)


@in_turn
async def set_load_limit(
    site: Site, *, limit: LoadLimit, actor: Actor, reason: str = ""
) -> Receipt:
    """Set or change the limit of a meter, a tariff or a policy; 0 watts is none."""
    kind, _, name = limit.scope.partition("/")
    known = {
        "meter": MeterId(name) in site.meters,
        "tariff": TariffId(name) in site.tariffs,
        "policy": PolicyId(name) in site.policies,
    }
    if not known.get(kind):
        raise CoreError("unknown_scope", scope=limit.scope)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.LOAD_LIMIT_SET,
            event=f"load_limit/{limit.scope}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={
                "scope": limit.scope,
                "limit_w": limit.limit_w,
                "jump_w": limit.jump_w,
                "delay_s": limit.delay_s,
                "retries": limit.retries,
                "wait_s": limit.wait_s,
            },
            puts=(limit,),
        )
    )
    site.supplying.limits[limit.scope] = limit
    site.wake(run for run in site.meters.values() if limit_of(site, run) is limit)
    return receipt


def limit_of(site: Site, run: MeterRun) -> LoadLimit | None:
    """Return the limit of a supply: its meter's own, else its tariff's, else its policy's."""
    limits = site.supplying.limits
    if not limits:
        return None
    own = limits.get(f"meter/{run.meter.id}")
    if own is not None or run.binding is None:
        return own
    by_tariff = limits.get(f"tariff/{run.binding.tariff}")
    if by_tariff is not None:
        return by_tariff
    return limits.get(f"policy/{site.wallets[run.binding.wallet].wallet.policy}")


def power_of(sample: Sample) -> int | None:
    """Return the power that a look at a device showed, in watts: its own, or that of its phases."""
    whole = sample.values.get("power")
    if whole is not None:
        return round(whole)
    phases = [sample.values[phase] for phase in PHASES if phase in sample.values]
    return round(sum(phases)) if phases else None


def note_load(site: Site, run: MeterRun, sample: Sample) -> None:
    """Take in what a supply draws; what that trips is decided with everything else about it."""
    power = power_of(sample)
    limit = limit_of(site, run) if power is not None else None
    if power is None or limit is None or not limit.watches:
        return
    load = run.load
    if load is None:
        load = run.load = LoadRun()
    load.watch, load.cause = watch_load(load.watch, limit, power, sample.at, _apart(run))


def is_overloaded(run: MeterRun, now: datetime) -> bool:
    """Tell whether a supply has just tripped its limit."""
    load = run.load
    if load is None or load.cause is None or load.watch.at is None:
        return False
    return now - load.watch.at <= _apart(run)


def load_stand(site: Site, run: MeterRun, now: datetime) -> LoadStand:
    """Tell whether its load keeps a supply off."""
    if run.load is None:
        return LoadStand.FREE
    return stand(run.load.trips, limit_of(site, run), now)


def is_tripped(run: MeterRun) -> bool:
    """Tell whether a supply was switched off for its load and is not on again."""
    load = run.load
    return load is not None and load.trips is not None and load.trips.tripped_at is not None


def counted_trip(site: Site, run: MeterRun, now: datetime) -> LoadTrips | None:
    """Return the trip that a cut for load is, to be written down with its command."""
    load, limit = run.load, limit_of(site, run)
    if load is None or load.cause is None or limit is None:
        return None
    known = load.trips or LoadTrips(meter=run.meter.id)
    return trip(known, limit, load.cause, load.watch.power_w, now)


def closed_again(run: MeterRun) -> LoadTrips | None:
    """Return how the load stands once the supply is seen on; None where nothing had tripped."""
    if not is_tripped(run):
        return None
    assert run.load is not None
    assert run.load.trips is not None
    run.load = LoadRun(trips=closed(run.load.trips))
    return run.load.trips


def released(run: MeterRun) -> LoadTrips | None:
    """Return how the load stands after a named person's word: nothing is counted any more."""
    if run.load is None or run.load.trips is None:
        return None
    return replace(run.load.trips, trips=0, tripped_at=None, last_at=None)


def _apart(run: MeterRun) -> timedelta:
    return timedelta(seconds=APART_INTERVALS * run.interval_s)
