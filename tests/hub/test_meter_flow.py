"""A meter is read before it is saved: what came back is shown, and decides what is asked next."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.eastron import EastronSdm120
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.flow_meters import SpiraxTva, XintaiWater
from custom_components.prepaid_parking.simulator.generic import GenericModbus
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay import Relay
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.hub.flow_steps import Walk, gateway, lines_of, make, saved_gateway

SERIAL = "202606010001"
PROBE = "custom_components.prepaid_parking.subentry_probe"


@pytest.fixture
async def line() -> AsyncIterator[ModbusLine]:
    """A bus with one meter of each sort and a relay board."""
    meters = [
        AcrelDdsy1352(unit=1, serial=SERIAL, start="1234.56"),
        EastronSdm120(unit=2, start=7),
        XintaiWater(unit=3, start=12),
        SpiraxTva(unit=4, start=900),
        GenericModbus(unit=5, start=3, counter_at=0x0100),
        WaveshareRelay(unit=9),
    ]
    async with ModbusLine(meters) as line:
        yield line


@pytest.fixture
def on_line(hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine) -> str:
    """The id of that bus as a line of the site."""
    return saved_gateway(hass, a_site, line)


def acrel(line: ModbusLine) -> AcrelDdsy1352:
    """The prepaid meter on the bus."""
    meter = line.devices[1]
    assert isinstance(meter, AcrelDdsy1352)
    return meter


def valve_of(line: ModbusLine) -> Relay:
    """The valve of the water meter on the bus."""
    meter = line.devices[3]
    assert isinstance(meter, XintaiWater)
    return meter.valve


async def at_unit(walk: Walk, line_id: str, profile: str, unit: int) -> None:
    """Walk up to the probe of a unit."""
    await walk.begin()
    await walk.answer("modbus")
    await walk.answer({"line_id": line_id, "profile": profile, "unit_id": unit})


def details(**more: Any) -> dict[str, Any]:
    """What a person adds to a meter that was read."""
    return {
        "name": "Flat 3-201",
        "commodity": "electricity",
        "interval": 10,
        "max_power": "13.8",
    } | more


def acrel_data(line_id: str, **more: Any) -> dict[str, Any]:
    """A saved DDSY1352."""
    return {
        "source": "modbus",
        "line_id": line_id,
        "profile": "acrel_ddsy1352",
        "unit_id": 1,
        "serial": SERIAL,
        "commodity": "electricity",
        "quantity": "energy",
        "interval": 10,
        "max_power": "13.8",
        "relay": {"kind": "profile"},
        "restore": "auto",
        "latency": 5,
        "consent": False,
    } | more


def saved_meter(hass: HomeAssistant, site: MockConfigEntry, data: dict[str, Any]) -> ConfigSubentry:
    """A meter that is there already."""
    unique_id = f"meter:{data['profile']}:{data['serial']}"
    return make(hass, site, "meter", "Flat 3-201", unique_id, data)


async def test_a_meter_shows_what_was_read_and_is_saved_as_frozen(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """The person at the cabinet compares the display with the screen: a swapped wire is seen here."""
    acrel(line).set_load("1.5")
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    walk.at("details")
    shown = walk.shown()
    assert shown["register"] == "1234.56 kWh"
    assert shown["serial"] == SERIAL
    assert shown["flow"] == "1500 W"
    assert shown["ratio"] == "1x1"
    assert shown["supply"] == "on"
    assert shown["own_prepaid"] == "off"
    assert shown["said"] == ""  # Registers say nothing in words: no line for it.
    assert "serial" not in walk.fields()
    assert walk.suggested("max_power") == "14"
    await walk.answer(details())
    walk.at("relay")
    await walk.answer({"kind": "profile"})
    walk.at("supply")
    assert "force mode" in walk.shown()["overrules"].lower()
    await walk.answer({"restore": "auto", "latency": 5})
    saved = walk.saved()
    assert saved.title == "Flat 3-201"
    assert saved.unique_id == f"meter:acrel_ddsy1352:{SERIAL}"
    assert saved.data == acrel_data(on_line)


async def test_a_meter_makes_its_line_on_the_way_and_saves_both(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """The first meter in five minutes: nobody wants to learn what a line is before."""
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    walk.at("user")
    await walk.answer("modbus")
    walk.at("new_modbus_line")
    await walk.answer("modbus_tcp")
    await walk.answer(gateway(line))
    walk.at("line_answered")
    await walk.answer({"name": "Riser A"})
    walk.at("modbus")
    assert lines_of(a_site) == []
    line_id = walk.suggested("line_id")
    await walk.answer({"line_id": line_id, "profile": "acrel_ddsy1352", "unit_id": 1})
    await walk.answer(details())
    await walk.answer({"kind": "profile"})
    await walk.answer({"restore": "armed", "latency": 5})
    saved = walk.saved()
    (made,) = lines_of(a_site)
    assert made.title == "Riser A"
    assert saved.data["line_id"] == made.subentry_id
    assert saved.data["restore"] == "armed"


async def test_a_second_line_can_be_made_where_there_is_one(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """The second riser comes a year later, through the same dialogue."""
    async with ModbusLine([AcrelDdsy1352(unit=7, serial="202606010007")]) as other:
        walk = Walk(hass, a_site, "meter")
        await at_unit(walk, "new", "acrel_ddsy1352", 7)
        walk.at("new_modbus_line")
        await walk.answer("modbus_tcp")
        await walk.answer(gateway(other, test_unit=7))
        await walk.answer({"name": "Riser B"})
        walk.at("modbus")
        assert walk.suggested("unit_id") == 7
        line_id = walk.suggested("line_id")
        assert line_id != on_line
        await walk.answer({"line_id": line_id, "profile": "acrel_ddsy1352", "unit_id": 7})
        assert walk.shown()["serial"] == "202606010007"


async def test_a_dialogue_given_up_leaves_no_line_behind(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """A line without devices that nobody remembers is a riddle for the next one."""
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    await walk.answer("modbus")
    await walk.answer("modbus_tcp")
    await walk.answer(gateway(line))
    await walk.answer({"name": "Riser A"})
    hass.config_entries.subentries.async_abort(walk.result["flow_id"])
    assert lines_of(a_site) == []


@pytest.mark.parametrize(
    ("profile", "unit", "error"),
    [
        ("acrel_ddsy1352", 77, "no_answer"),
        ("acrel_ddsy1352", 2, "refused"),
        ("eastron_sdm120", 1, "refused"),
    ],
)
async def test_a_meter_that_is_not_there_or_another_one_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry, on_line: str, profile: str, unit: int, error: str
) -> None:
    """A meter saved at the wrong address bills the neighbour."""
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, profile, unit)
    walk.at("modbus", error=error)
    assert walk.suggested("unit_id") == unit
    await walk.answer({"line_id": on_line, "profile": "acrel_ddsy1352", "unit_id": 1})
    walk.at("details")


async def test_a_meter_of_another_type_in_the_same_family_is_refused(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """The three-phase brother has the same registers and three relays: only its type code differs."""
    meter = line.devices[1]
    status = next(span for span in meter.spans if span.start == 0x0200)
    meter.spans.remove(status)
    content = [5, *list(status.content())[1:]]
    meter.spans.append(type(status)(status.function, 0x0200, 48, lambda: content))
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    walk.at("modbus", error="wrong_device")
    assert "type 5" in walk.shown()["detail"]


async def test_a_busy_meter_is_asked_again_by_the_person(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """A meter that is updating itself answers busy; that is no reason to look for a broken wire."""
    line.devices[1].faults.busy = FOREVER
    walk = Walk(hass, a_site, "meter")
    with patch("modbus_connection.tmodbus._RESPONSE_RETRIES", None):
        await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    assert walk.result["step_id"] == "modbus"
    assert walk.result["errors"]["base"] in ("busy", "no_answer")
    line.devices[1].faults.clear()
    await walk.answer({"line_id": on_line, "profile": "acrel_ddsy1352", "unit_id": 1})
    walk.at("details")


async def test_a_line_that_broke_since_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """A gateway without power is no fault of the meter."""
    await line.stop()
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    walk.at("modbus", error="cannot_open_line")


async def test_the_same_meter_is_not_added_twice(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """Two meters on one register charge two tenants for the same kilowatt-hour."""
    saved_meter(hass, a_site, acrel_data(on_line))
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    walk.at("modbus", error="already_configured")
    assert walk.shown()["detail"] == "Flat 3-201"
    line.add(AcrelDdsy1352(unit=11, serial=SERIAL))
    await walk.answer({"line_id": on_line, "profile": "acrel_ddsy1352", "unit_id": 11})
    walk.at("details")
    await walk.answer(details())
    walk.at("details", error="already_configured")


async def test_a_meter_of_another_site_is_not_added_here(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """Two payees must not both sell what one meter counts."""
    other = MockConfigEntry(domain=DOMAIN, data={"site": "f" * 32, "currency": "EUR"})
    other.add_to_hass(hass)
    saved_meter(hass, other, acrel_data("elsewhere"))
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    await walk.answer(details())
    walk.at("details", error="already_configured")


async def test_a_meter_that_does_not_tell_its_number_is_known_by_its_nameplate(
    hass: HomeAssistant, a_site: MockConfigEntry, on_line: str
) -> None:
    """Without a number a swapped meter would go on under the old tenant's name unseen."""
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "spirax_tva", 4)
    walk.at("details")
    assert walk.shown()["serial"] == "–"
    assert walk.shown()["register"] == "0.9 t"
    assert "serial" in walk.fields()
    await walk.answer(details(serial=" TVA-77 ", commodity="steam", max_power="2,5"))
    walk.at("relay")
    await walk.answer({"kind": "none"})
    saved = walk.saved()
    assert saved.unique_id == "meter:spirax_tva:TVA-77"
    assert saved.data["max_power"] == "2.5"
    assert saved.data["relay"] == {"kind": "none"}
    assert saved.data["restore"] == "by_hand"


