"""Sensors that a car park gets while it runs: its zones' free places, the age of the office's list."""

from collections.abc import Collection, Iterator
from typing import Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass

from .core.space import Tenure
from .core.two_hubs import Role
from .entity import PrepaidEntity
from .park_things import ParkThing
from .sensor_tables_park import LIST_AGE

ZONE: Final = "zone_free_places"


def later_of(thing: ParkThing) -> Collection[str]:
    """Return what a car park has now of what it may get, and may not have had at the start."""
    hubs = thing.site.parking.hubs.values()
    listed = [LIST_AGE.key] if any(hub.role is Role.LANE for hub in hubs) else []
    return [*listed, *(f"{ZONE}_{zone}" for zone in _zones(thing))]


def _zones(thing: ParkThing) -> Iterator[str]:
    """Return the zones that have a number of places for temporaries of their own."""
    for line in thing.overview.occupancy.lines:
        if line.zone and line.places and line.tenure is Tenure.TEMPORARY:
            yield line.zone


class ZoneSensor(PrepaidEntity[ParkThing], SensorEntity):
    """How many places are free beyond a lane into a zone: what a sign before its ramp goes by."""

    def __init__(self, thing: ParkThing, zone: str) -> None:
        """Be named after the zone."""
        super().__init__(
            thing,
            SensorEntityDescription(
                key=f"{ZONE}_{zone}",
                translation_key=ZONE,
                translation_placeholders={"zone": zone},
                state_class=SensorStateClass.MEASUREMENT,
            ),
        )
        self._zone = zone

    @property
    @override
    def available(self) -> bool:
        return super().available and self._zone in _zones(self.thing)

    @property
    @override
    def native_value(self) -> int | None:
        return self.thing.overview.occupancy.free_in(self._zone)
