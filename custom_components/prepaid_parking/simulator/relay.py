"""A relay or valve with its own mind: it needs time, it sticks, and people have hands."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic


class Cause(StrEnum):
    """Who moved a relay."""

    COMMAND = "command"
    HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One real movement of the contacts."""

    at: float
    closed: bool
    cause: Cause


class Relay:
    """Contacts that let the supply through while closed.

    An acknowledged command is not a movement: the contacts follow `delay_s` later, or, stuck or
    locked by hand, never.
    """

    def __init__(
        self,
        *,
        closed: bool = True,
        delay_s: float = 0.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Start in a known position."""
        self.delay_s = delay_s
        self.stuck = False
        self.locked_by_hand = False
        self.moves: list[Move] = []
        self._closed = closed
        self.clock = clock
        self._pending: tuple[bool, float] | None = None

    @property
    def closed(self) -> bool:
        """Where the contacts are now."""
        if self._pending is not None and self.clock() >= self._pending[1]:
            closed, _ = self._pending
            self._pending = None
            self._move(closed, Cause.COMMAND)
        return self._closed

    def command(self, *, closed: bool, after_s: float = 0.0) -> None:
        """Take an order from the wire; the newest order counts."""
        if self.stuck or self.locked_by_hand:
            return
        self._pending = (closed, self.clock() + after_s + self.delay_s)
        _ = self.closed

    def by_hand(self, *, closed: bool, locked: bool = False) -> None:
        """Be switched at the device; locked, the wire no longer moves it."""
        self._pending = None
        self.locked_by_hand = locked
        self._move(closed, Cause.HAND)

    def _move(self, closed: bool, cause: Cause) -> None:
        if closed != self._closed:
            self._closed = closed
            self.moves.append(Move(at=self.clock(), closed=closed, cause=cause))
