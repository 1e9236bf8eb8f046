"""What the desk took or took back as the hub died is there once, and what is in mind is what is written."""

from collections.abc import Awaitable, Callable
import contextlib
from dataclasses import dataclass
from typing import Final

import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.stay import StayState
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.agents import pay_in_float, set_agent
from custom_components.prepaid_parking.operations.bill_book import find_bill
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.receipts import find_receipt
from custom_components.prepaid_parking.operations.stay_finding import Which, stay_by_id
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.unpaid_exits import owed_by, unpaid_exits
from custom_components.prepaid_parking.operations.voiding import void_payment
from custom_components.prepaid_parking.operations.vouchers import sell_vouchers
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.money import is_sound, of_site, promise
from tests.operations.staying import CITY, arrive, due, leave, let_out
from tests.operations.test_bills import bill_for
from tests.operations.test_desk import CASHIER, a_shift, pay
from tests.operations.test_unheard import lost_answers
from tests.operations.test_voiding_sales import a_batch, owed
from tests.operations.world import HOUR, MANAGER, World

WRITES: Final = range(5)
"""More writes than a payment or its void makes: the last of them never fail."""


@dataclass(frozen=True)
class Sale:
    """What the desk takes money for: how it comes to that, how it is paid, and what is to be seen of it."""

    begin: Callable[[World], Awaitable[object]]
    sell: Callable[[World, str], Awaitable[object]]
    seen: Callable[[World], Awaitable[object]]


async def _open_wallet(world: World) -> None:
    await promise(world)
    await world.wallet()


async def _top_up(world: World, reference: str = "s") -> None:
    await pay(world, world.site.wallet("w1"), 50_000, reference=reference)


async def _balance(world: World) -> object:
    run = world.site.wallet("w1")
    return run.posted_minor, run.bonus_minor


async def _ask_for_rent(world: World) -> None:
    wallet = await world.wallet(purpose=Purpose.PROPERTY)
    await bill_for(world, wallet, 3_000, Category.RENT)


async def _pay_rent(world: World, reference: str = "s") -> None:
    await pay_bill(world.site, bill="b1", channel=Channel.CASH, actor=CASHIER, reference=reference)


async def _open_rent(world: World) -> object:
    bill = await find_bill(world.site, "b1")
    return bill.open_minor, bill.id in world.site.wallet("w1").bills


async def _park(world: World) -> None:
    await arrive(world)
    world.clock.now += 2 * HOUR


async def _drive_off(world: World) -> None:
    stay = await arrive(world)
    world.clock.now += 2 * HOUR
    await let_out(world, stay)
    world.clock.now += 2 * HOUR


async def _pay_stay(world: World, reference: str = "s") -> None:
    await pay_stay(world.site, which=Which(stay="st1"), actor=CASHIER, reference=reference)


async def _due(world: World) -> object:
    stay = await stay_by_id(world.site, "st1")
    return due(world, stay), stay.paid_at, stay.paid_minor


async def _left_behind(world: World) -> object:
    stay = await stay_by_id(world.site, "st1")
    listed = [one.owed_minor for one in unpaid_exits(world.site)]
    account = await of_site(world, SiteAccount.UNPAID_EXITS)
    return stay.state, stay.owed_minor, owed_by(world.site, stay.plate), listed, account


async def _print(world: World) -> None:
    await a_batch(world)


async def _sell_slips(world: World, reference: str = "s") -> None:
    (batch,) = world.site.offline.batches
    await sell_vouchers(world.site, batch=batch, count=3, actor=CASHIER, reference=reference)


async def _slips(world: World) -> object:
    (batch,) = world.site.offline.batches.values()
    return batch.sold, await owed(world)


async def _hire(world: World) -> None:
    await set_agent(world.site, actor=MANAGER, name="Corner shop", rate_micro=10_000)


async def _pay_in(world: World, reference: str = "s") -> None:
    (agent,) = world.site.desk.agents
    await pay_in_float(
        world.site, agent=agent, amount_minor=1000, actor=CASHIER, reference=reference
    )


async def _float(world: World) -> object:
    (agent,) = world.site.desk.agents.values()
    return agent.float_minor, await of_site(world, SiteAccount.AGENTS)


SALES: Final = {
    "top_up": Sale(_open_wallet, _top_up, _balance),
    "bill": Sale(_ask_for_rent, _pay_rent, _open_rent),
    "stay": Sale(_park, _pay_stay, _due),
    "debt": Sale(_drive_off, _pay_stay, _left_behind),
    "vouchers": Sale(_print, _sell_slips, _slips),
    "float": Sale(_hire, _pay_in, _float),
}


async def drawer(world: World) -> int:
    """What lies in the drawer, by what is in mind."""
    (shift,) = world.site.desk.shifts.values()
    return shift.expected_minor


async def begun(make_world: MakeWorld, sale: Sale) -> tuple[World, object]:
    """A site with a shift, and what there is to be paid."""
    world = await make_world(tariffs=(CITY,))
    await a_shift(world)
    await sale.begin(world)
    return world, await sale.seen(world)


