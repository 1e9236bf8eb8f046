"""The cards that every hub has, as the demo's dashboard uses them."""

from typing import Final

from .client import Data

HOUR: Final = 1
"""How far back a graph or a list of events goes."""
HALF: Final = 6
WHOLE: Final = 12
"""Columns of a section's grid."""


def view(title: str, path: str, *sections: list[Data]) -> Data:
    """Lay out a page of the dashboard in sections."""
    return {
        "title": title,
        "path": path,
        "type": "sections",
        "max_columns": len(sections),
        "sections": [{"type": "grid", "cards": cards} for cards in sections],
    }


def heading(text: str, icon: str) -> Data:
    """Head a section."""
    return {"type": "heading", "heading": text, "icon": icon}


def tile(
    entity: str,
    name: str,
    *,
    icon: str | None = None,
    colour: str | None = None,
    columns: int = HALF,
) -> Data:
    """Show a state; without an icon, the one that goes with the state."""
    return {
        "type": "tile",
        "entity": entity,
        "name": name,
        **({"icon": icon} if icon else {}),
        **({"color": colour} if colour else {}),
        "grid_options": {"columns": columns},
    }


def action(name: str, icon: str, called: str, data: Data, *, columns: int = WHOLE) -> Data:
    """Show a button that calls an action of the integration."""
    return {
        "type": "button",
        "name": name,
        "icon": icon,
        "show_state": False,
        "icon_height": "24px",
        "tap_action": {
            "action": "perform-action",
            "perform_action": called if "." in called else f"prepaid_parking.{called}",
            "data": data,
        },
        "grid_options": {"columns": columns, "rows": 2},
    }


def history(title: str, entities: list[tuple[str, str]], hours: float) -> Data:
    """Show how states were."""
    return {
        "type": "history-graph",
        "title": title,
        "hours_to_show": hours,
        "entities": [{"entity": entity, "name": name} for entity, name in entities],
        "grid_options": {"columns": "full"},
    }


def logbook(title: str, entities: list[str]) -> Data:
    """Show what happened to entities."""
    return {
        "type": "logbook",
        "title": title,
        "hours_to_show": HOUR,
        "target": {"entity_id": entities},
        "grid_options": {"columns": "full", "rows": 6},
    }
