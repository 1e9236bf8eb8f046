"""When a supply will be cut if nothing is paid: grace, calendar, respite and the order of a wallet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import groupby

from .calendars import Holidays, no_holidays
from .cut_calendar import next_cut
from .identity import MeterId
from .policy import Policy
from .wallet import Watch


@dataclass(frozen=True, slots=True)
class InOrder:
    """A supply of a wallet that may be cut: its place in the order, and how long after the one before."""

    meter: MeterId
    order: int
    delay_s: int


def cutoff_at(
    watch: Watch,
    policy: Policy,
    now: datetime,
    zone: tzinfo,
    holidays: Holidays = no_holidays,
    not_before: datetime | None = None,
) -> datetime | None:
    """Return when the first supply is to be cut if nothing is paid and the hub stays up.

    `not_before` is the end of what keeps the wallet from being cut meanwhile.
    """
    if watch.crossed_at is None:
        return None
    left = 0 if watch.grace_ended_at else max(0, policy.grace_s - watch.grace_spent_s)
    due = now + timedelta(seconds=left)
    return next_cut(policy, max(due, not_before or due), zone, holidays)


def turns(first: datetime, supplies: Iterable[InOrder]) -> dict[MeterId, datetime]:
    """Return when it is each supply's turn: the lowest order at once, each next after its delay.

    Those of one order wait for the last of the order before, each for its own delay.
    """
    found: dict[MeterId, datetime] = {}
    start = first
    for _, same in groupby(sorted(supplies, key=_order), key=_order):
        at_once = not found
        for one in same:
            wait = timedelta() if at_once else timedelta(seconds=one.delay_s)
            found[one.meter] = start + wait
        start = max(found.values())
    return found


def _order(one: InOrder) -> int:
    return one.order
