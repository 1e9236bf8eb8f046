"""What a hub has in mind of payments is what may still change: how many there were does not show in it."""

from collections.abc import Sized
from dataclasses import fields

from custom_components.prepaid_parking.core.risk import RiskKind
from custom_components.prepaid_parking.operations.pay_book import PayBook
from custom_components.prepaid_parking.operations.pay_finding import find_order
from custom_components.prepaid_parking.operations.risk_book import RiskBook
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.provider import Provider
from tests.operations.test_pay_notices import ask, told
from tests.operations.world import MANAGER, MINUTE, World

WINDOW_S = 60


def kept(book: PayBook | RiskBook) -> dict[str, int]:
    """How much there is of everything that a book has in mind."""
    values = {one.name: getattr(book, one.name) for one in fields(book)}
    return {name: len(value) for name, value in values.items() if isinstance(value, Sized)}


async def pay(world: World, provider: Provider, wallet: WalletRun, count: int) -> None:
    """Have orders paid, each told of twice, then let what is measured pass."""
    for _ in range(count):
        order = await ask(world, wallet, 100)
        seen = provider.pay(order.out_no, 100)
        for _ in range(2):
            await told(world, provider, seen, event=order.id)
        assert (await find_order(world.site, order.id)).final
    await world.work()
    world.clock.now += 3 * MINUTE
    last = await ask(world, wallet, 100)
    await told(world, provider, provider.pay(last.out_no, 100), event=last.id)


async def test_a_hundred_payments_leave_no_more_in_mind_than_ten(
    world: World, provider: Provider
) -> None:
    """A hub that keeps a little of each payment is killed by its system in the second year."""
    wallet = await world.wallet()
    changes = {"most": 1000, "window_s": WINDOW_S}
    await set_risk_rule(
        world.site, rule=RiskKind.ORDERS_OF_SITE, changes=changes, reason="", actor=MANAGER
    )
    await pay(world, provider, wallet, 10)
    few = kept(world.site.paying), kept(world.site.risking)
    await pay(world, provider, wallet, 100)
    assert (kept(world.site.paying), kept(world.site.risking)) == few
    assert few[0]["orders"] == few[0]["numbers"] == few[0]["aims"] == 0
