"""What a sensor shows, as a row of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.helpers.typing import StateType

from .things import Thing

type Native = StateType | Decimal | date | datetime


@dataclass(frozen=True, kw_only=True)
class PrepaidSensorDescription[ThingT: Thing](SensorEntityDescription):
    """A sensor: what it reads, what it adds to explain itself, and whether a thing has it.

    `money` gives it the site's currency. `since_fn` says since when a sum that starts over is
    counted.
    """

    value_fn: Callable[[ThingT], Native]
    more_fn: Callable[[ThingT], Mapping[str, Any] | None] = lambda _: None
    has_fn: Callable[[ThingT], bool] = lambda _: True
    since_fn: Callable[[ThingT], datetime | None] = lambda _: None
    money: bool = False


def money_sensor[ThingT: Thing](
    key: str,
    minor_fn: Callable[[ThingT], int],
    since_fn: Callable[[ThingT], datetime | None] = lambda _: None,
    more_fn: Callable[[ThingT], Mapping[str, Any] | None] = lambda _: None,
) -> PrepaidSensorDescription[ThingT]:
    """Describe a sensor of money, in minor units."""
    return PrepaidSensorDescription[ThingT](
        key=key,
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        money=True,
        value_fn=lambda thing: thing.money(minor_fn(thing)),
        more_fn=more_fn,
        since_fn=since_fn,
    )
