"""The processes of the demo: started, watched, stopped by their ids, never by a name."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import signal
import time
from typing import Final

import psutil

from . import ROOT, show
from .patience import until
from .places import HOST, Places, shown
from .trouble import DemoError

_TAIL_LINES: Final = 25


@dataclass(slots=True, kw_only=True)
class Part:
    """One process with a log of its own."""

    name: str
    command: Sequence[str]
    log: Path
    patience_s: float = 10.0
    """How long it may take to stop in order."""
    environment: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    async def start(self, places: Places) -> None:
        """Start it, apart from the terminal: Ctrl-C is for the demo, which stops all in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **self.environment}
        # It would make the hub compile all of itself at each start.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with self.log.open("ab") as log:
            log.write(f"--- started {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
            log.flush()
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=ROOT,
                start_new_session=True,
            )
        _note(places, self.name, self.process.pid)

    async def stop(self) -> None:
        """Stop it in order, and with force if it does not listen."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(self.patience_s):
                await self.process.wait()
        except TimeoutError:
            show.warn(f"The {self.name} did not stop within {self.patience_s:.0f} s: killed.")
            self.process.kill()
            await self.process.wait()

    async def gone(self) -> int:
        """Wait until it ends by itself; returns its exit status."""
        assert self.process is not None
        return await self.process.wait()

    async def listening(self, port: int, within_s: float) -> None:
        """Wait until something answers on its port."""

        async def open_now() -> bool | None:
            return await _answers(port) or None

        if not await until(open_now, within_s):
            message = f"The {self.name} does not answer on port {port} after {within_s:.0f} s."
            raise DemoError(f"{message}\n{self.tail()}")

    def tail(self) -> str:
        """Return the end of its log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        quoted = "\n".join(f"  | {line}" for line in lines[-_TAIL_LINES:])
        return f"The end of {shown(self.log)}:\n{quoted}"


def ended(status: int) -> str:
    """Say how a process ended."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"


async def stop_leftovers(places: Places) -> None:
    """Stop what a demo that was killed has left behind; known by id and time of start."""
    left = []
    for name, (pid, started) in _noted(places).items():
        try:
            process = psutil.Process(pid)
            if process.create_time() == started:
                left.append(process)
                show.step(f"Stopping the {name} of an earlier run (process {pid})")
                process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, stubborn = await asyncio.to_thread(psutil.wait_procs, left, 20)
    for process in stubborn:
        process.kill()
    places.parts.unlink(missing_ok=True)


def _note(places: Places, name: str, pid: int) -> None:
    noted = _noted(places) | {name: (pid, psutil.Process(pid).create_time())}
    places.parts.write_text(json.dumps(noted))


def _noted(places: Places) -> dict[str, tuple[int, float]]:
    try:
        return {name: tuple(known) for name, known in json.loads(places.parts.read_text()).items()}
    except FileNotFoundError, ValueError:
        return {}


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
