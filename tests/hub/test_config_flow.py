"""The site: created, taken up again, changed; and a broker whose password no longer opens."""

from collections.abc import Mapping
from pathlib import Path
import sqlite3
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.storage import STORAGE_DIR
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_schema_suggested_value,
)

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.brokers import mosquitto
from tests.hub.conftest import SITE
from tests.hub.flow_steps import Walk, gateway, make, saved_broker, saved_gateway
from tests.hub.flow_words import check_words
from tests.hub.test_line_flow import a_line
from tests.journeys.conftest import Hub

type Result = Mapping[str, Any]

OLD_SITE = "a" * 32
EPOCH_20261101_US = 1_793_491_200_000_000


@pytest.fixture
def storage(hass: HomeAssistant, tmp_path: Path) -> Path:
    """The integration's folder in the hub's storage, in a place of its own."""
    hass.config.config_dir = str(tmp_path)
    folder = tmp_path / STORAGE_DIR / DOMAIN
    (folder / "archive").mkdir(parents=True)
    return folder


def archived_ledger(storage: Path, site: str = OLD_SITE, *, booked: int | None = None) -> None:
    """A ledger of a removed site, with its key."""
    path = storage / "archive" / f"{site}.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE meta (name TEXT, value TEXT);"
            "CREATE TABLE wallet (no INTEGER, unit TEXT);"
            "CREATE TABLE journal (id INTEGER, booked INTEGER);"
            f"INSERT INTO meta VALUES ('site', '{site}'), ('currency', 'JPY');"
        )
        if booked is not None:
            connection.execute("INSERT INTO journal VALUES (1, ?)", (booked,))
            connection.execute("INSERT INTO wallet VALUES (1, 'Flat 3-201'), (2, 'Flat 3-202')")
    connection.close()
    (storage / "archive" / f"{site}.kek").write_text("key")


def site_form(**more: Any) -> dict[str, Any]:
    """The form of a new site."""
    return {"name": "Lakeside Tower", "currency": "CNY"} | more


async def begin(hass: HomeAssistant) -> Mapping[str, Any]:
    """Open the dialogue for a new site."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def answer(
    hass: HomeAssistant, result: Mapping[str, Any], given: dict[str, Any]
) -> Mapping[str, Any]:
    """Fill in its form."""
    check_words(result, "config")
    result = await hass.config_entries.flow.async_configure(result["flow_id"], given)
    check_words(result, "config")
    return result


async def test_a_site_is_created_and_leads_on_to_its_first_meter(
    hass: HomeAssistant, set_up: AsyncMock, storage: Path
) -> None:
    """A site without a meter does nothing; nobody should have to look for the next button."""
    result = await begin(hass)
    assert result["type"] is FlowResultType.FORM
    assert "ledger" not in {str(key) for key in result["data_schema"].schema}
    result = await answer(hass, result, site_form(name=" Lakeside Tower ", currency=" cny "))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Lakeside Tower"
    assert entry.unique_id == entry.data["site"]
    assert len(entry.data["site"]) == 32
    assert entry.data == {"site": entry.data["site"], "currency": "CNY"}
    assert entry.options == {
        "second_anchor": "",
        "checkpoint_s": 60,
        "publish_s": 30,
        "desk_open": True,
        "register_beside": False,
        "outdoor": "",
        "restore_spacing_s": 2,
        "outdoor_least": 12,
        "idle_days": 7,
        "more_percent": 300,
        "loss_percent": 8,
        "hint_reverse": True,
        "picture_days": 7,
    }
    kind, flow_id = result["next_flow"]
    assert kind == "config_subentries_flow"
    following = hass.config_entries.subentries.async_get(flow_id)
    assert following["handler"] == (entry.entry_id, "meter")
    assert following["step_id"] == "user"
    await hass.async_block_till_done()
    assert len(set_up.mock_calls) == 1


async def test_a_site_may_lie_in_another_time_zone(
    hass: HomeAssistant, set_up: AsyncMock, storage: Path
) -> None:
    """A night tariff that begins by the hub's clock begins in the afternoon over there."""
    result = await begin(hass)
    result = await answer(hass, result, site_form(time_zone="Moon/Tranquility", currency="RMB!"))
    assert result["errors"] == {"time_zone": "unknown_time_zone", "currency": "unknown_currency"}
    assert get_schema_suggested_value(result["data_schema"].schema, "name") == "Lakeside Tower"
    result = await answer(hass, result, site_form(time_zone="Asia/Shanghai"))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data["time_zone"] == "Asia/Shanghai"


