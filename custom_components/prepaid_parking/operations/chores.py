"""What time brings beside grace and commands, and what follows when a wallet's money has moved.

Two tables of what other files do, so that the keeper names none of them: a chore is due every so
often, a follow-up at once. Each begins from what the books say, so that a chore that was missed,
or done twice, ends the same.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from ..core.local_day import DAY
from .agreement_charges import look_at_agreements, note_rise
from .bill_paying import pay_open
from .billing import bill_the_day
from .challenges import expire_operations
from .collection import look_at_collection
from .commanding import forget_commands
from .day_close import close_yesterday
from .declining import forget_operations
from .demand_months import keep_demands
from .dividing import finish_dividing
from .emergency import hold_lanes
from .following import follow_uses
from .forecast import learn_days, look_again, look_ahead
from .giving_back import expire_packages
from .habits import note_days
from .held_kinds import go_on
from .hours import forget_hours, note_hours
from .invoices import number_invoices
from .lane_watch import watch_grants
from .long_stays import watch_long_stays
from .past_visits import end_past_visits
from .pay_looking import look_at_orders
from .pay_notices import forget_notices
from .pay_refund_steps import pursue_refunds
from .pictures import forget_pictures
from .plates import forget_plates
from .points import expire_points
from .price_corrections import finish_corrections
from .proving import prove_daily
from .renewing import renew_permits
from .risk_rules import forget_risks
from .schedules import follow_schedules
from .settlement_days import fetch_settlements
from .site import Site
from .tamper import forget_marks, look_for_hints, watch_losses
from .unwritten import write_up
from .wallet_run import WalletRun
from .wallets import end_freezes

type Chore = Callable[[Site, datetime], Awaitable[None]]
type FollowUp = Callable[[Site, WalletRun], Awaitable[None]]

SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)

CHORES: Final[tuple[tuple[timedelta, Chore], ...]] = (
    (MINUTE, finish_dividing),
    (SECOND, renew_permits),
    (SECOND, bill_the_day),
    (MINUTE, number_invoices),
    (MINUTE, keep_demands),
    (SECOND, follow_schedules),
    (MINUTE, note_hours),
    (MINUTE, note_days),
    (MINUTE, look_for_hints),
    (MINUTE, watch_losses),
    (DAY, forget_marks),
    (HOUR, forget_hours),
    (DAY, forget_commands),
    (MINUTE, expire_packages),
    (MINUTE, watch_long_stays),
    (MINUTE, end_past_visits),
    (MINUTE, close_yesterday),
    (SECOND, follow_uses),
    (SECOND, watch_grants),
    (SECOND, hold_lanes),
    (SECOND, write_up),
    (SECOND, look_at_orders),
    (DAY, forget_notices),
    (SECOND, pursue_refunds),
    (MINUTE, fetch_settlements),
    (MINUTE, forget_pictures),
    (MINUTE, finish_corrections),
    (HOUR, expire_points),
    (HOUR, forget_plates),
    (SECOND, expire_operations),
    (DAY, forget_operations),
    (MINUTE, go_on),
    (SECOND, look_at_agreements),
    (MINUTE, end_freezes),
    (HOUR, forget_risks),
    (MINUTE, look_at_collection),
    (HOUR, prove_daily),
    (SECOND, learn_days),
    (SECOND, look_ahead),
)
"""Done in their order, each when its time has passed since it was done last."""
FOLLOW_UPS: Final[tuple[FollowUp, ...]] = (note_rise, pay_open, look_again)
"""Done in their order for each wallet whose money has moved."""


class Chores:
    """When each chore was done last, in this run."""

    def __init__(self) -> None:
        """Begin with everything due."""
        self._done: dict[Chore, datetime] = {}

    def due(self, now: datetime) -> list[Chore]:
        """Return what is due, and take it as done; a clock that was set back makes it due as well."""
        ready = [
            chore
            for every, chore in CHORES
            if chore not in self._done or abs(now - self._done[chore]) >= every
        ]
        self._done.update(dict.fromkeys(ready, now))
        return ready
