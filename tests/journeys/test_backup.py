"""Backups made while money moves, restores of yesterday's ledger, damaged files, removed sites."""

import asyncio
from contextlib import closing
from hashlib import sha256
from pathlib import Path
import shutil
import sqlite3
import tarfile

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.archived import archive_folder, archived_ledgers, take_up
from custom_components.prepaid_parking.backup import async_post_backup, async_pre_backup
from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.store.books import Books

from .accounts import PER_KWH, all_entries, is_exact, is_sound
from .conftest import Hub
from .steps import (
    meter_shows,
    nothing_is_sent,
    paid_meter,
    post,
    reads,
    repair_shown,
    repairs,
    shows,
)


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside of the hub's own."""
    return tmp_path_factory.mktemp("elsewhere")


def ledger_files(hub: Hub) -> list[Path]:
    """Return the ledger's file and what lies beside it."""
    path = hub.data.books.path
    return sorted(path.parent.glob(f"{path.stem}.*"))


async def opened(folder: Path, hub: Hub) -> Books:
    """Open a copy of the site's ledger somewhere else."""
    site = str(hub.entry.data["site"])
    return await Books.open(folder / f"{site}.db", site=site, currency="CNY")


@pytest.mark.parametrize("log_first", [True, False])
async def test_a_copy_made_while_charging_is_a_good_ledger_in_any_order(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    elsewhere: Path,
    log_first: bool,
) -> None:
    """The backup that is needed one day must not turn out to be half a ledger."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    for number in range(50):
        await hub.call("top_up", wallet="w1", amount="1", channel="cash", reference=f"a{number}")

    await async_pre_backup(hub.hass)
    for number, file in enumerate(sorted(ledger_files(hub), reverse=log_first)):
        for again in range(20):
            reference = f"b{number}-{again}"
            await hub.call("top_up", wallet="w1", amount="1", channel="cash", reference=reference)
        modbus_device.add(kwh=1)
        shutil.copy(file, elsewhere)
    await async_post_backup(hub.hass)

    await reads(hub, f"{1001 + len(ledger_files(hub))}")
    copy = await opened(elsewhere, hub)
    assert (copy.state, copy.problem) == (BooksState.OK, "")
    await is_sound(copy)
    kept = {entry.event for entry in await all_entries(copy)}
    assert {f"topup/cash/a{number}" for number in range(50)} <= kept
    stretches = [one for one in await all_entries(copy) if one.kind is EntryKind.USAGE]
    assert stretches[0].detail["to_register"] == 1001 * PER_KWH
    await copy.close()
    await is_sound(hub.data.books)


def unpack(hub: Hub, folder: Path) -> None:
    """Take the ledger's files out of the backup the hub has made."""
    made = next(Path(hub.hass.config.path("backups")).glob("*.tar"))
    with tarfile.open(made) as outer:
        inner = outer.extractfile("homeassistant.tar.gz")
        assert inner is not None
        with tarfile.open(fileobj=inner, mode="r:gz") as tar:
            for member in tar.getmembers():
                if f"{DOMAIN}/{hub.entry.data['site']}" in member.name:
                    member.name = Path(member.name).name
                    tar.extract(member, folder, filter="data")


