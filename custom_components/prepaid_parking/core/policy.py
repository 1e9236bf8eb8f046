"""When a wallet is warned and a supply may be cut: the rules in time and money, all pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from .identity import PolicyId
from .metering import Quantity
from .quota import QuotaPeriod
from .supply import RestoreMode
from .wallet import Wallet, Watch

REARM_PART: Final = 10
REARM_LEAST_MINOR: Final = 100
"""A warning is said again only after the balance rose a tenth of its threshold above it, and at
least this much where the threshold is near zero: no hovering."""
REARM_DAYS: Final = 1
"""Days left must rise by a tenth of the threshold, and at least by one, before that is said again."""
LONGEST_GRACE_S: Final = 7 * 86_400
"""Longer is a credit, and there is a limit for that."""


class ManualOn(StrEnum):
    """What to do when somebody switches on by hand what was cut for want of money."""

    OFF_AGAIN = "off_again"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Named, versioned rules of warning and cutting; amounts in minor units.

    `alert_minor` and `alert2_minor` are the two warning thresholds, `alert_days` (0: none) that in
    days the money lasts. The mark is -(credit limit + what the exemption quota covers): crossed below
    it, restored at mark + hysteresis. The quota is in money, or in base units of `exempt_of` where
    `exempt_units` is given. Grace ends early when more than `overdraft_limit_minor` is owed below the
    mark.

    No supply is cut inside a no-cut hour (local time, may cross midnight), weekday (0 = Monday) or
    day, on a holiday of `no_cut_calendar`, nor for money outside `cut_hours`, which are those of
    working days. `reconnect` is what a payment needs beside itself where the meter's own rule is
    less. A promise to pay holds for `promise_days` at most, once in `promise_every_days`.
    `schedule` is for the meters that have none of their own. `invoices`: each top-up asks for one.
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
    grace_minutes: int = 0
    alert_days: int = 0
    no_cut_calendar: str = ""
    cut_hours: tuple[tuple[time, time], ...] = ()
    reconnect: RestoreMode = RestoreMode.AUTO
    promise_days: int = 7
    promise_every_days: int = 30
    exempt_period: QuotaPeriod = QuotaPeriod.ALWAYS
    exempt_units: int = 0
    exempt_of: Quantity = Quantity.ENERGY
    schedule: str = ""
    invoices: bool = False

    @property
    def grace_s(self) -> int:
        """The whole grace in seconds."""
        return self.grace_hours * 3600 + self.grace_minutes * 60

    @property
    def exempts(self) -> bool:
        """Whether there is an exemption quota, in money or in units."""
        return self.exempt_quota_minor > 0 or self.exempt_units > 0


class WalletState(StrEnum):
    """How a wallet stands; frozen is a flag beside it."""

    OK = "ok"
    LOW = "low"
    EXEMPT = "exempt"
    GRACE = "grace"
    CUT_OFF = "cut_off"
    CLOSED = "closed"


class Warned(StrEnum):
    """What happened to a wallet on a step of its watch."""

    LOW = "low"
    LOW_DAYS = "low_days"
    REMINDED = "reminded"
    GRACE = "grace"
    GRACE_ENDED = "grace_ended"
    RECOVERED = "recovered"


def effective(policy: Policy, wallet: Wallet) -> Policy:
    """Return the policy with the wallet's own values in place of the named ones.

    A wallet that wants to be warned later is not warned at the policy's second threshold either.
    """
    own = (wallet.alert_minor, wallet.credit_limit_minor, wallet.exempt_quota_minor)
    if own == (None, None, None):
        return policy
    alert = _or(wallet.alert_minor, policy.alert_minor)
    return replace(
        policy,
        alert_minor=alert,
        alert2_minor=min(policy.alert2_minor, alert),
        credit_limit_minor=_or(wallet.credit_limit_minor, policy.credit_limit_minor),
        exempt_quota_minor=_or(wallet.exempt_quota_minor, policy.exempt_quota_minor),
    )


def mark(policy: Policy, covered_minor: int | None = None) -> int:
    """Return the balance below which grace begins.

    `covered_minor` is what a quota by period still covers; without it the whole quota does.
    """
    covered = policy.exempt_quota_minor if covered_minor is None else covered_minor
    return -(policy.credit_limit_minor + covered)


def first_watch(policy: Policy, wallet: Wallet) -> Watch:
    """Return the watch of a wallet that is being opened: empty, and not warned of being so."""
    return Watch(wallet=wallet.id, low_level=_level(effective(policy, wallet), 0))


def wallet_state(
    policy: Policy, watch: Watch, available_minor: int, *, closed: bool
) -> WalletState:
    """Name how a wallet stands."""
    if closed:
        return WalletState.CLOSED
    if watch.crossed_at is not None:
        return WalletState.CUT_OFF if watch.grace_ended_at is not None else WalletState.GRACE
    if policy.exempts and available_minor < -policy.credit_limit_minor:
        return WalletState.EXEMPT
    return WalletState.LOW if is_low(watch) else WalletState.OK


def is_low(watch: Watch) -> bool:
    """Tell whether a wallet is below a threshold, in money or in days."""
    return watch.low_level > 0 or watch.days_since is not None


def step(
    watch: Watch,
    policy: Policy,
    available_minor: int,
    now: datetime,
    fair_s: int,
    *,
    covered_minor: int | None = None,
    days_left: Decimal | None = None,
) -> tuple[Watch, list[Warned]]:
    """Carry a wallet's watch on to `now`.

    `fair_s` is how many seconds since the last step count for grace: those in which the hub was up,
    its clock was plausible and a payment was possible. Time before the warning never counts, so a
    grace begins on the step that warns and runs from the next. `days_left` None: nobody knows, and
    what was known before stays.
    """
    said: list[Warned] = []
    watch = _step_low(watch, policy, available_minor, now, said)
    watch = _step_days(watch, policy, days_left, now, said)
    limit = mark(policy, covered_minor)
    if watch.crossed_at is None:
        if available_minor >= limit:
            return watch, said
        said.append(Warned.GRACE)
        watch = replace(_not_crossed(watch), crossed_at=now, warned_at=now)
    elif available_minor >= limit + policy.hysteresis_minor:
        said.append(Warned.RECOVERED)
        return _not_crossed(watch), said
    elif watch.grace_ended_at is None:
        watch = replace(watch, grace_spent_s=watch.grace_spent_s + fair_s)
    if watch.grace_ended_at is None and _grace_over(watch, policy, available_minor, limit):
        said.append(Warned.GRACE_ENDED)
        watch = replace(watch, grace_ended_at=now)
    return watch, said


def _step_low(
    watch: Watch, policy: Policy, available_minor: int, now: datetime, said: list[Warned]
) -> Watch:
    level = _level(policy, available_minor)
    if level > watch.low_level:
        said.append(Warned.LOW)
        return replace(
            watch, low_level=level, low_since=watch.low_since or now, low_reminded_at=now
        )
    if watch.low_since is None:
        # Never warned: a wallet opened empty is warned of falling, wherever its first money lifts it.
        return watch if level == watch.low_level else replace(watch, low_level=level)
    margin = max(abs(policy.alert_minor) // REARM_PART, REARM_LEAST_MINOR)
    if available_minor >= policy.alert_minor + margin:
        return replace(watch, low_level=0, low_since=None, low_reminded_at=None)
    last, every = watch.low_reminded_at, timedelta(hours=policy.remind_hours)
    if level and last is not None and every and now - last >= every:
        said.append(Warned.REMINDED)
        return replace(watch, low_reminded_at=now)
    return watch


def _step_days(
    watch: Watch, policy: Policy, days_left: Decimal | None, now: datetime, said: list[Warned]
) -> Watch:
    """Warn by the days the money lasts; not in the breath in which the money itself was warned of."""
    if not policy.alert_days:
        return watch if watch.days_since is None else replace(watch, days_since=None)
    if days_left is None:
        return watch
    if watch.days_since is None:
        if days_left > policy.alert_days:
            return watch
        if Warned.LOW not in said and watch.crossed_at is None:
            said.append(Warned.LOW_DAYS)
        return replace(watch, days_since=now)
    margin = max(policy.alert_days // REARM_PART, REARM_DAYS)
    return watch if days_left < policy.alert_days + margin else replace(watch, days_since=None)


def _not_crossed(watch: Watch) -> Watch:
    return replace(
        watch, crossed_at=None, warned_at=None, grace_spent_s=0, grace_ended_at=None, due_at=None
    )


def _level(policy: Policy, available_minor: int) -> int:
    """Return how many of the two warning thresholds a balance is below."""
    return sum(available_minor < limit for limit in (policy.alert_minor, policy.alert2_minor))


def _grace_over(watch: Watch, policy: Policy, available_minor: int, limit: int) -> bool:
    most = policy.overdraft_limit_minor
    if most is not None and available_minor < limit - most:
        return True
    return watch.grace_spent_s >= policy.grace_s


def _or(own: int | None, named: int) -> int:
    return named if own is None else own
