"""A real hub in a process of its own: its files, its start and end, and what it has cost so far."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
import json
import os
from pathlib import Path
import socket
import sys
import tempfile
from typing import Any, Final

from script.demo.client import Hub
from script.demo.hub import wait_until_running, write_config
from script.demo.places import Places

from . import ROOT

type Data = dict[str, Any]

_NANOSECOND: Final = 1e-9
_STARTING: Final = 300


@contextmanager
def throw_away() -> Iterator[Path]:
    """Give a folder for one hub."""
    with tempfile.TemporaryDirectory(
        prefix="prepaid-benchmark-", ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def new_hub(folder: Path, *entries: Data) -> int:
    """Write the files of a hub that has these entries; returns the port it will listen on.

    Without the demo's pages: a list that is asked for anew with each car was a third of a rush.
    """
    port = free_port()
    write_config(Places(folder=folder), port, pages=False)
    store = {
        "version": 1,
        "minor_version": 5,
        "key": "core.config_entries",
        "data": {"entries": list(entries)},
    }
    (folder / "config" / ".storage" / "core.config_entries").write_text(json.dumps(store))
    return port


def add_settings(folder: Path, text: str) -> None:
    """Add to the hub's YAML."""
    settings = folder / "config" / "configuration.yaml"
    settings.write_text(f"{settings.read_text()}\n{text}\n")


def entry(domain: str, unique_id: str, data: Data, *subentries: Data, version: int = 1) -> Data:
    """Return a configuration entry as the hub keeps it."""
    return {
        "created_at": "2026-11-22T00:00:00+00:00", "modified_at": "2026-11-22T00:00:00+00:00",
        "data": data, "disabled_by": None, "discovery_keys": {}, "domain": domain,
        "entry_id": f"{domain}-benchmark", "minor_version": 1, "options": {},
        "pref_disable_new_entities": False, "pref_disable_polling": False, "source": "user",
        "subentries": list(subentries), "title": domain, "unique_id": unique_id,
        "version": version,
    }  # fmt: skip


def subentry(kind: str, key: str, title: str, data: Data) -> Data:
    """Return a subentry as the hub keeps it."""
    return {
        "data": data, "subentry_id": key, "subentry_type": kind, "title": title,
        "unique_id": f"{kind}:{key}",
    }  # fmt: skip


def modbus_line(number: int, port: int) -> Data:
    """Return a Modbus line of a site."""
    return subentry("line", f"line{number}", f"Line {number}", {
        "link": "modbus", "transport": "tcp", "host": "127.0.0.1", "port": port,
        "timeout": 1.0, "spacing": 0.0,
    })  # fmt: skip


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spent(pid: int) -> tuple[float, float]:
    """Return a process's CPU seconds and megabytes so far.

    From the scheduler's own account of each thread, in nanoseconds: the clock ticks of the usual
    place are too coarse for what takes a millisecond at a time.
    """
    seconds = 0.0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            seconds += int((thread / "schedstat").read_text().split()[0]) * _NANOSECOND
        except OSError:
            continue
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return seconds, pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def listening(port: int) -> None:
    """Wait until somebody listens on a port."""
    for _ in range(_STARTING):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return


@asynccontextmanager
async def running_hub(
    folder: Path, port: int, *, program: Sequence[str] = ("-m", "homeassistant")
) -> AsyncIterator[tuple[int, Hub]]:
    """Run a hub on its folder; yields its process id and a connection to it."""
    log = (folder / "hub.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *program, "--skip-pip", "--config", str(folder / "config"),
        stdout=log, stderr=log, cwd=ROOT,
        # What is not compiled once and kept is compiled at each start.
        env={key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
    )  # fmt: skip
    try:
        await listening(port)
        async with Hub.logged_in(f"http://127.0.0.1:{port}") as hub:
            await wait_until_running(hub)
            yield process.pid, hub
    finally:
        process.terminate()
        await process.wait()
        log.close()
