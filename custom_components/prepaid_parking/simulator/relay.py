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
        self._due: list[tuple[bool, float]] = []

    @property
    def closed(self) -> bool:
        """Where the contacts are now."""
        while self._due and self.clock() >= self._due[0][1]:
            closed, at = self._due.pop(0)
            self._move(closed, Cause.COMMAND, at)
        return self._closed

    def command(self, *, closed: bool) -> None:
        """Take an order from the wire; the newest order counts."""
        self._order((closed, self.delay_s))

    def pulse(self, seconds: float, *, closed: bool = True) -> None:
        """Move for a time and go back alone: the pulse ends even if nobody asks again."""
        self._order((closed, self.delay_s), (not closed, self.delay_s + seconds))

    def by_hand(self, *, closed: bool, locked: bool = False) -> None:
        """Be switched at the device; locked, the wire no longer moves it."""
        self._due = []
        self.locked_by_hand = locked
        self._move(closed, Cause.HAND, self.clock())

    def _order(self, *steps: tuple[bool, float]) -> None:
        if self.stuck or self.locked_by_hand:
            return
        _ = self.closed
        now = self.clock()
        self._due = [(closed, now + after) for closed, after in steps]
        _ = self.closed

    def _move(self, closed: bool, cause: Cause, at: float) -> None:
        if closed != self._closed:
            self._closed = closed
            self.moves.append(Move(at=at, closed=closed, cause=cause))
