"""Waiting for what announces itself to nobody: a port that opens, a hub that has started."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

_EVERY_S: Final = 0.2


async def until[T](said: Callable[[], Awaitable[T | None]], within_s: float) -> T | None:
    """Ask again and again until there is an answer; None if there was none in time."""
    try:
        async with asyncio.timeout(within_s):
            while (answer := await said()) is None:  # noqa: ASYNC110  another process's event
                await asyncio.sleep(_EVERY_S)
    except TimeoutError:
        return None
    return answer
