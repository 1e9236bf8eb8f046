"""What a supply should be, from the books and from what the relay says: one function for every cut.

The supply is a level: it is decided anew each time from the world as it is. Nothing is ever switched
that has not been seen first, and only what our own empty-wallet cut switched off comes back for money.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .metering import Commodity
from .policy import ManualOn
from .supply import CutBy, RestoreMode, Supply, SupplyState


class Why(StrEnum):
    """The reason of a decision about a supply; the values are translation keys."""

    NOTHING_DUE = "nothing_due"
    NO_RELAY = "no_relay"
    NOT_SEEN = "not_seen"
    STALE = "stale"
    NOT_BOUND = "not_bound"
    EMERGENCY = "emergency"
    LEDGER_CLOSED = "ledger_closed"
    CLOCK = "clock"
    BALANCE = "balance"
    HOLD = "hold"
    LOCKOUT = "lockout"
    PROTECTED = "protected"
    NO_CUT_HOURS = "no_cut_hours"
    TOO_COLD = "too_cold"
    PAID = "paid"
    ARMED = "armed"
    BY_HAND = "by_hand"
    OFF_BY_OTHERS = "off_by_others"
    SWITCHED_ON_BY_HAND = "switched_on_by_hand"
    KEPT_ON_BY_HAND = "kept_on_by_hand"
    TOO_MANY_OPERATIONS = "too_many_operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a decision about one supply rests on.

    `seen` is the relay as read back in this run. `due` says that the wallet is past its grace,
    `crossed` that it is below the mark. `calendar` says that the policy's calendar allows a cut.
    `warm` is whether heat may be cut (None: nobody knows how cold it is).
    """

    supply: Supply
    commodity: Commodity
    now: datetime
    seen: bool | None
    fresh: bool
    bound: bool
    crossed: bool
    due: bool
    calendar: bool
    manual_on: ManualOn
    relay: bool = True
    clock_ok: bool = True
    emergency: bool = False
    ledger_ok: bool = True
    warm: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the supply should be (`want` None: leave it), why, and how it stands until then."""

    want: bool | None
    why: Why
    state: SupplyState
    cut_by: CutBy | None = None


def hold_in_force(supply: Supply, now: datetime) -> bool:
    """Tell whether a named person's hold outranks the balance now."""
    return supply.hold_on is not None and (supply.hold_until is None or now < supply.hold_until)


def protected(supply: Supply, now: datetime) -> bool:
    """Tell whether the supply must not be cut now."""
    return supply.protected and (supply.protected_until is None or now < supply.protected_until)


def decide_supply(view: View) -> Decision:
    """Decide what a supply should be.

    Observation comes first, then what forbids every command, then a named person's hold, then money.
    """
    if not view.relay:
        return Decision(want=None, why=Why.NO_RELAY, state=SupplyState.UNKNOWN)
    if view.seen is None:
        return Decision(want=None, why=Why.NOT_SEEN, state=SupplyState.UNKNOWN)
    if view.emergency:
        return _leave(view, Why.EMERGENCY)
    if hold_in_force(view.supply, view.now):
        return _held_on(view) if view.supply.hold_on else _held_off(view)
    if not view.bound:
        return _leave(view, Why.NOT_BOUND)
    return _on(view) if view.seen else _off(view)


def cut_refusal(view: View) -> Why | None:
    """Return why a cut is not allowed now, None where it is: every cut passes through here."""
    if not view.ledger_ok:
        return Why.LEDGER_CLOSED
    if not view.clock_ok:
        return Why.CLOCK
    if protected(view.supply, view.now):
        return Why.PROTECTED
    if not view.fresh:
        return Why.STALE
    if not view.calendar:
        return Why.NO_CUT_HOURS
    if view.commodity is Commodity.HEAT and not view.warm:
        return Why.TOO_COLD
    return None


def restore_refusal(view: View) -> Why | None:
    """Return why switching on is not allowed, None where it is: every switching on passes here."""
    if view.supply.lockout_by:
        return Why.LOCKOUT
    if view.commodity in (Commodity.GAS, Commodity.STEAM):
        return Why.BY_HAND
    return Why.BY_HAND if view.supply.restore is RestoreMode.BY_HAND else None


def _held_off(view: View) -> Decision:
    if not view.seen:
        return Decision(want=None, why=Why.HOLD, state=SupplyState.HELD)
    refusal = cut_refusal(view)
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


def ours(supply: Supply) -> bool:
    """Tell whether the supply was last verified off by our own empty-wallet cut."""
    return supply.cut_by is CutBy.BALANCE and supply.verified is False


def _on(view: View) -> Decision:
    # Verified off, and on again without us. The sighting itself is kept as verified: see `ours`.
    by_hand = view.supply.cut_by is CutBy.BALANCE and view.supply.verified is not None
    if not view.due:
        return Decision(want=None, why=Why.NOTHING_DUE, state=SupplyState.ON, cut_by=CutBy.NOTHING)
    if by_hand and view.manual_on is ManualOn.KEEP:
        return Decision(want=None, why=Why.KEPT_ON_BY_HAND, state=SupplyState.ON)
    refusal = cut_refusal(view)
    if refusal is not None:
        return _leave(view, refusal)
    why = Why.SWITCHED_ON_BY_HAND if by_hand else Why.BALANCE
    return Decision(want=False, why=why, state=SupplyState.CUTTING, cut_by=CutBy.BALANCE)


def _off(view: View) -> Decision:
    supply = view.supply
    if not ours(supply):
        return Decision(want=None, why=Why.OFF_BY_OTHERS, state=SupplyState.HELD)
    if view.crossed:
        return Decision(want=None, why=Why.BALANCE, state=SupplyState.OFF)
    if not view.ledger_ok:
        return _leave(view, Why.LEDGER_CLOSED)
    refusal = restore_refusal(view)
    if refusal is not None:
        state = SupplyState.HELD if refusal is Why.LOCKOUT else SupplyState.ARMED
        return Decision(want=None, why=refusal, state=state)
    if supply.restore is RestoreMode.ARMED and supply.confirmed_at is None:
        return Decision(want=None, why=Why.ARMED, state=SupplyState.ARMED)
    return Decision(want=True, why=Why.PAID, state=SupplyState.RESTORING, cut_by=CutBy.NOTHING)


def _leave(view: View, why: Why) -> Decision:
    off = SupplyState.OFF if ours(view.supply) else SupplyState.HELD
    return Decision(want=None, why=why, state=SupplyState.ON if view.seen else off)