@pytest.mark.parametrize("text", ["much", "-1", "0", "NaN", ""])
async def test_a_leap_limit_that_is_no_number_is_refused(
    hass: HomeAssistant, a_site: MockConfigEntry, on_line: str, text: str
) -> None:
    """Without a believable limit a leap of the register is charged to the tenant."""
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    await walk.answer(details(max_power=text))
    walk.at("details", error="not_a_number")
    assert walk.result["errors"] == {"max_power": "not_a_number"}


async def test_the_meters_own_prepaid_mode_must_be_off_before_its_relay_is_ours(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """Two ledgers on one relay: the meter's own would cut a tenant who has paid here."""
    acrel(line).prepaid_mode = True
    acrel(line).remaining_cents = 5000
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    assert walk.shown()["own_prepaid"] == "on"
    await walk.answer(details())
    await walk.answer({"kind": "profile"})
    walk.at("relay", error="own_prepaid_on")
    acrel(line).prepaid_mode = False
    await walk.answer({"kind": "profile"})
    walk.at("supply")


async def test_a_meter_lost_before_its_relay_was_chosen_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """What was proven a minute ago is asked again before a relay is trusted."""
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "acrel_ddsy1352", 1)
    await walk.answer(details())
    line.remove(1)
    await walk.answer({"kind": "profile"})
    walk.at("relay", error="no_answer")


