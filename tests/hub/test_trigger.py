"""Triggers: an automation that begins when it should, once, and knows what it is about."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
import pytest

from custom_components.prepaid_parking.core.identity import MeterId, WalletId
from custom_components.prepaid_parking.core.supply import SupplyState
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.operations.facts import (
    BooksTrouble,
    Fact,
    SupplyChanged,
    WalletEvent,
    WalletFact,
)
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.trigger import TRIGGERS
from tests.hub.test_services import gate, wallet
from tests.journeys.conftest import Hub, bound_meter
from tests.repository.tree import FOLDER


async def automation(
    hass: HomeAssistant, key: str, options: dict[str, Any]
) -> list[dict[str, Any]]:
    """Set up an automation on a trigger; returns what its runs were given."""
    event = {
        "event": "fired",
        "event_data": {"given": "{{ dict(trigger) | to_json }}"},
    }
    config = {
        "id": key,
        "alias": key,
        "mode": "parallel",
        "triggers": [{"trigger": f"prepaid_parking.{key}", "options": options}],
        "actions": [event],
    }
    runs: list[dict[str, Any]] = []
    hass.bus.async_listen("fired", lambda event: runs.append(json.loads(event.data["given"])))
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
    state = hass.states.get(f"automation.{key}")
    assert state is not None
    assert state.state == "on"
    return runs


async def ran(hub: Hub, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Wait for the first run."""

    async def once() -> bool:
        return bool(runs)

    await hub.until(once)
    await hub.hass.async_block_till_done()
    assert len(runs) == 1
    return runs[0]


async def device_of(hub: Hub, thing: str) -> str:
    """The id of a thing's device."""
    device = dr.async_get(hub.hass).async_get_device_by_identifier(
        ("prepaid_parking", f"{hub.entry.unique_id}_{thing}"), hub.entry.entry_id
    )
    assert device is not None
    return device.id


def test_every_trigger_is_described() -> None:
    """What is not described cannot be chosen."""
    described = yaml.load_yaml_dict(str(FOLDER / "triggers.yaml"))
    assert {key for key in described if not key.startswith(".")} == set(TRIGGERS)


async def test_a_balance_that_became_low_is_told_once_with_all_that_a_message_needs(
    hub: Hub,
) -> None:
    """The tenant's message needs the flat, the amount and the currency, and comes once."""
    runs = await automation(hub.hass, "balance_became_low", {})
    await hub.call("open_wallet", unit="Flat 3-201")
    await hub.call("top_up", wallet="w1", amount="60")
    assert not runs
    await hub.call("deduct", wallet="w1", amount="30", reason="key")
    given = await ran(hub, runs)
    assert given["wallet"] == "w1"
    assert given["unit"] == "Flat 3-201"
    assert (given["available"], given["currency"]) == ("30.00", "CNY")
    assert given["site"] == "Demo house"
    assert given["config_entry_id"] == hub.entry.entry_id


async def test_a_trigger_goes_on_after_the_site_was_loaded_anew(hub: Hub) -> None:
    """Nobody would notice that the automation has been deaf since the last change of a line."""
    runs = await automation(hub.hass, "top_up_received", {})
    await hub.restart()
    await wallet(hub, amount="25")
    given = await ran(hub, runs)
    assert (given["amount"], given["available"]) == ("25.00", "25.00")


@pytest.mark.parametrize("event", [WalletEvent.PERMIT_ENDING, WalletEvent.PERMIT_NOT_FUNDED])
async def test_a_permit_that_ends_says_whether_it_renews_by_itself(
    hub: Hub, event: WalletEvent
) -> None:
    """Who has only to put money in must not be asked to renew, and the other way round."""
    runs = await automation(hub.hass, "permit_ending", {})
    site = hub.data.site
    tell(
        hub,
        WalletFact(
            event=event,
            wallet=WalletId("w1"),
            unit="Flat 3-201",
            at=site.clock(),
            available_minor=1000,
            amount_minor=31000,
            level=3,
            reference="pm1",
        ),
    )
    given = await ran(hub, runs)
    assert (given["event"], given["reference"], given["level"]) == (event, "pm1", 3)


async def test_a_trigger_on_a_wallet_is_deaf_to_its_neighbours(hub: Hub) -> None:
    """A tenant who is told of the neighbour's payment knows too much."""
    await wallet(hub, unit="Flat 1", amount="")
    await wallet(hub, unit="Flat 2", amount="")
    await wallet(hub, unit="Flat 3", amount="", exposed=False)
    options = {"device_id": [await device_of(hub, "w2")], "wallet": ["w3"]}
    runs = await automation(hub.hass, "top_up_received", options)
    for number in (1, 2, 3):
        await hub.call("top_up", wallet=f"w{number}", amount="1")

    async def both_ran() -> bool:
        return len(runs) >= 2

    await hub.until(both_ran)
    await hub.hass.async_block_till_done()
    assert [given["wallet"] for given in runs] == ["w2", "w3"]


async def test_a_trigger_on_the_site_hears_of_every_wallet(hub: Hub) -> None:
    """A manager watches the house, not flat after flat."""
    device = dr.async_get(hub.hass).async_get_device_by_identifier(
        ("prepaid_parking", str(hub.entry.unique_id)), hub.entry.entry_id
    )
    assert device is not None
    runs = await automation(hub.hass, "top_up_received", {"device_id": device.id})
    await wallet(hub, amount="1")
    assert (await ran(hub, runs))["wallet"] == "w1"


