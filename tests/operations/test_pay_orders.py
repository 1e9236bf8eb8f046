"""Orders: stored before they are asked for, followed to their end, credited once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.pay_channel import ChannelFault
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.wallet import Frozen
from custom_components.prepaid_parking.operations import pay_together
from custom_components.prepaid_parking.operations.facts import (
    OrderEvent,
    OrderFact,
    WalletEvent,
)
from custom_components.prepaid_parking.operations.pay_crediting import credit_seen
from custom_components.prepaid_parking.operations.pay_finding import named_channel
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import (
    close_order,
    create_order,
    find_order,
    look,
    orders_of,
)
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.operations.topping_up import Credit, credit
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.wallets import freeze
from tests.operations.money import of_site
from tests.operations.provider import SIGNED, Provider, connect
from tests.operations.world import BOOKS, MANAGER, MINUTE, SECOND, World

SUSPENSE = SiteAccount.SUSPENSE
CLEARING = SiteAccount.CLEARING_WECHAT


def of(wallet: WalletRun) -> Aim:
    """What fills a wallet."""
    return Aim(kind=AimKind.WALLET, id=wallet.wallet.id)


async def ask(world: World, wallet: WalletRun, minor: int = 5000, **more: object) -> PayOrder:
    """Ask for a top-up."""
    told: dict[str, object] = {"channel": "ch1", "actor": MANAGER} | more
    return await create_order(world.site, aim=of(wallet), amount_minor=minor, **told)  # type: ignore[arg-type]


def events(world: World) -> list[OrderEvent]:
    """What became of orders."""
    return [fact.event for fact in world.heard(OrderFact)]


async def test_what_keeps_one_payment_out_keeps_none_of_its_neighbours(
    world: World, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Payments that come together share one flush of the disk, and not what is wrong with one of them."""
    wallets = [await world.wallet() for _ in range(3)]
    orders = [await ask(world, one) for one in wallets]

    def drawn(site: Site, run: WalletRun, *more: Any) -> Credit:
        if run is wallets[1]:
            raise CoreError("wallet_frozen_in", wallet=run.wallet.id, reason="")
        return credit(site, run, *more)

    monkeypatch.setattr(pay_together, "credit", drawn)
    seen = [provider.pay(one.out_no, 5000) for one in orders]
    async with world.site.turn:  # All are there before the first is booked.
        coming = [
            asyncio.create_task(credit_seen(world.site, *one))
            for one in zip(orders, seen, strict=True)
        ]
        while len(world.site.paying.coming) < len(orders):
            await asyncio.sleep(0)
    await asyncio.gather(*coming)
    assert [one.posted_minor for one in wallets] == [5000, 0, 5000]
    assert await of_site(world, SUSPENSE) == 5000
    assert await of_site(world, CLEARING) == -15_000


async def test_a_payer_pays_and_the_wallet_is_credited_once(
    world: World, provider: Provider
) -> None:
    """Who scans and pays must see the money, and whoever is told twice must not give it twice."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    assert order.state is OrderState.PENDING
    assert order.offered is not None
    assert order.offered.qr == f"weixin://{order.out_no}"
    seen = provider.pay(order.out_no, 5000)
    for _ in range(3):
        after = await look(world.site, order.id)
        world.clock.now += 2 * SECOND
        await credit_seen(world.site, order, seen)
        assert (after.state, after.paid_minor) == (OrderState.CREDITED, 5000)
    assert wallet.posted_minor == 5000 == -await of_site(world, CLEARING)
    assert world.events(wallet).count(WalletEvent.TOPPED_UP) == 1
    assert events(world) == [OrderEvent.CREATED, OrderEvent.PENDING, OrderEvent.CREDITED]
    (entry,) = await world.books.entries(account=site_account(CLEARING))
    assert entry.event == after.entry == f"pay/wechat/{provider.merchant}/{seen.provider_ref}"


async def test_an_order_is_in_the_books_before_the_provider_hears_of_it(
    world: World, provider: Provider
) -> None:
    """A hub that dies while the provider answers must know afterwards what to ask about."""
    wallet = await world.wallet()
    provider.create_fault = ChannelFault.UNKNOWN
    order = await ask(world, wallet)
    assert (order.state, order.fault) == (OrderState.CREATED, "unknown")
    (written,) = await world.books.load(PayOrder)
    assert written.out_no == order.out_no == provider.asked[0].out_no
    provider.pay(order.out_no, 5000)
    await world.restart()
    connect(world.site, provider)
    await world.tick()
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert len(provider.asked) == 1
    assert world.wallet_now(wallet).posted_minor == 5000


@pytest.mark.parametrize("fault", [ChannelFault.UNREACHABLE, ChannelFault.REFUSED])
async def test_an_order_nobody_took_up_is_over_and_says_why(
    world: World, provider: Provider, fault: ChannelFault
) -> None:
    """A payer must not wait before a code that does not come."""
    provider.create_fault, provider.takes_up = fault, False
    order = await ask(world, await world.wallet())
    assert (order.state, order.fault) == (OrderState.CLOSED, fault)


async def test_an_order_under_one_reference_is_one(world: World, provider: Provider) -> None:
    """A request that is sent again after a lost answer must not ask the payer twice."""
    wallet = await world.wallet()
    first = await ask(world, wallet, reference="r1")
    again = await ask(world, wallet, reference="r1")
    assert again == first
    assert len(provider.asked) == 1
    with pytest.raises(CoreError):
        await ask(world, wallet, 6000, reference="r1")
    assert [one.id for one in await orders_of(world.site, of(wallet))] == [first.id]


async def test_what_cannot_be_paid_is_not_asked_for(world: World, provider: Provider) -> None:
    """Money that has nowhere to go is better not taken."""
    wallet = await world.wallet()
    for minor in (0, -1):
        with pytest.raises(CoreError, match="amount_not_positive"):
            await ask(world, wallet, minor)
    with pytest.raises(CoreError, match="unknown_channel"):
        await ask(world, wallet, channel="ch9")
    await freeze(
        world.site, wallet=wallet.wallet.id, reason="dispute", actor=MANAGER, way=Frozen.IN
    )
    with pytest.raises(CoreError, match="wallet_frozen_in"):
        await ask(world, wallet)
    provider.currency = "EUR"
    with pytest.raises(CoreError, match="channel_currency"):
        await ask(world, await world.wallet())
    assert provider.asked == []


async def test_an_order_that_nobody_pays_is_closed_and_asked_once_more(
    world: World, provider: Provider
) -> None:
    """A payer who paid in the last second has paid, and who comes tomorrow finds nothing to pay."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    await world.wait(15 * MINUTE + SECOND, SECOND)
    assert (await find_order(world.site, order.id)).state is OrderState.CLOSED
    provider.pay(order.out_no, 5000)
    await world.wait(MINUTE, SECOND)
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert wallet.posted_minor == 5000


