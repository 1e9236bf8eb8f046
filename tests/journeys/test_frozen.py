"""What is written into people's hubs and must not change without a migration: ids and settings."""

import json
from pathlib import Path
from typing import Any

from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.prepaid_parking.core.lane import LaneInput
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay

from .conftest import Hub, bound_meter

VECTOR = Path(__file__).parent / "vectors" / "configuration.json"


async def test_unique_ids_and_settings_are_those_of_the_first_version(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A manager's history, automations and devices hang on these names."""
    modbus_line.add(WaveshareRelay(unit=9))
    await bound_meter(hub, modbus_line, modbus_device)
    line_id = next(iter(hub.entry.subentries))
    data = {
        "line_id": line_id,
        "barrier": {"family": "waveshare_relay", "unit_id": 9, "coil": 0, "pulse": 1.0},
        "reader": {"family": "none"},
        "direction": "entry",
        "fee": "0",
    }
    await hub.add("lane", "Gate", "lane:gate", data)
    here = {"line_id": line_id, "family": "waveshare_relay", "unit_id": 9, "inverted": False}
    wired = {
        "barrier": {"family": "waveshare_relay", "unit_id": 9, "coil": 1, "pulse": 1.0},
        "level": {"coil": 2},
        "close": {"coil": 3},
        "fail": "open",
        "zone": "B1",
        "inputs": {
            **{str(name): {**here, "contact": at} for at, name in enumerate(LaneInput)},
            "fire_alarm": {"family": "entity", "entity_id": "binary_sensor.fire", "inverted": True},
        },
    }
    await hub.add("lane", "Wired gate", "lane:wired", data | wired)
    found = json.dumps(_shape(hub), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    for name, value in ((hub.entry.unique_id, "<site>"), (line_id, "<line>"),
                        (f":{modbus_line.port}", ":<port>")):  # fmt: skip
        found = found.replace(str(name), value)
    found = found.replace(f'"port": {modbus_line.port}', '"port": "<port>"')
    if not VECTOR.exists():
        pytest.fail(f"There is no {VECTOR}; this is what it would hold:\n{found}")
    assert found == VECTOR.read_text(), "changed on purpose? then migrate, and test that"


def _shape(hub: Hub) -> dict[str, Any]:
    registry = er.async_get(hub.hass)
    entities = er.async_entries_for_config_entry(registry, hub.entry.entry_id)
    return {
        "entry": sorted(hub.entry.data),
        "version": [hub.entry.version, hub.entry.minor_version],
        "subentries": [
            {"type": one.subentry_type, "unique_id": one.unique_id, "data": dict(one.data)}
            for one in hub.entry.subentries.values()
        ],
        "unique_ids": sorted(f"{one.domain} {one.unique_id}" for one in entities),
    }
