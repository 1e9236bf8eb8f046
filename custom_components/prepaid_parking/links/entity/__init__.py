"""Entities of the hub as meters, supplies and barriers: the third way to reach a device.

The only part of the links that knows the hub.
"""

from .barrier import EntityBarrier
from .meter import EntityMeter, check_meter_entity
from .relay import EntityRelay
from .runtime import EntityRuntime, check_runtime_entity
from .things import EntityThings

__all__ = [
    "EntityBarrier",
    "EntityMeter",
    "EntityRelay",
    "EntityRuntime",
    "EntityThings",
    "check_meter_entity",
    "check_runtime_entity",
]
