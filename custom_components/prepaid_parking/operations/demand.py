"""Demand and power factor: a meter is watched as it is read.

The watch is kept with every checkpoint. What lies between the last checkpoint and a crash is in the
register, and so in the next stretch. Where a version of the tariff begins to ask for something else,
the watch begins anew: each version is paid for its days.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.demand import Demand
from ..core.demand_state import DemandState, seen, stopped, watched
from ..core.identity import MeterId
from ..core.local_day import DAY
from ..core.standing_cursor import first_day
from ..core.tariff import Pricer
from ..core.terms import Terms
from .meter_run import MeterRun
from .site import Site

MICROSECOND: Final = timedelta(microseconds=1)
ENERGY_ONLY: Final = Demand(price_micro=0)
"""Watches a meter whose power factor alone is judged."""


async def load(site: Site) -> None:
    """Take up the meters under watch."""
    kept = await site.books.load(DemandState)
    site.periodic.demands = {one.meter: one for one in kept if one.binding}
    site.periodic.demands_ended = {
        meter for meter, one in site.periodic.demands.items() if one.ended
    }


def note_demand(site: Site, run: MeterRun, pricer: Pricer) -> None:
    """Take in what went through a meter up to its last good reading, where its tariff asks for it."""
    window, binding, installation = run.window, run.binding, run.installation
    state = site.periodic.demands.get(run.meter.id)
    if window is None or binding is None or installation is None:
        return
    if state is not None and state.binding == binding.id:
        if state.installation != installation.id:
            begun = installation.from_register
            state = replace(state, installation=installation.id, register=begun)
        state = over_versions(site, run, state, pricer, window.to_register, window.to_at)
        _note(site, run, state)
    elif state is None and not _is_watched(pricer):
        return
    terms = pricer.at(window.to_at).version.terms
    if not asks(terms):
        if state is not None and state.binding == binding.id and not state.ended:
            del site.periodic.demands[run.meter.id]
        return
    demand, register = terms.demand or ENERGY_ONLY, _reactive_register(site, run)
    if state is None or state.binding != binding.id:
        state = watched(
            run.meter.id,
            binding.id,
            installation.id,
            window.from_register,
            window.from_at,
            demand,
            site.zone,
            register,
        )
    _note(site, run, seen(state, demand, window.to_register, window.to_at, site.zone, register))


def over_versions(
    site: Site,
    run: MeterRun,
    state: DemandState,
    pricer: Pricer,
    register: int,
    at: datetime,
) -> DemandState:
    """Let a watch end, and begin anew, wherever until an instant a version asks for something else.

    Of the stretch across that instant the part before it still counts there, spread evenly.
    """
    while (begins := _asks_otherwise_from(pricer, state.watch.upto, at)) is not None:
        upto = state.watch.upto
        demand = pricer.at(upto).version.terms.demand or ENERGY_ONLY
        coming = pricer.at(begins).version.terms.demand or ENERGY_ONLY
        if asks(pricer.at(upto).version.terms):
            passed, length = (begins - upto) // MICROSECOND, (at - upto) // MICROSECOND
            before = max(0, register - state.register) * passed // length
            reactive, now = state.reactive_register, _reactive_register(site, run)
            if reactive is not None and now is not None:
                reactive += max(0, now - reactive) * passed // length
            state = seen(state, demand, state.register + before, begins, site.zone, reactive)
        last = first_day(begins, site.zone) - DAY
        state = stopped(state, coming, begins, site.zone, last)
    return state


def asks(terms: Terms) -> bool:
    """Tell whether terms ask for demand or power factor."""
    return terms.demand is not None or terms.power_factor is not None


def differ(before: Terms, terms: Terms) -> bool:
    """Tell whether terms ask for other demand or power factor than those before."""
    return (before.demand, before.power_factor) != (terms.demand, terms.power_factor)


def _note(site: Site, run: MeterRun, state: DemandState) -> None:
    site.periodic.demands[run.meter.id] = state
    site.periodic.demands_unkept.add(run.meter.id)
    if state.ended:
        site.periodic.demands_ended.add(run.meter.id)


def _is_watched(pricer: Pricer) -> bool:
    return any(asks(one.terms) for one in pricer.versions)


def _asks_otherwise_from(pricer: Pricer, since: datetime, until: datetime) -> datetime | None:
    """Return the first instant in a time from which a version asks otherwise than the one before."""
    before = pricer.at(since).version.terms
    for version in pricer.versions:
        if since < version.valid_from <= until:
            if differ(before, version.terms):
                return version.valid_from
            before = version.terms
    return None


def _reactive_register(site: Site, run: MeterRun) -> int | None:
    """Return where the meter of the same supply's reactive energy stood last."""
    other = site.meters.get(MeterId(run.meter.reactive))
    last = other.last if other is not None else None
    return last.register if last is not None else None
