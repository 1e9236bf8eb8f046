"""Walks through the books: entry by entry, in the order of booking, however many there are."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.identity import EntryId
from ..core.ledger import AccountId, Entry
from .gently import gently
from .site import Site

PAGE: Final = 500
"""So many are in memory at once: a year of a laundry does not fit there."""


async def every_entry(
    site: Site,
    kinds: Sequence[EntryKind],
    *,
    account: AccountId | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: EntryId | None = None,
) -> AsyncIterator[Entry]:
    """Yield the entries of these kinds that were booked in that time; of one account where it is named."""
    while True:
        page = await site.books.entries(
            account=account, since=since, until=until, kinds=kinds, after=after, limit=PAGE
        )
        async for entry in gently(page):
            yield entry
        if len(page) < PAGE:
            return
        after = page[-1].id
