"""Corrections: a new entry with its reason, the old one stays, and nothing is taken back twice."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.operations.adjusting import adjust, reverse_entry
from custom_components.prepaid_parking.operations.cashier import (
    close_wallet,
    deduct,
    freeze,
    refund,
)
from custom_components.prepaid_parking.operations.debts import pay_debt, record_debt
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.points import set_points, spend_points
from custom_components.prepaid_parking.operations.transfers import transfer
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.money import holds, is_sound, of_site, promise
from tests.operations.world import HOUR, KWH, MANAGER, World


async def correct(world: World, wallet: WalletRun, minor: int, reference: str = "") -> Any:
    """Correct a wallet's cash."""
    return await adjust(
        world.site,
        wallet=wallet.wallet.id,
        amount_minor=minor,
        reason="counted wrong",
        actor=MANAGER,
        reference=reference,
    )


async def undo(world: World, entry: int, reference: str = "") -> Any:
    """Take an entry back."""
    return await reverse_entry(
        world.site, entry=entry, reason="wrong wallet", actor=MANAGER, reference=reference
    )


async def take(world: World, wallet: WalletRun, minor: int) -> Any:
    """Take money by hand."""
    return await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=minor, reason="key", actor=MANAGER
    )


async def test_a_wallet_is_corrected_both_ways_and_once(world: World) -> None:
    """Also below zero and while frozen: what is right is right; the office's account shows it."""
    wallet = await world.wallet("10")
    await freeze(world.site, wallet=wallet.wallet.id, reason="court", actor=MANAGER)
    for _ in range(2):
        await correct(world, wallet, -1_500, reference="a1")
    assert await holds(world, wallet) == {Bucket.CASH: -500}
    await correct(world, wallet, 700)
    assert await of_site(world, SiteAccount.ADJUSTMENT) == 800
    assert world.events(wallet)[-1] is WalletEvent.ADJUSTED
    with pytest.raises(ConflictError):
        await correct(world, wallet, 1_500, reference="a1")
    with pytest.raises(CoreError, match="amount_not_positive"):
        await correct(world, wallet, 0)
    await is_sound(world)


async def test_a_top_up_of_the_wrong_wallet_is_taken_back_with_all_that_came_with_it(
    world: World,
) -> None:
    """Money, bonus, points and what it paid of a debt: as if it had never been, and both are on paper."""
    await promise(world, once=True)
    await set_points(world.site, changes={"points": 1, "per_minor": 100}, actor=MANAGER)
    wallet = await world.wallet()
    await record_debt(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.UTILITY,
        amount_minor=5_000,
        reason="old",
        actor=MANAGER,
    )
    before = await holds(world, wallet)
    first = await world.pay(wallet, "500")
    receipts = [await undo(world, first.entry, reference="u1") for _ in range(2)]
    assert [one.repeated for one in receipts] == [False, True]
    assert await holds(world, wallet) == before
    assert world.site.extras.granted_minor == {"autumn": 0}
    assert (wallet.layers, wallet.lots) == ((), ())
    with pytest.raises(ConflictError, match="already_reversed"):
        await undo(world, first.entry)
    entries = await world.books.entries(kinds=[EntryKind.TOP_UP, EntryKind.REVERSAL])
    assert [one.reverses for one in entries] == [None, first.entry]
    await world.pay(wallet, "500")
    assert (await holds(world, wallet))[Bucket.BONUS] == 10_000
    await world.restart()
    await is_sound(world)


async def test_what_was_spent_of_a_gift_is_made_up_from_cash(world: World) -> None:
    """The gift was used up before the mistake was found: it is paid for, points only as far as there."""
    await promise(world)
    await set_points(
        world.site,
        changes={"points": 1, "per_minor": 100, "spend_points": 1, "worth_minor": 1},
        actor=MANAGER,
    )
    wallet = await world.wallet("100")
    first = await world.pay(wallet, "500")
    await spend_points(world.site, wallet=wallet.wallet.id, points=400, actor=MANAGER)
    await take(world, wallet, 10_400)
    await undo(world, first.entry)
    assert await holds(world, wallet) == {}
    assert await of_site(world, SiteAccount.PROMOTION) == -400
    await is_sound(world)


async def test_another_top_up_keeps_its_rule_when_one_is_taken_back(world: World) -> None:
    """The second payment was right: what of it may be refunded is as before."""
    await promise(world, back=Back.RATIO)
    wallet = await world.wallet()
    first = await world.pay(wallet, "500", reference="r1")
    await world.pay(wallet, "600", reference="r2")
    await undo(world, first.entry)
    assert await holds(world, wallet) == {Bucket.CASH: 60_000, Bucket.BONUS: 10_000}
    assert refundable_minor(wallet) == 60_000
    await take(world, wallet, 35_000)
    assert refundable_minor(wallet) == 30_000
    await is_sound(world)


async def test_refunds_deductions_and_transfers_are_taken_back(world: World) -> None:
    """The clerk's slip of the pen, in each of its forms."""
    await promise(world, back=Back.RATIO)
    await set_points(world.site, changes={"points": 1, "per_minor": 100}, actor=MANAGER)
    wallet = await world.wallet(person={"name": "Li Wei"})
    other = await world.wallet(customer=wallet.wallet.id)
    await world.pay(wallet, "500")
    before = await holds(world, wallet)
    slip = await take(world, wallet, 15_000)
    await undo(world, slip.entry)
    assert await holds(world, wallet) == before
    slip = await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=20_000, reason="x", actor=MANAGER
    )
    await undo(world, slip.entry)
    assert await holds(world, wallet) == before
    slip = await transfer(
        world.site,
        source=wallet.wallet.id,
        target=other.wallet.id,
        amount_minor=20_000,
        reason="x",
        actor=MANAGER,
    )
    await undo(world, slip.entry)
    assert await holds(world, wallet) == before
    assert await holds(world, other) == {}
    slip = await correct(world, wallet, -700)
    await undo(world, slip.entry)
    assert await holds(world, wallet) == before
    await world.restart()
    await is_sound(world)


async def test_a_debt_that_was_paid_is_not_taken_back_into_the_plus(world: World) -> None:
    """A debt never turns into a claim of the tenant's."""
    wallet = await world.wallet("100")
    slip = await record_debt(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.UTILITY,
        amount_minor=5_000,
        reason="old",
        actor=MANAGER,
    )
    await pay_debt(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.UTILITY,
        amount_minor=1,
        actor=MANAGER,
    )
    with pytest.raises(CoreError, match="more_than_owed"):
        await undo(world, slip.entry)


async def test_what_cannot_be_taken_back_is_refused_in_words(world: World) -> None:
    """Usage goes by its quantity; what is closed, or was never, stays."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await world.keeper.stop()
    (used,) = await world.books.entries(kinds=[EntryKind.USAGE])
    for entry, key in (
        (used.id, "entry_not_reversible"),
        (999, "entry_unknown"),
        (0, "entry_unknown"),
    ):
        with pytest.raises(CoreError, match=key):
            await undo(world, entry)
    other = await world.wallet()
    paid = await world.pay(other, "5")
    await close_wallet(world.site, wallet=other.wallet.id, actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_closed"):
        await undo(world, paid.entry)
    with pytest.raises(CoreError, match="wallet_closed"):
        await correct(world, other, 1)
