"""The money that an invoice is about: read off a top-up's entry, and what is still there of it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.chart import SiteAccount, site_account, wallet_account
from ..core.entry_kind import EntryKind
from ..core.identity import EntryId, WalletId
from ..core.kept import CameBack, CameIn, Move, TopUpMoney, WentBack, kept
from ..core.ledger import AccountId, Entry, Posting
from ..core.pay_notice import Misfit, Unmatched
from ..core.pay_order import PayOrder
from .fee_legs import EARNED, TAX, returned_in
from .site import Site
from .walking import every_entry
from .wallet_run import WalletRun

OUTSIDE: Final = frozenset(
    site_account(code)
    for code in (
        *(SiteAccount.CASH, SiteAccount.CLEARING, SiteAccount.BANK, SiteAccount.SUSPENSE),
        *(SiteAccount.CLEARING_WECHAT, SiteAccount.CLEARING_ALIPAY, SiteAccount.CLEARING_STRIPE),
        *(SiteAccount.VOUCHERS, SiteAccount.AGENTS, SiteAccount.REFUNDS),
    )
)
"""Where a payer's money comes from, and goes back to."""
TAKING_OUT: Final = (
    *(EntryKind.REFUND, EntryKind.REFUND_HELD, EntryKind.REVERSAL),
    *(EntryKind.CHARGEBACK, EntryKind.WALLET_CLOSED),
)
"""What lets money go back to a payer."""
MOVING: Final = (EntryKind.TOP_UP, EntryKind.REFUND_FAILED, *TAKING_OUT)


def brought(postings: Iterable[Posting], wallet: AccountId) -> TopUpMoney:
    """Return what the movements of a top-up brought from outside."""
    legs = [leg for leg in postings if leg.source in OUTSIDE]
    return TopUpMoney(
        credited_minor=sum(leg.amount_minor for leg in legs if leg.target == wallet),
        fee_minor=sum(leg.amount_minor for leg in legs if leg.target == EARNED),
        fee_tax_minor=sum(leg.amount_minor for leg in legs if leg.target == TAX),
    )


def returned(postings: Iterable[Posting], wallet: AccountId) -> TopUpMoney:
    """Return what movements took back to the outside."""
    turned = (
        Posting(source=leg.target, target=leg.source, amount_minor=leg.amount_minor)
        for leg in postings
    )
    return brought(turned, wallet)


async def left_of(site: Site, run: WalletRun, since: datetime) -> dict[str, TopUpMoney]:
    """Return what is still there of each top-up of a wallet since a time, by its event."""
    return kept([one async for one in _Moves(site, run).since(since)])


async def returns_of(site: Site, since: datetime | None = None) -> Mapping[WalletId, datetime]:
    """Return the wallets out of which anything may have gone back, and when it last did: few of all.

    Of all times, the books are gone through once from their beginning, and after that only what has
    come since. Who asks for the time since some day does not have to wait for that.
    """
    book = site.billing
    if book.returns_to is None and since is not None:
        return await _returns(every_entry(site, TAKING_OUT, since=since), {})
    newest = await site.books.entries(newest_first=True, limit=1)
    await _returns(every_entry(site, TAKING_OUT, after=book.returns_to), book.returns)
    book.returns_to = newest[0].id if newest else None
    return book.returns


async def _returns(
    entries: AsyncIterator[Entry], last: dict[WalletId, datetime]
) -> dict[WalletId, datetime]:
    async for entry in entries:
        if wallet := entry.detail.get("wallet"):
            named = WalletId(str(wallet))
            # Another one that looks as well may have come further.
            last[named] = max(entry.booked, last.get(named, entry.booked))
    return last


class _Moves:
    """Reads the moves of a wallet's money off its entries."""

    def __init__(self, site: Site, run: WalletRun) -> None:
        self._site = site
        self._account = wallet_account(run.wallet.no)
        self._top_ups: dict[EntryId, str] = {}
        self._charged_back: list[EntryId] = []

    async def since(self, at: datetime) -> AsyncIterator[Move]:
        """Yield them in the order of booking."""
        async for entry in every_entry(self._site, MOVING, account=self._account, since=at):
            if (move := await self._move(entry)) is not None:
                yield move

    async def _move(self, entry: Entry) -> Move | None:
        if entry.kind is EntryKind.TOP_UP:
            self._top_ups[entry.id] = entry.event
            return CameIn(event=entry.event, money=brought(entry.postings, self._account))
        if entry.reverses in self._top_ups and entry.reverses is not None:
            back, event = returned(entry.postings, self._account), self._top_ups[entry.reverses]
            fee = replace(back, credited_minor=0)
            return WentBack(
                entry=entry.id,
                credited_minor=back.credited_minor,
                of=event,
                fees=((event, fee),),
            )
        if entry.reverses is not None:
            return CameBack(entry=entry.reverses)
        if (
            entry.kind is EntryKind.CHARGEBACK
            and brought(entry.postings, self._account).whole_minor
        ):
            return CameBack(entry=self._charged_back.pop()) if self._charged_back else None
        if entry.kind is EntryKind.CHARGEBACK:
            self._charged_back.append(entry.id)
        return WentBack(
            entry=entry.id,
            credited_minor=returned(entry.postings, self._account).credited_minor,
            of=await self._named(entry),
            fees=tuple(
                (part.event, TopUpMoney(fee_minor=part.fee_minor, fee_tax_minor=part.tax_minor))
                for part in returned_in(entry.detail)
            ),
        )

    async def _named(self, entry: Entry) -> str:
        """Return the top-up that a refund of an order is of, "" where that is known of none.

        What had no place at first was put into a wallet by a person, under another name.
        """
        if "order" not in entry.detail:
            return ""
        order = str(entry.detail["order"])
        held = await self._site.books.load(Unmatched, order=order)
        if any(one.why is not Misfit.TWICE for one in held):
            return ""
        found = await self._site.books.load(PayOrder, id=order)
        return next((one.entry for one in found), "")
