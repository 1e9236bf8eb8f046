"""The face of the durable side: everything the rest of the program may ask of a ledger."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self, cast

from sqlalchemy import Connection

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import Actor, EntryId, StayId, WalletId
from ..core.ledger import AccountId, Act, Anchor, BooksState, Entry, Moved, Receipt, Record, Verdict
from ..core.order_sync import Totals
from ..core.stay import Stay
from ..core.stay_query import StayQuery
from ..core.supply import CommandLog
from ..core.two_hubs import ReceivedOrder
from . import opening, queries, record_queries
from .anchor import write_anchor
from .codec import Value
from .incarnation import GAP_AFTER_LOSS, accepting_act, first_number, next_incarnation
from .sqlite import SQL_ERRORS, copy_into, lock, raw, told, unlock
from .standing import Standing
from .stay_queries import read_received, read_sealed_stays, read_stay_changes, read_stays
from .verify import verify
from .waiting import Call, Command, Waiter
from .writer import Writer

_WRITTEN: Final = {BooksState.OK, BooksState.ROLLED_BACK}


def _now() -> datetime:
    return datetime.now(UTC)


class Books:
    """A site's ledger.

    `state` says what may be done, `problem` (a translatable key) and `detail` why it is not all.
    Nothing here blocks the event loop: writes go to the ledger's own thread, reads to the pool.
    """

    def __init__(
        self,
        path: Path,
        *,
        site: str,
        currency: str,
        anchors: Sequence[Path],
        clock: Callable[[], datetime],
        frozen: bool,
        descriptor: int | None,
    ) -> None:
        """Use `open`."""
        self.path = path
        self.site = site
        self.currency = currency
        self.state = BooksState.CLOSED
        self.problem = ""
        self.detail = ""
        self.lost: Anchor | None = None
        self._anchors = tuple(anchors)
        self._clock = clock
        self._frozen = frozen
        self._watchers: list[Callable[[Record], None]] = []
        self._descriptor = descriptor
        self._opened = opening.Opened(state=BooksState.CLOSED)
        self._writer: Writer | None = None

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        site: str,
        currency: str,
        anchors: Sequence[Path] = (),
        clock: Callable[[], datetime] = _now,
        frozen: bool = False,
    ) -> Self:
        """Open a site's ledger, making it if the site is new.

        A file that cannot be trusted is opened as far as it goes, with `state` and `problem` set;
        only a ledger that somebody else holds open is refused. `frozen` opens it in the middle of a
        backup.
        """
        descriptor = await asyncio.to_thread(lock, path)
        books = cls(
            path,
            site=site,
            currency=currency,
            anchors=anchors,
            clock=clock,
            frozen=frozen,
            descriptor=descriptor,
        )
        try:
            await books._open(anchors)
        except BaseException:
            unlock(descriptor)
            raise
        return books

    @property
    def writable(self) -> bool:
        """Whether money may move: not while the file is damaged or behind its anchor."""
        return self.state is BooksState.OK

    async def _open(self, anchors: Sequence[Path]) -> None:
        opened = await asyncio.to_thread(
            opening.open_file,
            self.path,
            site=self.site,
            currency=self.currency,
            anchors=anchors,
        )
        self._opened = opened
        self.state, self.problem, self.detail = opened.state, opened.problem, opened.detail
        self.lost = opened.lost
        if self._descriptor is None and opened.state is not BooksState.READ_ONLY:
            self.state, self.problem = BooksState.READ_ONLY, "read_only"
        if self.state is BooksState.READ_ONLY or opened.standing is None:
            return
        self._writer = Writer(
            path=self.path,
            key=opened.key,
            genesis=opened.genesis,
            standing=opened.standing,
            clock=self._clock,
            loop=asyncio.get_running_loop(),
            broken=self._break,
            frozen=self._frozen,
        )
        self._writer.start()

    async def commit(self, act: Act) -> Receipt:
        """Write one act: all of it or nothing. It is durable when this returns.

        Raises `CoreError` or `ConflictError` where a rule refuses it, `StoreError` where the medium
        did not take it; then nothing was acknowledged and trying again is safe.
        """
        (answer,) = await self._submit([act])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def commit_all(
        self, acts: Sequence[Act], *, together: bool = False
    ) -> list[Receipt | CoreError]:
        """Write many acts at once, each standing alone; a refusal is returned in its place.

        What is to be written `together` is in the file as a whole after a crash, or not at all.
        """
        answers = await self._submit(acts, together=together)
        booked = [one for one in answers if isinstance(one, Receipt | CoreError)]
        if len(booked) < len(answers):
            raise next(one for one in answers if not isinstance(one, Receipt | CoreError))
        return booked

    async def record(self, *records: Record) -> None:
        """Insert or replace records that need no entry, together."""
        if records:
            await self._change(puts=records)

    async def forget(self, *records: Record) -> None:
        """Remove records by their keys, together."""
        if records:
            await self._change(drops=records)

    async def exchange(self, *, drops: Sequence[Record], puts: Sequence[Record]) -> None:
        """Remove records and insert others in one step."""
        await self._change(puts=tuple(puts), drops=tuple(drops))

    async def load[R](self, kind: type[R], **like: Value) -> list[R]:
        """Return the records of a kind with these values, in the order of their keys."""
        return await self.read(
            lambda connection: record_queries.read_records(connection, kind, **like)
        )

    async def between[R](self, kind: type[R], column: str, first: Value, last: Value) -> list[R]:
        """Return the records of a kind with a column from one value to another, as they are kept."""
        return await self.read(
            lambda connection: record_queries.read_between(connection, kind, column, first, last)
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

    async def passages(self, since: datetime) -> dict[str, int]:
        """Return how many passages of each kind the lanes wrote down from an instant on."""
        return await self.read(lambda connection: record_queries.count_passages(connection, since))

    async def balances(self) -> dict[AccountId, int]:
        """Return the balance of every account that was ever moved, as committed."""
        if self._opened.standing is None:
            return {}
        return self._standing().balances.copy()

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

    async def verify(self, *, full: bool = True) -> Verdict:
        """Check the chain and the sums; not `full` looks at the latest entries only."""
        standing = self._standing()
        at_least = opening.anchor_of(self.site, standing)
        key, start = self._opened.key, self._opened.genesis
        return await self.read(
            lambda connection: verify(connection, key, start, at_least, full=full)
        )

    async def next_number(self, series: str) -> int:
        """Return the next number of a series (`wallet`, `meter`, …); it is never given out again.

        It is written with the next thing that is, so a number nobody used may return after a crash.
        """
        numbers = self._writable().numbers
        base = first_number(self._standing().incarnation)
        numbers[series] = numbers.get(series, base) + 1
        return numbers[series]

    def head(self) -> Anchor:
        """Return how far the committed chain has come."""
        return opening.anchor_of(self.site, self._standing())

    async def write_anchor(self) -> list[Path]:
        """Write the head to the anchors' places; return those that failed.

        Not while rolled back: the anchor is then the only witness of what is missing.
        """
        if self.state is not BooksState.OK:
            return []
        return await asyncio.to_thread(write_anchor, self.head(), self._anchors)

    async def freeze_checkpoints(self) -> None:
        """From now on only the log grows: a copy of the files is a good ledger in any order."""
        await self._freeze(frozen=True)

    async def thaw_checkpoints(self) -> None:
        """The copy is made: the log may be moved into the file again."""
        await self._freeze(frozen=False)

    async def sweep(self) -> None:
        """Move the log into the file, so that what was removed is gone from the log as well."""
        if self._frozen:
            return
        writer = self._writable()
        await self._call(writer, writer.empty_log)

    async def snapshot(self, target: Path) -> None:
        """Write a compact, complete copy of the ledger to a new file."""
        await self.read(lambda connection: _copy(connection, target))

    async def begin_incarnation(self, actor: Actor, reason: str) -> Receipt:
        """Go on from a shorter history that a person has looked at and accepted.

        Where the whole file is missing, accepting that means to begin an empty one.
        """
        lost = self.lost
        if self._writer is None and lost and self.problem == "missing":
            nothing = self._opened.readers
            await self._open(())
            if nothing:
                nothing.dispose()
        writer = self._writable()
        incarnation = next_incarnation(writer.standing, lost)
        for series in writer.numbers:
            writer.numbers[series] += GAP_AFTER_LOSS
        act = accepting_act(
            incarnation, writer.standing, lost, occurred=self._clock(), actor=actor, reason=reason
        )
        receipt = await self._change(act=act, incarnation=incarnation)
        assert isinstance(receipt, Receipt)
        self.state, self.problem, self.detail, self.lost = BooksState.OK, "", "", None
        await self.write_anchor()
        return receipt

    def watch(self, told: Callable[[Record], None]) -> Callable[[], None]:
        """Tell of each record that was written from now on; returns how to stop that."""
        self._watchers.append(told)

        def stop() -> None:
            self._watchers.remove(told)

        return stop

    def _say(self, records: Iterable[Record]) -> None:
        for record in records if self._watchers else ():
            for watcher in list(self._watchers):
                watcher(record)

    async def close(self) -> None:
        """Write what is queued, join the thread, leave an anchor, free the lock."""
        if self.state is BooksState.CLOSED:
            return
        was_ok = self.state is BooksState.OK
        self.state = BooksState.CLOSED
        await asyncio.to_thread(self._close, was_ok=was_ok)

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

    def _close(self, *, was_ok: bool) -> None:
        # Readers first: only the last connection to close moves the log into the file.
        if self._opened.readers is not None:
            self._opened.readers.dispose()
        if self._writer is not None:
            self._writer.stop()
            if was_ok:
                head = opening.anchor_of(self.site, self._writer.standing)
                write_anchor(head, self._anchors)
        unlock(self._descriptor)

    def _standing(self) -> Standing:
        standing = self._writer.standing if self._writer else self._opened.standing
        if standing is None:
            raise StoreError(self.problem or "closed", self.detail)
        return standing

    def _writable(self) -> Writer:
        if self.state is BooksState.CLOSED:
            raise StoreError("closed")
        if self._writer is None or self.state is BooksState.READ_ONLY:
            raise StoreError("read_only", self.problem)
        return self._writer

    async def _submit(
        self, acts: Sequence[Act], *, together: bool = False
    ) -> list[Receipt | Exception]:
        """Have acts written and return what became of each."""
        writer = self._writable()
        if not acts:
            return []
        waiter = Waiter(asyncio.get_running_loop().create_future(), len(acts))
        last = len(acts) - 1
        writer.submit(
            [
                Command(waiter, place, act, goes_on=together and place < last)
                for place, act in enumerate(acts)
            ]
        )
        answers = cast("list[Receipt | Exception]", await waiter.done)
        for act, answer in zip(acts, answers, strict=True):
            if isinstance(answer, Receipt):
                self._say((*act.puts, *act.drops))
        return answers

    async def _change(
        self,
        *,
        act: Act | None = None,
        puts: tuple[Record, ...] = (),
        drops: tuple[Record, ...] = (),
        incarnation: int | None = None,
    ) -> object:
        """Have one thing written that is more, or less, than an act."""
        writer = self._writable()
        waiter = Waiter(asyncio.get_running_loop().create_future(), 1)
        writer.submit([Command(waiter, 0, act, puts, drops, incarnation)])
        result = _result(await waiter.done)
        self._say((*puts, *drops))
        return result

    async def _call(self, writer: Writer, run: Callable[[], object]) -> object:
        """Have something done on the writing thread, after all that was handed over before."""
        waiter = Waiter(asyncio.get_running_loop().create_future(), 1)
        writer.submit([Call(waiter, run)])
        return _result(await waiter.done)

    async def _freeze(self, *, frozen: bool) -> None:
        self._frozen = frozen
        if (writer := self._writer) is None or self.state not in _WRITTEN:
            return
        await self._call(writer, lambda: writer.freeze(frozen=frozen))

    def _break(self, why: StoreError) -> None:
        """On the writing thread: the file turned out to be broken."""
        self.state, self.problem, self.detail = BooksState.READ_ONLY, why.key, why.detail


def _result(answers: list[object]) -> object:
    (answer,) = answers
    if isinstance(answer, Exception):
        raise answer
    return answer


def _copy(connection: Connection, target: Path) -> None:
    connection.rollback()
    copy_into(raw(connection), target)
