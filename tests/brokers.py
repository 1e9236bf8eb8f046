"""A real Mosquitto for a test: on a free loopback port, stopped by its own process id."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
import socket
import subprocess
import tempfile
import time
from typing import Final

import pytest

from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.mqtt_device import MqttDevice

_SBIN: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_START_S: Final = 10.0


@dataclass(slots=True, kw_only=True)
class Mosquitto:
    """A broker that can go away and come back at the same address."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 0
    username: str | None = None
    password: str | None = None
    persistence: Path | None = None
    settings: Sequence[str] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """The address as `mqtt://user:password@host:port`."""
        login = f"{self.username}:{self.password}@" if self.username else ""
        return f"mqtt://{login}{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start and wait until the port answers."""
        self.port = self.port or free_port()
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(self._lines()) + "\n", encoding="utf-8")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_executable("mosquitto"), "-c", str(config)], stdout=log, stderr=log
            )
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """Stop in order, so that persistent sessions are written."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_START_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Go away and come back."""
        self.stop()
        self.start()

    def _lines(self) -> list[str]:
        lines = [
            f"listener {self.port} {self.host}",
            "set_tcp_nodelay true",
            "log_dest stderr",
            # Started by root it would change to a user that cannot read a test's folder.
            *(["user root"] if os.geteuid() == 0 else []),
            *self.settings,
        ]
        if self.persistence is not None:
            self.persistence.mkdir(parents=True, exist_ok=True)
            lines += ["persistence true", f"persistence_location {self.persistence}/"]
        if self.username is None:
            return [*lines, "allow_anonymous true"]
        passwords = self.folder / "passwords"
        subprocess.run(
            [_executable("mosquitto_passwd"), "-b", "-c", passwords, self.username,
             self.password or ""],
            check=True,
            capture_output=True,
        )  # fmt: skip
        return [*lines, "allow_anonymous false", f"password_file {passwords}"]

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        give_up = time.monotonic() + _START_S
        while time.monotonic() < give_up and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.005)
        self.stop()
        log = (self.folder / "mosquitto.log").read_text(encoding="utf-8")
        raise RuntimeError(f"Mosquitto did not start:\n{log}")


@contextmanager
def mosquitto(
    *,
    username: str | None = None,
    password: str | None = None,
    persistence: Path | None = None,
    port: int = 0,
    settings: Sequence[str] = (),
) -> Iterator[Mosquitto]:
    """Run a broker; `settings` are further lines of its configuration."""
    with tempfile.TemporaryDirectory(prefix="mosquitto-") as folder:
        broker = Mosquitto(
            folder=Path(folder),
            port=port,
            username=username,
            password=password,
            persistence=persistence,
            settings=settings,
        )
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()


@asynccontextmanager
async def alive[D: MqttDevice](broker: Mosquitto, device: D) -> AsyncIterator[D]:
    """Switch a device on, and off again; it is connected meanwhile."""
    await device.start(Broker.from_url(broker.url))
    try:
        async with asyncio.timeout(_START_S):
            await device.connected.wait()
        yield device
    finally:
        await device.stop()


def free_port() -> int:
    """A loopback port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _executable(name: str) -> str:
    path = shutil.which(name, path=_SBIN)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path