async def test_the_ledger_of_a_removed_site_is_taken_up_again(
    hass: HomeAssistant, set_up: AsyncMock, storage: Path
) -> None:
    """Removed by mistake on a Friday: every balance must be there on Monday."""
    archived_ledger(storage, booked=EPOCH_20261101_US)
    (storage / "archive" / "broken.db").write_text("no database")
    result = await begin(hass)
    fields = {str(key): one for key, one in result["data_schema"].schema.items()}
    assert fields["ledger"].config["options"] == [
        {"value": "new", "label": "new"},
        {"value": OLD_SITE, "label": "Flat 3-201, Flat 3-202 · JPY · 2026-11-01"},
    ]
    result = await answer(hass, result, site_form(ledger=OLD_SITE))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data == {"site": OLD_SITE, "currency": "JPY"}
    assert result["result"].unique_id == OLD_SITE
    assert (storage / f"{OLD_SITE}.db").exists()
    assert (storage / f"{OLD_SITE}.kek").read_text() == "key"
    assert not (storage / "archive" / f"{OLD_SITE}.db").exists()
    assert (storage / "archive" / "broken.db").exists()


async def test_an_archived_ledger_never_replaces_one_that_is_there(
    hass: HomeAssistant, set_up: AsyncMock, storage: Path
) -> None:
    """A copy put back by hand is the newer one, whatever the archive says."""
    archived_ledger(storage)
    (storage / f"{OLD_SITE}.db").write_text("by hand")
    result = await begin(hass)
    result = await answer(hass, result, site_form(ledger=OLD_SITE))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (storage / f"{OLD_SITE}.db").read_text() == "by hand"


async def test_a_new_site_leaves_the_archive_alone(
    hass: HomeAssistant, set_up: AsyncMock, storage: Path
) -> None:
    """An empty ledger of a trial is offered beside, not put under, a new building."""
    archived_ledger(storage)
    result = await begin(hass)
    result = await answer(hass, result, site_form(ledger="new"))
    assert result["result"].data["site"] != OLD_SITE
    assert (storage / "archive" / f"{OLD_SITE}.db").exists()


async def test_a_ledger_in_use_is_not_offered(
    hass: HomeAssistant, set_up: AsyncMock, storage: Path
) -> None:
    """Two sites in one file would be two payees in one till."""
    archived_ledger(storage)
    MockConfigEntry(domain=DOMAIN, unique_id=OLD_SITE).add_to_hass(hass)
    result = await begin(hass)
    assert "ledger" not in {str(key) for key in result["data_schema"].schema}


