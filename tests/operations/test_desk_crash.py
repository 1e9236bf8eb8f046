"""The hub dies at each single write of a day at the desk, or its answer is lost: nothing is doubled."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount, site_account
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import Act
from custom_components.prepaid_parking.core.shift import Shift
from custom_components.prepaid_parking.operations.tills import (
    close_shift,
    deliver_cash,
    find_shift,
    open_shift,
    set_till,
)
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.money import is_sound
from tests.operations.test_desk import CASHIER, a_shift, pay
from tests.operations.world import MANAGER, World

CASH = site_account(SiteAccount.CASH)
WRITES = range(12)
"""More writes than the day makes: the last of them never fail."""


async def a_day(world: World) -> None:
    """A day at the desk; every step is asked for again until it is answered."""
    site = world.site
    _, till = await set_till(site, actor=MANAGER, changes={"name": "Front"}, reference="till")
    _, shift = await open_shift(
        site, till=till.id, counted_minor=100, actor=CASHIER, reference="open"
    )
    wallet = next(iter(site.wallets.values()))
    await pay(world, wallet, 5_000, reference="p1")
    await pay(world, wallet, 700, reference="p2", channel=Channel.TERMINAL)
    await void_payment(site, receipt=1, reason="typo", actor=MANAGER, reference="v1")
    await pay(world, wallet, 900, reference="p3")
    await deliver_cash(site, shift=shift.id, amount_minor=400, actor=CASHIER, reference="bag")
    await close_shift(
        site, shift=shift.id, counted_minor=590, reason="torn", actor=CASHIER, reference="close"
    )


async def is_one_day(world: World) -> None:
    """What the books have is one such day, however often it was begun."""
    wallet = next(iter(world.site.wallets.values()))
    assert wallet.posted_minor == 1_600
    receipts = await world.books.load(DeskReceipt)
    assert [(one.no, one.amount_minor, one.voided_at is None) for one in receipts] == [
        (1, 5_000, False),
        (2, 700, True),
        (3, 900, True),
    ]
    (shift,) = await world.books.load(Shift)
    assert (shift.expected_minor, shift.difference_minor, shift.receipts) == (600, -10, 3)
    balances = await world.books.balances()
    assert balances[CASH] == -500 + 10
    assert not world.site.desk.shifts
    await is_sound(world)


@pytest.mark.parametrize("at", WRITES)
async def test_a_day_that_broke_off_is_gone_on_with(make_world: MakeWorld, at: int) -> None:
    """A power cut at the counter: the cashier types the slip again, and it is there once."""
    world = await make_world()
    await world.wallet()
    Dying(world, at)
    try:
        await a_day(world)
    except StoreError:
        await world.restart()
        await a_day(world)
    await is_one_day(world)


@pytest.mark.parametrize("at", WRITES)
async def test_an_answer_that_was_lost_takes_no_second_number(
    make_world: MakeWorld, at: int
) -> None:
    """It was written, and nobody heard: asked again, also without a restart, it is answered."""
    world = await make_world()
    await world.wallet()
    _lose_an_answer(world, at)
    for _ in range(2):
        try:
            await a_day(world)
        except StoreError:
            continue
        break
    await world.restart()
    await is_one_day(world)


async def test_a_refused_payment_takes_no_number(world: World) -> None:
    """A gap in the numbers would be a payment that somebody has hidden."""
    wallet, shift = await world.wallet(), await a_shift(world, most_minor=11_000)
    await pay(world, wallet, 500)
    for minor in (0, -5, 2_000):
        with pytest.raises(CoreError):
            await pay(world, wallet, minor)
    await pay(world, wallet, 500)
    assert [one.no for one in await world.books.load(DeskReceipt)] == [1, 2]
    assert (await find_shift(world.site, shift.id)).expected_minor == 11_000


def _lose_an_answer(world: World, at: int) -> None:
    """Have the nth act written and its answer lost."""
    commit: Callable[[Act], Awaitable[Any]] = world.books.commit
    left = at

    async def losing(act: Act) -> Any:
        nonlocal left
        receipt = await commit(act)
        left -= 1
        if left == -1:
            raise StoreError("failed", "nobody heard")
        return receipt

    setattr(world.books, "commit", losing)  # noqa: B010  as a medium that fails would
