"""What may be asked of a ledger that is open: records, stays, commands and entries, never a change.

Each question sees one state of the file throughout, on a connection that cannot write.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from ..core.entry_kind import EntryKind
from ..core.errors import StoreError
from ..core.identity import EntryId, StayId, WalletId
from ..core.ledger import AccountId, BooksState, Entry, Moved
from ..core.order_sync import Totals
from ..core.page import Mark, Page
from ..core.shift import Shift
from ..core.stay import Stay
from ..core.stay_query import StayQuery
from ..core.supply import CommandLog
from ..core.two_hubs import ReceivedOrder
from . import queries, record_queries
from .codec import Value
from .opening import Opened
from .paging import read_count, read_page
from .sqlite import SQL_ERRORS, told
from .stay_queries import read_received, read_sealed_stays, read_stay_changes, read_stays


class ReadBooks:
    """A ledger as those see it who only ask; `problem` and `detail` say why it cannot be asked."""

    def __init__(self, path: Path) -> None:
        """Begin closed: nothing can be asked before there is an opened file."""
        self.path = path
        self.state = BooksState.CLOSED
        self.problem = ""
        self.detail = ""
        self._opened = Opened(state=BooksState.CLOSED)

    async def read[T](self, query: Callable[[Connection], T]) -> T:
        """Run a query on a connection that cannot write, in the pool, seeing one state throughout."""
        return await asyncio.to_thread(self._read, query)

    def _read[T](self, query: Callable[[Connection], T]) -> T:
        readers = self._opened.readers
        if self.state is BooksState.CLOSED or readers is None:
            raise StoreError(self.problem or "closed", self.detail)
        try:
            with readers.connect() as connection, connection.begin():
                return query(connection)
        except SQL_ERRORS as err:
            raise told(err, self.path) from err

    async def load[R](self, kind: type[R], **like: Value) -> list[R]:
        """Return the records of a kind with these values, in the order of their keys."""
        return await self.read(
            lambda connection: record_queries.read_records(connection, kind, **like)
        )

    async def between[R](self, kind: type[R], column: str, first: Mark, last: Mark) -> list[R]:
        """Return the records of a kind with a column from one value to another, as they are kept."""
        return await self.read(
            lambda connection: record_queries.read_between(connection, kind, column, first, last)
        )

    async def among[R](self, kind: type[R], column: str, values: Collection[str]) -> list[R]:
        """Return the records of a kind with one of these values in a column, in no order."""
        if not values:
            return []
        return await self.read(
            lambda connection: record_queries.read_among(connection, kind, column, values)
        )

    async def page[R](self, kind: type[R], asked: Page) -> list[R]:
        """Return a page of the records of a kind, in the order that it asks for."""
        return await self.read(lambda connection: read_page(connection, kind, asked))

    async def count(self, kind: type, asked: Page) -> int:
        """Return how many records all pages of a list have together."""
        return await self.read(lambda connection: read_count(connection, kind, asked))

    async def shifts(self, begin: datetime, end: datetime) -> list[Shift]:
        """Return the shifts that were closed from one time on and had been opened before another."""
        return await self.read(
            lambda connection: record_queries.read_shifts(connection, begin, end)
        )

    async def stays(self, query: StayQuery) -> list[Stay]:
        """Return a page of stays, the latest arrival first."""
        return await self.read(lambda connection: read_stays(connection, query))

    async def sealed_stays(self, before: datetime, most: int) -> list[Stay]:
        """Return stays that were over before a time and still have their plate sealed."""
        return await self.read(lambda connection: read_sealed_stays(connection, before, most))

    async def stay_changes(self, after: int, most: int) -> tuple[list[Stay], int, Totals]:
        """Return the oldest changes of stays after one, the newest's number, and all stays' totals."""
        return await self.read(lambda connection: read_stay_changes(connection, after, most))

    async def received_orders(
        self, pair: str, stays: Collection[StayId]
    ) -> tuple[list[ReceivedOrder], Totals]:
        """Return what a lane hub told of these stays, and what all that it told come to."""
        return await self.read(lambda connection: read_received(connection, pair, stays))

    async def commands(self, since: datetime) -> list[CommandLog]:
        """Return what still matters of the command log: what is open, what is new, each last one."""
        return await self.read(lambda connection: record_queries.read_commands(connection, since))

    async def old_commands(self, before: datetime, limit: int) -> list[CommandLog]:
        """Return commands that nobody will ask for any more, the oldest first."""
        return await self.read(
            lambda connection: record_queries.read_old_commands(connection, before, limit)
        )

    async def pictured(self, names: Collection[str], since: datetime) -> dict[str, str]:
        """Return at which lane each of these pictures was named, as far as a passage says it."""
        return await self.read(
            lambda connection: record_queries.read_pictured(connection, names, since)
        )

    async def passages(self, since: datetime) -> dict[str, int]:
        """Return how many passages of each kind the lanes wrote down from an instant on."""
        return await self.read(lambda connection: record_queries.count_passages(connection, since))

    async def entries(
        self,
        *,
        account: AccountId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Collection[EntryKind] = (),
        after: EntryId | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> list[Entry]:
        """Return entries booked in [since, until), in the order of booking or against it.

        By the time of booking, so that a statement that was given out never changes. `after` is the
        last entry of the page before; no `kinds` means all of them.
        """
        return await self.read(
            lambda connection: queries.read_entries(
                connection,
                account=account,
                since=since,
                until=until,
                kinds=kinds,
                after=after,
                limit=limit,
                newest_first=newest_first,
            )
        )

    async def reversals(self, entries: Collection[EntryId]) -> list[Entry]:
        """Return the entries that correct these, in the order of booking."""
        return await self.read(lambda connection: queries.read_reversals(connection, entries))

    async def shared(
        self, wallet: WalletId, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Entry]:
        """Return the entries booked in [since, until) that a wallet bears a part of, be it no money."""
        return await self.read(
            lambda connection: queries.read_shared(connection, wallet, since, until, limit)
        )

    async def moved(
        self, days: Sequence[datetime], kinds: Collection[EntryKind]
    ) -> tuple[list[Moved], EntryId]:
        """Return what moved on each of the days that begin at these times, and the last entry."""
        return await self.read(lambda connection: queries.read_moved(connection, days, kinds))

    async def total(
        self, account: AccountId, since: datetime | None, until: datetime | None
    ) -> tuple[int, int]:
        """Return what went into and out of an account, booked in [since, until)."""
        return await self.read(
            lambda connection: queries.read_total(connection, account, since, until)
        )
