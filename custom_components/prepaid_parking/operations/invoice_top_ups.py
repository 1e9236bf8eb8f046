"""Finds the top-up that an invoice is asked for, by whatever somebody has of it."""

from typing import Final

from ..core.chart import wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.ledger import Entry
from ..core.pay_order import AimKind
from .pay_finding import find_order
from .receipts import entry_of, find_receipt
from .reversal import find_entry
from .site import Site
from .walking import every_entry
from .wallet_run import WalletRun

TOP_UP: Final = (EntryKind.TOP_UP,)


async def by_entry(site: Site, number: int) -> Entry:
    """Return the top-up that is an entry of the books."""
    return _checked(await find_entry(site, number), str(number))


async def by_receipt(site: Site, number: int) -> Entry:
    """Return the top-up that somebody was given a receipt for."""
    receipt = await find_receipt(site, number)
    if receipt.kind != EntryKind.TOP_UP:
        raise CoreError("invoice_not_top_up", asked=str(number))
    return await entry_of(site, receipt)


async def by_order(site: Site, name: str) -> Entry:
    """Return the top-up that was paid by an order."""
    order = await find_order(site, name)
    if order.entry and order.aim.kind is AimKind.WALLET:
        account = wallet_account(site.wallet(order.aim.id).wallet.no)
        async for entry in every_entry(site, TOP_UP, account=account, since=order.created_at):
            if entry.event == order.entry:
                return entry
    raise CoreError("invoice_not_top_up", asked=order.id)


async def latest_of(site: Site, run: WalletRun) -> Entry:
    """Return a wallet's last top-up."""
    account = wallet_account(run.wallet.no)
    found = await site.books.entries(account=account, kinds=TOP_UP, limit=1, newest_first=True)
    if not found:
        raise CoreError("invoice_not_top_up", asked=run.wallet.id)
    return found[0]


def _checked(entry: Entry, asked: str) -> Entry:
    if entry.kind is not EntryKind.TOP_UP:
        raise CoreError("invoice_not_top_up", asked=asked)
    return entry
