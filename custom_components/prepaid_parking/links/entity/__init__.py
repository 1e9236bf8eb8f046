"""Entities of the hub as meters, supplies and barriers: the third way to reach a device.

The only part of the links that knows the hub.
"""

from .barrier import EntityBarrier
from .holder import EntityHolder, check_level_entity
from .inputs import EntityInputs, WiredEntity, check_input_entity
from .meter import EntityMeter, check_meter_entity
from .relay import EntityRelay
from .runtime import EntityRuntime, check_runtime_entity
from .things import EntityThings

__all__ = [
    "EntityBarrier",
    "EntityHolder",
    "EntityInputs",
    "EntityMeter",
    "EntityRelay",
    "EntityRuntime",
    "EntityThings",
    "WiredEntity",
    "check_input_entity",
    "check_level_entity",
    "check_meter_entity",
    "check_runtime_entity",
]
