"""Notices: what is booked is answered, what is not proved moves nothing, what is odd waits for a person."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.pay_channel import Seen
from custom_components.prepaid_parking.core.pay_notice import HeardNotice, Made
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.stay import Stay
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.facts import OrderEvent, OrderFact
from custom_components.prepaid_parking.operations.pay_finding import is_our_number, new_out_no
from custom_components.prepaid_parking.operations.pay_notices import forget_notices, hear
from custom_components.prepaid_parking.operations.pay_orders import (
    create_order,
    find_order,
    look,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.money import is_sound, of_site
from tests.operations.provider import SIGNED, Provider, connect
from tests.operations.staying import CITY, arrive
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, SECOND, World

CLEARING = SiteAccount.CLEARING_WECHAT


async def ask(world: World, wallet: WalletRun, minor: int = 5000) -> PayOrder:
    """Ask for a top-up."""
    aim = Aim(kind=AimKind.WALLET, id=wallet.wallet.id)
    return await create_order(world.site, aim=aim, channel="ch1", actor=MANAGER, amount_minor=minor)


async def told(world: World, provider: Provider, seen: Seen, **more: Any) -> None:
    """Let the provider tell of a payment."""
    at = more.pop("at", world.clock.now)
    await hear(world.site, "ch1", SIGNED, provider.notice(seen, at, **more))


async def made(world: World) -> list[Made]:
    """What was made of the notices that are kept."""
    return [one.made for one in await world.books.load(HeardNotice)]


async def test_a_notice_and_its_double_are_one_credit(world: World, provider: Provider) -> None:
    """Providers repeat themselves, also under a new number: the payer has paid once."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    seen = provider.pay(order.out_no, 5000)
    for event in ("e1", "e1", "e2"):
        await told(world, provider, seen, event=event)
    assert wallet.posted_minor == 5000 == -await of_site(world, CLEARING)
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert await made(world) == [Made.BOOKED]
    assert provider.queries == []


async def test_a_notice_nobody_signed_moves_nothing(world: World, provider: Provider) -> None:
    """Anybody can send anything to an address that is on the internet."""
    order = await ask(world, await world.wallet())
    seen = provider.pay(order.out_no, 5000)
    with pytest.raises(CoreError, match="notice_not_believed"):
        await hear(world.site, "ch1", {}, provider.notice(seen, world.clock.now))
    with pytest.raises(CoreError, match="unknown_channel"):
        await hear(world.site, "ch2", SIGNED, provider.notice(seen, world.clock.now))
    assert await of_site(world, CLEARING) == 0
    assert await made(world) == []


@pytest.mark.parametrize(
    ("other", "key"),
    [
        ({"merchant": "1900000002"}, "notice_other_merchant"),
        ({"currency": "USD"}, "notice_other_currency"),
    ],
)
async def test_money_that_is_not_ours_moves_nothing_and_is_not_answered(
    world: World, provider: Provider, other: dict[str, Any], key: str
) -> None:
    """Somebody who pays himself at his own shop must not fill a wallet here."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    seen = replace(provider.pay(order.out_no, 5000), **other)
    with pytest.raises(CoreError, match=key):
        await told(world, provider, seen)
    assert wallet.posted_minor == 0
    assert await of_site(world, SiteAccount.SUSPENSE) == 0
    assert [one.made.foreign for one in await world.books.load(HeardNotice)] == [True]


@pytest.mark.parametrize("age", [timedelta(minutes=6), -timedelta(minutes=6)])
async def test_an_old_notice_is_a_hint_and_the_provider_is_asked(
    world: World, provider: Provider, age: timedelta
) -> None:
    """A replayed notice must not move money, a hub with a wrong clock must still be paid."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    seen = provider.pay(order.out_no, 5000)
    del provider.orders[order.out_no]
    await told(world, provider, seen, at=world.clock.now - age)
    await world.work()
    assert provider.queries == [order.out_no]
    assert wallet.posted_minor == 0
    world.clock.now += 2 * SECOND
    provider.orders[order.out_no] = seen
    await told(world, provider, seen, at=world.clock.now - age)
    await world.work()
    assert wallet.posted_minor == 5000


async def test_a_payment_of_an_order_that_a_restore_has_lost_is_held(
    world: World, provider: Provider
) -> None:
    """The books know nothing of it any more, the payer has paid."""
    lost = provider.pay(new_out_no(world.site), 4200)
    for event in ("e1", "e2"):
        await told(world, provider, lost, event=event)
    (held,) = world.site.paying.unmatched.values()
    assert (held.amount_minor, held.why, held.order) == (4200, "no_order", None)
    assert await of_site(world, SiteAccount.SUSPENSE) == 4200
    (fact,) = [one for one in world.heard(OrderFact) if one.event is OrderEvent.UNMATCHED]
    assert fact.unmatched == held.id
    late = provider.pay(new_out_no(world.site), 100)
    await told(world, provider, late, at=world.clock.now - DAY)
    await world.work()
    assert await of_site(world, SiteAccount.SUSPENSE) == 4300


async def test_a_number_of_somebody_else_is_no_order_of_ours(
    world: World, provider: Provider
) -> None:
    """A shop at the same merchant must not fill our suspense, nor hear that it failed."""
    await told(world, provider, provider.pay("SHOP-0001", 4200))
    assert await of_site(world, CLEARING) == 0
    assert await made(world) == [Made.NOTED]
    ours = new_out_no(world.site)
    assert len(ours) == 32
    assert is_our_number(world.site, ours)
    for wrong in ("", "pp", ours[:-1], ours[2:], f"{ours[:-1]}{'0' if ours[-1] != '0' else '1'}"):
        assert not is_our_number(world.site, wrong)


