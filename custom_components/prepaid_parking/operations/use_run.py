"""Uses in memory: what each has cost so far, what is on its way to its switch, and what a tap did."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..core.identity import SYSTEM, Actor, WalletId
from ..core.ledger import Receipt
from ..core.use import Use, UseEnd
from ..core.use_point import UsePoint
from ..core.wallet import Card
from .facts import UseEvent
from .lane_facts import PassageKind


def _nothing() -> None:
    """Stop nothing."""


@dataclass(slots=True)
class UseRun:
    """A use at work.

    `kept` is the use as it was written down last, `accrued_minor` what it has cost beyond its
    deposit: spoken for in its wallet. `ending` is why it is to end, decided and perhaps not yet
    booked, and `ending_by` whose doing that is. `tries` counts how often its switch was told to be off,
    `next_at` is when it is told again and `stuck` that it does not obey; `watched_from` is since when its things are watched,
    and `stop` ends that.
    """

    use: Use
    kept: Use
    accrued_minor: int = 0
    ending: UseEnd | None = None
    ending_at: datetime | None = None
    ending_by: Actor = SYSTEM
    sending: bool = False
    tries: int = 0
    stuck: bool = False
    next_at: datetime | None = None
    watched_from: datetime | None = None
    stop: Callable[[], None] = _nothing

    def let_go(self) -> None:
        """Watch its things no longer: asked once by the site that closes, once by the use that ends."""
        stop, self.stop = self.stop, _nothing
        stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """What a tap did: it began or ended a use, or took what the receipt says."""

    point: UsePoint
    card: Card
    wallet: WalletId
    event: UseEvent
    receipt: Receipt | None = None
    use: Use | None = None
    opened: PassageKind | None = None
    repeated: bool = False
