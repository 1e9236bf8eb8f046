"""By which tariff a stay is priced at a site, and in what words that is said."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from custom_components.prepaid_parking.core.identity import (
    CardId,
    MerchantId,
    PermitId,
    SpaceId,
    TariffId,
    WalletId,
)
from custom_components.prepaid_parking.core.parking_rules import StayTariff
from custom_components.prepaid_parking.core.permit import Permit, PermitKind
from custom_components.prepaid_parking.core.rights import Rights, TimeWindow
from custom_components.prepaid_parking.core.space import Location, Space, Tenure
from custom_components.prepaid_parking.core.stay import StayKind, Validation, Worth
from custom_components.prepaid_parking.core.vehicle import VehicleClass
from custom_components.prepaid_parking.core.visiting import Merchant
from custom_components.prepaid_parking.operations.parking_rules import rules_now
from custom_components.prepaid_parking.operations.stay_cost import cost_of_stay, tariff_of
from tests.operations.conftest import MakeWorld
from tests.operations.staying import CITY, arrive, due
from tests.operations.world import HOUR, NOON, World

HOURS = Rights(windows=(TimeWindow(start=time(8), end=time(18)),), overtime="overtime")


def priced(name: str, price: str, **more: Any) -> dict[str, Any]:
    """A tariff for time."""
    return {"tariff": name, "kind": "duration", "duration": {"price": price} | more}


@pytest.fixture
async def park(make_world: MakeWorld) -> World:
    """A site with a price for each location, one for large vehicles, and one for energy."""
    world = await make_world(
        tariffs=(
            CITY,
            priced("open_air", "2"),
            priced("underground", "4"),
            priced("building", "3"),
            priced("large", "9"),
            priced("overtime", "6", step=30),
            {"tariff": "home", "quantity": "energy", "price": "0.80"},
        )
    )
    tariffs = (
        StayTariff(tariff=TariffId("home")),
        StayTariff(tariff=TariffId("large"), vehicles=("large",)),
        StayTariff(tariff=TariffId("open_air"), locations=(Location.OPEN_AIR,)),
        StayTariff(tariff=TariffId("underground"), locations=(Location.UNDERGROUND,)),
        StayTariff(tariff=TariffId("building"), locations=(Location.BUILDING,)),
        StayTariff(tariff=TariffId("city"), zones=("North",)),
    )
    world.site.parking.rules.append(
        replace(rules_now(world.site), version=1, valid_from=NOON, tariffs=tariffs)
    )
    return world


def space(world: World, number: int, location: Location, zone: str) -> Space:
    """A space of the site."""
    made = Space(
        id=SpaceId(f"sp{number}"),
        no=number,
        name=f"{zone}-{number}",
        location=location,
        tenure=Tenure.TEMPORARY,
        zone=zone,
    )
    world.site.parking.spaces[made.id] = made
    return made


def tariff(world: World, zone: str, **more: Any) -> str | None:
    """The tariff of a car that comes in."""
    told = {"vehicle": VehicleClass.CAR} | more
    found = tariff_of(world.site, zone=zone, **told)
    return None if found is None else found[0]


async def test_three_locations_have_three_prices(park: World) -> None:
    """A car underground must not pay the price of the open air."""
    own = space(park, 1, Location.OPEN_AIR, "A")
    space(park, 2, Location.UNDERGROUND, "B")
    space(park, 3, Location.BUILDING, "C")
    space(park, 4, Location.BUILDING, "mixed")
    space(park, 5, Location.OPEN_AIR, "mixed")
    assert [tariff(park, zone) for zone in "ABC"] == ["open_air", "underground", "building"]
    assert tariff(park, "B", space=own) == "open_air"
    assert tariff(park, "mixed") is None
    assert tariff(park, "North") == "city"
    assert tariff(park, "A", vehicle=VehicleClass.LARGE) == "large"


async def test_the_tariff_of_the_arrival_rules(park: World) -> None:
    """Who came in for 5 an hour must not find 8 on the bill."""
    stay = await arrive(park)
    park.clock.now += HOUR
    await park.publish(priced("city", "8"))
    park.clock.now += HOUR
    assert due(park, stay) == 1000
    assert tariff_of(park.site, zone="North", vehicle=VehicleClass.CAR) == ("city", 2)


async def test_what_lies_outside_a_permits_hours_is_overtime_by_its_own_tariff(
    park: World,
) -> None:
    """From noon to seven: the hour after six is 2 x 3.00, and said so."""
    permit = Permit(
        id=PermitId("pm1"),
        no=1,
        kind=PermitKind.PACKAGE,
        card=CardId("c1"),
        wallet=WalletId("w1"),
        first=date(2026, 1, 1),
        last=date(2027, 1, 1),
        price_minor=0,
        sold_at=NOON,
        rights=HOURS,
    )
    park.site.parking.permits[permit.id] = permit
    stay = await arrive(park, kind=StayKind.PACKAGE, permit=permit.id)
    assert cost_of_stay(park.site, stay, stay.entered_at + HOUR).trace == (
        {"rule": "covered", "name": "package", "amount": 0},
    )
    evening = stay.entered_at.replace(hour=19)
    cost = cost_of_stay(park.site, stay, evening)
    assert cost.due_minor == 600
    assert [line["rule"] for line in cost.trace] == ["overtime", "units"]


async def test_a_price_says_the_whole_way_to_what_is_due(park: World) -> None:
    """A driver who asks why must be told each step, with the shop's name."""
    park.site.parking.merchants[MerchantId("bakery")] = Merchant(
        id=MerchantId("bakery"), name="Bakery Li"
    )
    given = Validation(merchant=MerchantId("bakery"), kind=Worth.MINUTES, at=NOON, minutes=60)
    stay = await arrive(park, validations=(given,), paid_minor=300)
    cost = cost_of_stay(park.site, stay, stay.entered_at + 3 * HOUR)
    said = [(line["rule"], line.get("name"), line["amount"]) for line in cost.trace]
    assert said == [
        ("units", None, 1500),
        ("validated_minutes", "Bakery Li", -500),
        ("paid", None, -300),
    ]
    assert sum(amount for _, _, amount in said if isinstance(amount, int)) == cost.due_minor == 700


async def test_a_stay_without_a_tariff_costs_nothing(park: World) -> None:
    """Where no price was on the sign, none is asked for."""
    stay = replace(await arrive(park), tariff=None, version=0)
    assert cost_of_stay(park.site, stay, stay.entered_at + HOUR).due_minor == 0
