"""What nobody heard the end of is read again, before the next one who has the turn builds on it."""

import contextlib

from ..core.errors import StoreError
from ..core.layers import Layers
from ..core.points import Lots
from ..core.promotion import Granted
from ..core.recovery import Recovery
from ..core.wallet import Wallet
from . import deposits, differences, pay_looking, pay_refunds, pay_suspense, stay_book
from .site import Site
from .topping_up import keep_granted
from .wallet_run import WalletRun


async def recall(site: Site) -> None:
    """Read again what a failed write was about; while that cannot be read, it stays in doubt."""
    if not site.unheard:
        return
    numbers, site.unheard = site.unheard, set()
    read = False
    try:
        with contextlib.suppress(StoreError):
            await _read(site, [run for run in site.wallets.values() if run.wallet.no in numbers])
            read = True
    finally:
        if not read:
            site.unheard |= numbers


async def _read(site: Site, runs: list[WalletRun]) -> None:
    await _balances(site, runs)
    for run in runs:
        await _said(site, run)
        await _promised(site, run)
        site.wake_wallet(run)
    for stay in site.parking.unheard:
        site.spawn(stay_book.recall(site, stay))  # Whoever has the turn waits for no car's.
    for part in (deposits, pay_suspense, pay_looking, pay_refunds, differences):
        await part.load(site)


async def _balances(site: Site, runs: list[WalletRun]) -> None:
    """Take over what the books have; a lane takes no turn and may charge meanwhile."""
    while True:
        (last,) = await site.books.entries(limit=1, newest_first=True)
        balances = await site.books.balances()
        if all(run.booked_to <= last.id for run in runs):
            break
    for run in runs:
        run.take_over(balances)
        run.as_of = dict.fromkeys(balances, last.id)
        run.booked_to = last.id


async def _said(site: Site, run: WalletRun) -> None:
    """Take over what the books say of a wallet; what hangs on its end is taken up at the next start."""
    for wallet in await site.books.load(Wallet, id=run.wallet.id):
        if wallet.closed_at is None:
            run.wallet = wallet


async def _promised(site: Site, run: WalletRun) -> None:
    books, wallet = site.books, run.wallet.id
    for kept in await books.load(Layers, wallet=wallet):
        run.layers = kept.layers
    for held in await books.load(Lots, wallet=wallet):
        run.lots = held.lots
    for recovery in await books.load(Recovery, wallet=wallet):
        run.recoveries[recovery.category] = recovery
    for granted in await books.load(Granted, wallet=wallet):
        keep_granted(site, granted)
