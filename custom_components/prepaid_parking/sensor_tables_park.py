"""Every sensor of a car park and its spaces as a row: what it is called, what it shows."""

from datetime import timedelta
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime

from .core.space import Tenure
from .operations.hub_state import list_age
from .operations.park_overview import paid_until
from .operations.visit_views import occupancy_lines
from .park_things import ParkThing, SpaceThing
from .sensor_description import PrepaidSensorDescription, money_sensor


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else length // timedelta(minutes=1)


PARK: Final[tuple[PrepaidSensorDescription[ParkThing], ...]] = (
    PrepaidSensorDescription(
        key="cars_inside",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda thing: thing.overview.occupancy.inside,
    ),
    PrepaidSensorDescription(
        key="free_places",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda thing: thing.overview.occupancy.free,
    ),
    PrepaidSensorDescription(
        key="taken_places",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda thing: thing.overview.occupancy.taken,
        more_fn=lambda thing: occupancy_lines(thing.overview.occupancy),
    ),
    PrepaidSensorDescription(
        key="passages_today",
        state_class=SensorStateClass.TOTAL,
        value_fn=lambda thing: thing.data.passages.today(thing.now),
        since_fn=lambda thing: thing.midnight,
    ),
    money_sensor(
        "parking_revenue_today",
        lambda thing: thing.data.tally.parking_today(thing.now),
        lambda thing: thing.midnight,
    ),
    money_sensor("parking_arrears", lambda thing: thing.overview.arrears_minor),
)

SPACE: Final[tuple[PrepaidSensorDescription[SpaceThing], ...]] = (
    PrepaidSensorDescription(
        key="tenure",
        device_class=SensorDeviceClass.ENUM,
        options=[str(tenure) for tenure in Tenure],
        value_fn=lambda thing: str(thing.space.tenure) if thing.there else None,
    ),
    PrepaidSensorDescription(
        key="paid_until",
        device_class=SensorDeviceClass.DATE,
        value_fn=lambda thing: paid_until(thing.site, thing.space) if thing.there else None,
    ),
)

LIST_AGE: Final = PrepaidSensorDescription[ParkThing](
    key="list_age",
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.MINUTES,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=lambda thing: _minutes(list_age(thing.site)),
)
"""Of lanes whose office is another hub; which hub that is may be said at any time."""

LAST_PLATE: Final = SensorEntityDescription(key="last_plate")
