"""A write whose answer was lost is in the books: whoever acts next builds on that, not on what memory says."""

import contextlib
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.pay_order import OrderState
from custom_components.prepaid_parking.core.pay_refund import RefundState
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.operations.cashier import deduct, freeze, refund
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import create_order
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.persons import set_person
from custom_components.prepaid_parking.operations.wallets import update_wallet
from tests.operations.money import is_sound, promise
from tests.operations.provider import SIGNED, connect
from tests.operations.refunding import RefundingProvider, of, paid_order
from tests.operations.test_vouchers import batch_of, numbers, redeem
from tests.operations.world import HOUR, MANAGER, MINUTE, World


@contextlib.contextmanager
def lost_answers(world: World) -> Any:
    """Have every act written, and nobody hear of it."""

    def losing(name: str) -> Any:
        write = getattr(world.books, name)

        async def written(*args: Any, **options: Any) -> None:
            await write(*args, **options)
            raise StoreError("failed", "nobody heard")

        return patch.object(world.books, name, written)

    with losing("commit"), losing("commit_all"), pytest.raises(StoreError):
        yield


@pytest.mark.parametrize("again", [True, False], ids=["asked_again", "let_be"])
async def test_a_top_up_nobody_heard_of_counts_with_all_that_came_with_it(
    world: World, again: bool
) -> None:
    """The light comes on again, and the next bonus and the next refund go by what was really paid."""
    await promise(world, back=Back.RATIO, wallet_cap_minor=20_000)
    wallet = await world.wallet()
    with lost_answers(world):
        await world.pay(wallet, "500", reference="t1")
    if again:
        assert (await world.pay(wallet, "500", reference="t1")).repeated
    else:
        await world.work()
    assert (wallet.posted_minor, wallet.bonus_minor) == (50_000, 10_000)
    await is_sound(world)
    await world.pay(wallet, "500")
    await world.pay(wallet, "500")
    assert (wallet.posted_minor, wallet.bonus_minor) == (150_000, 20_000)
    before = refundable_minor(wallet)
    await world.restart()
    wallet = world.wallet_now(wallet)
    assert (refundable_minor(wallet), len(wallet.layers)) == (before, 3)
    await is_sound(world)


async def test_what_went_out_unheard_is_gone(world: World) -> None:
    """A balance that is not there would keep the light on for nothing."""
    wallet = await world.wallet("100")
    with lost_answers(world):
        await deduct(
            world.site, wallet=wallet.wallet.id, amount_minor=9_000, reason="r", actor=MANAGER
        )
    await world.work()
    assert wallet.available_minor == 1_000
    with lost_answers(world):
        await refund(
            world.site, wallet=wallet.wallet.id, amount_minor=400, reason="r", actor=MANAGER
        )
    await world.work()
    assert wallet.available_minor == 600
    await is_sound(world)


async def test_a_voucher_redeemed_unheard_is_in_its_wallet(world: World) -> None:
    """Who asks again hears that it is redeemed, and sees the money."""
    await promise(world, top_up=5_000, bonus=100)
    wallet, batch = await world.wallet(), await batch_of(world)
    slip = (await numbers(world, batch))[0]
    with lost_answers(world):
        await redeem(world, wallet, slip, reference="kiosk")
    assert (await redeem(world, wallet, slip, reference="kiosk")).repeated
    assert (wallet.posted_minor, wallet.bonus_minor, len(wallet.layers)) == (5_000, 100, 1)
    assert world.site.offline.batches[batch.id].redeemed == 1
    await is_sound(world)


async def test_a_payment_by_phone_credited_unheard_is_there_with_its_bonus(world: World) -> None:
    """The provider tells again, for it was not answered: nothing is given twice, and nothing is missing."""
    await promise(world)
    wallet, provider = await world.wallet(), RefundingProvider()
    connect(world.site, provider)
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=50_000, actor=MANAGER
    )
    body = provider.notice(provider.pay(order.out_no, 50_000), world.clock.now)
    with lost_answers(world):
        await hear(world.site, "ch1", SIGNED, body)
    await hear(world.site, "ch1", SIGNED, body)
    await world.tick(MINUTE)
    assert (wallet.posted_minor, wallet.bonus_minor, len(wallet.layers)) == (50_000, 10_000, 1)
    assert order.id not in world.site.paying.orders
    await is_sound(world)


async def test_an_order_written_unheard_is_looked_at(world: World) -> None:
    """Nobody was shown its code, so it ends; what is open in the books is never forgotten."""
    wallet, provider = await world.wallet(), RefundingProvider()
    connect(world.site, provider)
    with lost_answers(world):
        await create_order(
            world.site, aim=of(wallet), channel="ch1", amount_minor=50_000, actor=MANAGER
        )
    await world.work()
    (order,) = world.site.paying.orders.values()
    assert order.state is OrderState.CREATED
    await world.tick(MINUTE)
    assert provider.queries == [order.out_no]


async def test_a_refund_held_unheard_goes_its_way(world: World) -> None:
    """Money that was taken out of a wallet must reach its payer without a restart."""
    wallet, provider = await world.wallet(), RefundingProvider()
    connect(world.site, provider)
    order = await paid_order(world, provider, wallet)
    provider.becomes = provider.becomes.DONE
    with lost_answers(world):
        await refund_order(
            world.site, order=order.id, amount_minor=4_000, reason="r", actor=MANAGER
        )
    await world.tick(HOUR)
    assert wallet.posted_minor == 6_000
    (known,) = provider.refunds.values()
    assert known.amount_minor == 4_000
    assert not [one for one in world.site.settling.refunds.values() if not one.state.over]
    assert RefundState.DONE.over
    await is_sound(world)


async def test_a_person_put_right_unheard_stays_right(world: World) -> None:
    """The next change builds on the new name; the old one would come back, and the new one outlive its erasure."""
    wallet = await world.wallet(person={"name": "Li", "phone": "13900001111"})
    told: Any = {"wallet": wallet.wallet.id, "actor": MANAGER}
    before = wallet.wallet.subject
    with lost_answers(world):
        await set_person(world.site, fields={"name": "Wang"}, **told)
    await set_person(world.site, fields={"phone": "13900002222"}, **told)
    kept = await world.site.privacy.get_subject(wallet.wallet.subject)
    assert kept == {"name": "Wang", "phone": "13900002222"}
    first, second = await world.books.entries(kinds=[EntryKind.PERSON_SET])
    assert second.detail["before"] == first.detail["person"] != before
    with pytest.raises(CoreError):
        await world.site.privacy.get_subject(str(first.detail["person"]))
    await world.restart()
    assert world.wallet_now(wallet).wallet == wallet.wallet


@pytest.mark.parametrize("again", [True, False], ids=["changed_again", "let_be"])
async def test_a_wallet_shut_unheard_is_shut(world: World, again: bool) -> None:
    """Whoever shut it was told of a trouble of the disk; the money must not go out for that."""
    wallet = await world.wallet("100")
    told: Any = {"wallet": wallet.wallet.id, "reason": "dispute", "actor": MANAGER}
    with lost_answers(world):
        await freeze(world.site, **told)
    if again:
        changes = {"alert_minor": 500}
        await update_wallet(world.site, wallet=wallet.wallet.id, changes=changes, actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await deduct(world.site, amount_minor=9_000, **told)
    await world.restart()
    kept = world.wallet_now(wallet).wallet
    assert (kept.frozen_reason, kept.alert_minor == 500) == ("dispute", again)
