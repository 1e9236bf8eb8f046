"""A week without internet: the house goes on by itself, and what was paid meanwhile counts once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.pay_channel import ChannelFault
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.gate import issue_card, plate_read
from custom_components.prepaid_parking.operations.lane_facts import PassageKind
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import create_order, find_order
from custom_components.prepaid_parking.operations.redeeming_vouchers import redeem_voucher
from custom_components.prepaid_parking.operations.vouchers import (
    Wanted,
    make_vouchers,
    numbers_of,
    sell_vouchers,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.provider import SIGNED, Provider, connect
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, World

PLATE = "京A12345"
WEEK = 7 * DAY


async def ask(world: World, wallet: WalletRun, minor: int) -> Any:
    """A payer begins to top up by phone."""
    return await create_order(
        world.site,
        aim=Aim(kind=AimKind.WALLET, id=wallet.wallet.id),
        channel="ch1",
        amount_minor=minor,
        actor=MANAGER,
    )


@pytest.mark.parametrize("fault", [ChannelFault.UNREACHABLE, ChannelFault.UNKNOWN])
async def test_a_week_without_internet_stops_nothing_and_doubles_nothing(
    world: World, fault: ChannelFault
) -> None:
    """Nobody sits in the dark because a cable was dug up, and nobody's payment is lost or counted twice."""
    provider = Provider()
    connect(world.site, provider)
    await world.policy(grace_hours=24)
    flat, shop = await world.wallet("3"), await world.wallet("1000")
    meter = await world.meter(flat, relay=True)
    relay = world.relays[meter.meter.id]
    car = await world.wallet("100", purpose=Purpose.PARKING)
    await issue_card(world.site, wallet=car.wallet.id, plates=[PLATE], actor=MANAGER)
    lane, barrier = world.lane(fee="5")
    _, batch = await make_vouchers(world.site, Wanted(count=3, amount_minor=5000), actor=MANAGER)
    await sell_vouchers(world.site, batch=batch.id, actor=MANAGER)
    slips = [number for _, number in await numbers_of(world.site, batch)]

    begun = await ask(
        world, shop, 20_000
    )  # The payer has the code on the phone; then the line dies.
    provider.fault = fault
    seen = provider.pay(begun.out_no, 20_000)  # The phone has a line of its own.
    hopeless = await ask(world, shop, 30_000)

    # The flat runs empty, is given its day, and is cut: cut rules need no internet.
    world.registers[meter.meter.id] += 5 * KWH
    await world.wait(26 * HOUR, 4 * MINUTE)
    assert not relay.on
    assert flat.posted_minor < 0
    # A slip from the kiosk brings the light back.
    await redeem_voucher(world.site, number=slips[0], wallet=flat.wallet.id, actor=MANAGER)
    await world.wait(MINUTE, 5 * SECOND)
    assert relay.on
    # Every day a car passes, and somebody pays at the desk.
    paid = 0
    while world.clock.now < begun.created_at + WEEK:
        read = PlateRead(plate=PLATE, at=world.clock.now)
        answer = await plate_read(world.site, lane=lane.id, read=read)
        assert answer.kind is PassageKind.ADMITTED
        await world.pay(flat, "1")
        paid += 100
        world.registers[meter.meter.id] += KWH
        await world.wait(DAY, HOUR)
    assert barrier.pulses >= 4
    assert car.posted_minor == 10_000 - 500 * barrier.pulses
    assert (await find_order(world.site, begun.id)).state is not OrderState.CREDITED
    assert shop.posted_minor == 100_000

    # The line is back: the notice and the hub's own question come at once, each of them twice.
    provider.fault = None
    body = provider.notice(seen, world.clock.now)
    await asyncio.gather(
        world.tick(timedelta(hours=1)),
        hear(world.site, "ch1", SIGNED, body),
        hear(world.site, "ch1", SIGNED, body),
    )
    await world.wait(2 * HOUR, 5 * MINUTE)
    await world.restart()
    connect(world.site, provider)
    await world.wait(2 * HOUR, 5 * MINUTE)
    shop, flat = world.wallet_now(shop), world.wallet_now(flat)
    assert shop.posted_minor == 120_000
    assert (await find_order(world.site, begun.id)).state is OrderState.CREDITED
    state = (await find_order(world.site, hopeless.id)).state
    assert state in {OrderState.CLOSED, OrderState.EXPIRED}
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.CLEARING_WECHAT)] == -20_000
    assert balances[site_account(SiteAccount.VOUCHERS)] == 10_000
    assert not any(
        balances.get(site_account(one), 0) for one in (SiteAccount.SUSPENSE, SiteAccount.CLEARING)
    )
    used = 5 + paid // 100
    assert flat.available_minor == 300 + 5000 + paid - 80 * used
    assert sum(balances.values()) == 0
