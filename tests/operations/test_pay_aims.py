"""Stays and bills paid by phone: the gate opens once, and what came too late finds its place."""

import asyncio
from typing import Final

import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.stay import StayState
from custom_components.prepaid_parking.operations.bill_book import find_bill
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import (
    close_order,
    create_order,
    find_order,
    look,
)
from custom_components.prepaid_parking.operations.pay_settling import settle_payment
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from tests.operations.money import is_sound, of_site
from tests.operations.park import OTHER, Park
from tests.operations.provider import SIGNED, Provider
from tests.operations.staying import CITY, arrive, leave
from tests.operations.test_bills import bill_for, landlord
from tests.operations.world import HOUR, MANAGER, SECOND, World

CLEARING: Final = SiteAccount.CLEARING_WECHAT
SUSPENSE: Final = SiteAccount.SUSPENSE


def stay_of(stay: str) -> Aim:
    """What pays a stay."""
    return Aim(kind=AimKind.STAY, id=stay)


def wallet_of(wallet: str) -> Aim:
    """What fills a wallet."""
    return Aim(kind=AimKind.WALLET, id=wallet)


async def ask(world: World, aim: Aim, minor: int | None = None) -> PayOrder:
    """Ask for what is due."""
    return await create_order(world.site, aim=aim, channel="ch1", actor=MANAGER, amount_minor=minor)


async def test_a_car_at_the_exit_pays_by_phone_and_leaves_once(
    world: World, provider: Provider
) -> None:
    """Who has paid must not stand before a closed gate, nor the next car slip out behind him."""
    park = await Park.open(world)
    await park.come(OTHER)
    await park.go(OTHER)
    assert park.out.pulses == 0
    (stay,) = await park.stays()
    order = await ask(world, stay_of(stay.id))
    assert order.amount_minor == 500
    seen = provider.pay(order.out_no, 500)
    for _ in range(2):
        await hear(world.site, "ch1", SIGNED, provider.notice(seen, world.clock.now))
        await world.work()
    assert park.out.pulses == 1
    (stay,) = await park.stays()
    assert (stay.state, stay.paid_minor, stay.over_minor) == (StayState.LEFT, 500, 0)
    assert await of_site(world, CLEARING) == -500
    await is_sound(world)


async def test_a_stay_paid_at_the_desk_meanwhile_holds_what_is_beyond(
    world: World, provider: Provider
) -> None:
    """The driver paid the machine while his phone was paying: it pays his next hour, or goes back."""
    await world.publish(CITY)
    stay = await arrive(world)
    world.clock.now += HOUR
    order = await ask(world, stay_of(stay.id))
    await pay_stay(world.site, which=Which(stay=stay.id), actor=MANAGER)
    provider.pay(order.out_no, 500)
    assert (await look(world.site, order.id)).state is OrderState.CREDITED
    assert world.site.parking.stays[stay.id].over_minor == 500 == await of_site(world, SUSPENSE)
    assert world.site.paying.unmatched == {}
    world.clock.now += HOUR
    await leave(world, stay)
    assert await of_site(world, SUSPENSE) == 0
    await is_sound(world)


async def test_money_for_a_stay_that_is_over_waits_for_a_person(
    world: World, provider: Provider
) -> None:
    """The car has paid and gone: nothing will ever be due of it."""
    await world.publish(CITY)
    stay = await arrive(world)
    world.clock.now += HOUR
    order = await ask(world, stay_of(stay.id))
    await pay_stay(world.site, which=Which(stay=stay.id), actor=MANAGER)
    await leave(world, stay)
    provider.pay(order.out_no, 500)
    assert (await look(world.site, order.id)).state is OrderState.PAID
    (held,) = world.site.paying.unmatched.values()
    assert held.why == "stay_over"
    with pytest.raises(CoreError, match="stay_nothing_due"):
        await ask(world, stay_of(stay.id))
    await is_sound(world)


async def test_a_bill_is_paid_by_phone_whole_or_in_part(world: World, provider: Provider) -> None:
    """Rent comes from a phone as well, and what is open afterwards is what was not paid."""
    wallet = await landlord(world)
    bill = await bill_for(world, wallet)
    aim = Aim(kind=AimKind.BILL, id=bill.id)
    order = await ask(world, aim, 40_00)
    provider.pay(order.out_no, 40_00)
    assert (await look(world.site, order.id)).state is OrderState.CREDITED
    assert (await find_bill(world.site, bill.id)).open_minor == 60_00
    rest = await ask(world, aim)
    assert rest.amount_minor == 60_00
    with pytest.raises(CoreError, match="order_amount"):
        await ask(world, aim, 60_01)
    await pay_bill(world.site, bill=bill.id, amount_minor=1, channel=Channel.CASH, actor=MANAGER)
    provider.pay(rest.out_no, 60_00)
    assert (await look(world.site, rest.id)).state is OrderState.PAID
    (held,) = world.site.paying.unmatched.values()
    assert (held.why, held.left_minor) == ("bill_over", 60_00)
    assert (wallet.posted_minor, await of_site(world, CLEARING)) == (0, -100_00)
    await is_sound(world)


