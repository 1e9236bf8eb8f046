"""Where the demo keeps its things."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
import os
from pathlib import Path
import shutil
from typing import Final

from . import ROOT
from .trouble import DemoError

HOST: Final = "127.0.0.1"
"""The demo's password is no secret, so nothing of it listens beyond this machine."""
USER: Final = "demo"
PASSWORD: Final = "demo"  # noqa: S105  printed on the terminal, good for nothing but this demo
CHANNEL: Final = "Card (pretended)"
"""What stands on the payer's button: no real money moves."""
_LOCK: Final = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folder of a demo and what lies in it."""

    folder: Path

    @property
    def config(self) -> Path:
        """The hub's configuration."""
        return self.folder / "config"

    @property
    def logs(self) -> Path:
        """What each part says."""
        return self.folder / "logs"

    @property
    def broker(self) -> Path:
        """The broker's own files."""
        return self.folder / "broker"

    @property
    def simulator(self) -> Path:
        """The counts of the meters."""
        return self.folder / "simulator.json"

    @property
    def parts(self) -> Path:
        """Which processes are at work."""
        return self.folder / "parts.json"

    @property
    def choices(self) -> Path:
        """The ports and the broker that this demo was set up with."""
        return self.folder / "choices.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process; the lock goes with it, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(lock, 200).decode(errors="replace").strip() or "another process"
                message = (
                    f"This demo is running already: {holder}.\n"
                    "Stop it with Ctrl-C there, or start a second one with --folder OTHER."
                )
                raise DemoError(message) from None
            self.say_who(lock, f"process {os.getpid()}")
            yield
        finally:
            os.close(lock)

    def note_address(self, url: str) -> None:
        """Let a second start say where the first one is."""
        with (self.folder / _LOCK).open("r+b") as lock:
            self.say_who(lock.fileno(), f"process {os.getpid()}, {url}")

    @staticmethod
    def say_who(lock: int, text: str) -> None:
        """Write into the lock who holds it."""
        os.ftruncate(lock, 0)
        os.pwrite(lock, text.encode(), 0)

    def clear(self) -> None:
        """Start over: only the lock stays."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                # Links inside are removed, not followed: the integration is linked from here.
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()


def shown(path: Path) -> str:
    """Return a path as it is said: from the repository's root where it lies there."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