async def test_what_arrives_for_a_closed_wallet_is_held(world: World, provider: Provider) -> None:
    """The tenant moved out while his phone was paying: the money is there and belongs to somebody."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    await told(world, provider, provider.pay(order.out_no, 5000))
    (held,) = world.site.paying.unmatched.values()
    assert (held.order, held.why) == (order.id, "wallet_closed")
    assert (await find_order(world.site, order.id)).state is OrderState.PAID
    assert await of_site(world, SiteAccount.SUSPENSE) == 5000


async def test_an_order_paid_twice_is_credited_once_and_the_rest_is_held(
    world: World, provider: Provider
) -> None:
    """Two phones at one code: both have paid, one of them gets it back."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    await told(world, provider, provider.pay(order.out_no, 5000))
    await told(world, provider, provider.pay(order.out_no, 5000))
    assert wallet.posted_minor == 5000
    (held,) = world.site.paying.unmatched.values()
    assert (held.why, held.order) == ("twice", order.id)
    assert -await of_site(world, CLEARING) == 10_000


async def test_a_notice_that_the_disk_did_not_take_comes_again(
    world: World, provider: Provider, tmp_path: Path
) -> None:
    """Success is said after the books have it: else nobody would ever tell of it again."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    seen = provider.pay(order.out_no, 5000)
    with world.full_disk(), pytest.raises(StoreError):
        await told(world, provider, seen)
    assert wallet.posted_minor == 0
    await told(world, provider, seen)
    assert wallet.posted_minor == 5000
    assert await made(world) == [Made.BOOKED]


@pytest.mark.parametrize("kind", [AimKind.WALLET, AimKind.STAY])
async def test_an_answer_of_the_books_that_is_lost_costs_nobody_his_money(
    world: World, provider: Provider, monkeypatch: pytest.MonkeyPatch, kind: AimKind
) -> None:
    """It was written, and the disk failed a moment later: the light comes back, the gate opens."""
    await world.publish(CITY)
    wallet, stay, opened = await world.wallet(), await arrive(world), list[str]()

    async def opens(paid: Stay) -> None:
        opened.append(paid.id)

    world.site.parking.paid = opens
    world.clock.now += HOUR
    aim = Aim(kind=kind, id=wallet.wallet.id if kind is AimKind.WALLET else stay.id)
    order = await create_order(world.site, aim=aim, channel="ch1", actor=MANAGER, amount_minor=500)
    seen = provider.pay(order.out_no, 500)
    for name in ("commit", "commit_all"):
        monkeypatch.setattr(world.books, name, lost(getattr(world.books, name)))
    with pytest.raises(StoreError):
        await told(world, provider, seen)
    monkeypatch.undo()
    await told(world, provider, seen, event="e2")
    await look(world.site, order.id)
    paid = world.site.parking.stays[stay.id].paid_minor
    expected = (500, 0, []) if kind is AimKind.WALLET else (0, 500, [stay.id])
    assert (wallet.posted_minor, paid, opened) == expected
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert world.site.paying.orders == {}
    assert OrderEvent.CREDITED in [fact.event for fact in world.heard(OrderFact)]


def lost(write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Write, and lose the answer."""

    async def unheard(*args: Any, **options: Any) -> Any:
        await write(*args, **options)
        raise StoreError("failed", "lost")

    return unheard


async def test_payments_that_come_at_once_are_each_booked_and_answered(
    world: World, provider: Provider
) -> None:
    """On the first of the month everybody pays: nobody's payment may hang on a neighbour's."""
    runs = [await world.wallet() for _ in range(5)]
    orders = [await ask(world, runs[number % 5], 100 + number) for number in range(20)]
    await close_wallet(world.site, wallet=runs[4].wallet.id, actor=MANAGER)
    heard = [told(world, provider, provider.pay(one.out_no, one.amount_minor)) for one in orders]
    await asyncio.gather(*heard)
    assert [run.posted_minor for run in runs] == [430, 434, 438, 442, 0]
    assert sum(one.left_minor for one in world.site.paying.unmatched.values()) == 446
    assert world.site.paying.coming == []
    for order in orders:
        assert (await find_order(world.site, order.id)).final
    await is_sound(world)


async def test_a_notice_asks_the_books_once(
    world: World, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where hundreds come in a second, each question to the books is one more that waits for them."""
    order = await ask(world, await world.wallet())
    load, asked = world.books.load, list[type]()

    async def counted(kind: type, **like: Any) -> list[Any]:
        asked.append(kind)
        return await load(kind, **like)

    monkeypatch.setattr(world.books, "load", counted)
    seen = provider.pay(order.out_no, 5000)
    for _ in range(2):
        await told(world, provider, seen)
        assert asked == [PayOrder]
        asked.clear()
    assert world.site.paying.numbers == {}  # What is over is not kept in mind.


async def test_an_order_is_known_by_its_number_after_a_restart(
    world: World, provider: Provider
) -> None:
    """A hub that was restarted while a payer paid must know whose payment it is."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    await world.restart()
    connect(world.site, provider)
    assert world.site.paying.numbered(order.out_no) is not None
    await told(world, provider, provider.pay(order.out_no, 5000))
    assert world.wallet_now(wallet).posted_minor == 5_000
    assert world.site.paying.numbered(order.out_no) is None


async def test_old_notices_are_forgotten(world: World, provider: Provider) -> None:
    """What nobody repeats or disputes any more need not be kept."""
    order = await ask(world, await world.wallet())
    await told(world, provider, provider.pay(order.out_no, 5000))
    await forget_notices(world.site, world.clock.now + 99 * DAY)
    assert len(await made(world)) == 1
    await forget_notices(world.site, world.clock.now + 100 * DAY + MINUTE)
    assert await made(world) == []
