"""Transfers: within one customer and one purpose, once, and not a way round a rule."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.core.wallet import Frozen, Purpose
from custom_components.prepaid_parking.operations.cashier import (
    close_wallet,
    freeze,
    unfreeze,
)
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.transfers import transfer
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.money import holds, is_sound, of_site, promise
from tests.operations.world import HOUR, KWH, MANAGER, World


async def customer(world: World, *purposes: Purpose) -> list[WalletRun]:
    """Wallets of one customer."""
    wallets: list[WalletRun] = []
    for purpose in purposes:
        known = {"customer": wallets[0].wallet.id} if wallets else {"person": {"name": "Li Wei"}}
        wallets.append(await world.wallet(purpose=purpose, **known))
    return wallets


async def move(
    world: World, source: WalletRun, target: WalletRun, minor: int, reference: str = ""
) -> Any:
    """Move cash."""
    return await transfer(
        world.site,
        source=source.wallet.id,
        target=target.wallet.id,
        amount_minor=minor,
        reason="asked for",
        actor=MANAGER,
        reference=reference,
    )


async def test_a_customer_moves_money_between_two_flats(world: World) -> None:
    """Sent twice under one reference it is moved once; what was used is charged before."""
    one, other = await customer(world, Purpose.UTILITY, Purpose.UTILITY)
    run = await world.meter(one)
    await world.pay(one, "100")
    await world.read(run.meter.id, 10 * KWH, HOUR)
    with pytest.raises(CoreError, match="not_enough_money"):
        await move(world, one, other, 9_201)
    for _ in range(2):
        await move(world, one, other, 9_200, reference="t1")
    assert await holds(world, one) == {}
    assert await holds(world, other) == {Bucket.CASH: 9_200}
    assert world.events(one)[-1] is WalletEvent.TRANSFERRED_OUT
    assert world.events(other)[-1] is WalletEvent.TRANSFERRED_IN
    with pytest.raises(ConflictError):
        await move(world, one, other, 1, reference="t1")
    await world.restart()
    await is_sound(world)


@pytest.mark.parametrize("source", Purpose)
@pytest.mark.parametrize("target", Purpose)
async def test_money_never_leaves_its_purpose(
    world: World, source: Purpose, target: Purpose
) -> None:
    """Not even the customer's own: light money is light money."""
    one, other = await customer(world, source, target)
    await world.pay(one, "100")
    if source is target:
        await move(world, one, other, 1)
        return
    with pytest.raises(CoreError, match="transfer_between_purposes"):
        await move(world, one, other, 1)
    assert await holds(world, other) == {}


async def test_money_never_goes_to_another_customer(world: World) -> None:
    """A typing error must not fill the neighbour's wallet; wallets without a customer are nobody's."""
    (one,) = await customer(world, Purpose.UTILITY)
    (other,) = await customer(world, Purpose.UTILITY)
    nobody, no_one = await world.wallet("100"), await world.wallet()
    await world.pay(one, "100")
    for source, target in ((one, other), (one, nobody), (nobody, no_one)):
        with pytest.raises(CoreError, match="transfer_between_customers"):
            await move(world, source, target, 1)
    with pytest.raises(CoreError, match="posting_to_itself"):
        await move(world, one, one, 1)


async def test_a_transfer_is_no_way_round_a_promotion(world: World) -> None:
    """The bonus goes back when its cash goes to another wallet, as it does over the counter."""
    await promise(world, back=Back.RATIO)
    one, other = await customer(world, Purpose.UTILITY, Purpose.UTILITY)
    await world.pay(one, "500")
    await move(world, one, other, 50_000)
    assert await holds(world, one) == {}
    assert await holds(world, other) == {Bucket.CASH: 50_000}
    assert await of_site(world, SiteAccount.PROMOTION) == 0
    with pytest.raises(CoreError, match="not_enough_money"):
        await move(world, one, other, 1)


async def test_a_frozen_wallet_gives_or_takes_nothing_by_order(world: World) -> None:
    """Each way is shut by itself; a payment that has arrived is booked all the same."""
    one, other = await customer(world, Purpose.UTILITY, Purpose.UTILITY)
    await world.pay(one, "100")
    await world.pay(other, "100")

    async def shut(way: Frozen) -> None:
        await freeze(world.site, wallet=one.wallet.id, reason="court", actor=MANAGER, way=way)

    for way, out, into in (
        (Frozen.OUT, "wallet_frozen", ""),
        (Frozen.IN, "", "wallet_frozen_in"),
        (Frozen.BOTH, "wallet_frozen", "wallet_frozen_in"),
    ):
        await shut(way)
        for key, source, target in ((out, one, other), (into, other, one)):
            if key:
                with pytest.raises(CoreError, match=key):
                    await move(world, source, target, 100)
            else:
                await move(world, source, target, 100)
        await world.pay(one, "1")
    await unfreeze(world.site, wallet=one.wallet.id, reason="over", actor=MANAGER)
    await move(world, one, other, 100)
    await world.restart()
    await is_sound(world)


async def test_a_closed_wallet_takes_no_transfer(world: World) -> None:
    """What is over is over."""
    one, other = await customer(world, Purpose.UTILITY, Purpose.UTILITY)
    await world.pay(one, "100")
    await close_wallet(world.site, wallet=other.wallet.id, actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_closed"):
        await move(world, one, other, 100)
