"""Whether long work leaves the loop to others: its longest stretch without them, as a part of the whole."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import gc
from time import thread_time


@dataclass
class Stretches:
    """How long a work took, and its longest stretch, in CPU seconds of this thread.

    Compared with each other, for a busy machine makes both long. What other tests have left to Python's
    search for what is unused is not part of it.
    """

    total: float = 0.0
    longest: float = 0.0


@contextmanager
def stretches() -> Iterator[Stretches]:
    """Measure a work between the turns that another task of the loop gets meanwhile."""
    seen, last = Stretches(), thread_time()

    def look() -> None:
        nonlocal last
        now = thread_time()
        seen.total += now - last
        seen.longest = max(seen.longest, now - last)
        last = now

    async def watch() -> None:
        while True:
            look()
            await asyncio.sleep(0)

    gc.collect()
    gc.freeze()
    watching = asyncio.create_task(watch())
    last = thread_time()
    try:
        yield seen
    finally:
        look()
        watching.cancel()
        gc.unfreeze()
