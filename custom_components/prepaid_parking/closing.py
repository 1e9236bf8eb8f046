"""The end of a site's run: no bus is touched any more, every window is posted, the thread is joined."""

import asyncio
from typing import Protocol

from homeassistant.core import Event

from .operations.keeper import Keeper
from .store.books import Books


class Links(Protocol):
    """What is attached to a site."""

    async def stop(self) -> None: ...


class Closing:
    """Ends a site in two steps, each done once: stop is not unload, and the hub may go on between."""

    def __init__(self, books: Books, keeper: Keeper) -> None:
        """Prepare for books that are open."""
        self.links: Links | None = None
        self._books = books
        self._keeper = keeper
        self._quiet = False
        self._lock = asyncio.Lock()

    async def quiet(self) -> None:
        """Stop the links and post what is open."""
        async with self._lock:
            if self._quiet:
                return
            self._quiet = True
            if self.links is not None:
                await self.links.stop()
            if self._books.writable:
                await self._keeper.stop()

    async def on_final_write(self, _: Event) -> None:
        """Close with the hub."""
        await self.close()

    async def close(self) -> None:
        """Close the books as well."""
        await self.quiet()
        await self._books.close()
