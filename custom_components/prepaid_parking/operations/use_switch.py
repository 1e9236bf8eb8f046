"""The switch of a point of use: an entity of the hub, or a meter's own relay.

A meter's relay is never commanded from here. Its supply is decided, switched and read back like any
other, by the same rules; here is only asked how it stands.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from ..core.errors import CoreError
from ..core.reconcile import decide_supply
from ..core.supply import CutBy
from ..core.supply_rules import Why, cut_forbidden, restore_refusal
from ..core.use_point import UsePoint
from .commanding import TRIES
from .deciding import is_fresh, view_of
from .in_use import is_meter, meter_of
from .meter_run import MeterRun
from .site import Site

STARTS_WITHIN: Final = timedelta(seconds=15)
"""A switch that shows nothing for so long did not switch."""
_SAID: Final = {
    Why.LOCKOUT: "locked_out",
    Why.HOLD: "held",
    Why.PROTECTED: "protected",
    Why.SITE_HELD: "site_held",
    Why.NEVER_CUT: "by_hand",
    Why.NO_WAY_BACK: "by_hand",
    Why.BY_HAND: "by_hand",
    Why.ARMED: "by_hand",
    Why.NOT_SEEN: "not_seen",
    Why.STALE: "not_seen",
    Why.OFF_BY_OTHERS: "off",
    Why.NOT_CONFIRMED: "off",
    Why.SCHEDULE: "scheduled",
    Why.OVERLOAD: "overloaded",
    Why.OVERLOAD_LOCKED: "overloaded",
    Why.TOO_MANY_OPERATIONS: "too_often",
}
"""How a reason is told to somebody who wants to use a machine; the rest are rules of the site."""


def is_on(site: Site, switch: str) -> bool | None:
    """Return what a switch shows, None where it says nothing: of a meter only what was read just now."""
    if not is_meter(switch):
        return site.using.things.is_on(switch)
    run = meter_of(site, switch)
    return run.seen if run is not None and is_fresh(run, site.clock()) else None


def starts_within(site: Site, switch: str) -> timedelta:
    """Return how long a switch may take to show that it is on: a meter as long as its tries take."""
    run = meter_of(site, switch)
    if run is None:
        return STARTS_WITHIN
    return max(STARTS_WITHIN, timedelta(seconds=TRIES * run.latency_s + run.interval_s))


def does_not_obey(site: Site, switch: str) -> bool:
    """Tell whether a meter's relay does not do what it is told."""
    run = meter_of(site, switch)
    return run is not None and run.command is not None and run.command.faulted


def check_meter(site: Site, point: UsePoint) -> None:
    """Refuse a meter that no use may switch: one that somebody's wallet pays for, or that rules protect."""
    run = meter_of(site, point.switch)
    if run is None:
        return
    if run.relay is None:
        raise CoreError("meter_has_no_relay", meter=run.meter.id)
    if run.binding is not None:
        raise CoreError("use_meter_is_bound", meter=run.meter.name, wallet=run.binding.wallet)
    view = view_of(site, run)
    why = cut_forbidden(view, CutBy.USE) or restore_refusal(view)
    if why is not None:
        raise _not_free(run, why)


def not_free(site: Site, switch: str, operations: int) -> CoreError | None:
    """Refuse a use whose meter could not be switched on now, or not off again at its end."""
    run = meter_of(site, switch)
    if run is None:
        return CoreError("unknown_meter", meter=switch) if is_meter(switch) else None
    if run.binding is not None:
        return CoreError("use_meter_is_bound", meter=run.meter.name, wallet=run.binding.wallet)
    view = view_of(site, run)
    end = decide_supply(replace(view, used=False, seen=None if view.seen is None else True))
    if end.want is not False:
        return _not_free(run, end.why)
    begin = decide_supply(replace(view, used=True))
    if begin.want is False or (begin.want is None and not view.seen):
        return _not_free(run, begin.why)
    today = site.clock().astimezone(site.zone).toordinal()
    if run.written_day == today and run.written_today + 2 > operations:
        return _not_free(run, Why.TOO_MANY_OPERATIONS)
    return None


def _not_free(run: MeterRun, why: Why) -> CoreError:
    return CoreError(not_free_key(why), meter=run.meter.name)


def not_free_key(why: Why) -> str:
    """Name the sentence that says why a supply is not free, and what to do."""
    return f"use_supply_not_free_{_SAID.get(why, 'by_rule')}"
