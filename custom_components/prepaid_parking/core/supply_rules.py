"""What forbids to switch a supply off or on: every cut and every restore passes through here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .load_limit import LoadStand
from .metering import Commodity
from .policy import ManualOn
from .supply import AUTOMATIC, CutBy, CutMode, RestoreMode, Supply


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
    SITE_HELD = "site_held"
    SHARED = "shared"
    NEVER_CUT = "never_cut"
    NO_CUT_HOURS = "no_cut_hours"
    VETOED = "vetoed"
    PROMISED = "promised"
    IN_TURN = "in_turn"
    TOO_COLD = "too_cold"
    PAID = "paid"
    ARMED = "armed"
    BY_HAND = "by_hand"
    STAGGERED = "staggered"
    SCHEDULE = "schedule"
    SCHEDULE_OVER = "schedule_over"
    NO_WAY_BACK = "no_way_back"
    OVERLOAD = "overload"
    OVERLOAD_OVER = "overload_over"
    OVERLOAD_LOCKED = "overload_locked"
    IN_USE = "in_use"
    NOT_IN_USE = "not_in_use"
    OFF_BY_OTHERS = "off_by_others"
    NOT_CONFIRMED = "not_confirmed"
    SWITCHED_ON_BY_HAND = "switched_on_by_hand"
    KEPT_ON_BY_HAND = "kept_on_by_hand"
    TOO_MANY_OPERATIONS = "too_many_operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a decision about one supply rests on.

    `seen` is the relay as read back in this run. `due` says that the wallet is past its grace,
    `crossed` that it is below the mark, `shared` that several wallets pay for it. `calendar` says
    that the policy knows of no quiet hours now, `window` that it is an hour in which it cuts, `turn`
    that the supplies before it in the order have had theirs. `spared` names the wallet's respite.
    `warm` is whether heat may be cut (None: nobody knows how cold it is). `scheduled_off` says that
    its schedule has it off now, `overload` that its power has just tripped its limit. `used` is
    whether somebody uses what is sold by the use behind it, None where nothing is.
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
    shared: bool = False
    window: bool = True
    turn: bool = True
    spared: Why | None = None
    site_held: bool = False
    reconnect: RestoreMode = RestoreMode.AUTO
    scheduled_off: bool = False
    overload: bool = False
    load: LoadStand = LoadStand.FREE
    used: bool | None = None


def hold_in_force(supply: Supply, now: datetime) -> bool:
    """Tell whether a named person's hold outranks the balance now."""
    return supply.hold_on is not None and (supply.hold_until is None or now < supply.hold_until)


def protected(supply: Supply, now: datetime) -> bool:
    """Tell whether the supply must not be cut now."""
    return supply.protected and (supply.protected_until is None or now < supply.protected_until)


def cut_refusal(view: View, by: CutBy = CutBy.BALANCE) -> Why | None:
    """Return why a cut is not allowed now, None where it is: every cut passes through here."""
    return cut_forbidden(view, by) or (None if view.fresh else Why.STALE)


def cut_forbidden(view: View, by: CutBy) -> Why | None:
    """Return which rule forbids to have a supply off for this reason, None where none does."""
    if not view.ledger_ok:
        return Why.LEDGER_CLOSED
    if not view.clock_ok:
        return Why.CLOCK
    if protected(view.supply, view.now):
        return Why.PROTECTED
    if view.site_held:
        return Why.SITE_HELD
    if view.commodity is Commodity.HEAT and not view.warm:
        return Why.TOO_COLD
    if by in (CutBy.BALANCE, CutBy.HOLD) and not view.calendar:
        return Why.NO_CUT_HOURS
    return not_by_rule(view, by) if by in AUTOMATIC else None


def restore_refusal(view: View) -> Why | None:
    """Return why switching on is not allowed, None where it is: every switching on passes here."""
    if view.supply.lockout_by:
        return Why.LOCKOUT
    return None if opens_remotely(view) else Why.BY_HAND


def not_by_rule(view: View, by: CutBy) -> Why | None:
    """Return what forbids a cut that nobody in particular asked for."""
    if view.shared:
        return Why.SHARED
    if view.supply.cut is CutMode.NEVER:
        return Why.NEVER_CUT
    if by in (CutBy.SCHEDULE, CutBy.USE):
        alone = opens_remotely(view) and view.supply.restore is RestoreMode.AUTO
        return None if alone else Why.NO_WAY_BACK
    if by is CutBy.LOAD:
        return None
    if not view.window:
        return Why.NO_CUT_HOURS
    return view.spared or (None if view.turn else Why.IN_TURN)


def opens_remotely(view: View) -> bool:
    """Tell whether the supply may be switched on from afar: never gas or steam, nobody sees the flame."""
    return (
        view.commodity not in (Commodity.GAS, Commodity.STEAM)
        and view.supply.restore is not RestoreMode.BY_HAND
    )
