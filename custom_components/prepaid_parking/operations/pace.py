"""How soon a wallet will cross its mark: the rate of its meters over the last minutes."""

from datetime import datetime, timedelta
from typing import Final

from ..core.policy import effective
from .meter_run import MeterRun
from .quota import has_units_left, mark_of
from .shares import bears_nothing
from .site import Site
from .wallet_run import WalletRun

NEAR: Final = timedelta(minutes=2)
"""A wallet is near its mark when the rate of the last minutes would cross it within this time."""
MARK_EVERY: Final = timedelta(seconds=150)
"""Two marks this far apart: the rate is taken over the last two and a half to five minutes."""


def near(site: Site, wallet: WalletRun) -> bool:
    """Tell whether a wallet is above its mark and would cross it in a moment."""
    if bears_nothing(site, wallet):
        return False
    pace = sum(run.pace.minor_per_h for run in wallet.meters)
    if not pace:
        return False
    policy = effective(site.policy_of(wallet.wallet), wallet.wallet)
    if policy.exempt_units and has_units_left(wallet, policy):
        return False
    left = wallet.available_minor - mark_of(wallet, policy)
    return left >= 0 and left * 3600 < pace * int(NEAR.total_seconds())


def note_pace(run: MeterRun, at: datetime) -> None:
    """Keep the meter's pace in money per hour; posting a window in between changes nothing."""
    pace, window = run.pace, run.window
    assert window is not None
    if pace.marked_at is None or pace.older_at is None or at < pace.marked_at:
        pace.marked_at = pace.older_at = at
        pace.marked = pace.older = pace.counted
        return
    if at - pace.marked_at >= MARK_EVERY:
        pace.older_at, pace.older = pace.marked_at, pace.marked
        pace.marked_at, pace.marked = at, pace.counted
    seconds = int((at - pace.older_at).total_seconds())
    if seconds:
        grown = pace.counted - pace.older
        pace.minor_per_h = grown * 3600 // (seconds * window.denominator)