async def test_a_ledger_taken_up_in_two_windows_is_one_site(
    hass: HomeAssistant, set_up: AsyncMock, storage: Path
) -> None:
    """Two managers, two browsers, one archive."""
    archived_ledger(storage)
    first, second = await begin(hass), await begin(hass)
    assert (await answer(hass, first, site_form(ledger=OLD_SITE)))["type"] == "create_entry"
    result = await answer(hass, second, site_form(ledger=OLD_SITE))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_site_is_renamed_and_moved_and_its_currency_stays(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The ledger counts in the currency's smallest unit: another one would be another amount."""
    result: Result = await a_site.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert result["description_placeholders"] == {"currency": "CNY"}
    result = await answer(hass, result, {"name": "Lake Tower", "time_zone": "Nowhere"})
    assert result["errors"] == {"time_zone": "unknown_time_zone"}
    result = await answer(hass, result, {"name": "Lake Tower", "time_zone": "Asia/Shanghai"})
    assert result["reason"] == "reconfigure_successful"
    assert a_site.title == "Lake Tower"
    assert a_site.data["time_zone"] == "Asia/Shanghai"
    a_site.mock_state(hass, ConfigEntryState.LOADED)
    result = await a_site.start_reconfigure_flow(hass)
    with patch.object(hass.config_entries, "async_schedule_reload") as reload:
        await answer(hass, result, {"name": "Lake Tower"})
    reload.assert_called_once_with(a_site.entry_id)
    assert "time_zone" not in a_site.data
    assert a_site.data["currency"] == "CNY"


async def test_options_are_checked_before_they_are_stored(
    hass: HomeAssistant, a_site: MockConfigEntry, tmp_path: Path
) -> None:
    """An anchor that cannot be written proves nothing on the day it is needed."""
    options = {
        "checkpoint_s": 30,
        "publish_s": 60,
        "desk_open": False,
        "register_beside": False,
        "outdoor": "sensor.outside",
        "restore_spacing_s": 2,
        "outdoor_least": 10,
        "idle_days": 5,
        "more_percent": 250,
        "loss_percent": 6,
        "hint_reverse": False,
        "picture_days": 30,
    }
    result: Result = await hass.config_entries.options.async_init(a_site.entry_id)
    assert result["step_id"] == "init"
    check_words(result, "options")
    settings = {"next_step_id": "settings"}
    result = await hass.config_entries.options.async_configure(result["flow_id"], settings)
    assert result["step_id"] == "settings"

    async def configure(flow_id: str, given: dict[str, Any]) -> Result:
        result = await hass.config_entries.options.async_configure(flow_id, given)
        check_words(result, "options")
        return result

    check_words(result, "options")
    for wrong in ("relative", str(tmp_path / "missing")):
        result = await configure(result["flow_id"], options | {"second_anchor": wrong})
        assert result["errors"] == {"second_anchor": "folder_missing"}
    with patch(f"custom_components.{DOMAIN}.flow_options.access", return_value=False):
        result = await configure(result["flow_id"], options | {"second_anchor": str(tmp_path)})
    assert result["errors"] == {"second_anchor": "folder_not_writable"}
    result = await configure(result["flow_id"], options | {"second_anchor": str(tmp_path)})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert a_site.options == options | {"second_anchor": str(tmp_path)}
    result = await hass.config_entries.options.async_init(a_site.entry_id)
    result = await configure(result["flow_id"], settings)
    result = await configure(result["flow_id"], options)
    assert a_site.options == options | {"second_anchor": ""}


async def test_a_broker_with_a_new_password_is_asked_for_it(
    hass: HomeAssistant, a_site: MockConfigEntry, set_up: AsyncMock
) -> None:
    """Until then no plate is heard; the right question opens the gate again."""
    with mosquitto(username="site", password="new") as broker:
        line_id = saved_broker(hass, a_site, broker, password="old")
        a_site.mock_state(hass, ConfigEntryState.LOADED)
        result: Result = await a_site.start_reauth_flow(hass, data={"line_id": line_id})
        assert result["step_id"] == "reauth_confirm"
        assert result["description_placeholders"]["line"] == f"MQTT 127.0.0.1:{broker.port}"
        schema = result["data_schema"].schema
        assert get_schema_suggested_value(schema, "username") == "site"
        assert get_schema_suggested_value(schema, "password") is None
        result = await answer(hass, result, {"username": "site", "password": "guess"})
        assert result["errors"] == {"base": "invalid_auth"}
        result = await answer(hass, result, {"username": "site", "password": "new"})
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reauth_successful"
    assert a_site.subentries[line_id].data["password"] == "new"
    assert set_up.mock_calls == []


async def test_the_broker_that_refuses_is_found_among_the_lines(
    hass: HomeAssistant, a_site: MockConfigEntry, set_up: AsyncMock
) -> None:
    """Three brokers and one changed password: a person should not have to guess which."""
    async with a_line() as bus:
        saved_gateway(hass, a_site, bus)
        with (
            mosquitto() as open_one,
            mosquitto(username="site", password="new") as refusing,
            mosquitto() as away,
        ):
            saved_broker(hass, a_site, open_one)
            saved_broker(hass, a_site, away)
            away.stop()
            line_id = saved_broker(hass, a_site, refusing, password="old")
            a_site.mock_state(hass, ConfigEntryState.SETUP_ERROR)
            result: Result = await a_site.start_reauth_flow(hass)
            assert str(refusing.port) in result["description_placeholders"]["line"]
            with patch.object(hass.config_entries, "async_schedule_reload") as reload:
                result = await answer(hass, result, {"username": "site", "password": "new"})
            assert result["reason"] == "reauth_successful"
            reload.assert_called_once_with(a_site.entry_id)
    assert a_site.subentries[line_id].data["password"] == "new"


async def test_nothing_is_asked_where_every_broker_lets_us_in_again(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The broker's administrator has put the old password back meanwhile."""
    with mosquitto() as broker:
        saved_broker(hass, a_site, broker)
        a_site.mock_state(hass, ConfigEntryState.LOADED)
        result: Result = await a_site.start_reauth_flow(hass)
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reauth_successful"


async def test_a_line_named_by_an_older_version_is_looked_for(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The line may have been removed between the refusal and the question."""
    make(hass, a_site, "lane", "North", "lane:x", {"line_id": "x"})
    a_site.mock_state(hass, ConfigEntryState.LOADED)
    result: Result = await a_site.start_reauth_flow(hass, data={"line_id": "gone"})
    assert result["reason"] == "reauth_successful"


async def test_a_running_site_asks_for_the_password_and_hears_its_broker_again(
    hass: HomeAssistant, hub: Hub
) -> None:
    """The whole way: refused, asked, answered, connected; nobody restarts anything."""
    with mosquitto(username="site", password="new") as broker:
        line_id = saved_broker(hass, hub.entry, broker, password="old")

        async def asked() -> bool:
            return bool(hass.config_entries.flow.async_progress_by_handler(DOMAIN))

        await hub.until(asked)
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert flow["step_id"] == "reauth_confirm"
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"username": "site", "password": "new"}
        )
        assert result["reason"] == "reauth_successful"
        await hass.async_block_till_done()

        async def connected() -> bool:
            return hub.data.lines[line_id].connected()

        await hub.until(connected)
        await hub.stop()


async def test_a_meter_added_by_its_dialogue_is_read_at_once(
    hass: HomeAssistant, hub: Hub, modbus_line: ModbusLine
) -> None:
    """What the dialogue stores is what the running site understands, without a restart."""
    walk = Walk(hass, hub.entry, "meter")
    await walk.begin()
    await walk.answer("modbus")
    await walk.answer("modbus_tcp")
    await walk.answer(gateway(modbus_line))
    await walk.answer({"name": "Riser A"})
    line_id = walk.suggested("line_id")
    await walk.answer({"line_id": line_id, "profile": "acrel_ddsy1352", "unit_id": 1})
    settings = {"name": "Flat 3-201", "commodity": "electricity", "interval": 1}
    await walk.answer({**settings, "max_power": "14"})
    await walk.answer({"kind": "profile"})
    await walk.answer({"restore": "auto", "latency": 3})
    saved = walk.saved()
    await hass.async_block_till_done()

    async def read() -> bool:
        register: str | None = (await hub.meter("m1"))["register"]
        return register == "1000"

    await hub.until(read)
    assert hub.entry.subentries[saved.subentry_id].data["meter"] == "m1"
    await walk.begin(changing=saved)
    await walk.answer("settings")
    await walk.answer({**settings, "name": "Flat 3-202", "max_power": "14"})
    walk.changed()
    await hass.async_block_till_done()
    assert (await hub.meter("m1"))["name"] == "Flat 3-202"


async def test_a_removed_site_comes_back_with_every_balance(
    hass: HomeAssistant, a_site: MockConfigEntry, storage: Path
) -> None:
    """Removed by mistake: the tenants' money must not depend on who clicked what."""
    hub = Hub(hass, a_site)
    await hub.start()
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="100.00", channel="cash")
    await hass.config_entries.async_remove(a_site.entry_id)
    await hass.async_block_till_done()
    result = await begin(hass)
    result = await answer(hass, result, site_form(ledger=SITE))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    wallet = await hub.wallet("w1")
    assert wallet["available"] == "100.00"
    assert await hass.config_entries.async_unload(result["result"].entry_id)
