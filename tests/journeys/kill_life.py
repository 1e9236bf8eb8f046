"""One life of a site without a hub: store, operations and keeper, told what to do through a socket.

A process forks for every line it is told (a folder and a socket): imports cost more than a whole run.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
import os
from pathlib import Path
import sys
from typing import Any

from custom_components.prepaid_parking.operations import keeper as keeping
from custom_components.prepaid_parking.operations.site import Site

from .kill_world import load

keeping.TICK_S = 0.01  # type: ignore[misc]  # an hour of the site's time passes in a moment


class Life(ABC):
    """A site from its birth to its end, or to its death at any word."""

    site: Site
    keeper: keeping.Keeper
    folder: Path

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._work: set[asyncio.Task[None]] = set()

    @abstractmethod
    def now(self) -> datetime:
        """Return what the site's clock shows."""

    @abstractmethod
    async def begin(self, words: list[str]) -> None:
        """Take note of what is said before the books are opened."""

    @abstractmethod
    async def opened(self) -> None:
        """Do what follows the opening of the books."""

    @abstractmethod
    async def ended(self) -> None:
        """Put away what was opened."""

    @abstractmethod
    def do(self, words: list[str]) -> None:
        """Do what is asked, or begin to."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin what nobody waits for before the site ends."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def say(self, line: str) -> None:
        """Answer."""
        self._writer.write(f"{line}\n".encode())

    async def live(self, folder: Path, door: str) -> None:
        """Load the site, then do as told."""
        self.folder = folder
        reader, self._writer = await asyncio.open_unix_connection(door)
        await self.begin((await reader.readline()).decode().split())
        self.site, books = await load(folder, self.now)
        self.site.spawn = self.spawn
        await self.opened()
        self.keeper = keeping.Keeper(self.site)
        keeping_up = asyncio.create_task(self.keeper.run())
        self.say("ready")
        while line := (await reader.readline()).decode().split():
            if line == ["end"]:
                await asyncio.gather(*self._work)
                await self.keeper.stop()
                keeping_up.cancel()
                await asyncio.gather(*self._work)
                await self.ended()
                await books.close()
                self.say("bye")
                await self._writer.drain()
                return
            self.do(line)


def fork_for_each_line(life: Callable[[], Life]) -> None:
    """Fork for each life; say its process id first, and when it is over."""
    for line in sys.stdin:
        folder, door = line.split()
        pid = os.fork()
        if pid == 0:
            asyncio.run(life().live(Path(folder), door))
            os._exit(0)
        os.write(1, f"pid {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"gone\n")
