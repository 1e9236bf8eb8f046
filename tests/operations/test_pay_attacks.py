"""What somebody with bad intentions tries at the page and at the desk, under the web server."""

from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind
from custom_components.prepaid_parking.operations.pay_visit_book import PayVisit
from custom_components.prepaid_parking.operations.pay_visits import Typed, tell_car, tell_phone
from tests.operations.staying import PLATE
from tests.operations.test_pay_visits import inside
from tests.operations.world import HOUR, World


def elsewhere(no: int) -> str:
    """An address in a network of its own."""
    return f"10.{no // 250}.{no % 250}.7"


def visit_of(world: World, kind: PayFor, target: str) -> PayVisit:
    """A new visit, as each scan begins one."""
    return world.site.pay_visits.begin(kind, target, world.clock(), personal=False)[1]


@pytest.mark.parametrize("is_inside", [True, False])
async def test_a_plate_is_not_tried_out_from_ever_other_networks(
    world: World, is_inside: bool
) -> None:
    """A phone has a new address after each flight mode: whoever follows a car must not try every hour.

    The car that is not there is shut after as many tries: that it is, is no answer.
    """
    stay = await inside(world)
    plate = PLATE if is_inside else "沪A99999"
    tried = 0
    for no in range(40):
        visit = visit_of(world, PayFor.SPACE, "sp1")
        try:
            assert not await tell_car(
                world.site, visit, Typed(plate=plate, since="2020-01-01"), elsewhere(no)
            )
        except CoreError as err:
            assert err.key == "pay_too_often"
            break
        tried += 1
    assert tried == 6
    since = f"{stay.entered_at.astimezone(world.site.zone):%Y-%m-%dT%H}"
    visit = visit_of(world, PayFor.SPACE, "sp1")
    with pytest.raises(CoreError, match="pay_too_often"):
        await tell_car(world.site, visit, Typed(plate=plate, since=since), elsewhere(99))
    visit = visit_of(world, PayFor.SPACE, "sp1")
    assert not await tell_car(world.site, visit, Typed(plate="粤B00000"), elsewhere(100))
    world.clock.now += HOUR
    visit = visit_of(world, PayFor.SPACE, "sp1")
    assert await tell_car(world.site, visit, Typed(plate=plate, since=since), elsewhere(101)) is (
        is_inside
    )


async def test_a_balance_is_not_tried_out_by_ten_thousand_digits(world: World) -> None:
    """A code sticks on the meter in the hall: each neighbour has years, and as many networks."""
    wallet = await world.wallet()
    tried = 0
    for no in range(24 * 4):
        visit = visit_of(world, PayFor.WALLET, wallet.wallet.id)
        visit.aim = Aim(kind=AimKind.WALLET, id=wallet.wallet.id)
        world.clock.now += timedelta(minutes=15)
        try:
            assert not await tell_phone(world.site, visit, f"{no:04}", elsewhere(no))
        except CoreError:
            continue
        tried += 1
    assert tried <= 6 + 24