async def test_a_contactor_on_a_relay_board_is_read_before_it_is_trusted(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """A meter without a relay is cut by a contactor; the wrong contact cuts the neighbour."""
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "eastron_sdm120", 2)
    told = walk.shown()["serial"] != "–"
    await walk.answer(details() if told else details(serial="SDM-1"))
    walk.at("relay")
    await walk.answer({"kind": "coil"})
    walk.at("relay_coil")
    await walk.answer({"coil": 2, "inverted": False})
    walk.at("relay_coil", error="address_missing")
    await walk.answer({"unit_id": 9, "coil": 77, "inverted": False})
    walk.at("relay_coil", error="refused")
    await walk.answer({"unit_id": 9, "coil": 2, "inverted": True})
    walk.at("supply")
    await walk.answer({"restore": "by_hand", "latency": 3})
    assert walk.saved().data["relay"] == {
        "kind": "coil",
        "unit_id": 9,
        "coil": 2,
        "inverted": True,
    }


async def test_an_entity_of_the_hub_may_switch_the_supply(
    hass: HomeAssistant, a_site: MockConfigEntry, on_line: str
) -> None:
    """The contactor hangs on whatever the electrician had in his van."""
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "spirax_tva", 4)
    await walk.answer(details(serial="TVA-77", commodity="steam"))
    await walk.answer({"kind": "entity"})
    walk.at("relay_entity")
    await walk.answer({"entity_id": "valve.steam", "inverted": False})
    walk.at("relay_entity", error="entity_unavailable")
    hass.states.async_set("valve.steam", "opening")
    await walk.answer({"entity_id": "valve.steam", "inverted": False})
    walk.at("relay_entity", error="position_unknown")
    await walk.answer({"entity_id": "valve.steam", "inverted": False})
    hass.states.async_set("valve.steam", "open")
    await walk.answer({"entity_id": "valve.steam", "inverted": False})
    walk.at("supply_by_hand")
    assert "restore" not in walk.fields()
    await walk.answer({"latency": 30})
    saved = walk.saved()
    assert saved.data["restore"] == "by_hand"
    assert saved.data["relay"]["entity_id"] == "valve.steam"