async def test_an_order_nobody_paid_is_forgotten_after_a_day(
    world: World, provider: Provider
) -> None:
    """A site must not ask for ever about everybody who changed his mind."""
    order = await ask(world, await world.wallet())
    await world.wait(timedelta(hours=26), 5 * MINUTE)
    assert (await find_order(world.site, order.id)).state is OrderState.EXPIRED
    assert world.site.paying.orders == {}
    assert len(provider.queries) < 60


async def test_an_order_is_closed_by_hand(world: World, provider: Provider) -> None:
    """The desk takes back what was asked for by mistake; what is paid meanwhile counts."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    assert (await close_order(world.site, order=order.id, actor=MANAGER)).state is OrderState.CLOSED
    other = await ask(world, wallet)
    provider.pay(other.out_no, 5000)
    after = await close_order(world.site, order=other.id, actor=MANAGER)
    assert after.state is OrderState.CREDITED
    third = await ask(world, wallet)
    provider.fault = ChannelFault.UNKNOWN
    with pytest.raises(CoreError, match="order_not_closed"):
        await close_order(world.site, order=third.id, actor=MANAGER)


async def test_after_a_restore_what_was_paid_since_is_credited_again_and_once(
    world: World, provider: Provider
) -> None:
    """A backup knows of no payment that came after it: the provider does, and the payer as well."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    await world.books.close()
    path = world.folder / BOOKS
    backup = path.read_bytes()
    await world.restart()
    connect(world.site, provider)
    provider.pay(order.out_no, 5000)
    await world.tick()
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    lost = await ask(world, wallet, 700)
    await world.books.close()
    for log in world.folder.glob(f"{BOOKS}-*"):
        log.unlink()
    path.write_bytes(backup)
    await world.restart()
    connect(world.site, provider)
    world.books.state = BooksState.ROLLED_BACK
    with pytest.raises(CoreError, match="ledger_closed"):
        await ask(world, wallet)
    await world.tick()
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert world.wallet_now(wallet).posted_minor == 5000 == -await of_site(world, CLEARING)
    seen = provider.pay(lost.out_no, 700)
    await hear(world.site, "ch1", SIGNED, provider.notice(seen, world.clock.now))
    (held,) = world.site.paying.unmatched.values()
    assert (held.why, held.left_minor) == ("no_order", 700)


async def test_a_wrong_amount_is_held_for_a_person(world: World, provider: Provider) -> None:
    """Less than was asked for may be a trick, more a mistake: it is there, and nobody guesses."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    provider.pay(order.out_no, 4999)
    after = await look(world.site, order.id)
    assert after.state is OrderState.PAID
    assert wallet.posted_minor == 0
    assert await of_site(world, SUSPENSE) == 4999 == -await of_site(world, CLEARING)
    (held,) = world.site.paying.unmatched.values()
    assert (held.order, held.left_minor, held.why) == (order.id, 4999, "amount")
    await world.restart()
    assert list(world.site.paying.unmatched.values()) == [held]


async def test_a_person_names_a_channel_as_it_is_called(world: World, provider: Provider) -> None:
    """The key of a channel is on no page: whoever asks for money would have to guess it."""
    assert named_channel(world.site, "ch1").name == "WeChat Pay"
    assert named_channel(world.site, " WeChat Pay ").key == "ch1"
    connect(world.site, provider, "ch2")
    with pytest.raises(CoreError, match="unknown_channel"):
        named_channel(world.site, "WeChat Pay")
    assert named_channel(world.site, "ch2").key == "ch2"
