"""What must hold of a site's money, however it was moved."""

from collections import Counter
from typing import Any

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    Measure,
    SiteAccount,
    code_of,
    measure_of,
    owner_of,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.ledger import AccountId
from custom_components.prepaid_parking.core.points import held
from custom_components.prepaid_parking.core.promotion import Step
from custom_components.prepaid_parking.operations.layering import layers_now, total_minor
from custom_components.prepaid_parking.operations.promotions import set_promotion
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import MANAGER, World


async def holds(world: World, wallet: WalletRun) -> dict[Bucket, int]:
    """What the books say a wallet has in each of its accounts, empty ones left out."""
    return {
        Bucket(code_of(account)): balance
        for account, balance in (await world.books.balances()).items()
        if owner_of(account) == wallet.wallet.no and balance
    }


async def of_site(world: World, code: SiteAccount) -> int:
    """What the books say an account of the site's own has."""
    return (await world.books.balances()).get(site_account(code), 0)


async def in_bucket(world: World, wallet: WalletRun, bucket: Bucket = Bucket.CASH) -> int:
    """What the books say of one account of a wallet."""
    return (await world.books.balances()).get(wallet_account(wallet.wallet.no, bucket), 0)


async def is_sound(world: World) -> None:
    """Money is neither made nor lost, balances are the folds of the entries, memory is the file."""
    balances = await world.books.balances()
    folded = Counter[AccountId]()
    for entry in await world.books.entries(limit=1_000_000):
        for leg in entry.postings:
            folded[leg.source] -= leg.amount_minor
            folded[leg.target] += leg.amount_minor
    assert folded == Counter(balances)  # Also below zero; an account that is not there has nothing.
    for measure in Measure:
        assert not sum(much for account, much in balances.items() if measure_of(account) is measure)
    for run in world.site.wallets.values():
        await _is_true(balances, run)


async def _is_true(balances: dict[AccountId, int], run: WalletRun) -> None:
    """Memory says of a wallet what the books say, and nothing is where it cannot be."""

    def balance(bucket: Bucket) -> int:
        return balances.get(wallet_account(run.wallet.no, bucket), 0)

    assert run.posted_minor == balance(Bucket.CASH)
    assert run.bonus_minor == balance(Bucket.BONUS) >= 0
    assert {one for one in Bucket if run.others.get(one, 0) != balance(one)} <= {
        Bucket.CASH,
        Bucket.BONUS,
    }
    assert held(run.lots) == balance(Bucket.POINTS) >= 0
    assert balance(Bucket.HELD) >= 0
    assert all(balance(one) <= 0 for one in Bucket if one.owes)
    layers = layers_now(run)
    if layers:
        assert sum(layer.left_minor for layer in layers) == max(0, total_minor(run))


async def promise(
    world: World, name: str = "autumn", *, top_up: int = 50_000, bonus: int = 10_000, **more: Any
) -> None:
    """Put a promotion up: 500 brings 100."""
    steps = (Step(least_minor=top_up, bonus_minor=bonus),)
    await set_promotion(world.site, promotion=name, changes={"steps": steps} | more, actor=MANAGER)
