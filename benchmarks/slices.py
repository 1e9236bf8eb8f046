"""How long an event loop is away, and what it did itself meanwhile."""

import asyncio
from asyncio import Handle
from collections.abc import Iterator
from contextlib import contextmanager
import gc
from itertools import pairwise
from threading import get_ident
from time import perf_counter, thread_time
from typing import Any


class Watch:
    """How long the event loop was away, seen from the loop itself, and what it then did itself."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.seen: list[float] = []
        self.slice_s = 0.0
        self.own_s = 0.0
        self.collecting_s = 0.0

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Time the processor's work of everything that the loop runs.

        `own_s` is the longest without Python's search for what is unused, which may come in any of
        them; the longest of these is `collecting_s`.
        """
        handle: Any = Handle
        run = handle._run  # noqa: SLF001  the one place through which everything goes
        loop, searches, search_began = get_ident(), [0.0], 0.0

        def timed(one: Handle) -> None:
            searches[:] = [0.0]
            began = thread_time()
            run(one)
            took = thread_time() - began
            self.slice_s = max(self.slice_s, took)
            self.own_s = max(self.own_s, took - sum(searches))

        def searching(phase: str, _: dict[str, int]) -> None:
            nonlocal search_began
            if get_ident() != loop:
                return
            if phase == "start":
                search_began = thread_time()
                return
            searches.append(thread_time() - search_began)
            self.collecting_s = max(self.collecting_s, searches[-1])

        handle._run = timed  # noqa: SLF001
        gc.callbacks.append(searching)
        yield
        gc.callbacks.remove(searching)
        handle._run = run  # noqa: SLF001

    async def look(self) -> None:
        """Look at the clock at every turn of the loop."""
        while True:
            self.seen.append(perf_counter())
            await asyncio.sleep(0.001)

    def away(self) -> tuple[float, float]:
        """Return the longest time away and that of the slowest thousandth, in milliseconds."""
        gaps = sorted(after - before - 0.001 for before, after in pairwise(self.seen))
        return 1000 * gaps[-1], 1000 * gaps[-1 - len(gaps) // 1000]
