"""What a supply should be, from the books and from what the relay says: one function for every cut.

The supply is a level: it is decided anew each time from the world as it is. Nothing is ever switched
that has not been seen first, and only what our own cut switched off comes back when its reason ends.
"""

from dataclasses import dataclass, replace
from typing import Final

from .load_limit import LoadStand
from .policy import ManualOn
from .supply import AUTOMATIC, CutBy, RestoreMode, Supply, SupplyState
from .supply_rules import (
    View,
    Why,
    cut_forbidden,
    cut_refusal,
    hold_in_force,
    not_by_rule,
    restore_refusal,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the supply should be (`want` None: leave it), why, and how it stands until then."""

    want: bool | None
    why: Why
    state: SupplyState
    cut_by: CutBy | None = None


_CUT_WHY: Final = {
    CutBy.BALANCE: Why.BALANCE,
    CutBy.SCHEDULE: Why.SCHEDULE,
    CutBy.LOAD: Why.OVERLOAD,
    CutBy.USE: Why.NOT_IN_USE,
}
_ON_WHY: Final = {
    CutBy.BALANCE: Why.PAID,
    CutBy.SCHEDULE: Why.SCHEDULE_OVER,
    CutBy.LOAD: Why.OVERLOAD_OVER,
    CutBy.USE: Why.IN_USE,
}
_STRICTER: Final = tuple(RestoreMode)


def decide_supply(view: View) -> Decision:
    """Decide what a supply should be.

    Observation comes first, then what forbids every command, then a named person's hold, then money,
    load and schedule. A supply that nobody's wallet pays for is switched by those who use it, where
    that is what it is for.
    """
    if not view.relay:
        return Decision(want=None, why=Why.NO_RELAY, state=SupplyState.UNKNOWN)
    if view.seen is None:
        return Decision(want=None, why=Why.NOT_SEEN, state=SupplyState.UNKNOWN)
    if view.emergency:
        return _leave(view, Why.EMERGENCY)
    if hold_in_force(view.supply, view.now):
        return _held_on(view) if view.supply.hold_on else _held_off(view)
    if not view.bound and view.used is None:
        return _leave(view, Why.NOT_BOUND)
    return _on(view) if view.seen else _off(view)


def ours(supply: Supply) -> bool:
    """Tell whether the supply was last verified off by a cut of our own that nobody asked for."""
    return supply.cut_by in AUTOMATIC and supply.verified is False


def _held_off(view: View) -> Decision:
    if not view.seen:
        return Decision(want=None, why=Why.HOLD, state=SupplyState.HELD)
    refusal = cut_refusal(view, CutBy.HOLD)
    if refusal is not None:
        return _leave(view, refusal)
    return Decision(want=False, why=Why.HOLD, state=SupplyState.CUTTING, cut_by=CutBy.HOLD)


def _held_on(view: View) -> Decision:
    if view.seen:
        return Decision(want=None, why=Why.HOLD, state=SupplyState.ON, cut_by=CutBy.NOTHING)
    refusal = restore_refusal(view)
    if refusal is not None:
        return Decision(want=None, why=refusal, state=SupplyState.HELD)
    return Decision(want=True, why=Why.HOLD, state=SupplyState.RESTORING, cut_by=CutBy.NOTHING)


def _on(view: View) -> Decision:
    refused: Why | None = None
    for by in _wanted_off(view):
        # Verified off, and on again without us. The sighting itself is kept as verified: see `ours`.
        by_hand = view.supply.cut_by is by and view.supply.verified is not None
        refusal = _kept(view, by, by_hand=by_hand) or cut_refusal(view, by)
        if refusal is None:
            why = Why.SWITCHED_ON_BY_HAND if by_hand else _CUT_WHY[by]
            return Decision(want=False, why=why, state=SupplyState.CUTTING, cut_by=by)
        refused = refused or refusal
    if refused is not None:
        return Decision(want=None, why=refused, state=SupplyState.ON)
    return Decision(want=None, why=Why.NOTHING_DUE, state=SupplyState.ON, cut_by=CutBy.NOTHING)


def _wanted_off(view: View) -> list[CutBy]:
    """Return what would have the supply off, the weightiest first."""
    tripped = view.overload or view.load in (LoadStand.WAITING, LoadStand.LOCKED)
    wanted = (
        (CutBy.BALANCE, view.due),
        (CutBy.LOAD, tripped),
        (CutBy.SCHEDULE, view.scheduled_off),
        (CutBy.USE, _unused(view)),
    )
    return [by for by, is_wanted in wanted if is_wanted]


def _kept(view: View, by: CutBy, *, by_hand: bool) -> Why | None:
    """Honour the hand that switched on again, where the policy says so; never against a load limit."""
    honoured = by not in (CutBy.LOAD, CutBy.USE)
    keeps = by_hand and honoured and view.manual_on is ManualOn.KEEP
    return Why.KEPT_ON_BY_HAND if keeps else None


def _off(view: View) -> Decision:
    supply = view.supply
    unsure = supply.cut_by in AUTOMATIC and supply.verified is None
    if not ours(supply) and not unsure:
        return Decision(want=None, why=Why.OFF_BY_OTHERS, state=SupplyState.HELD)
    stays = _stays_off(view)
    if stays is not None and unsure:
        return replace(stays, why=Why.NOT_CONFIRMED, state=SupplyState.HELD)
    if stays is not None:
        return stays
    refusal = restore_refusal(view)
    if refusal is not None:
        state = SupplyState.HELD if refusal is Why.LOCKOUT else SupplyState.ARMED
        return Decision(want=None, why=refusal, state=state)
    mode = _restore_mode(view)
    if mode is RestoreMode.BY_HAND:
        return Decision(want=None, why=Why.BY_HAND, state=SupplyState.ARMED)
    if (mode is RestoreMode.ARMED or unsure) and supply.confirmed_at is None:
        why = Why.NOT_CONFIRMED if unsure else Why.ARMED
        return Decision(want=None, why=why, state=SupplyState.ARMED)
    why = _ON_WHY[supply.cut_by]
    return Decision(want=True, why=why, state=SupplyState.RESTORING, cut_by=CutBy.NOTHING)


def _stays_off(view: View) -> Decision | None:
    """Return why a supply that our own cut switched off is to stay so, None where it may come on."""
    by = view.supply.cut_by
    if view.due and by is not CutBy.BALANCE and cut_forbidden(view, CutBy.BALANCE) is None:
        # What is off already for another reason is from now on off for money as well.
        return Decision(want=None, why=Why.BALANCE, state=SupplyState.OFF, cut_by=CutBy.BALANCE)
    if view.crossed and by is CutBy.BALANCE:
        return Decision(want=None, why=Why.BALANCE, state=SupplyState.OFF)
    if not view.ledger_ok:
        return _leave(view, Why.LEDGER_CLOSED)
    if view.load is LoadStand.LOCKED:
        return Decision(want=None, why=Why.OVERLOAD_LOCKED, state=SupplyState.HELD)
    if view.load is LoadStand.WAITING:
        return Decision(want=None, why=Why.OVERLOAD, state=SupplyState.OFF)
    if by is not CutBy.BALANCE and not view.clock_ok:
        return _leave(view, Why.CLOCK)
    if _unused(view):
        return Decision(want=None, why=Why.NOT_IN_USE, state=SupplyState.OFF)
    if view.scheduled_off and view.clock_ok and not_by_rule(view, CutBy.SCHEDULE) is None:
        return Decision(want=None, why=Why.SCHEDULE, state=SupplyState.OFF)
    return None


def _unused(view: View) -> bool:
    """Tell whether it is for whoever uses it, and nobody does."""
    return not view.bound and view.used is False


def _restore_mode(view: View) -> RestoreMode:
    """Return what the way back needs: for money the stricter of the meter's and the policy's rule."""
    if view.supply.cut_by is not CutBy.BALANCE:
        return view.supply.restore
    return max(view.supply.restore, view.reconnect, key=_STRICTER.index)


def _leave(view: View, why: Why) -> Decision:
    off = SupplyState.OFF if ours(view.supply) else SupplyState.HELD
    return Decision(want=None, why=why, state=SupplyState.ON if view.seen else off)
