"""A site in a process of its own that is killed and born again: how it is spoken to, and how it dies."""

from abc import ABC, abstractmethod
import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import random
import signal
import sys
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]


class Killing(ABC):
    """What goes on outside of a site that somebody pulls the plug of, again and again."""

    def __init__(self, folder: Path, process: Process, seed: int) -> None:
        """Begin before its first life."""
        self.folder = folder
        self.process = process
        self.rng = random.Random(seed)
        self.told = f"seed {seed}"
        self.door = folder / "door"
        self.came = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._left = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._answered, self.door)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    @abstractmethod
    def first_words(self) -> str:
        """Return what a site is told before it opens its books."""

    @abstractmethod
    async def live(self) -> None:
        """Have something go on, until the moment has come to pull the plug."""

    @abstractmethod
    def heard(self, words: list[str]) -> None:
        """Take note of what a site says."""

    @abstractmethod
    def lost(self) -> None:
        """Take note that a life has ended: what it did not answer it will not answer."""

    async def live_and_die(self) -> None:
        """Let the site run for a moment and kill it."""
        pid = await self.bear()
        if self.rng.random() < 0.15:
            # While it is loading.
            await asyncio.sleep(self.rng.random() * 0.08)
        else:
            await self.came.wait()
            await self.live()
            if self.rng.random() < 0.25:
                # While it is stopping.
                self.say("end")
            await asyncio.sleep(self.rng.random() * 0.03)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await self._gone()

    async def end_in_peace(self) -> None:
        """Have the site stop as a hub does."""
        self.say("end")
        await self._left.wait()
        await self._gone()

    async def bear(self) -> int:
        """Begin a life, and return its process."""
        self.came.clear()
        self._left.clear()
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{self.folder} {self.door}\n".encode())
        await stdin.drain()
        return int((await stdout.readline()).split()[1])

    async def _gone(self) -> None:
        assert self.process.stdout is not None
        assert (await self.process.stdout.readline()) == b"gone\n"

    def say(self, line: str) -> None:
        """Tell the site something; a dead one does not hear it."""
        assert self._writer is not None
        self._writer.write(f"{line}\n".encode())

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        writer.write(f"{self.first_words()}\n".encode())
        with suppress(ConnectionError):
            # What has no end was cut off by the death.
            while (line := await reader.readline()).endswith(b"\n"):
                match line.decode().split():
                    case ["ready"]:
                        self.came.set()
                    case ["bye"]:
                        self._left.set()
                    case words:
                        self.heard(words)
        if self._writer is writer:
            self.lost()
        writer.close()


@asynccontextmanager
async def cradle(module: str) -> AsyncIterator[Process]:
    """A process that forks a site for each line it is told."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, cwd=ROOT
    )
    yield process
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0
