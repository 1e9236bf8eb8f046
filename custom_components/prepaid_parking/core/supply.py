"""What is known of a meter's supply, and the log of what it was commanded."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .identity import MeterId


class SupplyState(StrEnum):
    """Whether a meter lets through, as far as anybody has seen."""

    ON = "on"
    CUTTING = "cutting"
    OFF = "off"
    ARMED = "armed"
    HELD = "held"
    RESTORING = "restoring"
    FAULT = "fault"
    UNKNOWN = "unknown"


class CutBy(StrEnum):
    """What our own last cut was for: what did not switch a supply off does not switch it on."""

    NOTHING = "nothing"
    BALANCE = "balance"
    SCHEDULE = "schedule"
    LOAD = "load"
    HOLD = "hold"
    USE = "use"


AUTOMATIC: Final = frozenset({CutBy.BALANCE, CutBy.SCHEDULE, CutBy.LOAD, CutBy.USE})
"""Cuts that nobody in particular asked for; their end undoes them where they were verified."""


class CutMode(StrEnum):
    """Whether a supply is cut by rules at all; `never` leaves it to named persons."""

    AUTO = "auto"
    NEVER = "never"


class RestoreMode(StrEnum):
    """Whether a supply comes back by itself, after a confirmation on the spot, or never remotely."""

    AUTO = "auto"
    ARMED = "armed"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The durable half of a meter's supply: who said what must be, and what was last verified.

    A hold outranks the balance, a lockout every switching on, a protection every cut. `verified` is
    what the relay was last proven to be after our cut: None while a cut is under way, False once it
    is seen off, True once it is seen on again. `confirmed_at` is the tenant's or manager's word that
    an armed supply may come on.

    Of several supplies of a wallet those of the lowest `cut_order` are cut first, the next ones
    `cut_delay_s` later. `schedule` names the hours in which it is off; "" takes the policy's.
    """

    meter: MeterId
    restore: RestoreMode = RestoreMode.ARMED
    cut_by: CutBy = CutBy.NOTHING
    verified: bool | None = None
    verified_at: datetime | None = None
    state: SupplyState = SupplyState.UNKNOWN
    hold_on: bool | None = None
    hold_reason: str = ""
    hold_by: str = ""
    hold_until: datetime | None = None
    lockout_reason: str = ""
    lockout_by: str = ""
    protected: bool = False
    protected_reason: str = ""
    protected_until: datetime | None = None
    confirmed_at: datetime | None = None
    cut: CutMode = CutMode.AUTO
    cut_order: int = 0
    cut_delay_s: int = 0
    schedule: str = ""


class CommandOutcome(StrEnum):
    """How far a command came; it is done only when read back."""

    DECIDED = "decided"
    SENT = "sent"
    VERIFIED = "verified"
    FAILED = "failed"
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLog:
    """One command to a relay, valve or barrier: a log, never a queue.

    `target` is a meter's or a lane's id, `id` is unique per site and grows.
    """

    id: int
    target: str
    action: str
    at: datetime
    outcome: CommandOutcome
    outcome_at: datetime
    reason: str = ""
    actor: str = ""
    detail: str = ""
