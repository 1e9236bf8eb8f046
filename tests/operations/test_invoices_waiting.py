"""The first of the month: many top-ups ask for an invoice at once, and all get their numbers in order."""

from custom_components.prepaid_parking.core.invoice import Invoice
from custom_components.prepaid_parking.operations.invoices import WAITING
from tests.operations.world import MINUTE, SECOND, World


async def test_more_than_one_look_numbers_get_theirs_in_the_order_they_came(world: World) -> None:
    """Whoever pays among the last must not wait for ever, nor get a number before the first."""
    await world.policy(invoices=True)
    wallet = await world.wallet(policy="standard")
    many = WAITING.limit + 5
    for cents in range(1, many + 1):
        world.clock.now += SECOND
        await world.pay(wallet, f"0.{cents:02}")

    async def numbered() -> dict[str, int]:
        kept = await world.books.load(Invoice)
        return {one.number: one.amount_minor for one in kept if one.number}

    for looked_for in (WAITING.limit, many, many):
        await world.tick(MINUTE)
        assert await numbered() == {f"I2026-{no:06}": no for no in range(1, looked_for + 1)}
