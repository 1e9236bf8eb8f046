"""How the car park stands, and until when a space is paid: what the owner's phone shows."""

from dataclasses import replace
from datetime import date, timedelta

from custom_components.prepaid_parking.core.bill import INCOME, BillLine
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.identity import (
    BillId,
    CardId,
    PermitId,
    SpaceId,
    WalletId,
)
from custom_components.prepaid_parking.core.permit import Permit, PermitKind
from custom_components.prepaid_parking.core.space import Tenure
from custom_components.prepaid_parking.core.stay import StayKind, StayState
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.bills import create_bill
from custom_components.prepaid_parking.operations.park_overview import paid_until, park_overview
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.test_occupancy import car, card, space
from tests.operations.test_reviews import asked
from tests.operations.world import MANAGER, World

DAY = timedelta(days=1)
JULY = date(2026, 7, 1)


async def owner(world: World) -> WalletRun:
    """Open the owner's wallet."""
    return await world.wallet(purpose=Purpose.PROPERTY)


async def test_an_owned_space_is_paid_up_to_the_first_bill_that_is_open(world: World) -> None:
    """A space shown as paid until September, with August's bill unpaid, costs the manager the money."""
    run = await owner(world)
    mine = await space(world, Tenure.OWNED, wallet=run.wallet.id, billed_to=date(2026, 10, 1))
    assert paid_until(world.site, mine) == date(2026, 9, 30)
    line = BillLine(text="Fee", amount_minor=100, income=INCOME[Category.PROPERTY], trace={})
    _, bill = await create_bill(
        world.site,
        wallet=run.wallet.id,
        category=Category.PROPERTY,
        lines=(line,),
        actor=MANAGER,
    )
    run.bills[bill.id] = replace(
        bill, source=f"space/{mine.id}/2026-08-01", from_day=date(2026, 8, 1)
    )
    world.site.parking.asked[mine.id] = {run.wallet.id}
    assert paid_until(world.site, mine) == date(2026, 7, 31)
    neighbour = await space(world, Tenure.OWNED, wallet=run.wallet.id, billed_to=JULY)
    assert paid_until(world.site, neighbour) == JULY - DAY


async def test_a_space_that_was_never_billed_is_paid_until_no_day(world: World) -> None:
    """A new space has no date, and temporary ones never have."""
    run = await owner(world)
    mine = await space(world, Tenure.OWNED, wallet=run.wallet.id, first=JULY)
    assert paid_until(world.site, mine) is None
    assert paid_until(world.site, await space(world)) is None


async def test_a_rented_space_is_paid_until_the_end_of_what_is_paid(world: World) -> None:
    """The tenant has rented August already, and not paid it yet."""
    let = await space(world, Tenure.RENTED)
    run = await world.wallet(purpose=Purpose.PARKING)

    def rental(no: int, last: date, bill: BillId | None = None, ended: date | None = None) -> None:
        permit = Permit(
            id=PermitId(f"pm{no}"),
            no=no,
            kind=PermitKind.RENTAL,
            card=CardId("c1"),
            wallet=WalletId(run.wallet.id),
            first=last - 30 * DAY,
            last=last,
            price_minor=0,
            sold_at=world.clock.now,
            space=let.id,
            bill=bill,
            ended_on=ended,
        )
        world.site.parking.permits[permit.id] = permit

    assert paid_until(world.site, let) is None
    rental(1, date(2026, 7, 31))
    line = BillLine(text="Rent", amount_minor=100, income=INCOME[Category.PARKING], trace={})
    _, bill = await create_bill(
        world.site, wallet=run.wallet.id, category=Category.PARKING, lines=(line,), actor=MANAGER
    )
    rental(2, date(2026, 8, 31), bill.id)
    assert paid_until(world.site, let) == date(2026, 7, 31)
    rental(1, date(2026, 7, 31), ended=date(2026, 7, 15))
    assert paid_until(world.site, let) == date(2026, 7, 14)
    assert park_overview(world.site).arrears_minor == 100


async def test_an_overview_says_who_stands_where_and_what_is_open(world: World) -> None:
    """One pass for all sensors: what one of them says fits what the others say."""
    mine = await space(world, Tenure.OWNED)
    await car(world, StayKind.OWNER, card=card(world, mine))
    await car(world)
    gone = await car(world, state=StayState.UNPAID, owed_minor=700)
    await asked(world, gone)
    seen = park_overview(world.site)
    assert (seen.occupancy.inside, seen.reviews, seen.arrears_minor) == (2, 1, 700)
    assert dict(seen.cars) == {SpaceId(mine.id): 1}
