"""What looks ahead, in memory: patterns of use, how long each wallet's money lasts, a tariff on trial.

It holds them and computes nothing. All of it can be made again from the hours in the books.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from ..core.day_plan import Planner
from ..core.forecast import Ahead, Pattern
from ..core.identity import MeterId, TariffId, WalletId
from ..core.tariff import Pricer


@dataclass(slots=True)
class TrialRun:
    """A tariff on trial: how far it is, and whether another one took its place."""

    percent: int = 0
    replaced: bool = False


@dataclass(slots=True)
class Outlook:
    """Patterns by meter, forecasts by wallet, and who waits for a new one.

    `learned_to` is the first local day that is not learned yet. `daily_minor` is asked what a wallet
    without meters spends in a day; the shell says who knows.
    """

    patterns: dict[MeterId, Pattern] = field(default_factory=dict)
    learned_to: date | None = None
    planners: dict[TariffId, tuple[Pricer, Planner]] = field(default_factory=dict)
    forecasts: dict[WalletId, Ahead] = field(default_factory=dict)
    waiting: deque[WalletId] = field(default_factory=deque)
    asked_at: datetime | None = None
    daily_minor: Callable[[int, datetime], int | None] = lambda _wallet, _now: None
    trial: TrialRun | None = None