async def test_the_hubs_own_backup_holds_a_good_ledger(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, elsewhere: Path
) -> None:
    """What the hub's "back up now" writes down can be opened, with the last top-up in it."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    assert await async_setup_component(hub.hass, "backup", {})
    await hub.hass.async_block_till_done()
    await hub.hass.services.async_call("backup", "create", {}, blocking=True)
    unpack(hub, elsewhere)
    copy = await opened(elsewhere, hub)
    assert (copy.state, copy.problem) == (BooksState.OK, "")
    await is_sound(copy)
    await is_exact(copy, "m1", PER_KWH)
    await copy.close()
    assert (await hub.call("top_up", wallet="w1", amount="1", channel="cash"))["entry"]


def state(hub: Hub) -> BooksState:
    """Return how far the books are trusted."""
    return hub.data.books.state


def storage(hub: Hub) -> Path:
    """Return where the ledger lies."""
    return Path(hub.hass.config.path(".storage", DOMAIN))


def ledger_files_of(hub: Hub) -> list[Path]:
    """Return the files of the site while it is not loaded."""
    return sorted(storage(hub).glob(f"{hub.entry.data['site']}.*"))


def put_by(hub: Hub, folder: Path) -> None:
    """Keep a copy of the ledger of a site that is not loaded."""
    for file in ledger_files_of(hub):
        shutil.copy(file, folder)


def restore(hub: Hub, folder: Path) -> None:
    """Put a copy in the place of the ledger, as a restore of the hub does."""
    for file in ledger_files_of(hub):
        file.unlink()
    for file in folder.iterdir():
        shutil.copy(file, storage(hub))


async def rolled_back(hub: Hub, line: ModbusLine, device: AcrelDdsy1352, folder: Path) -> None:
    """Pay 8, keep a copy, pay 20 more and use 5 kWh, then restore the copy."""
    await paid_meter(hub, line, device, "8")
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="5", alert2="1")
    await meter_shows(hub, lambda one: one["supply"] == "on")
    await hub.stop()
    put_by(hub, folder)
    await hub.start()
    await hub.call("top_up", wallet="w1", amount="20", channel="cash", reference="lost")
    device.add(kwh=5)
    await shows(hub, "24.00")
    await hub.stop()
    restore(hub, folder)
    line.log.clear()
    await hub.start()


async def mend(hub: Hub, kind: str, **answers: str) -> None:
    """Go through the repair of a kind as its page does."""
    if repairs_flow_manager(hub.hass) is None:
        assert await async_setup_component(hub.hass, "repairs", {})
        await hub.hass.async_block_till_done()
    manager = repairs_flow_manager(hub.hass)
    assert manager is not None
    issue = next(
        one
        for (domain, _), one in ir.async_get(hub.hass).issues.items()
        if domain == DOMAIN and one.translation_key == kind
    )
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue.issue_id})
    done = await manager.async_configure(flow["flow_id"], answers)
    assert done["type"] == "create_entry", done
    await hub.hass.async_block_till_done()


async def test_a_ledger_of_yesterday_is_noticed_and_nobody_is_cut_by_it(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, elsewhere: Path
) -> None:
    """A top-up that a restore has lost must not turn off the tenant who made it."""
    await rolled_back(hub, modbus_line, modbus_device, elsewhere)
    assert state(hub) is BooksState.ROLLED_BACK
    await repair_shown(hub, "books_rolled_back")
    modbus_device.add(kwh=7)
    await shows(hub, "-1.60")
    await meter_shows(hub, lambda one: one["why"] == "ledger_closed")
    await nothing_is_sent(hub, modbus_line)
    with pytest.raises(HomeAssistantError):
        await hub.call("refund", wallet="w1", amount="1", channel="cash", reason="asks for it")

    await hub.call("top_up", wallet="w1", amount="20", channel="cash", reference="lost")
    await mend(hub, "books_rolled_back", reason="the lost top-up was entered again")
    await repair_gone(hub, "books_rolled_back")
    assert state(hub) is BooksState.OK
    await shows(hub, "18.40")
    modbus_device.add(kwh=24)
    await meter_shows(hub, lambda one: one["doubt"] is not None)
    await post(hub)
    await is_exact(hub.data.books, "m1", 12 * PER_KWH)
    await is_sound(hub.data.books)
    await hub.restart()
    assert state(hub) is BooksState.OK


async def repair_gone(hub: Hub, kind: str) -> None:
    """Wait until a repair is no longer shown."""

    async def gone() -> bool:
        return hub.entry.state is ConfigEntryState.LOADED and kind not in repairs(hub)

    await hub.until(gone, 20)


async def test_after_the_loss_is_accepted_an_empty_wallet_is_cut_again(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, elsewhere: Path
) -> None:
    """The freeze after a restore ends when a person says so."""
    await rolled_back(hub, modbus_line, modbus_device, elsewhere)
    modbus_device.add(kwh=7)
    await shows(hub, "-1.60")
    await mend(hub, "books_rolled_back", reason="there was none")
    await modbus_line.log.seen(unit=1, address=0x0057, values=(1, 1), timeout=20)
    assert any(one.kind is EntryKind.INCARNATION for one in await all_entries(hub.data.books))


async def test_barriers_open_while_the_ledger_is_behind(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, elsewhere: Path
) -> None:
    """People who are in must get out, whatever became of a file."""
    board = WaveshareRelay(unit=9)
    modbus_line.add(board)
    await paid_meter(hub, modbus_line, modbus_device)
    line_id = next(iter(hub.entry.get_subentries_of_type("line"))).subentry_id
    lane = {
        "line_id": line_id,
        "barrier": {"family": "waveshare_relay", "unit_id": 9, "coil": 0, "pulse": 0.2},
        "reader": {"family": "none"},
        "direction": "both",
        "fee": "0.00",
    }
    await hub.add("lane", "Gate", "lane:gate", lane)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w2", plates=["B-AB 1234"])
    await hub.stop()
    put_by(hub, elsewhere)
    await hub.start()
    await hub.call("top_up", wallet="w2", amount="5", channel="cash")
    await hub.stop()
    restore(hub, elsewhere)
    await hub.start()
    assert state(hub) is BooksState.ROLLED_BACK
    answer = await hub.call("plate_read", lane="Gate", plate="B-AB 1234")
    assert answer["kind"] == "admitted"

    async def pulsed() -> bool:
        return len(board.pulses(0)) == 1

    await hub.until(pulsed)


def damage(path: Path, table: str) -> str:
    """Overwrite where a table begins; return the fingerprint of the file."""
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xa5" * size
    path.write_bytes(content)
    return fingerprint(path)


def fingerprint(path: Path) -> str:
    """Return what tells a file from any other."""
    return sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("table", ["journal", "wallet"])
async def test_a_damaged_ledger_is_read_as_far_as_it_goes_and_never_replaced(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, table: str
) -> None:
    """A recorder starts afresh with an empty file; a ledger that did would forget everybody's money."""
    await paid_meter(hub, modbus_line, modbus_device)
    for number in range(200):
        await hub.call("top_up", wallet="w1", amount="1", channel="cash", reference=f"{number}")
    path = hub.data.books.path
    await hub.stop()
    damaged = damage(path, table)
    modbus_line.log.clear()

    await hub.start()
    await repair_shown(hub, "books_unreadable")
    if table == "journal":
        modbus_device.add(kwh=1)
        await reads(hub, "1001")
    with pytest.raises(HomeAssistantError):
        await hub.call("top_up", wallet="w1", amount="5", channel="cash")
    assert fingerprint(path) == damaged
    await hub.restart()
    await hub.stop()
    assert fingerprint(path) == damaged
    assert not modbus_line.log.writes()


async def test_a_removed_site_leaves_its_ledger_in_the_archive_and_can_be_taken_up_again(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Removing an integration by mistake must not delete what tenants have paid."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    site = str(hub.entry.data["site"])
    await hub.hass.config_entries.async_remove(hub.entry.entry_id)
    await hub.hass.async_block_till_done()
    assert ledger_files_of(hub) == []
    ledgers = await asyncio.to_thread(archived_ledgers, archive_folder(hub.hass))
    assert [(one.site, one.currency, one.units) for one in ledgers] == [
        (site, "CNY", ("Flat 3-201",))
    ]

    await asyncio.to_thread(take_up, ledgers[0])
    entry = MockConfigEntry(
        domain=DOMAIN, title="Again", unique_id=site, data={"site": site, "currency": "CNY"}
    )
    entry.add_to_hass(hub.hass)
    again = Hub(hub.hass, entry)
    await again.start()
    assert (await again.wallet("w1"))["balance"] == "99.20"
    await is_exact(again.data.books, "m1", PER_KWH)
    await is_sound(again.data.books)
    await again.stop()