async def test_a_cut_and_a_restore_are_told_with_their_reason(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The freezer behind the cut supply needs somebody who knows of it."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100")
    cut = await automation(hub.hass, "supply_cut", {"device_id": [await device_of(hub, "m1")]})
    await hub.call("cut_supply", meter="m1", reason="work")
    given = await ran(hub, cut)
    assert (given["meter"], given["name"], given["reason"]) == ("m1", "Flat 3-201", "hold")


def changed(before: SupplyState, state: SupplyState) -> SupplyChanged:
    """A supply that changed."""
    return SupplyChanged(
        meter=MeterId("m1"),
        wallet=WalletId("w1"),
        unit="Flat 3-201",
        at=None,  # type: ignore[arg-type]  # set where it is told
        before=before,
        state=state,
        why=Why.BALANCE,
    )


@pytest.mark.parametrize(
    ("key", "before", "state", "told"),
    [
        ("supply_cut", SupplyState.CUTTING, SupplyState.OFF, True),
        ("supply_cut", SupplyState.FAULT, SupplyState.OFF, True),
        ("supply_cut", SupplyState.ON, SupplyState.HELD, False),
        ("supply_cut", SupplyState.UNKNOWN, SupplyState.OFF, False),
        ("supply_cut", SupplyState.OFF, SupplyState.ARMED, False),
        ("supply_restored", SupplyState.RESTORING, SupplyState.ON, True),
        ("supply_restored", SupplyState.HELD, SupplyState.ON, True),
        ("supply_restored", SupplyState.UNKNOWN, SupplyState.ON, False),
        ("supply_restored", SupplyState.CUTTING, SupplyState.ON, False),
    ],
)
async def test_only_what_the_hub_did_is_a_cut_and_a_restart_is_none(
    hub: Hub, key: str, before: SupplyState, state: SupplyState, told: bool
) -> None:
    """Ten messages after each restart, and nobody reads the eleventh."""
    runs = await automation(hub.hass, key, {})
    tell(hub, changed(before, state))
    await hub.hass.async_block_till_done()
    assert bool(runs) is told


def tell(hub: Hub, fact: Fact) -> None:
    """Let the site tell a fact at this moment."""
    if isinstance(fact, SupplyChanged):
        fact = SupplyChanged(
            **{
                name: getattr(fact, name)
                for name in ("meter", "wallet", "unit", "before", "state", "why")
            },
            at=hub.data.site.clock(),
        )
    hub.data.coordinator.tell(fact)


async def test_grace_is_told_with_the_time_of_the_cut(hub: Hub) -> None:
    """Whoever is warned without a time waits until it is too late."""
    runs = await automation(hub.hass, "grace_started", {})
    now = hub.data.site.clock()
    tell(
        hub,
        WalletFact(
            event=WalletEvent.GRACE,
            wallet=WalletId("w1"),
            unit="Flat 3-201",
            at=now,
            available_minor=-5,
            cutoff_at=now,
        ),
    )
    given = await ran(hub, runs)
    assert (given["available"], given["cutoff_at"]) == ("-0.05", now.isoformat())


async def test_books_that_cannot_be_written_trigger_once_and_their_recovery_does_not(
    hub: Hub,
) -> None:
    """The one who is called at night is called for the trouble, not for its end."""
    runs = await automation(hub.hass, "ledger_problem", {})
    tell(hub, BooksTrouble(key="disk_full", detail="no space"))
    tell(hub, BooksTrouble(key=""))
    assert (await ran(hub, runs))["problem"] == "disk_full"


async def test_passages_are_told_by_lane_with_a_masked_plate(
    hub: Hub, modbus_line: ModbusLine
) -> None:
    """The porter's tablet shows who came; it must not collect plates."""
    board = WaveshareRelay(unit=9)
    modbus_line.add(board)
    await gate(hub, modbus_line, board)
    refused = await automation(
        hub.hass, "passage_refused", {"device_id": [await device_of(hub, "l1")]}
    )
    await hub.call("plate_read", lane="l1", plate="沪B 99999")
    given = await ran(hub, refused)
    assert (given["reason"], given["plate"], given["name"]) == ("unknown", "沪****99", "North gate")
    assert "99999" not in str(given)


async def test_a_barrier_that_opened_is_told(hub: Hub, modbus_line: ModbusLine) -> None:
    """The light in the yard goes on when somebody was let in."""
    board = WaveshareRelay(unit=9)
    modbus_line.add(board)
    await gate(hub, modbus_line, board)
    runs = await automation(hub.hass, "barrier_opened", {})
    await hub.call("release_barrier", lane="l1", reason="guest")
    assert (await ran(hub, runs))["lane"] == "l1"


async def test_an_option_that_does_not_exist_is_refused(hass: HomeAssistant) -> None:
    """A misspelled option would silently make the trigger hear everything."""
    config = [{"platform": "prepaid_parking.balance_became_low", "options": {"walet": "w1"}}]
    with pytest.raises(Exception, match="walet"):
        await async_validate_trigger_config(hass, config)
