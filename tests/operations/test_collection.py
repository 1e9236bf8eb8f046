"""How much of what was due has been collected."""

from datetime import date
from decimal import Decimal

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.collected import NOTHING_DUE, Collected, total
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.bills import void_bill, write_off_bill
from custom_components.prepaid_parking.operations.collection import collection
from tests.operations.test_bills import bill_for, landlord
from tests.operations.world import DAY, MANAGER, MINUTE, World

CASH = Channel.CASH
JULY = (date(2026, 7, 1), date(2026, 7, 31))


async def test_what_was_due_is_paid_given_up_or_open(world: World) -> None:
    """The owner asks on the last of the month what of the rent has come in."""
    wallet = await landlord(world)
    due = date(2026, 7, 10)
    bills = [await bill_for(world, wallet, one, due_on=due) for one in (100_00, 60_00, 40_00)]
    gone = await bill_for(world, wallet, 500_00, due_on=due)
    await bill_for(world, wallet, 900_00, due_on=date(2026, 8, 1))
    await pay_bill(world.site, bill=bills[0].id, amount_minor=30_00, channel=CASH, actor=MANAGER)
    await pay_bill(world.site, bill=bills[1].id, channel=CASH, actor=MANAGER)
    await write_off_bill(world.site, bill=bills[2].id, reason="moved away", actor=MANAGER)
    await void_bill(world.site, bill=gone.id, reason="twice", actor=MANAGER)
    found = await collection(world.site, *JULY)
    assert found == {
        Category.RENT: Collected(
            bills=3, due_minor=200_00, paid_minor=90_00, written_off_minor=40_00
        )
    }
    assert found[Category.RENT].open_minor == 70_00
    assert found[Category.RENT].percent == Decimal("45.0")


async def test_the_site_knows_its_rate_of_this_month_so_far(world: World) -> None:
    """Bills that are due next week have not been missed yet."""
    assert world.site.billing.collected == NOTHING_DUE
    wallet = await landlord(world)
    await bill_for(world, wallet, 100_00, due_on=date(2026, 7, 3))
    await world.tick(MINUTE)
    assert world.site.billing.collected.percent is None
    await world.tick(2 * DAY)
    assert world.site.billing.collected.percent == Decimal("0.0")
    await pay_bill(world.site, bill="b1", channel=CASH, actor=MANAGER)
    await world.tick(MINUTE)
    assert world.site.billing.collected.percent == Decimal("100.0")


def test_nothing_due_is_no_rate() -> None:
    """A month without bills is neither good nor bad."""
    assert total([]).percent is None
