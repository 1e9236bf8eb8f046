"""What decides about a site's supplies beside their balances, in memory: it holds and computes nothing.

Of what is durable here each part has a file of its own that writes it: schedules, load limits, the
respites of the cut list. The queue of those to be switched on is of this run only.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from ..core.identity import MeterId, WalletId
from ..core.load_limit import LoadCause, LoadLimit, LoadTrips, LoadWatch
from ..core.quota import QuotaUse
from ..core.respite import Respite, RespiteKind, SiteHold
from ..core.schedule import Phase, Schedule

DEFAULT_SPACING_S: Final = 2
"""An inrush of some seconds trips a main that a building's whole load does not."""

type Rank = tuple[int, datetime]
"""How often it was tried, and since when it waits: who was never tried goes first."""


@dataclass(slots=True)
class Stagger:
    """Who waits to be switched on, and who was last: one in `spacing_s` seconds, 0 all at once."""

    spacing_s: float = DEFAULT_SPACING_S
    last: MeterId | None = None
    last_at: datetime | None = None
    waiting: dict[MeterId, Rank] = field(default_factory=dict)
    queue: list[tuple[Rank, MeterId]] = field(default_factory=list)


@dataclass(slots=True)
class LoadRun:
    """A supply's load at work: what it has drawn lately, and what that has just tripped."""

    trips: LoadTrips | None = None
    watch: LoadWatch = field(default_factory=LoadWatch)
    cause: LoadCause | None = None


@dataclass(slots=True)
class QuotaRun:
    """A wallet's quota at work: as it is now, and as it was last written down."""

    use: QuotaUse
    kept: QuotaUse | None = None
    kept_at: datetime | None = None


@dataclass(slots=True)
class SupplyBook:
    """Schedules with their versions and present phases, load limits by scope, respites, the site's hold.

    `followed` are the phases whose supplies were told, `waking` those of them that wait to be.
    `days_left` is asked how long a wallet's money lasts; the shell says who knows.
    """

    schedules: dict[str, list[Schedule]] = field(default_factory=dict)
    phases: dict[str, Phase] = field(default_factory=dict)
    followed: dict[str, Phase] = field(default_factory=dict)
    waking: deque[MeterId] = field(default_factory=deque)
    limits: dict[str, LoadLimit] = field(default_factory=dict)
    respites: dict[WalletId, dict[RespiteKind, Respite]] = field(default_factory=dict)
    held: SiteHold | None = None
    stagger: Stagger = field(default_factory=Stagger)
    days_left: Callable[[WalletId, datetime], Decimal | None] = lambda _wallet, _now: None
