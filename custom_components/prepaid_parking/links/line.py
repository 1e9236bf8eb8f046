"""One physical line: whose turn it is, and how it fares.

A bus carries one request at a time. Everything of ours takes its turn here, hub-wide: readings
strictly one after another, a command before any reading that waits. So a command waits for the one
request that is on the wire and for no other, whatever else is dead or busy.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from statistics import median
from time import monotonic
from typing import Final
from weakref import WeakValueDictionary

_RECENT: Final = 101
"""Requests the latency is taken from: a minute of a busy line."""
_FIRST: Final[ContextVar[bool]] = ContextVar("first", default=False)
"""Whether what runs now is part of a command. Carried along by the context, so that no request of a
command, nor of the pulse it starts, can forget to say so."""


class Wire:
    """The turns on one physical endpoint: one holder, commands before readings, else by arrival."""

    def __init__(self) -> None:
        """Begin free."""
        self._taken = False
        self._commands: deque[asyncio.Future[None]] = deque()
        self._readings: deque[asyncio.Future[None]] = deque()

    async def take(self, *, first: bool) -> None:
        """Wait for the turn."""
        if not self._taken:
            self._taken = True
            return
        queue = self._commands if first else self._readings
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # A cancelled turn is passed over where it stands; one that was just given is passed on.
            if not turn.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Pass the turn on."""
        for queue in (self._commands, self._readings):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._taken = False


class Wires:
    """Every endpoint's wire by a key the caller chooses; one of these for the whole hub.

    Two lines of two sites behind the same gateway share one wire.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._wires: WeakValueDictionary[Hashable, Wire] = WeakValueDictionary()

    def of(self, endpoint: Hashable) -> Wire:
        """Return an endpoint's wire; it lasts as long as a line holds it."""
        wire = self._wires.get(endpoint)
        if wire is None:
            wire = self._wires[endpoint] = Wire()
        return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHealth:
    """How a line fares; times in seconds, None before there was any."""

    requests: int
    failures: int
    latency_last: float | None
    latency_p50: float | None
    commands: int
    command_wait_last: float | None
    command_wait_max: float | None


class Line:
    """One line of one site: gives turns on its wire and counts what became of them."""

    def __init__(self, wire: Wire | None = None, *, clock: Callable[[], float] = monotonic) -> None:
        """Begin on a wire shared with other lines, or on one of its own."""
        self._wire = wire or Wire()
        self._clock = clock
        self._requests = 0
        self._failures = 0
        self._latencies: deque[float] = deque(maxlen=_RECENT)
        self._commands = 0
        self._command_wait_last: float | None = None
        self._command_wait_max: float | None = None

    def turn(self) -> Turn:
        """Return a turn on the wire, to be held for one request; links open one around each."""
        return Turn(self)

    async def command[T](self, act: Callable[[], Awaitable[T]]) -> T:
        """Run a command at once: each of its requests goes before every reading that waits.

        Between two of its requests one reading may pass: nothing waits longer than one request.
        """
        self._commands += 1
        mark = _FIRST.set(True)
        try:
            return await act()
        finally:
            _FIRST.reset(mark)

    def health(self) -> LineHealth:
        """Return how the line fares."""
        return LineHealth(
            requests=self._requests,
            failures=self._failures,
            latency_last=self._latencies[-1] if self._latencies else None,
            latency_p50=median(self._latencies) if self._latencies else None,
            commands=self._commands,
            command_wait_last=self._command_wait_last,
            command_wait_max=self._command_wait_max,
        )

    async def begin(self) -> float:
        """Wait for the wire; returns when the request began."""
        first = _FIRST.get()
        asked = self._clock()
        await self._wire.take(first=first)
        began = self._clock()
        if first:
            self._command_wait_last = began - asked
            self._command_wait_max = max(self._command_wait_max or 0.0, began - asked)
        return began

    def end(self, began: float, *, failed: bool) -> None:
        """Note what became of a request and pass the wire on."""
        self._requests += 1
        self._failures += failed
        self._latencies.append(self._clock() - began)
        self._wire.give()


class Turn:
    """One request's time on the wire.

    A class and not a generator: it is opened for every request, and this costs a third.
    """

    __slots__ = ("_began", "_line")

    def __init__(self, line: Line) -> None:
        """Belong to a line."""
        self._line = line
        self._began = 0.0

    async def __aenter__(self) -> None:
        self._began = await self._line.begin()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._line.end(self._began, failed=kind is not None)
