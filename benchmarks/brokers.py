"""A Mosquitto of our own for as long as a benchmark lasts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import shutil

from custom_components.prepaid_parking.simulator.broker import Broker

from .hubs import free_port


@asynccontextmanager
async def mosquitto(folder: Path) -> AsyncIterator[Broker]:
    """Run a broker on a free port."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    executable = shutil.which("mosquitto", path=path)
    if executable is None:
        raise SystemExit("Mosquitto is not installed: script/setup --demo names what is missing.")
    broker = Broker(port=free_port())
    settings = folder / "mosquitto.conf"
    lines = [
        f"listener {broker.port} {broker.host}",
        "allow_anonymous true",
        "set_tcp_nodelay true",
        "log_dest none",
        # Started by root it would change to a user that cannot read this folder.
        *(["user root"] if os.geteuid() == 0 else []),
    ]
    settings.write_text("\n".join(lines) + "\n")
    process = await asyncio.create_subprocess_exec(
        executable, "-c", str(settings), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _answers(broker)
        yield broker
    finally:
        process.terminate()
        await process.wait()


async def _answers(broker: Broker) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection(broker.host, broker.port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise SystemExit("Mosquitto does not start.")