async def test_a_person_gives_money_its_place_in_parts_and_once(
    world: World, provider: Provider
) -> None:
    """What was paid for the wrong thing gets to the right one, to the cent, whoever clicks twice."""
    await world.publish(CITY)
    tenant, owner = await world.wallet(), await landlord(world)
    bill = await bill_for(world, owner, 30_00)
    order = await ask(world, wallet_of(tenant.wallet.id), 50_00)
    provider.pay(order.out_no, 49_00)
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched
    to_bill = Aim(kind=AimKind.BILL, id=bill.id)
    told = {"payment": held, "actor": MANAGER, "reason": "asked the tenant"}
    for amount, key in ((0, "amount_not_positive"), (49_01, "payment_less_left")):
        with pytest.raises(CoreError, match=key):
            await settle_payment(world.site, aim=to_bill, amount_minor=amount, **told)  # type: ignore[arg-type]
    with pytest.raises(CoreError, match="payment_more_than_due"):
        await settle_payment(world.site, aim=to_bill, **told)  # type: ignore[arg-type]
    for _ in range(2):
        left = await settle_payment(
            world.site,
            aim=to_bill,
            amount_minor=30_00,
            reference="s1",
            **told,  # type: ignore[arg-type]
        )
        assert left.left_minor == 19_00
    with pytest.raises(ConflictError):
        await settle_payment(
            world.site,
            aim=to_bill,
            amount_minor=29_00,
            reference="s1",
            **told,  # type: ignore[arg-type]
        )
    stay = await arrive(world)
    world.clock.now += HOUR
    await settle_payment(world.site, aim=stay_of(stay.id), amount_minor=5_00, **told)  # type: ignore[arg-type]
    assert (await find_order(world.site, order.id)).state is OrderState.PAID
    aim = wallet_of(tenant.wallet.id)
    for _ in range(2):
        left = await settle_payment(world.site, aim=aim, reference="s2", **told)  # type: ignore[arg-type]
        assert left.settled_at is not None
    with pytest.raises(CoreError, match="payment_settled"):
        await settle_payment(world.site, aim=aim, **told)  # type: ignore[arg-type]
    assert tenant.posted_minor == 14_00
    assert (await find_bill(world.site, bill.id)).open_minor == 0
    assert world.site.parking.stays[stay.id].paid_minor == 5_00
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert (await of_site(world, SUSPENSE), await of_site(world, CLEARING)) == (0, -49_00)
    assert world.site.paying.unmatched == {}
    await is_sound(world)


async def test_a_provider_that_does_not_answer_holds_nobody_up(
    world: World, provider: Provider
) -> None:
    """One that takes half a minute must not keep a meter from being cut, nor a car waiting."""
    await world.publish(CITY)
    wallet, stay = await world.wallet(), await arrive(world)
    world.clock.now += HOUR
    order = await ask(world, wallet_of(wallet.wallet.id), 100)
    paid, slow = await ask(world, stay_of(stay.id)), asyncio.Event()
    provider.answers = slow
    asking = asyncio.create_task(ask(world, wallet_of(wallet.wallet.id), 200))
    closing = asyncio.create_task(close_order(world.site, order=order.id, actor=MANAGER))
    looking = asyncio.create_task(look(world.site, paid.id))
    seen = provider.pay(paid.out_no, 500)
    while provider.waiting < 3:
        await asyncio.sleep(0)
    for _ in range(20):
        world.clock.now += SECOND
        await world.keeper.tick()
        await world.keeper.work()
    await world.pay(wallet, "1")
    await hear(world.site, "ch1", SIGNED, provider.notice(seen, world.clock.now))
    assert world.site.parking.stays[stay.id].paid_minor == 500
    slow.set()
    await asyncio.gather(asking, closing, looking)
    await world.work()
    assert (await find_order(world.site, order.id)).state is OrderState.CLOSED
    assert (await find_order(world.site, paid.id)).state is OrderState.CREDITED
