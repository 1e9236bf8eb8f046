"""Journey 12: a disk that is full or read-only loses nothing that was acknowledged, and is said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
import os
from pathlib import Path
import sqlite3
import subprocess

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.store import sqlite

from .accounts import PER_KWH, is_exact, is_sound
from .conftest import Hub
from .steps import meter_shows, no_repairs, paid_meter, post, reads, repair_shown, shows

FORCE = 0x0057


class SmallDisk:
    """A disk of two megabytes with the ledger on it."""

    def __init__(self, folder: Path) -> None:
        """Know where the ledger lies."""
        self.folder = folder
        self._filler = folder / "something-else"

    def mount(self) -> None:
        """Put it there, with what is there now."""
        kept = {file.name: file.read_bytes() for file in self.folder.iterdir() if file.is_file()}
        self._mount("-t", "tmpfs", "-o", "size=2m", "tmpfs")
        try:
            for name, content in kept.items():
                (self.folder / name).write_bytes(content)
        except OSError:
            self.unmount()
            raise

    def fill(self) -> None:
        """Leave no room, as a recorder does that was never purged."""
        descriptor = os.open(self._filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for size in (65536, 4096, 512, 1):
                while True:
                    try:
                        os.write(descriptor, b"x" * size)
                    except OSError:
                        break
        finally:
            os.close(descriptor)

    def clear(self) -> None:
        """Make room again."""
        self._filler.unlink()

    def write_protect(self, *, on: bool) -> None:
        """Refuse all writing, as a worn-out card does; nothing may be open for writing."""
        self._mount("-o", f"remount,{'ro' if on else 'rw'}")

    def unmount(self) -> None:
        """Take it away, also from under a site that could not be stopped."""
        subprocess.run(["umount", "-l", self.folder], check=True)

    def _mount(self, *options: str) -> None:
        subprocess.run(["mount", *options, self.folder], check=True, capture_output=True)


@pytest.fixture
async def small_disk(hub: Hub) -> AsyncIterator[SmallDisk]:
    """A small disk with the site's ledger on it; only who may mount one can run these tests."""
    await hub.stop()
    folder = Path(hub.hass.config.path(".storage", DOMAIN))
    disk = SmallDisk(folder)
    try:
        await asyncio.to_thread(disk.mount)
    except subprocess.CalledProcessError, FileNotFoundError:
        pytest.skip("no permission to mount a small disk here")
    try:
        await hub.start()
        checkpoint_soon(hub)
        yield disk
        await hub.stop()
    finally:
        await asyncio.to_thread(disk.unmount)


def checkpoint_soon(hub: Hub) -> None:
    """Let open charges be noted down every second instead of every minute."""
    hub.data.keeper.checkpoint_every = timedelta(seconds=1)


class Medium:
    """What the ledger is written on: SQLite refuses to write where it is protected."""

    def __init__(self) -> None:
        """Begin writable."""
        self._protected = False
        self._connections: list[sqlite3.Connection] = []

    def protect(self, *, on: bool) -> None:
        """Let the open connection, and every later one, be refused or let it write again."""
        self._protected = on
        for connection in self._connections:
            with suppress(sqlite3.ProgrammingError):  # One that was closed meanwhile.
                self._tell(connection)

    def connected(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Take note of a connection that wants to write."""
        self._connections.append(connection)
        self._tell(connection)
        return connection

    def _tell(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA query_only={int(self._protected)}")


@pytest.fixture
async def medium(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Medium:
    """A medium that can become read-only while the ledger is open."""
    medium = Medium()
    connect = sqlite._connect_to_write

    def connected(path: Path, *, frozen: bool) -> sqlite3.Connection:
        return medium.connected(connect(path, frozen=frozen))

    monkeypatch.setattr(sqlite, "_connect_to_write", connected)
    await hub.restart()
    return medium


async def refused(hub: Hub, key: str, reference: str) -> None:
    """A payment is refused in clear words while it cannot be written down."""
    with pytest.raises(HomeAssistantError) as caught:
        await hub.call("top_up", wallet="w1", amount="5", channel="cash", reference=reference)
    assert caught.value.translation_key == f"store_{key}"
    assert caught.value.translation_domain == DOMAIN


async def test_a_full_disk_stops_no_metering_and_loses_nothing(
    small_disk: SmallDisk, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The tenant's balance goes on falling, no payment is taken that could be lost, and it ends by itself."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await asyncio.to_thread(small_disk.fill)
    modbus_device.add(kwh=1)
    await shows(hub, "98.40")
    await refused(hub, "disk_full", "second")
    await repair_shown(hub, "books_disk_full")
    modbus_device.add(kwh=1)
    await shows(hub, "97.60")
    assert (await hub.call("verify_ledger"))["ok"]

    await asyncio.to_thread(small_disk.clear)
    await no_repairs(hub)
    await hub.call("top_up", wallet="w1", amount="5", channel="cash", reference="second")
    await hub.call("top_up", wallet="w1", amount="5", channel="cash", reference="second")
    assert await post(hub) == "102.60"
    await hub.restart()
    assert (await hub.wallet("w1"))["balance"] == "102.60"
    await is_exact(hub.data.books, "m1", 3 * PER_KWH)
    await is_sound(hub.data.books)


async def test_nobody_is_cut_by_a_command_that_cannot_be_recorded(
    small_disk: SmallDisk, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A cut that is nowhere written down could never be undone by a payment."""
    await paid_meter(hub, modbus_line, modbus_device, "8")
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="5", alert2="1")
    await meter_shows(hub, lambda one: one["supply"] == "on")
    await asyncio.to_thread(small_disk.fill)
    modbus_device.add(kwh=12)
    await shows(hub, "-1.60")
    await repair_shown(hub, "books_disk_full")
    assert not modbus_line.log.writes(1)
    await asyncio.to_thread(small_disk.clear)
    await modbus_line.log.seen(unit=1, address=FORCE, values=(1, 1), timeout=30)
    await meter_shows(hub, lambda one: one["supply"] == "off")


