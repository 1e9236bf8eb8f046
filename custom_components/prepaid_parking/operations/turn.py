"""One at a time: who changes a site's meters, wallets or rules takes a turn.

The keeper and every action run in the same event loop, but each of them waits for the books in the
middle of its work. Without turns a reading that arrives while a meter is being swapped would grow a
window that is about to be thrown away, and two that post one window would charge it twice over.
A lane takes none: a car waits, and the books themselves judge what a passage may spend.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
import functools
from typing import Any, Concatenate

from .site import Site


def in_turn[**P, R](
    work: Callable[Concatenate[Site, P], Awaitable[R]],
) -> Callable[Concatenate[Site, P], Coroutine[Any, Any, R]]:
    """Let an operation begin when the one before it has ended. It must not call another such one.

    Once begun it is carried through, also where its caller does not wait any longer: what the books
    have written by then must not be missing in memory.
    """

    async def taking(site: Site, *args: P.args, **kwargs: P.kwargs) -> R:
        async with site.turn:
            return await work(site, *args, **kwargs)

    @functools.wraps(work)
    async def waiting(site: Site, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.shield(taking(site, *args, **kwargs))

    return waiting
