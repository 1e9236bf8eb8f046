"""Uses that run: what was used until now, by the clock, a running machine or a counter.

What nobody has seen is not guessed. A counter that goes backwards or says nothing is a doubt, and
the use waits for a person; a machine that nobody watched is charged by rule where it was on before
and after, and not at all where it was found off.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .identity import CardId, DepositId, PointId, TariffId, UseId, WalletId
from .metering import Quantity
from .use_point import Basis, Outage, Proof

UNWATCHED: Final = timedelta(seconds=90)
"""Looks are a second apart; so long without one, and the hub was down or the thing away."""
SILENT: Final = timedelta(seconds=60)
"""A sensor may be away for a moment, when its integration is loaded anew."""
MILLISECOND: Final = timedelta(milliseconds=1)


class UseState(StrEnum):
    """How far a use is; `ending` is settled, and its switch not yet seen off."""

    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"


class UseEnd(StrEnum):
    """Why a use ended; the values are translation keys."""

    BY_HAND = "by_hand"
    TIME_UP = "time_up"
    MONEY_UP = "money_up"
    SWITCHED_OFF = "switched_off"
    NOT_STARTED = "not_started"


class UseDoubt(StrEnum):
    """Why a counter is not believed; the values are translation keys."""

    SILENT = "counter_silent"
    BACKWARDS = "counter_backwards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use from its start to its end, as it outlives a restart.

    A timed use was paid when it began and has neither tariff nor basis; a metered one is priced
    when it ends. `count` is the counter as last believed, `ran_ms` how long the switch was on, `free_ms`
    the time that costs nothing, each up to `looked_at`; `on` is what the switch showed then.
    """

    id: UseId
    no: int
    wallet: WalletId
    started_at: datetime
    looked_at: datetime
    state: UseState = UseState.RUNNING
    point: PointId | None = None
    card: CardId | None = None
    tariff: TariffId | None = None
    version: int = 0
    basis: Basis | None = None
    quantity: Quantity = Quantity.DURATION
    switch: str = ""
    counter: str = ""
    counter_unit: str = ""
    from_count: int = 0
    count: int = 0
    counted_at: datetime | None = None
    ran_ms: int = 0
    free_ms: int = 0
    on: bool = False
    outage: Outage = Outage.CHARGE
    proof: Proof | None = None
    deposit: DepositId | None = None
    held_minor: int = 0
    most_minor: int | None = None
    ends_at: datetime | None = None
    doubt: UseDoubt | None = None
    warned: bool = False
    ended_at: datetime | None = None
    end: UseEnd | None = None
    amount_minor: int = 0
    end_reference: str = ""

    @property
    def timed(self) -> bool:
        """Whether it was paid when it began."""
        return self.basis is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What there was to see of a use's things at a moment; None where one says nothing."""

    on: bool | None = None
    count: int | None = None


def quantity_used(use: Use, now: datetime) -> int:
    """Return what was used until now, in base units of the tariff's quantity."""
    match use.basis:
        case Basis.COUNTER:
            return use.count - use.from_count
        case Basis.RUNTIME:
            return use.ran_ms
        case _:
            return max(0, (now - use.started_at) // MILLISECOND - use.free_ms)


def looked(use: Use, seen: Seen, now: datetime, watched_from: datetime | None = None) -> Use:
    """Return a use after a look at its things, which are watched since `watched_from`.

    What a thing did not say while nobody watched is no silence: after a start of the hub its
    integrations come one after the other.
    """
    if now <= use.looked_at:
        return use
    return _counted(_switched(use, seen.on, now), seen.count, now, watched_from)


def believed(use: Use, count: int) -> Use:
    """Return a use whose counter a person has settled: `count` base units were used."""
    return replace(use, from_count=use.count - count, doubt=None)


def _switched(use: Use, on: bool | None, now: datetime) -> Use:
    """Count the time since the last look, as far as anybody knows what it was."""
    if use.switch and on is None:
        return use
    gap = now - use.looked_at
    watched = gap <= UNWATCHED
    still_on = not use.switch or (use.on and on is True)
    ran, free = use.ran_ms, use.free_ms
    if use.on and (watched or (still_on and use.outage is Outage.CHARGE)):
        ran += gap // MILLISECOND
    if not watched and (use.outage is Outage.FREE or not still_on):
        free += gap // MILLISECOND
    return replace(use, ran_ms=ran, free_ms=free, on=bool(on), looked_at=now)


def _counted(use: Use, count: int | None, now: datetime, watched_from: datetime | None) -> Use:
    if use.basis is not Basis.COUNTER or use.doubt is UseDoubt.BACKWARDS:
        return use
    if count is None:
        heard = max(use.counted_at or use.started_at, watched_from or use.started_at)
        return replace(use, doubt=UseDoubt.SILENT) if now - heard >= SILENT else use
    if count < use.count:
        return replace(use, doubt=UseDoubt.BACKWARDS)
    return replace(use, count=count, counted_at=now, doubt=None)