async def void(world: World) -> None:
    """Take the payment back."""
    await void_payment(world.site, receipt=1, reason="mistake", actor=MANAGER, reference="v")


@pytest.mark.parametrize("at", WRITES)
@pytest.mark.parametrize("name", SALES)
async def test_a_void_as_the_hub_dies_is_whole_or_is_not(
    make_world: MakeWorld, name: str, at: int
) -> None:
    """A power cut between the note that is handed back and the screen: asked again, it goes back once."""
    sale = SALES[name]
    world, before = await begun(make_world, sale)
    await sale.sell(world, "s")
    paid = await sale.seen(world)
    Dying(world, at)
    with contextlib.suppress(StoreError):
        await void(world)
    await world.restart()
    gone = (await find_receipt(world.site, 1)).voided_at is not None
    assert await sale.seen(world) == (before if gone else paid)
    await void(world)
    assert (await sale.seen(world), await drawer(world)) == (before, 10_000)
    await world.restart()
    assert (await sale.seen(world), await drawer(world)) == (before, 10_000)
    await is_sound(world)


@pytest.mark.parametrize("name", SALES)
async def test_a_void_that_nobody_heard_of_counts_at_once(make_world: MakeWorld, name: str) -> None:
    """A car that is thought paid leaves on money that went back; nobody restarts a hub for that."""
    sale = SALES[name]
    world, before = await begun(make_world, sale)
    await sale.sell(world, "s")
    paid = await sale.seen(world)
    with lost_answers(world):
        await void(world)
    await void(world)
    await world.work()
    await sale.sell(world, "s2")
    assert await sale.seen(world) == paid
    await void_payment(world.site, receipt=2, reason="mistake", actor=MANAGER)
    assert (await sale.seen(world), await drawer(world)) == (before, 10_000)
    await is_sound(world)


@pytest.mark.parametrize("asked", ["again", "restarted"])
@pytest.mark.parametrize("name", ["stay", "debt", "bill", "top_up"])
async def test_a_payment_that_nobody_heard_of_counts_once(
    make_world: MakeWorld, name: str, asked: str
) -> None:
    """Who has paid is not asked once more by a list that has not heard of it."""
    sale = SALES[name]
    world, before = await begun(make_world, sale)
    with lost_answers(world):
        await sale.sell(world, "s")
    if asked == "restarted":
        await world.restart()
    for _ in range(2):
        await sale.sell(world, "s")
    paid = await sale.seen(world)
    assert paid != before
    await world.restart()
    assert await sale.seen(world) == paid
    await is_sound(world)


@pytest.mark.parametrize("at", WRITES)
async def test_a_debt_that_is_paid_late_as_the_hub_dies_is_paid_once(
    make_world: MakeWorld, at: int
) -> None:
    """The driver stands at the counter with the letter; the next time the plate is seen nothing is owed."""
    world, _ = await begun(make_world, SALES["debt"])
    Dying(world, at)
    with contextlib.suppress(StoreError):
        await _pay_stay(world)
    await world.restart()
    await _pay_stay(world)
    stay = await stay_by_id(world.site, "st1")
    assert (stay.state, stay.paid_minor, stay.owed_minor) == (StayState.LEFT, 1_000, 0)
    assert unpaid_exits(world.site) == []
    assert await of_site(world, SiteAccount.UNPAID_EXITS) == 0
    assert await drawer(world) == 11_000
    await is_sound(world)


async def test_a_debt_that_was_paid_for_the_wrong_car_is_owed_again(make_world: MakeWorld) -> None:
    """Two letters on the counter, and the wrong one was stamped: its driver owes as before, and may pay."""
    world, before = await begun(make_world, SALES["debt"])
    await _pay_stay(world)
    await void(world)
    assert await _left_behind(world) == before
    await pay_stay(world.site, which=Which(stay="st1"), actor=CASHIER)
    assert await _left_behind(world) == (StayState.LEFT, 0, 0, [], 0)
    with pytest.raises(CoreError, match="receipt_void"):
        await void_payment(world.site, receipt=1, reason="again", actor=MANAGER)
    await is_sound(world)


async def test_a_part_of_a_debt_goes_back_as_a_part(make_world: MakeWorld) -> None:
    """What is left of a debt and what was given up of it stay what they are."""
    world, _ = await begun(make_world, SALES["debt"])
    for minor in (300, 200):
        await pay_stay(world.site, which=Which(stay="st1"), amount_minor=minor, actor=CASHIER)
    await void(world)
    stay = await stay_by_id(world.site, "st1")
    assert (stay.state, stay.paid_minor, stay.owed_minor) == (StayState.UNPAID, 200, 800)
    assert await of_site(world, SiteAccount.UNPAID_EXITS) == -800
    await is_sound(world)


async def test_a_stay_that_was_paid_inside_and_left_is_no_debt_to_take_back(
    make_world: MakeWorld,
) -> None:
    """Nobody is asked for money who has driven away rightly."""
    world, _ = await begun(make_world, SALES["stay"])
    await _pay_stay(world)
    await leave(world, await stay_by_id(world.site, "st1"))
    with pytest.raises(CoreError, match="receipt_spent"):
        await void(world)
    await is_sound(world)
