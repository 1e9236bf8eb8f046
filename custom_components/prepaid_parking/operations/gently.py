"""Long walks over everything a site has, in steps: nobody else's work waits for their end."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import repeat
from time import perf_counter
from typing import Any, Final

STEP_S: Final = 0.01
"""A fifth of what the hub may be held up at most: what comes between two looks at the clock adds."""


async def gently[T](things: Iterable[T]) -> AsyncIterator[T]:
    """Go through things, and let others have the loop every hundredth of a second.

    Also before the first: several walks may begin in one breath. What is gone through must not
    change meanwhile.
    """
    await asyncio.sleep(0)
    began = perf_counter()
    for thing in things:
        if perf_counter() - began > STEP_S:
            await asyncio.sleep(0)
            began = perf_counter()
        yield thing


async def let_go(*many: list[Any] | dict[Any, Any]) -> None:
    """Empty long lists in steps: a hundred thousand records that go at once hold the hub up as well."""
    for things in many:
        take = things.popitem if isinstance(things, dict) else things.pop
        async for _ in gently(repeat(None, len(things))):
            take()
