"""How much power a supply may draw: over it for too long is off, tried again a few times, then off.

The hub is never the safety device: a fuse protects the wire. A load limit keeps a contract, and a
room that was wired for lamps from cooking on its sockets.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .identity import MeterId


class LoadCause(StrEnum):
    """What a load was switched off for."""

    OVER = "over"
    JUMP = "jump"


class LoadStand(StrEnum):
    """How a supply stands by its load."""

    FREE = "free"
    WAITING = "waiting"
    CLOSING = "closing"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLimit:
    """A limit in watts for a meter, a tariff or a policy (`scope`: `meter/m1`, `tariff/home` …).

    Above `limit_w` for `delay_s` the supply is switched off, and on again after `wait_s`, `retries`
    times; a trip that comes `reset_s` after the last one counts as the first. `jump_w` (0: none)
    trips at once where the power rises by so much between two readings: a heater plugged in.
    `limit_w` 0 is no limit, also where a wider scope has one.
    """

    scope: str
    limit_w: int
    delay_s: int = 30
    retries: int = 3
    wait_s: int = 600
    reset_s: int = 86_400
    jump_w: int = 0

    @property
    def watches(self) -> bool:
        """Whether anything can trip it."""
        return self.limit_w > 0 or self.jump_w > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTrips:
    """The durable half: how often a supply has tripped in a row, and since when it is off for it."""

    meter: MeterId
    trips: int = 0
    tripped_at: datetime | None = None
    last_at: datetime | None = None
    power_w: int = 0
    cause: LoadCause = LoadCause.OVER


@dataclass(frozen=True, slots=True)
class LoadWatch:
    """What the last power reading was, and since when the power has been over the limit."""

    power_w: int = 0
    at: datetime | None = None
    over_since: datetime | None = None


def watch_load(
    watch: LoadWatch, limit: LoadLimit, power_w: int, at: datetime, most_apart: timedelta
) -> tuple[LoadWatch, LoadCause | None]:
    """Take in a power reading; returns what it trips, if anything.

    A silence longer than `most_apart` is not evidence: the delay starts over after it, and a jump is
    judged between neighbours only.
    """
    near = watch.at is not None and timedelta() < at - watch.at <= most_apart
    jumped = near and limit.jump_w > 0 and power_w - watch.power_w >= limit.jump_w
    over = limit.limit_w > 0 and power_w > limit.limit_w
    since = None
    if over:
        since = watch.over_since if near and watch.over_since is not None else at
    seen = LoadWatch(power_w, at, since)
    if since is not None and at - since >= timedelta(seconds=limit.delay_s):
        return seen, LoadCause.OVER
    return seen, LoadCause.JUMP if jumped else None


def trip(
    trips: LoadTrips, limit: LoadLimit, cause: LoadCause, power_w: int, now: datetime
) -> LoadTrips:
    """Count a trip; after a long time without one it is the first again."""
    quiet = timedelta(seconds=limit.reset_s)
    again = trips.last_at is not None and timedelta() <= now - trips.last_at < quiet
    return replace(
        trips,
        trips=trips.trips + 1 if again else 1,
        tripped_at=now,
        last_at=now,
        power_w=power_w,
        cause=cause,
    )


def closed(trips: LoadTrips) -> LoadTrips:
    """Return how it stands once the supply is on again; the trips stay counted."""
    return replace(trips, tripped_at=None)


def stand(trips: LoadTrips | None, limit: LoadLimit | None, now: datetime) -> LoadStand:
    """Tell whether a load still keeps a supply off: for a while, until a person, or no longer.

    Where the limit was taken away nothing keeps it off any more.
    """
    if trips is None or trips.tripped_at is None:
        return LoadStand.FREE
    if limit is None or not limit.watches:
        return LoadStand.CLOSING
    if trips.trips > limit.retries:
        return LoadStand.LOCKED
    waited = now - trips.tripped_at >= timedelta(seconds=limit.wait_s)
    return LoadStand.CLOSING if waited else LoadStand.WAITING
