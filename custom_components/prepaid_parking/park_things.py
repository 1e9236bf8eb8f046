"""What the entities of a car park belong to: its lanes, the car park itself, its spaces."""

from dataclasses import dataclass
from typing import override

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from .coordinator import PARK
from .core.identity import LaneId, SpaceId
from .core.space import Space
from .operations.lane_run import LaneRun
from .operations.park_overview import ParkOverview
from .things import Thing, site_identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneThing(Thing):
    """A lane."""

    @property
    def run(self) -> LaneRun:
        """The lane at work."""
        return self.site.lanes[LaneId(self.id)]

    @property
    @override
    def key(self) -> str:
        return f"lane:{self.id}"

    @property
    @override
    def there(self) -> bool:
        return LaneId(self.id) in self.site.lanes

    @override
    def device(self) -> DeviceInfo:
        return DeviceInfo(
            identifiers={self.identifier()},
            name=self.run.name,
            model_id=self.id,
            via_device_id=self.via,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkThing(Thing):
    """The car park: what all lanes and spaces come to. It is shown on the site's device."""

    @property
    @override
    def key(self) -> str:
        return PARK

    @property
    @override
    def there(self) -> bool:
        return True

    @property
    def overview(self) -> ParkOverview:
        """How the car park stands."""
        return self.data.park.at(self.site)

    @override
    def device(self) -> DeviceInfo:
        return DeviceInfo(identifiers={site_identifier(self.entry)})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceThing(Thing):
    """A parking space that is shown as a device."""

    @property
    def space(self) -> Space:
        """The space as it is described now."""
        return self.site.parking.spaces[SpaceId(self.id)]

    @property
    @override
    def key(self) -> str:
        return f"space:{self.id}"

    @property
    @override
    def published(self) -> str:
        """Who stands where changes with every car: all spaces are looked at with the car park."""
        return PARK

    @property
    @override
    def there(self) -> bool:
        space = self.site.parking.spaces.get(SpaceId(self.id))
        return space is not None and space.closed_at is None

    @override
    def device(self) -> DeviceInfo:
        return DeviceInfo(
            identifiers={self.identifier()},
            translation_key="space",
            translation_placeholders={"name": self.space.name},
            model_id=self.id,
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=self.via,
        )