async def test_a_hub_that_starts_on_a_full_disk_charges_the_gap_when_there_is_room(
    small_disk: SmallDisk, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Restarting does not make room, and must not make things worse."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await asyncio.to_thread(small_disk.fill)
    modbus_device.add(kwh=1)
    await shows(hub, "98.40")
    await hub.restart()
    modbus_device.add(kwh=1)
    await reads(hub, "1003")
    await asyncio.to_thread(small_disk.clear)
    await hub.restart()
    await shows(hub, "97.60")
    await no_repairs(hub)
    assert await post(hub) == "97.60"
    await is_exact(hub.data.books, "m1", 3 * PER_KWH)
    await is_sound(hub.data.books)


async def test_a_ledger_that_becomes_read_only_is_said_and_takes_up_again(
    medium: Medium, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A file system that went read-only for a while costs no entry and no energy."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    checkpoint_soon(hub)
    medium.protect(on=True)
    modbus_device.add(kwh=1)
    await shows(hub, "98.40")
    await refused(hub, "read_only", "second")
    await repair_shown(hub, "books_read_only")
    modbus_device.add(kwh=1)
    await shows(hub, "97.60")
    medium.protect(on=False)
    await no_repairs(hub)
    await hub.call("top_up", wallet="w1", amount="5", channel="cash", reference="second")
    assert await post(hub) == "102.60"
    await is_exact(hub.data.books, "m1", 3 * PER_KWH)
    await is_sound(hub.data.books)


async def test_trouble_that_only_a_checkpoint_met_is_over_with_the_next(
    small_disk: SmallDisk, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A warning that stays for hours after the cause is gone teaches people to ignore it."""
    await paid_meter(hub, modbus_line, modbus_device, "10000")
    await asyncio.to_thread(small_disk.fill)
    modbus_device.add(kwh="0.01")
    await repair_shown(hub, "books_disk_full")
    await asyncio.to_thread(small_disk.clear)
    modbus_device.add(kwh="0.01")
    await no_repairs(hub)


async def test_a_hub_that_starts_on_a_read_only_disk_reads_meters_and_books_nothing(
    small_disk: SmallDisk, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """What was paid is shown, nothing is promised, and all is charged when the disk can be written."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await hub.stop()
    await asyncio.to_thread(small_disk.write_protect, on=True)
    await hub.start()
    assert hub.data.books.state is BooksState.READ_ONLY
    await repair_shown(hub, "books_read_only")
    modbus_device.add(kwh=1)
    await shows(hub, "98.40")
    await refused(hub, "read_only", "second")
    await hub.stop()
    await asyncio.to_thread(small_disk.write_protect, on=False)
    await hub.start()
    await shows(hub, "98.40")
    await no_repairs(hub)
    await post(hub)
    await is_exact(hub.data.books, "m1", 2 * PER_KWH)
    await is_sound(hub.data.books)
