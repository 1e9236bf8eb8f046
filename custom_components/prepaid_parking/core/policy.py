"""When a wallet is warned and a supply may be cut: the rules in time and money, all pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from .identity import PolicyId
from .local_day import moments
from .wallet import Wallet, Watch

REARM_PART: Final = 10
REARM_LEAST_MINOR: Final = 100
"""A warning is said again only after the balance rose a tenth of its threshold above it, and at
least this much where the threshold is near zero: no hovering."""
LONGEST_SEARCH_DAYS: Final = 400
"""A calendar that forbids every cut for longer than this forbids it for good."""


class ManualOn(StrEnum):
    """What to do when somebody switches on by hand what was cut for want of money."""

    OFF_AGAIN = "off_again"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Named, versioned rules of warning and cutting; amounts in minor units.

    `alert_minor` and `alert2_minor` are the two warning thresholds. The mark is
    -(credit limit + exemption quota): crossed below it, restored at mark + hysteresis. Grace ends
    early when more than `overdraft_limit_minor` is owed below the mark. No supply is cut inside a
    no-cut hour (local time, may cross midnight), weekday (0 = Monday) or day.
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


def mark(policy: Policy) -> int:
    """Return the balance below which grace begins."""
    return -(policy.credit_limit_minor + policy.exempt_quota_minor)


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
    if policy.exempt_quota_minor and available_minor < -policy.credit_limit_minor:
        return WalletState.EXEMPT
    return WalletState.LOW if watch.low_level else WalletState.OK


def step(
    watch: Watch, policy: Policy, available_minor: int, now: datetime, fair_s: int
) -> tuple[Watch, list[Warned]]:
    """Carry a wallet's watch on to `now`.

    `fair_s` is how many seconds since the last step count for grace: those in which the hub was up,
    its clock was plausible and a payment was possible. Time before the warning never counts, so a
    grace begins on the step that warns and runs from the next.
    """
    said: list[Warned] = []
    watch = _step_low(watch, policy, available_minor, now, said)
    limit = mark(policy)
    if watch.crossed_at is None:
        if available_minor >= limit:
            return watch, said
        said.append(Warned.GRACE)
        watch = replace(watch, crossed_at=now, warned_at=now, grace_spent_s=0, grace_ended_at=None)
    elif available_minor >= limit + policy.hysteresis_minor:
        said.append(Warned.RECOVERED)
        return replace(
            watch, crossed_at=None, warned_at=None, grace_spent_s=0, grace_ended_at=None
        ), said
    elif watch.grace_ended_at is None:
        watch = replace(watch, grace_spent_s=watch.grace_spent_s + fair_s)
    if watch.grace_ended_at is None and _grace_over(watch, policy, available_minor):
        said.append(Warned.GRACE_ENDED)
        watch = replace(watch, grace_ended_at=now)
    return watch, said


def cutoff_at(watch: Watch, policy: Policy, now: datetime, zone: tzinfo) -> datetime | None:
    """Return when the supply is to be cut if nothing is paid and the hub stays up."""
    if watch.crossed_at is None:
        return None
    left = 0 if watch.grace_ended_at else max(0, policy.grace_hours * 3600 - watch.grace_spent_s)
    return next_cut(policy, now + timedelta(seconds=left), zone)


def may_cut(policy: Policy, at: datetime, zone: tzinfo) -> bool:
    """Tell whether the calendar lets a supply be cut at an instant."""
    local = at.astimezone(zone)
    if local.weekday() in policy.no_cut_weekdays or local.date() in policy.no_cut_dates:
        return False
    clock = local.time().replace(tzinfo=None)
    return not any(_inside(clock, start, end) for start, end in policy.no_cut_hours)


def next_cut(policy: Policy, at: datetime, zone: tzinfo) -> datetime | None:
    """Return the first instant from `at` on at which the calendar lets a supply be cut."""
    if may_cut(policy, at, zone):
        return at
    ends = [end for _, end in policy.no_cut_hours]
    day = at.astimezone(zone).date()
    for offset in range(LONGEST_SEARCH_DAYS):
        for moment in moments(day + timedelta(days=offset), ends, zone):
            if moment >= at and may_cut(policy, moment, zone):
                return moment
    return None


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


def _level(policy: Policy, available_minor: int) -> int:
    """Return how many of the two warning thresholds a balance is below."""
    return sum(available_minor < limit for limit in (policy.alert_minor, policy.alert2_minor))


def _grace_over(watch: Watch, policy: Policy, available_minor: int) -> bool:
    most = policy.overdraft_limit_minor
    if most is not None and available_minor < mark(policy) - most:
        return True
    return watch.grace_spent_s >= policy.grace_hours * 3600


def _inside(clock: time, start: time, end: time) -> bool:
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def _or(own: int | None, named: int) -> int:
    return named if own is None else own
