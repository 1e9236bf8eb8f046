"""When a wallet is warned and a supply is cut or restored."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from .identity import PolicyId


class ManualOn(StrEnum):
    """What to do when somebody switches on by hand what was cut for want of money."""

    OFF_AGAIN = "off_again"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Named, versioned rules of warning and cutting; amounts in minor units.

    `alert_minor` and `alert2_minor` are the two warning thresholds. The mark is
    -(credit limit + unused exemption quota): crossed below it, restored at mark + hysteresis. Grace
    ends early when more than `overdraft_limit_minor` is owed. No supply is cut inside a no-cut hour
    (local time, may cross midnight), weekday (0 = Monday) or day.
    """

    id: PolicyId
    version: int
    valid_from: datetime
    name: str = ""
    alert_minor: int = 5000
    alert2_minor: int = 1000
    credit_limit_minor: int = 0
    exempt_quota_minor: int = 0
    overdraft_limit_minor: int | None = None
    hysteresis_minor: int = 0
    grace_hours: int = 24
    no_cut_hours: tuple[tuple[time, time], ...] = ()
    no_cut_weekdays: tuple[int, ...] = ()
    no_cut_dates: tuple[date, ...] = ()
    manual_on: ManualOn = ManualOn.OFF_AGAIN
    operations_per_day: int = 20
    remind_hours: int = 24
