"""Points of use: what would leave open who pays what is refused when it is set up."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import LaneId, PointId, TariffId
from custom_components.prepaid_parking.core.use_point import (
    Basis,
    PointKind,
    Proof,
    UsePoint,
    check_point,
)
from custom_components.prepaid_parking.core.wallet import Purpose

WASHES, HOURLY = TariffId("washes"), TariffId("hourly")


def point(kind: PointKind, **fields: Any) -> UsePoint:
    """A point of that kind."""
    return UsePoint(
        id=PointId("p1"), no=1, name="Washer", purpose=Purpose.PROPERTY, kind=kind, **fields
    )


FIT = (
    point(PointKind.TAP, tariff=WASHES),
    point(PointKind.TAP, amount_minor=250, lane=LaneId("l1")),
    point(PointKind.TIMED, tariff=WASHES, minutes=40, switch="switch.washer"),
    point(PointKind.METERED, tariff=HOURLY),
    point(PointKind.METERED, tariff=HOURLY, basis=Basis.RUNTIME, switch="switch.pump"),
    point(PointKind.METERED, tariff=HOURLY, basis=Basis.COUNTER, counter="sensor.bike"),
)


@pytest.mark.parametrize("fit", FIT, ids=range(len(FIT)))
def test_what_says_who_pays_what_is_fit(fit: UsePoint) -> None:
    """A manager sets up a washer in one call."""
    check_point(fit)


@pytest.mark.parametrize(
    ("base", "changes", "key"),
    [
        (0, {"amount_minor": 100}, "point_needs"),
        (0, {"tariff": None}, "point_needs"),
        (0, {"name": " "}, "point_needs"),
        (0, {"uses": 0}, "amount_not_positive"),
        (1, {"amount_minor": -1}, "amount_not_positive"),
        (2, {"minutes": 0}, "point_needs"),
        (2, {"switch": ""}, "point_needs"),
        (2, {"minutes": 10**6}, "point_needs"),
        (2, {"lane": LaneId("l1")}, "point_needs_not"),
        (3, {"tariff": None}, "point_needs"),
        (3, {"counter": "sensor.bike"}, "point_needs"),
        (3, {"deposit_minor": -1}, "amount_not_positive"),
        (3, {"proof": Proof(entity="sensor.power", above="20", within_s=60)}, "point_needs"),
        (4, {"switch": ""}, "point_needs"),
        (4, {"proof": Proof(entity="sensor.power", above="much", within_s=60)}, "not_a_number"),
        (4, {"proof": Proof(entity="sensor.power", above="nan", within_s=60)}, "not_a_number"),
        (4, {"proof": Proof(entity="", above="20", within_s=60)}, "point_needs"),
        (5, {"counter": ""}, "point_needs"),
    ],
)
def test_what_leaves_that_open_is_refused(base: int, changes: dict[str, Any], key: str) -> None:
    """Nobody finds out at the machine that a tap costs nothing, or everything."""
    with pytest.raises(CoreError, match=key):
        check_point(replace(FIT[base], **changes))
