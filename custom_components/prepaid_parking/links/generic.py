"""Profiles a person describes in the flow, for a meter that has none.

Nobody has proven them, so they read only until a test trip on the spot.
"""

from collections.abc import Mapping
from typing import Final

from .fields import ProfileError
from .profile import MeterProfile
from .profile_file import SCHEMA, build_profile
from .units import BILLED_UNITS

GENERIC_METER: Final = "generic_modbus"
_REGISTER: Final = (
    "space", "address", "type", "word_order", "byte_order", "unit", "scale", "modulus", "jitter",
)  # fmt: skip
_RELAY_WRITE: Final = {
    "relay_function": "function",
    "relay_address": "address",
    "relay_cut": "cut",
    "relay_restore": "restore",
}
_RELAY_STATE: Final = {
    "state_space": "space",
    "state_address": "address",
    "state_mask": "mask",
    "state_supplied": "supplied",
    "state_cut": "cut",
}
_SERIAL: Final = {"serial_address": "address", "serial_type": "type", "serial_count": "count"}


def generic_modbus(data: Mapping[str, object]) -> MeterProfile:
    """Build a meter's profile from what the flow asked.

    Asked are `commodity`, `max_power` and of the register `space address type word_order byte_order
    unit scale modulus jitter`; with a relay `relay_function` (5, 6, 15, 16) `relay_address relay_cut
    relay_restore` and where its position is read back: `state_space state_address state_mask
    state_supplied state_cut`; a serial number by `serial_address serial_type serial_count`. What is
    not given has the default of a profile file. Raises ProfileError.
    """
    content: dict[str, object] = {
        **_header("Modbus meter"),
        "kind": "meter",
        "commodity": data.get("commodity"),
        "quantity": _quantity(data.get("unit")),
        "max_power": data.get("max_power"),
        "register": {key: data[key] for key in _REGISTER if data.get(key) is not None},
    }
    if data.get("relay_function") is not None:
        content["relay"] = {
            "write": _named(data, _RELAY_WRITE),
            "state": _named(data, _RELAY_STATE),
        }
    if data.get("serial_address") is not None:
        content["serial_number"] = _named(data, _SERIAL)
    profile = build_profile(GENERIC_METER, content)
    assert isinstance(profile, MeterProfile)
    return profile


def _header(name: str) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "link": "modbus",
        "name": name,
        "manufacturer": "-",
        "model": "-",
        "confidence": "unverified",
        "experimental": True,
        "data_sheet": "Described by hand",
    }


def _quantity(unit: object) -> str:
    if not isinstance(unit, str) or unit not in BILLED_UNITS:
        problem = f"must be one of: {', '.join(BILLED_UNITS)}"
        raise ProfileError(GENERIC_METER, "register.unit", problem)
    return BILLED_UNITS[unit][0]


def _named(data: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    return {there: data[here] for here, there in names.items() if data.get(here) is not None}
