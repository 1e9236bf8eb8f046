"""What entities and triggers hear of a site: facts at once, states at their own pace.

Publishing is not billing. Every reading is charged when it comes; a state is written when somebody
waits for it and not more often than people can look, because writing states is what a busy hub
spends its time on (1.13 of 1.68 s per cycle with 500 meters).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .closing import Closing
from .core.identity import MeterId, TerminalId, TillId, WalletId
from .glance import Glance
from .lane_pictures import LanePictures
from .links.profile_file import Profiles
from .operations.desk_facts import TillFact
from .operations.facts import (
    BooksTrouble,
    DayClosed,
    Doubted,
    DoubtEnded,
    Fact,
    Hinted,
    HintEnded,
    HoursNoted,
    OrderFact,
    Proved,
    StepRefused,
    SupplyChanged,
    SupplyTrouble,
    UseFact,
    WalletEvent,
    WalletFact,
)
from .operations.gently import gently
from .operations.keeper import Keeper
from .operations.lane_facts import Passed, ReviewOpened, ReviewSettled, StayFact
from .operations.park_overview import ParkOverview, park_overview
from .operations.passages import Passages
from .operations.risk_facts import OperationFact, RiskFact
from .operations.settling_facts import DifferenceFact, RefundFact
from .operations.site import Site
from .operations.tally import Tally
from .room import Room
from .store.books import Books
from .store.privacy import Privacy

_LOGGER: Final = logging.getLogger(__name__)

ROSTER: Final = "roster"
"""The key under which it is said that things came or went."""
SITE: Final = "site"
PARK: Final = "park"
TILLS: Final = "tills"
COUNTERS_EVERY_S: Final = 30.0
PARK_EVERY_S: Final = 2.0
"""All who are inside are counted for it, which no car should wait for; longer than a glance lasts."""
LAST_CAR: Final = "last_car"
LAST_CAR_EVERY_S: Final = 1.0
"""Nobody reads more plates at a lane than one a second; the hub's history would keep them all."""
WRITES_PER_SLICE: Final = 50
SLICE_S: Final = 0.5
"""Fifty writes each half second: at most a hundred a second. They go in steps as well: what a meter says
for the first time is a new entity for each of its numbers."""
MANY_METERS: Final = 500
COUNTERS_OF_MANY_S: Final = 300.0

type PrepaidConfigEntry = ConfigEntry[PrepaidData]


@dataclass(slots=True, kw_only=True)
class LineState:
    """How a line is, as its link says."""

    connected: Callable[[], bool]
    report: Callable[[], dict[str, object]]


@dataclass(slots=True, kw_only=True)
class PayState:
    """How the ways to pay are, beside what the site's pay book knows.

    `idle` are names of channels whose keys are not there or are none, by their key. `port` is the
    port of its own that is open, `trouble` why none is that should be. `overheard` are terminals whose
    last call could be read along.
    """

    idle: dict[str, str] = field(default_factory=dict)
    port: int = 0
    trouble: str = ""
    overheard: set[TerminalId] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class PrepaidData:
    """A running site's parts."""

    site: Site
    books: Books
    privacy: Privacy
    keeper: Keeper
    coordinator: SiteCoordinator
    tally: Tally
    passages: Passages
    profiles: Profiles
    pictures: LanePictures
    park: Glance[ParkOverview] = field(default_factory=lambda: Glance(park_overview))
    room: Room = field(default_factory=Room)
    lines: dict[str, LineState] = field(default_factory=dict)
    pay: PayState = field(default_factory=PayState)
    closing: Closing = field(init=False)

    def __post_init__(self) -> None:
        """Know from the start how to end."""
        self.closing = Closing(self.books, self.keeper)


