"""Fees and taxes stand beside the price: own lines, own accounts, and not a cent lost in a thousand."""

from typing import Any

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import Act, Posting
from custom_components.prepaid_parking.core.money import MICRO
from custom_components.prepaid_parking.core.wallet import Spending
from custom_components.prepaid_parking.operations.office import replace_meter
from custom_components.prepaid_parking.operations.usage import close_windows
from tests.operations.conftest import MakeWorld
from tests.operations.world import HOUR, KWH, MANAGER, MINUTE, World

LEVIED: dict[str, Any] = {
    "tariff": "home",
    "quantity": "energy",
    "price": "0.80",
    "levies": [
        {"name": "Service", "kind": "fee", "percent": "5"},
        {"name": "VAT", "kind": "tax", "percent": "13"},
    ],
}
REVENUE = site_account(SiteAccount.REVENUE_ELECTRICITY)
SERVICE = site_account(SiteAccount.REVENUE_SERVICE)
TAX = site_account(SiteAccount.TAX)


async def site_money(world: World) -> tuple[int, int, int]:
    """What the revenue, the office and the tax office have got."""
    held = await world.books.balances()
    return held.get(REVENUE, 0), held.get(SERVICE, 0), held.get(TAX, 0)


async def test_fee_and_tax_come_on_top_in_lines_and_accounts_of_their_own(
    make_world: MakeWorld,
) -> None:
    """8.00 for power, 0.40 for service, 13 % tax on both: the tax office can be paid from one account."""
    world = await make_world(tariffs=(LEVIED,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "90.51"
    await close_windows(world.site, (run,))
    assert world.text(wallet.posted_minor) == "90.51"
    assert await site_money(world) == (800, 40, 109)
    (entry,) = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert entry.detail["levies"] == [
        {
            "version": 1,
            "net": 800,
            "name": "Service",
            "kind": "fee",
            "share": 50_000,
            "amount": 40,
            "included": False,
        },
        {
            "version": 1,
            "net": 800,
            "name": "VAT",
            "kind": "tax",
            "share": 130_000,
            "amount": 109,
            "included": False,
        },
    ]


async def test_an_included_tax_is_taken_out_of_the_price(make_world: MakeWorld) -> None:
    """11.30 with 13 % in it: 10.00 is earned, 1.30 is owed; the tenant pays 11.30."""
    tariff = {
        "tariff": "home",
        "quantity": "energy",
        "price": "1.13",
        "levies": [{"name": "VAT", "kind": "tax", "percent": "13", "included": True}],
    }
    world = await make_world(tariffs=(tariff,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await close_windows(world.site, (run,))
    assert world.text(wallet.posted_minor) == "88.70"
    assert await site_money(world) == (1000, 0, 130)


async def test_a_hundred_small_charges_carry_the_tax_of_one_large_one(
    make_world: MakeWorld,
) -> None:
    """Over entries, crashes and swaps: the remainder below a cent goes on with the binding."""
    world = await make_world(tariffs=(LEVIED,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    meter = run.meter.id
    for step in range(100):
        await world.read(meter, KWH // 37, MINUTE)
        await close_windows(world.site, (world.run(meter),))
        if step % 10 == 3:
            await world.restart()
            await world.look(meter)
        if step == 50:
            shown = world.registers[meter]
            await replace_meter(
                world.site,
                meter=meter,
                final_register=shown,
                start_register=0,
                serial="B1",
                reason="worn out",
                actor=MANAGER,
            )
            world.registers[meter] = 0
            await world.look(meter, serial="B1")
    revenue, service, tax = await site_money(world)
    assert service == revenue * 50_000 // MICRO
    assert tax == (revenue + service) * 130_000 // MICRO
    assert world.wallet_now(wallet).posted_minor == 10_000 - revenue - service - tax
    assert world.wallet_now(wallet).unposted_minor == 0


async def test_bonus_pays_first_and_each_charge_leaves_less_for_the_next(
    make_world: MakeWorld,
) -> None:
    """Two meters posted together must not both spend the same five of bonus."""
    world = await make_world(tariffs=(LEVIED,))
    wallet = await world.wallet("100")
    first, second = await world.meter(wallet), await world.meter(wallet)
    wallet.bonus_minor = 0
    bonus = wallet_account(wallet.wallet.no, Bucket.BONUS)
    await give_bonus(world, wallet.wallet.no, 500)
    wallet.bonus_minor = 500
    assert wallet.wallet.spending is Spending.BONUS_FIRST
    for run in (first, second):
        await world.read(run.meter.id, 5 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "95.52"  # two times 4.00 + 0.20 + 0.546 of tax
    await close_windows(world.site, (first, second))
    held = await world.books.balances()
    assert held[bonus] == 0
    assert (wallet.bonus_minor, world.text(wallet.posted_minor)) == (0, "95.52")


async def give_bonus(world: World, number: int, amount: int) -> None:
    """Put bonus money into a wallet."""
    await world.books.commit(
        Act(
            kind=EntryKind.BONUS,
            event="bonus/test",
            occurred=world.clock.now,
            actor=MANAGER,
            postings=(
                Posting(
                    source=site_account(SiteAccount.PROMOTION),
                    target=wallet_account(number, Bucket.BONUS),
                    amount_minor=amount,
                ),
            ),
        )
    )
