"""A whole hub in a process of its own: it can be started, spoken to, stopped and killed."""

import asyncio
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
import json
import os
from pathlib import Path
import signal
import socket
import sys
from typing import Any, Final

from aiohttp import ClientError
from homeassistant import config_entries
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers.json import JSONEncoder

from custom_components.prepaid_parking.const import DOMAIN
from script.demo.client import Hub as Client
from script.demo.trouble import DemoError

ROOT: Final = Path(__file__).parents[2]
READY_S: Final = 60
PARTS: Final = "frontend:\napi:\nlogger:\n  default: warning\n"
NO_FRONTEND: Final = """\
from pathlib import Path


def where() -> Path:
    return Path(__file__).parent
"""
"""A hub without its pages calls that an emergency; nobody looks at pages here."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class HubProcess:
    """A hub with one site, on a folder that outlives its processes."""

    def __init__(self, folder: Path, entry: ConfigEntry[Any]) -> None:
        """Write what it must find at its first start."""
        self.config = folder / "config"
        self._port = free_port()
        self._process: Process | None = None
        self._path = str(folder / "pages") if find_spec("hass_frontend") is None else ""
        if self._path:
            pages = folder / "pages" / "hass_frontend"
            pages.mkdir(parents=True)
            (pages / "__init__.py").write_text(NO_FRONTEND)
        storage = self.config / ".storage"
        storage.mkdir(parents=True)
        (self.config / "configuration.yaml").write_text(PARTS)
        (self.config / "custom_components").symlink_to(ROOT / "custom_components")
        done = {"done": ["core_config", "analytics", "integration"]}
        _store(storage / "onboarding", 4, 1, done)
        _store(storage / "http", 2, 2, _http(self._port))
        _store(
            storage / config_entries.STORAGE_KEY,
            config_entries.STORAGE_VERSION,
            config_entries.STORAGE_VERSION_MINOR,
            {"entries": [entry.as_dict()]},
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def ledger(self) -> Path:
        """Where the ledgers of its sites lie."""
        return self.config / ".storage" / DOMAIN

    async def start(self) -> None:
        """Start it; it is not up yet."""
        search = [self._path, os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # Else it compiles the hub at every start.
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "homeassistant", "--skip-pip", "--config", str(self.config)),
            stdout=DEVNULL,
            stderr=DEVNULL,
            env=environment,
        )

    async def kill(self) -> None:
        """Pull the plug."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Let it stop in peace."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.send_signal(how)
            await asyncio.wait_for(process.wait(), READY_S)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Log in as soon as it is up, and leave when it is running."""
        async with asyncio.timeout(READY_S):
            while not await self._serves():
                await asyncio.sleep(0.05)
        try:
            async with Client.logged_in(self.url) as client:
                async with asyncio.timeout(READY_S):
                    while not await _has_actions(client):
                        await asyncio.sleep(0.05)
                yield client
        except ClientError:
            if self._process is not None:
                raise  # From one that was killed there is nobody to take leave of.

    async def remembers_its_user(self) -> None:
        """Wait until the user is on disk: what the hub has not saved yet does not survive a kill."""
        saved = self.config / ".storage" / "auth"

        def written() -> bool:
            return saved.exists() and '"is_owner": true' in saved.read_text()

        async with asyncio.timeout(READY_S):
            while not await asyncio.to_thread(written):
                await asyncio.sleep(0.1)

    async def _serves(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True


async def _has_actions(client: Client) -> bool:
    try:
        await client.act("list_meters")
    except DemoError, ClientError:
        return False
    return True


def _http(port: int) -> dict[str, Any]:
    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    return {"stable": stable, "pending": None, "yaml_migration_done": True}


def _store(path: Path, version: int, minor: int, data: dict[str, Any]) -> None:
    content = {"version": version, "minor_version": minor, "key": path.name, "data": data}
    path.write_text(json.dumps(content, cls=JSONEncoder))