class SiteCoordinator:
    """Publishes what changed: by key, the urgent first, the counters every half minute.

    What changes with every car is published with the first one, then at its own pace.
    """

    def __init__(self, hass: HomeAssistant, *, counters_every: float = COUNTERS_EVERY_S) -> None:
        """Begin with nobody listening."""
        self._hass = hass
        self.counters_every = counters_every
        self._updates: dict[str, list[CALLBACK_TYPE]] = {}
        self._listeners: dict[str, list[Callable[[Fact], None]]] = {}
        self._urgent: dict[CALLBACK_TYPE, None] = {}
        self._slow: set[str] = set()
        self._something = asyncio.Event()
        self._slow_due = 0.0
        self._paced: set[str] = set()
        self._due: dict[str, float] = {}

    @callback
    def subscribe(self, key: str, update: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call `update` when what is published under a key has changed; returns how to stop that."""
        self._updates.setdefault(key, []).append(update)

        def unsubscribe() -> None:
            self._updates[key].remove(update)
            self._urgent.pop(update, None)

        return unsubscribe

    @callback
    def listen(self, listener: Callable[[Fact], None], key: str = "") -> CALLBACK_TYPE:
        """Call `listener` with every fact, or with those seen under a key; returns how to stop that.

        A thousand wallets must not each be asked whether a car is theirs.
        """
        listeners = self._listeners.setdefault(key, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    @callback
    def tell(self, fact: Fact) -> None:
        """Pass a fact on to all listeners, and publish what it changed."""
        keys = _keys(fact)
        for listener in [one for key in ("", *keys) for one in self._listeners.get(key, ())]:
            try:
                listener(fact)
            except Exception:  # One listener's fault must not stop the charging.
                _LOGGER.exception("A listener failed on %s", type(fact).__name__)
        for key in keys:
            self.touch(key)

    @callback
    def touch(self, key: str) -> None:
        """Publish what changed under a key at the next turn, or when its pace allows it."""
        if _pace(key):
            self._paced.add(key)
        else:
            self._urgent.update(dict.fromkeys(self._updates.get(key, ())))
        if key.startswith("lane:"):
            self._paced.add(last_car(key))
        self._something.set()

    @callback
    def count(self, meter: MeterId, wallet: WalletId | None) -> None:
        """Note that a meter's counters moved; they are published with the others."""
        self._slow.add(f"meter:{meter}")
        if wallet is not None:
            self._slow.add(f"wallet:{wallet}")

    async def run(self) -> None:
        """Publish until cancelled."""
        loop = asyncio.get_running_loop()
        self._slow_due = loop.time() + self.counters_every
        while True:
            due = min([self._slow_due, *(self._due.get(key, 0.0) for key in self._paced)])
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._something.wait()
            self._something.clear()
            self._publish_paced(loop.time())
            if loop.time() >= self._slow_due:
                self._publish_counters(loop.time())
            while self._urgent:
                await self._write_slice()
                await asyncio.sleep(SLICE_S if self._urgent else 0)

    def _publish_paced(self, now: float) -> None:
        for key in [one for one in self._paced if self._due.get(one, 0.0) <= now]:
            self._paced.remove(key)
            self._due[key] = now + _pace(key)
            self._urgent.update(dict.fromkeys(self._updates.get(key, ())))

    def _publish_counters(self, now: float) -> None:
        lines = (key for key in self._updates if key.startswith(("line:", "lane:")))
        keys = {*self._slow, *lines, SITE, PARK}
        self._slow.clear()
        for key in keys:
            self._urgent.update(dict.fromkeys(self._updates.get(key, ())))
        meters = sum(key.startswith("meter:") for key in self._updates)
        slowest = COUNTERS_OF_MANY_S if meters > MANY_METERS else self.counters_every
        self._slow_due = now + max(slowest, len(self._urgent) / 100)

    async def _write_slice(self) -> None:
        async for update in gently(list(self._urgent)[:WRITES_PER_SLICE]):
            if update not in self._urgent:
                continue  # It went while others had the loop.
            del self._urgent[update]
            try:
                update()
            except Exception:  # An entity's fault must not keep the others from being written.
                _LOGGER.exception("A state could not be written")


def last_car(lane: str) -> str:
    """Return the key under which is published what a lane shows of the car that was there last."""
    return f"{LAST_CAR}:{lane}"


def published_till(till: TillId) -> str:
    """Return the key under which a drawer is published."""
    return f"{TILLS}:{till}"


def _pace(key: str) -> float:
    """Return how many seconds at least lie between two publications of a key (0: none)."""
    if key == PARK:
        return PARK_EVERY_S
    return LAST_CAR_EVERY_S if key.startswith(LAST_CAR) else 0.0


def _keys(fact: Fact) -> list[str]:
    """Return the keys under which a fact is seen."""
    match fact:
        case WalletFact():
            named = fact.event in (WalletEvent.OPENED, WalletEvent.MOVED_IN)
            came = [ROSTER] if named else []
            meter = [f"meter:{fact.meter}"] if fact.meter else []
            return [f"wallet:{fact.wallet}", *meter, *came, SITE]
        case Doubted() | DoubtEnded() | Hinted() | HintEnded():
            about = fact.doubt if isinstance(fact, Doubted | DoubtEnded) else fact.hint
            return [f"meter:{about.meter}", SITE]
        case SupplyChanged() | SupplyTrouble():
            return [f"meter:{fact.meter}"]
        case Passed():
            return [f"lane:{fact.lane}", *([f"wallet:{fact.wallet}"] if fact.wallet else []), PARK]
        case StayFact():
            lane = [f"lane:{fact.lane}"] if fact.lane else []
            return [*lane, *([f"wallet:{fact.wallet}"] if fact.wallet else []), PARK]
        case ReviewOpened() | ReviewSettled():
            return [PARK]
        case HoursNoted() | DayClosed():
            return []
        case UseFact():
            return [f"wallet:{fact.wallet}"] if fact.wallet else []
        case OrderFact() | RefundFact() | OperationFact():
            wallet = fact.operation.wallet if isinstance(fact, OperationFact) else fact.wallet
            return [f"wallet:{wallet}", SITE] if wallet else [SITE]
        case TillFact():
            return [published_till(fact.till), TILLS]
        case BooksTrouble() | Proved() | StepRefused() | DifferenceFact() | RiskFact():
            return [SITE]