async def to_the_trip(walk: Walk, line_id: str) -> None:
    """Walk up to the question about the test trip of the valve meter."""
    await at_unit(walk, line_id, "xintai_valve_water", 3)
    await walk.answer(details(serial="XT-3", commodity="water", max_power="10"))
    await walk.answer({"kind": "profile"})
    await walk.answer({"restore": "armed", "latency": 20})
    walk.at("trip")


async def test_an_experimental_meter_is_only_read_where_nobody_made_the_test_trip(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """A register from a hobby driver may be a relay, or the meter's balance."""
    walk = Walk(hass, a_site, "meter")
    await to_the_trip(walk, on_line)
    await walk.answer("trip_skip")
    assert walk.saved().data["consent"] is False
    assert valve_of(line).moves == []


async def test_a_test_trip_cuts_reads_back_and_restores_with_consent(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """Consent, because somebody may be under the shower."""
    walk = Walk(hass, a_site, "meter")
    await to_the_trip(walk, on_line)
    await walk.answer("trip_consent")
    walk.at("trip_consent")
    assert walk.shown()["name"] == "Flat 3-201"
    await walk.answer({"sure": False})
    walk.at("trip_consent", error="consent_needed")
    assert valve_of(line).moves == []
    await walk.answer({"sure": True})
    assert walk.result["type"] is FlowResultType.SHOW_PROGRESS
    await walk.wait()
    walk.at("trip_done")
    await walk.answer({})
    assert walk.saved().data["consent"] is True
    assert [move.closed for move in valve_of(line).moves] == [False, True]


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("stuck", "did not cut"),
        ("one way", "did not come back"),
        ("gone", "did not come back"),
        ("off", "no supply"),
    ],
)
async def test_a_test_trip_that_fails_says_what_did_not_happen(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str,
    fault: str, problem: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Above all that the water did not come back: somebody has to open it by hand, now."""
    valve = valve_of(line)
    walk = Walk(hass, a_site, "meter")
    await to_the_trip(walk, on_line)
    if fault == "stuck":
        valve.stuck = True
    elif fault == "off":
        valve.by_hand(closed=False)
    elif fault == "gone":
        monkeypatch.setattr(valve, "command", lambda *, closed: line.remove(3))
    else:
        command = valve.command
        monkeypatch.setattr(valve, "command", lambda *, closed: closed or command(closed=False))
    with patch(f"{PROBE}.READ_BACK_S", 0.02), patch(f"{PROBE}.LONGEST_TRIP_S", 0.1):
        await walk.answer("trip_consent")
        await walk.answer({"sure": True})
        await walk.wait()
    walk.at("trip_failed")
    assert problem in walk.shown()["problem"]
    await walk.answer("trip_skip")
    assert walk.saved().data["consent"] is False


def registers(**more: Any) -> dict[str, Any]:
    """The registers of the generic meter, as somebody copies them from a data sheet."""
    return {
        "space": "holding",
        "address": 0x0100,
        "type": "u32",
        "word_order": "big",
        "byte_order": "big",
        "unit": "kWh",
        "scale": "0,001",
        "serial_number": {},
        "relay": {},
    } | more


async def test_an_address_stands_empty_until_somebody_enters_it(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """A 0 that nobody entered looks like an answer, and the wrong register is read."""
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    await walk.answer("modbus")
    for profile in ("acrel_ddsy1352", "generic_modbus"):
        await walk.answer({"line_id": on_line, "profile": profile})
        walk.at("modbus", error="address_missing")
        assert not required(walk, "unit_id")  # The dialogue fills in what is required.
    await walk.answer({"line_id": on_line, "profile": "generic_modbus", "unit_id": 5})
    walk.at("generic")
    assert not required(walk, "address")
    await walk.answer({key: one for key, one in registers().items() if key != "address"})
    walk.at("generic", error="address_missing")
    assert walk.suggested("scale") == "0,001"


def required(walk: Walk, field: str) -> bool:
    """Whether the form will not be sent without a field."""
    schema = walk.result["data_schema"].schema
    return any(isinstance(key, vol.Required) for key in schema if key == field)


async def test_a_meter_nobody_knows_is_described_by_its_registers(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """A new meter must not wait for a new version of the program."""
    walk = Walk(hass, a_site, "meter")
    await at_unit(walk, on_line, "generic_modbus", 5)
    walk.at("generic")
    await walk.answer(registers(address=0x0200))
    walk.at("generic", error="refused")
    await walk.answer(registers(scale="a lot"))
    walk.at("generic", error="generic_invalid")
    assert "scale" in walk.shown()["detail"]
    assert walk.suggested("address") == 0x0100
    await walk.answer(
        registers(
            relay={
                "relay_function": "5",
                "relay_address": 0,
                "relay_cut": 0,
                "relay_restore": 1,
                "state_space": "coil",
                "state_address": 0,
                "state_supplied": 1,
                "state_cut": 0,
            }
        )
    )
    walk.at("details")
    assert walk.shown()["register"] == "3 kWh"
    assert walk.shown()["supply"] == "on"
    await walk.answer(details(serial="G-5", max_power="40"))
    await walk.answer({"kind": "profile"})
    await walk.answer({"restore": "auto", "latency": 5})
    walk.at("trip")
    await walk.answer("trip_skip")
    saved = walk.saved()
    assert saved.unique_id == "meter:generic_modbus:G-5"
    assert saved.data["generic"]["scale"] == "0.001"
    assert saved.data["generic"]["max_power"] == "40"
    assert saved.data["generic"]["commodity"] == "electricity"


async def test_a_meter_may_move_to_another_unit_but_not_become_another(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """A swapped meter has its own action, with both registers; not a changed address."""
    meter = saved_meter(hass, a_site, acrel_data(on_line, meter="m1"))
    line.add(AcrelDdsy1352(unit=11, serial=SERIAL, start="1300"))
    line.add(AcrelDdsy1352(unit=12, serial="202606010012"))
    walk = Walk(hass, a_site, "meter")
    await walk.begin(changing=meter)
    walk.at("reconfigure")
    await walk.answer("modbus")
    walk.at("modbus")
    assert walk.fields() == {"line_id", "unit_id"}
    await walk.answer({"line_id": on_line, "unit_id": 12})
    walk.at("modbus", error="other_serial")
    assert walk.shown()["detail"] == "202606010012"
    await walk.answer({"line_id": on_line, "unit_id": 11})
    walk.at("confirm")
    assert walk.shown()["register"] == "1300 kWh"
    await walk.answer({})
    walk.changed()
    assert a_site.subentries[meter.subentry_id].data == acrel_data(on_line, meter="m1", unit_id=11)


async def test_a_dead_meter_can_be_renamed_and_slowed_down(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """What needs no answer must not wait for one."""
    meter = saved_meter(hass, a_site, acrel_data(on_line))
    line.remove(1)
    walk = Walk(hass, a_site, "meter")
    await walk.begin(changing=meter)
    await walk.answer("settings")
    walk.at("settings")
    assert walk.suggested("name") == "Flat 3-201"
    assert walk.suggested("max_power") == "13.8"
    await walk.answer(details(name="Flat 3-202", interval=60, max_power="none"))
    walk.at("settings", error="not_a_number")
    await walk.answer(details(name="Flat 3-202", interval=60))
    walk.changed()
    changed = a_site.subentries[meter.subentry_id]
    assert changed.title == "Flat 3-202"
    assert changed.data == acrel_data(on_line, interval=60)


async def test_the_relay_of_a_meter_can_be_given_up_and_taken_again(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """After a repair the contactor is bridged; the hub must stop pretending."""
    meter = saved_meter(hass, a_site, acrel_data(on_line))
    walk = Walk(hass, a_site, "meter")
    await walk.begin(changing=meter)
    await walk.answer("relay")
    walk.at("relay")
    assert walk.suggested("kind") == "profile"
    await walk.answer({"kind": "none"})
    walk.changed()
    assert a_site.subentries[meter.subentry_id].data["relay"] == {"kind": "none"}
    await walk.begin(changing=meter)
    await walk.answer("relay")
    await walk.answer({"kind": "profile"})
    walk.at("supply")
    await walk.answer({"restore": "armed", "latency": 4})
    walk.changed()
    assert a_site.subentries[meter.subentry_id].data["restore"] == "armed"


async def test_a_meter_of_described_registers_keeps_them_when_it_moves(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, on_line: str
) -> None:
    """Its registers are its meaning: another scale would be another meter."""
    generic = {
        "space": "holding", "address": 0x0100, "type": "u32", "unit": "kWh", "scale": "0.001",
        "commodity": "electricity", "max_power": "40",
    }  # fmt: skip
    data = acrel_data(on_line, profile="generic_modbus", serial="G-5", unit_id=6, generic=generic)
    meter = saved_meter(hass, a_site, data)
    walk = Walk(hass, a_site, "meter")
    await walk.begin(changing=meter)
    await walk.answer("modbus")
    await walk.answer({"line_id": on_line, "unit_id": 5})
    walk.at("confirm")
    await walk.answer({})
    walk.changed()
    assert a_site.subentries[meter.subentry_id].data["generic"] == generic


async def test_a_line_held_with_other_settings_is_no_fault_of_the_meter(
    hass: HomeAssistant, a_site: MockConfigEntry, on_line: str
) -> None:
    """Another integration opened the port with another speed; the meter is innocent."""
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    await walk.answer("modbus")
    with patch(
        f"{PROBE}.async_get_temporary_unit",
        side_effect=HomeAssistantError("already in use with different link settings"),
    ):
        await walk.answer({"line_id": on_line, "profile": "acrel_ddsy1352", "unit_id": 1})
    walk.at("modbus", error="line_in_use")


async def test_a_meter_whose_line_was_removed_says_so(
    hass: HomeAssistant, a_site: MockConfigEntry, on_line: str
) -> None:
    """The line went with the old gateway; the meter can still be moved to the new one."""
    meter = saved_meter(hass, a_site, acrel_data(on_line))
    hass.config_entries.async_remove_subentry(a_site, on_line)
    walk = Walk(hass, a_site, "meter")
    await walk.begin(changing=meter)
    await walk.answer("relay")
    await walk.answer({"kind": "profile"})
    walk.at("relay", error="line_gone")
    await walk.answer({"kind": "coil"})
    await walk.answer({"unit_id": 9, "coil": 2, "inverted": False})
    walk.at("relay_coil", error="line_gone")
    await walk.begin(changing=meter)
    await walk.answer("modbus")
    walk.at("new_modbus_line")


async def test_a_meter_whose_profile_is_gone_is_not_guessed_at(
    hass: HomeAssistant, a_site: MockConfigEntry, on_line: str
) -> None:
    """A register without its meaning is not a reading."""
    meter = saved_meter(hass, a_site, acrel_data(on_line, profile="our_own"))
    walk = Walk(hass, a_site, "meter")
    await walk.begin(changing=meter)
    assert walk.result["type"] is FlowResultType.ABORT
    assert walk.result["reason"] == "unknown_profile"
    assert walk.shown() == {"profile": "our_own"}
