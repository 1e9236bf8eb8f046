"""A lane's dialogue: the board it is set up on, and what is answered there."""

from typing import Any

LANE = {"name": "North gate, in", "direction": "entry", "fee": "0"}


def contact(line_id: str, **more: Any) -> dict[str, Any]:
    """The form of a contact on the board."""
    return {
        "line_id": line_id,
        "family": "waveshare_relay",
        "unit_id": 1,
        "contact": 1,
        "pulse": 1.0,
        "wired_to": "open_input",
    } | more


def waveshare(line_id: str, **more: Any) -> dict[str, Any]:
    """A saved lane on a relay board."""
    return {
        "line_id": line_id,
        "barrier": {"family": "waveshare_relay", "unit_id": 1, "coil": 0, "pulse": 1.0},
        "reader": {"family": "none"},
        "direction": "entry",
        "fee": "0.00",
    } | more
